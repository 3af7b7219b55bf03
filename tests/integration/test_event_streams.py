import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import orjson
import pytest

from app.domain.errors import NotServed, StoreUnusable
from app.domain.sites import Repository, repository
from app.ports.jobs import THE_REPOSITORY
from app.render.document import JSON, Document
from app.render.keys import PostKey
from app.serving.event_streams import Place, State, Subscriber, Subscribers
from app.simulator.http.server import run_simulator
from tests.integration.local_service import complete_backfill, new_clock, run_service_with_webhook
from tests.integration.webhooks import WebhookQueue
from tests.integration.worlds import blog_world_at

BLOG, NOTES = repository("Ada/Blog"), repository("ada/notes")
POST, OTHER = 41, 42


class HeldClock:
    """A clock in which every sleep lasts until the test lets time pass."""

    def __init__(self) -> None:
        self.slept: list[float] = []
        self._sleeps: list[asyncio.Future[None]] = []

    def now(self) -> float:
        return 0.0

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sleeps.append(future)
        await future

    async def pass_by(self) -> None:
        """Ends every sleep, and waits until what follows has been done."""
        sleeps, self._sleeps = self._sleeps, []
        for sleep in sleeps:
            sleep.set_result(None)
        await settled()


class Mirror:
    """How threads are, as the engine is told; `failure` is raised instead, and `gate` holds answers back."""

    def __init__(self) -> None:
        self.versions: dict[int, int] = {}
        self.read: list[int] = []
        self.failure: Exception | None = None
        self.gate = asyncio.Event()
        self.gate.set()

    async def version(self, _repo: Repository, number: int) -> int:
        return self.versions.get(number, 0)

    async def document(self, key: PostKey) -> Document:
        self.read.append(key.number)
        count = self.versions.get(key.number, 0)
        await self.gate.wait()
        if self.failure is not None:
            raise self.failure
        body = orjson.dumps({"status": "open", "comment_count": count})
        return Document({"identity": body}, 'W/"a"', JSON, checked_at=None)


class Page:
    """A listener that writes down what it hears; a slow one hears nothing while `gate` is closed."""

    def __init__(self) -> None:
        self.heard: list[int | str] = []
        self.states: list[State] = []
        self.failure: Exception | None = None
        self.gate = asyncio.Event()
        self.gate.set()

    async def tell(self, state: State) -> None:
        await self._hear(state.version)
        self.states.append(state)

    async def breathe(self) -> None:
        await self._hear("life")

    async def end(self) -> None:
        await self._hear("end")

    async def _hear(self, word: int | str) -> None:
        if self.failure is not None:
            raise self.failure
        await self.gate.wait()
        self.heard.append(word)


class Hall:
    """Listeners that run, over a mirror and a clock that the test moves."""

    def __init__(self, *, most: int) -> None:
        self.mirror = Mirror()
        self.clock = HeldClock()
        self.listeners = Subscribers(
            version=self.mirror.version,
            document=self.mirror.document,
            clock=self.clock,
            chance=lambda: 0.5,
            most=most,
        )

    def seat(self, page: Subscriber, number: int = POST, repo: Repository = BLOG) -> Place:
        place = self.listeners.join(repo, number, page)
        assert place is not None
        return place

    async def page(self, number: int = POST, repo: Repository = BLOG) -> Page:
        """A page that has been greeted."""
        page = Page()
        place = self.seat(page, number, repo)
        await self.listeners.present(place)
        self.listeners.greeted(place)
        return page

    async def change(self, number: int = POST, repo: Repository = BLOG) -> None:
        """A change that the mirror knows and that has been told of."""
        self.mirror.versions[number] = self.mirror.versions.get(number, 0) + 1
        self.listeners.changed(repo, {number})
        await settled()


async def settled() -> None:
    """Lets everything happen that can happen without time."""
    for _ in range(20):
        await asyncio.sleep(0)


@asynccontextmanager
async def hall(*, most: int = 1000) -> AsyncGenerator[Hall, None]:
    made = Hall(most=most)
    run_simulator = asyncio.create_task(made.listeners.run())
    await settled()
    try:
        yield made
        assert not run_simulator.done()
    finally:
        run_simulator.cancel()
        await asyncio.wait({run_simulator})


async def test_a_change_is_told_to_all_who_listen_to_the_thread_and_to_nobody_else() -> None:
    async with hall() as here:
        pages = [await here.page() for _ in range(600)]
        strangers = [await here.page(OTHER), await here.page(POST, NOTES)]
        await here.change()
        assert [page.heard for page in pages] == [[1]] * 600
        assert [page.heard for page in strangers] == [[], []]


