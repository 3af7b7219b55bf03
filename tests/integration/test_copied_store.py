"""A store that was copied: readers see nothing of it, and nothing that was accepted is lost."""

from pathlib import Path

from app.simulator.http.server import run_simulator
from app.simulator.world.world import World
from tests.contracts.copies.stores import copy
from tests.fakes import FakeClock
from tests.integration.copied_documents import address, read_documents, varied_world
from tests.integration.local_service import BLOG, NOTES, complete_backfill, run_service, run_service_with_webhook
from tests.integration.webhooks import WebhookQueue, receive_delivery, run_due_jobs

BOTH = "ada/blog,ada/notes"


async def test_every_document_of_a_copy_is_the_same(world: World, clock: FakeClock, tmp_path: Path) -> None:
    with run_simulator(varied_world(world)) as simulator:
        settings = {"repo": BOTH, "store": address(tmp_path, "first")}
        async with run_service_with_webhook(simulator, clock, **settings) as service:
            await complete_backfill(service, BLOG, NOTES)
            webhook = WebhookQueue(world)
            world.transfer_issue("ada/blog", 5, "ada/notes")
            world.delete_issue("ada/blog", 6)
            await webhook.deliver(service)
            before = await read_documents(service)
            await receive_delivery(service, 3)
        copy(address(tmp_path, "first"), address(tmp_path, "second"))
        world.comment("ada/blog", 3, body="New", author="eve")
        settings = {"repo": BOTH, "store": address(tmp_path, "second")}
        async with run_service(simulator, clock, process_id="second", **settings) as service:  # no read starts a check
            service.take_requests()
            assert await read_documents(service) == before
            assert service.take_requests() == []
        async with run_service_with_webhook(simulator, clock, process_id="third", **settings) as service:
            assert any(target.endswith("/issues/3") for target in await run_due_jobs(service))
            assert (await service.texts(3))[-1] == "New"
    assert {status for status, _, _ in before.values()} == {200, 410}
    assert any("cursor=" in target for target in before)
