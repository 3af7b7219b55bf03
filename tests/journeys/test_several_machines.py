"""Services on one PostgreSQL database, as on several machines: they share nothing else."""

import signal
from collections.abc import Iterator
from functools import partial

import pytest

from app.outbound.clock import SystemClock
from app.simulator.http.server import RunningSimulator, run_simulator
from app.simulator.world.sample import sample_world
from tests.integration.local_service import github_ids
from tests.journeys.conftest import Command, Service, Start
from tests.journeys.processes import wait_until, worker_pids
from tests.journeys.recorded_cdn import run_cdn
from tests.journeys.shared_store import (
    SECRET,
    TOKEN,
    add_comment,
    assert_changes_cost_one_refresh,
    served_ids,
    serves_all,
    start_two,
)
from tests.postgres_server import PASSWORD, PostgresServer, run_postgres

pytestmark = pytest.mark.untraced  # what others cover, at length

_RARE_POLLS = {"POLL_INTERVAL": "86400", "FRESH_FOR": "86400"}


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with run_postgres() as server:
        yield server


@pytest.fixture
def simulator() -> Iterator[RunningSimulator]:
    world = sample_world(SystemClock().now)
    world.add_token(TOKEN, "ada")
    with run_simulator(world) as simulator:
        yield simulator


def _assert_healthy(service: Service) -> None:
    assert service.process.poll() is None
    assert "Traceback" not in service.output
    assert PASSWORD not in service.output


def test_services_outlive_their_database(
    start: Start, simulator: RunningSimulator, server: PostgresServer, command: Command
) -> None:
    name = server.database()
    settings = {"STORE": server.address(name), "GITHUB_TOKEN": TOKEN}
    one, two = start_two(start, simulator, **settings, **_RARE_POLLS)
    one.wait_until_complete()
    hook = simulator.add_webhook(f"{one.url}/webhooks/github", secret=SECRET, repo="ada/blog")
    hook.wait()
    assert_changes_cost_one_refresh(simulator, one, two)
    status = command("status", REPO="ada/blog", **settings)
    assert "MB in PostgreSQL" in status.stdout
    assert PASSWORD not in status.stdout + status.stderr
    before = served_ids(one)

    server.kill()
    assert served_ids(one) == before
    cold = one.get("/api/v1/posts/41/comments?limit=7")
    assert (cold.status_code, cold.headers["retry-after"]) == (503, "30")
    ready = one.get("/readyz")
    assert ready.status_code == 503
    assert PASSWORD not in ready.text
    add_comment(simulator, "While the database is away")
    hook.wait()
    assert hook.log[-1].status == 503
    server.start()
    wait_until(lambda: one.get("/readyz").status_code == 200)
    hook.redeliver(hook.log[-1].guid)
    hook.wait()
    assert hook.log[-1].status == 202
    for service in (one, two):
        wait_until(serves_all(service, simulator))

    backup = server.copy(name)
    add_comment(simulator, "After the backup")
    hook.wait()
    for service in (one, two):
        wait_until(serves_all(service, simulator))
    server.drop(name)
    server.execute(f"ALTER DATABASE {backup} RENAME TO {name}")
    simulator.requests.clear()
    for service in (one, two):
        service.wait_for("is older than it was")
        wait_until(serves_all(service, simulator))
        assert len(served_ids(service)) == len(before) + 2
        _assert_healthy(service)
    assert len(simulator.requests) < 10


def test_killed_process_loses_nothing(start: Start, simulator: RunningSimulator, server: PostgresServer) -> None:
    settings = {"STORE": server.address(server.database()), "GITHUB_TOKEN": TOKEN, "POLL_INTERVAL": "1"}
    one, two = start_two(start, simulator, **settings)
    one.wait_until_complete()
    for text in ("One dies", "The other dies"):
        simulator.add_webhook(f"{one.url}/webhooks/github", secret=SECRET, repo="ada/blog")
        add_comment(simulator, text)
        assert one.stop(signal.SIGKILL) == -signal.SIGKILL
        wait_until(serves_all(two, simulator))
        one, two = two, start(REPO="ada/blog", GITHUB_API_URL=simulator.url, WEBHOOK_SECRET=SECRET, **settings)
        two.wait_until_complete()
        assert served_ids(two) == github_ids(simulator, 41)
    _assert_healthy(one)


def test_workers_share_a_database(start: Start, simulator: RunningSimulator, server: PostgresServer) -> None:
    settings = {"GITHUB_TOKEN": TOKEN, "WEBHOOK_SECRET": SECRET, "POLL_INTERVAL": "1"}
    address = server.address(server.database())
    service = start("--workers", "2", REPO="ada/blog", GITHUB_API_URL=simulator.url, STORE=address, **settings)
    worker_pids(service, 2)
    service.wait_until_complete()
    add_comment(simulator, "For all workers")
    for _ in range(4):
        wait_until(serves_all(service, simulator))
    _assert_healthy(service)
    assert service.stop() == 0


def test_wrong_password_ends_the_start(command: Command, server: PostgresServer) -> None:
    address = server.address("postgres", password="wrong-secret")
    result = command("serve", "--repo", "ada/blog", "--port", "0", STORE=address)
    assert result.returncode != 0
    assert "Check the user and the password in AFTERWORD_STORE" in " ".join(result.stderr.split())
    assert "wrong-secret" not in result.stdout + result.stderr
    assert "Traceback" not in result.stderr


def test_one_of_two_services_purges_each_change(
    start: Start, simulator: RunningSimulator, server: PostgresServer
) -> None:
    with run_cdn() as cdn:
        settings = {"STORE": server.address(server.database()), "GITHUB_TOKEN": TOKEN, "PURGE_URL": cdn.url}
        services = start_two(start, simulator, **settings, **_RARE_POLLS)
        services[0].wait_until_complete()
        wait_until(lambda: len(cdn.purges) > 0)
        change = ["afterword-41", "afterword-site"]
        simulator.add_webhook(f"{services[1].url}/webhooks/github", secret=SECRET, repo="ada/blog").wait()
        for count in (1, 2, 3):
            add_comment(simulator, f"Comment {count}")
            wait_until(partial(cdn.has_purged, change, count))
        assert cdn.purges.count(change) == 3
        services[0].stop(signal.SIGKILL)
        add_comment(simulator, "Written when one of them is dead")
        wait_until(partial(cdn.has_purged, change, 4))