async def test_what_is_told_is_how_the_thread_is() -> None:
    async with hall() as here:
        page = await here.page(repo=repository("ADA/blog"))
        await here.change()
        assert page.states == [State(repo="ADA/blog", number=POST, status="open", comment_count=1, version=1)]


async def test_a_thread_is_read_once_for_all_who_listen_and_for_those_who_join() -> None:
    async with hall() as here:
        for _ in range(5):
            await here.page()
        await here.change()
        await here.page()
        assert here.mirror.read == [POST, POST]


async def test_changes_of_threads_that_nobody_listens_to_cost_no_reading() -> None:
    async with hall() as here:
        await here.page()
        here.mirror.read.clear()
        await here.change(OTHER)
        assert here.mirror.read == []


async def test_a_change_of_the_repository_is_told_to_all_its_threads_though_no_version_moved() -> None:
    async with hall() as here:
        pages = [await here.page(), await here.page(OTHER), await here.page(POST, NOTES)]
        here.listeners.changed(BLOG, {THE_REPOSITORY})
        await settled()
        assert [page.heard for page in pages] == [[0], [0], []]


async def test_a_slow_page_holds_nobody_up_and_hears_the_latest_only() -> None:
    async with hall() as here:
        slow, quick = await here.page(), await here.page()
        slow.gate.clear()
        for _ in range(4):
            await here.change()
        assert (slow.heard, quick.heard) == ([], [1, 2, 3, 4])
        slow.gate.set()
        await settled()
        assert slow.heard == [1, 4], "the one under way, and the latest"


async def test_all_get_a_sign_of_life_but_those_to_whom_something_is_being_said() -> None:
    async with hall() as here:
        slow, quiet, elsewhere = await here.page(), await here.page(), await here.page(POST, NOTES)
        slow.gate.clear()
        await here.change()
        await here.clock.pass_by()
        assert (quiet.heard, elsewhere.heard) == ([1, "life"], ["life"])
        slow.gate.set()
        await settled()
        assert slow.heard == [1]
        await here.clock.pass_by()
        assert slow.heard == [1, "life"]
        assert here.clock.slept == [25.0, 25.0, 25.0]


async def test_however_many_listen_there_is_one_sleep_for_all() -> None:
    async with hall() as here:
        for _ in range(500):
            await here.page()
        assert here.clock.slept == [25.0]


async def test_a_change_between_joining_and_greeting_is_told_after_the_greeting() -> None:
    async with hall() as here:
        page = Page()
        place = here.seat(page)
        assert (await here.listeners.present(place)) is not None
        await here.change()
        assert page.heard == []
        here.listeners.greeted(place)
        await settled()
        assert page.heard == [1]


async def test_a_change_while_the_present_state_is_being_read_is_told_and_the_old_state_not_kept() -> None:
    async with hall() as here:
        page = Page()
        place = here.seat(page)
        here.mirror.gate.clear()
        reading = asyncio.create_task(here.listeners.present(place))
        await settled()
        await here.change()
        here.mirror.gate.set()
        old = await reading
        here.listeners.greeted(place)
        await settled()
        present = await here.listeners.present(place)
        assert old is not None
        assert present is not None
        assert (old.version, present.version, page.heard) == (0, 1, [1])


async def test_a_change_while_a_change_is_being_read_is_told_too() -> None:
    async with hall() as here:
        page = await here.page()
        here.mirror.gate.clear()
        await here.change()
        await here.change()
        here.mirror.gate.set()
        await settled()
        assert page.heard == [1, 2]
        newcomer = here.seat(Page())
        assert (await here.listeners.present(newcomer)) == page.states[-1]


async def test_who_has_left_hears_nothing_and_leaves_nothing_behind() -> None:
    async with hall() as here:
        gone, there = Page(), await here.page()
        place = here.seat(gone)
        here.listeners.greeted(place)
        assert here.listeners.listening == 2
        here.listeners.leave(place)
        here.listeners.leave(place)
        await here.change()
        assert (gone.heard, there.heard, here.listeners.listening) == ([], [1], 1)


async def test_what_waits_for_a_page_that_leaves_while_it_is_told_something_is_dropped() -> None:
    async with hall() as here:
        page = Page()
        page.gate.clear()
        place = here.seat(page)
        here.listeners.greeted(place)
        await here.change()
        await here.change()
        here.listeners.leave(place)
        page.gate.set()
        await settled()
        assert page.heard == [1]


async def test_the_last_to_leave_a_thread_ends_its_memory() -> None:
    async with hall() as here:
        place = here.seat(Page())
        await here.listeners.present(place)
        here.listeners.changed(BLOG, {POST})
        here.listeners.leave(place)
        await settled()
        assert here.mirror.read == [POST], "nobody is left to be told"
        assert here.listeners._audiences == {}


