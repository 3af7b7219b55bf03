"""After a rename of the repository no feed reader shows an entry as new that it has shown before."""

import asyncio
import socket
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from app.simulator.http.server import run_simulator
from app.simulator.world.world import World
from tests.fakes import FakeClock
from tests.readers.programs import READERS, FeedReader
from tests.readers.served_feeds import FeedHost

PATHS = ("/posts/1.atom?repo=ada/blog", "/comments.atom", "/posts/3.atom?lang=de&repo=ada%2Fblog")


async def test_entries_are_new_once_whatever_the_name(world: World, clock: FakeClock, tmp_path: Path) -> None:
    with run_simulator(world) as simulator, socket.create_server(("127.0.0.1", 0)) as listener:
        host = FeedHost(simulator, clock, listener, tmp_path)
        readers = [kind(tmp_path / kind.__name__, [host.url + path for path in PATHS]) for kind in READERS]
        async with host.run("ada/blog") as service:
            before = await _read(readers)
            assert [ids.total() for ids in before] == [5, 5 + 3 + 2, 5 + 3 + 2]
            world.rename_repository("ada/blog", "ada/journal")
            await host.poll(service)
            assert await _read(readers) == before
        async with host.run("ada/journal") as service:
            assert await _read(readers) == before
            comment = world.comment("ada/journal", 1, body="Under the new name", author="eve")
            await host.poll(service)
            new = [ids - ids_before for ids, ids_before in zip(await _read(readers), before, strict=True)]
            entry_id = f"https://github.com/ada/blog/issues/1#issuecomment-{comment.id}"
            assert new == [Counter({entry_id: count}) for count in (1, 2, 2)]


async def _read(readers: Sequence[FeedReader]) -> list[Counter[str]]:
    """Return how often each reader has shown each id as new, after it has read all feeds again."""
    await asyncio.gather(*(reader.refresh() for reader in readers))
    return [Counter(reader.shown_ids()) for reader in readers]