async def test_a_page_whose_connection_is_broken_is_given_up() -> None:
    async with hall() as here:
        broken, there = await here.page(), await here.page()
        broken.failure = ConnectionResetError()
        await here.change()
        assert (here.listeners.listening, there.heard) == (1, [1])


@pytest.mark.parametrize("failure", [StoreUnusable("afterword.db", "disk I/O error"), KeyError("status")])
async def test_what_cannot_be_read_is_read_again_with_the_next_breath(failure: Exception) -> None:
    async with hall() as here:
        page, other = await here.page(), await here.page(OTHER)
        here.mirror.failure = failure
        await here.change()
        here.mirror.failure = None
        await here.change(OTHER)
        assert (page.heard, other.heard) == ([], [1]), "one thread silences no other"
        await here.clock.pass_by()
        assert 1 in page.heard


async def test_who_joins_while_nothing_can_be_read_is_told_when_it_can() -> None:
    async with hall() as here:
        here.mirror.failure = StoreUnusable("afterword.db", "locked")
        page = Page()
        place = here.seat(page)
        assert (await here.listeners.present(place)) is None
        here.listeners.greeted(place)
        await settled()
        here.mirror.failure = None
        await here.clock.pass_by()
        assert 0 in page.heard


async def test_a_thread_that_may_not_be_read_any_more_has_its_streams_ended() -> None:
    async with hall() as here:
        page, other = await here.page(), await here.page(POST, NOTES)
        here.mirror.failure = NotServed("ada/blog")
        here.listeners.changed(BLOG, {THE_REPOSITORY})
        await settled()
        await here.clock.pass_by()
        assert (page.heard, other.heard) == (["end"], ["life"])


async def test_nobody_joins_beyond_the_bound_until_somebody_leaves() -> None:
    async with hall(most=2) as here:
        place = here.seat(Page())
        here.seat(Page())
        assert here.listeners.join(BLOG, POST, Page()) is None
        here.listeners.leave(place)
        assert here.listeners.join(BLOG, POST, Page()) is not None


async def test_closing_ends_every_stream_once_and_lets_nobody_join() -> None:
    async with hall() as here:
        pages = [await here.page(), await here.page(OTHER)]
        here.listeners.close()
        here.listeners.close()
        await settled()
        here.listeners.close()
        await here.change()
        await here.clock.pass_by()
        assert [page.heard for page in pages] == [["end"], ["end"]]
        assert here.listeners.join(BLOG, POST, Page()) is None


async def test_closing_needs_no_running_task() -> None:
    here = Hall(most=1)
    page = await here.page()
    here.listeners.close()
    await settled()
    assert page.heard == ["end"]


async def test_the_end_goes_before_what_a_slow_page_has_not_heard() -> None:
    async with hall() as here:
        slow = await here.page()
        slow.gate.clear()
        await here.change()
        here.listeners.close()
        await here.change()
        slow.gate.set()
        await settled()
        assert slow.heard == [1, "end"]


async def test_a_page_that_joined_before_the_end_hears_it_after_its_greeting() -> None:
    async with hall() as here:
        page = Page()
        place = here.seat(page)
        here.listeners.close()
        await settled()
        assert page.heard == []
        here.listeners.greeted(place)
        await settled()
        assert page.heard == ["end"]


@pytest.mark.parametrize(("chance", "expected"), [(0.0, 2000), (0.5, 4000), (0.9999, 5999)])
def test_pages_that_were_cut_off_come_back_spread_over_seconds(chance: float, expected: int) -> None:
    mirror = Mirror()
    listeners = Subscribers(
        version=mirror.version, document=mirror.document, clock=HeldClock(), chance=lambda: chance, most=1
    )
    assert listeners.retry_ms() == expected


async def test_pages_that_listen_to_a_moved_post_hear_of_the_changes_at_its_new_place() -> None:
    clock = new_clock()
    world = blog_world_at(clock)
    world.add_repository("ada/notes")
    with run_simulator(world) as simulator:
        async with run_service_with_webhook(simulator, clock, repo="ada/blog,ada/notes") as service:
            await complete_backfill(service, BLOG, NOTES)
            webhook, listeners, page = WebhookQueue(world), service.application.subscribers, Page()
            telling = asyncio.create_task(listeners._follow())
            place = listeners.join(BLOG, 1, page)
            assert place is not None
            await listeners.present(place)
            listeners.greeted(place)
            moved = world.transfer_issue("ada/blog", 1, "ada/notes")
            for expected in (3, 4, 5):
                await webhook.deliver(service)
                await settled()
                assert page.states[-1].comment_count == expected
                world.comment("ada/notes", moved.number, body="At the new place", author="eve")
            versions = [state.version for state in page.states]
            assert versions == sorted(set(versions))
            assert {state.number for state in page.states} == {1}
            telling.cancel()
