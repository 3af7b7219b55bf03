"""What GitHub and the network do to a service; each trial ends with the mirror as GitHub is.

All trials run at the same time, each on a repository of its own or with a service of its own, because most of their
time is spent in pauses that the service makes after failures. Each test is the outcome of one trial.
"""

import re
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial

import pytest

from app.outbound.clock import SystemClock
from app.simulator.http.faults import (
    ConnectionClosed,
    ConnectionReset,
    EmptyList,
    Fault,
    Header,
    HtmlPage,
    Latency,
    PrimaryRateLimit,
    SecondaryRateLimit,
    Status,
    TruncatedJson,
    WrongJsonType,
)
from app.simulator.http.rate_limits import Limits
from app.simulator.http.request_log import IncomingRequest
from app.simulator.http.server import run_simulator
from app.simulator.world.sample import SAMPLE_REPO, sample_world
from tests.fakes import FakeClock
from tests.integration.application import BLOG, comments_of, stage
from tests.journeys.github_faults import (
    OWNER,
    SECRET,
    TOKEN,
    Blog,
    GitHubClock,
    Served,
    Watch,
    wait_until,
    world_of,
)

pytestmark = pytest.mark.untraced  # what others cover, at length

_TEN_MINUTES = 600.0
_OTHER_TOKEN = "ghp_another000000000000000000000000000000"
_BROKEN: dict[str, Fault] = {
    "500": Status(500),
    "502": Status(502),
    "503": Status(503),
    "504": Status(504),
    "reset": ConnectionReset(),
    "cut": ConnectionClosed(),
    "half-json": TruncatedJson(),
    "html": HtmlPage(),
    "wrong-type": WrongJsonType(),
}
_LIMITS: dict[str, Fault] = {
    "primary 403 until the reset": PrimaryRateLimit(403, reset_in=3),
    "primary 403 with retry-after": PrimaryRateLimit(403, retry_after=2),
    "primary 429 until the reset": PrimaryRateLimit(429, reset_in=3),
    "primary 429 with retry-after": PrimaryRateLimit(429, retry_after=2),
    "secondary 403": SecondaryRateLimit(403, retry_after=2),
    "secondary 429": SecondaryRateLimit(429, retry_after=2),
}
_FLOOD = 10_000


class Trials:
    """Trials under way, and who reads meanwhile."""

    def __init__(self, stack: ExitStack, folders: pytest.TempPathFactory) -> None:
        self._stack = stack
        self._folders = folders
        self._pool = stack.enter_context(ThreadPoolExecutor(24))
        self._outcomes: dict[str, Future[None]] = {}
        self.watches: list[Watch] = []

    def blogs(self, clock: GitHubClock, sizes: dict[str, Sequence[int]], **settings: str) -> dict[str, Blog]:
        """A GitHub of its own with these blogs, and a service that has mirrored none of them yet."""
        limits = Limits(points_per_minute=1_000_000)
        simulator = self._stack.enter_context(run_simulator(world_of(clock, sizes), limits=limits))
        repos = [f"{OWNER}/{name}" for name in sizes]
        served = Served(self._folders.mktemp("served"), simulator, repos, **settings)
        self._stack.callback(served.close)
        return {name: Blog(f"{OWNER}/{name}", simulator, served) for name in sizes}

    def watch(self, blogs: Sequence[Blog]) -> None:
        """Has somebody read these blogs until the end."""
        self.watches.append(Watch(blogs))
        self._stack.callback(self.watches[-1].end)

    def begin(self, name: str, trial: Callable[[], None]) -> None:
        self._outcomes[name] = self._pool.submit(trial)

    def outcome(self, name: str) -> None:
        self._outcomes[name].result()

    def wait_for_all(self) -> None:
        for outcome in self._outcomes.values():
            outcome.exception()


@pytest.fixture(scope="module")
def trials(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trials]:
    with ExitStack() as stack:
        begun = Trials(stack, tmp_path_factory)
        _begin_on_one_service(begun)
        _begin_with_webhooks(begun)
        _begin_flood(begun)
        _begin_limits(begun)
        _begin_revoked(begun)
        yield begun


# One service, a repository for each trial ------------------------------------------------------------------


def _begin_on_one_service(trials: Trials) -> None:
    small = {name: [12, 3] for name in [*_BROKEN, "slow"]}
    sizes: dict[str, Sequence[int]] = {**small, "coming": [30, 5], "empty": [1000, 3], "later": [250], "moving": [250]}
    blogs = trials.blogs(GitHubClock(), sizes, WEBHOOK_SECRET=SECRET, COLD_WAIT="1")
    mend = blogs["coming"].fail_by(Status(502), path="/issues")
    trials.watch([*blogs.values()])
    for name, fault in _BROKEN.items():
        trials.begin(name, partial(_broken_answers, blogs[name], fault))
    trials.begin("coming", partial(_broken_import, blogs["coming"], trials.watches[-1], mend))
    trials.begin("slow", partial(_slow_answers, blogs["slow"]))
    trials.begin("empty", partial(_empty_lists, blogs["empty"]))
    trials.begin("later", partial(_later_page_of_changes, blogs["later"]))
    trials.begin("moving", partial(_moving_pages, blogs["moving"]))


def _broken_answers(blog: Blog, fault: Fault) -> None:
    blog.wait_until_mirrored()
    mirrored = blog.served_comments()
    mend, broken_at = blog.fail_by(fault), SystemClock().now()
    blog.change()
    blog.wait_until_failing()
    blog.assert_served_with_its_age(mirrored, broken_at=broken_at)
    mend()
    blog.wait_until_mirrored()


def _broken_import(blog: Blog, watch: Watch, mend: Callable[[], None]) -> None:
    blog.wait_until_failing()
    wait_until(lambda: watch.refused > 0, "a reader of a post that is not mirrored is asked to wait")
    mend()
    blog.wait_until_mirrored()


def _slow_answers(blog: Blog) -> None:
    blog.wait_until_mirrored()
    blog.simulator.hold.start(blog.place)
    blog.change()
    blog.simulator.hold.wait_for(1)
    blog.served_comments()  # GitHub has not answered, the reader was
    mend = blog.fail_by(Latency(5))
    blog.simulator.hold.release()
    blog.wait_until_mirrored()
    mend()


def _empty_lists(blog: Blog) -> None:
    blog.wait_until_mirrored()
    asked = len(blog.asks())
    mends = [blog.fail_by(fault, path=r"/issues.*[?&]since=") for fault in (EmptyList(), Header("etag", 'W/"empty"'))]
    blog.change()
    wait_until(lambda: len(blog.asks()) >= asked + 6, "three rounds were told that nothing changed")
    for mend in mends:
        mend()
    blog.wait_until_mirrored()
    _empty_thread(blog)


def _empty_thread(blog: Blog) -> None:
    mend = blog.fail_by(EmptyList(), path=r"/issues.*/comments\?")
    blog.change()
    wait_until(lambda: "an empty list where GitHub counts 1002 comments" in blog.served.service.output, "it is noticed")
    assert len(blog.served_comments()) >= 1000
    mend()
    blog.webhook()
    blog.write("Are there no others?")
    blog.wait_until_mirrored()


def _later_page_of_changes(blog: Blog) -> None:
    blog.wait_until_mirrored()
    mirrored = blog.served_comments()
    mend, broken_at = blog.fail_by(HtmlPage(), path=r"/issues/comments\?.*[?&]page=2"), SystemClock().now()
    world = blog.simulator.world
    with world.lock:  # one round is to see all of it
        for order in range(130):
            blog.write(f"One of many, {order}")
        blog.change()
    blog.wait_until_failing()
    blog.assert_served_with_its_age(mirrored, broken_at=broken_at)
    mend()
    blog.wait_until_mirrored()


def _moving_pages(blog: Blog) -> None:
    """Between two pages, what begins the second one slips to the end of the first; neither count nor time tells."""
    blog.wait_until_mirrored()
    blog.wait_until_compared()
    moves: list[str] = []

    def move(question: IncomingRequest) -> None:
        asked = re.match(rf"{blog.place}/issues/1(/comments\?.*[?&]page=2|$)", question.target)
        if asked is None or len(moves) == 2 or question.target in moves:
            return
        moves.append(question.target)
        first, second, *_ = blog.written()
        blog.simulator.world.delete_comment(first)
        blog.simulator.world.edit_comment(second, body=f"Edited, {len(moves)}")
        blog.write(f"Written meanwhile, {len(moves)}")

    stop = blog.simulator.on_request(move)
    with blog.simulator.world.lock:  # one comment less than the mirror has: the thread is read whole
        blog.simulator.world.delete_comment(blog.written()[9])
        blog.simulator.world.delete_comment(blog.written()[9])
        blog.write("In place of two")
    wait_until(lambda: len(moves) == 2, "the thread was read")
    stop()
    blog.wait_until_mirrored()


@pytest.mark.parametrize("fault", _BROKEN)
def test_while_answers_are_broken_the_mirror_is_served_with_its_age_and_afterwards_it_catches_up(
    trials: Trials, fault: str
) -> None:
    trials.outcome(fault)


def test_an_import_through_broken_answers_is_completed_and_readers_are_asked_to_wait(trials: Trials) -> None:
    trials.outcome("coming")


def test_readers_notice_nothing_of_answers_that_take_five_seconds(trials: Trials) -> None:
    trials.outcome("slow")


def test_an_empty_list_where_there_were_a_thousand_comments_is_not_believed(trials: Trials) -> None:
    trials.outcome("empty")


def test_a_second_page_of_changes_that_fails_after_the_first_loses_nothing(trials: Trials) -> None:
    trials.outcome("later")


def test_comments_written_edited_and_deleted_while_pages_are_read_are_all_there_in_the_end(trials: Trials) -> None:
    trials.outcome("moving")


# Webhooks --------------------------------------------------------------------------------------------------


def _begin_with_webhooks(trials: Trials) -> None:
    clock = GitHubClock()
    sizes: dict[str, Sequence[int]] = {
        "doubled": [12], "shuffled": [12], "late": [12], "long": [250], "lost": [12]
    }  # fmt: skip
    blogs = trials.blogs(clock, sizes, WEBHOOK_SECRET=SECRET)
    trials.watch([*blogs.values()])
    trials.begin("doubled", partial(_doubled_deliveries, blogs["doubled"]))
    trials.begin("shuffled", partial(_shuffled_deliveries, blogs["shuffled"]))
    trials.begin("late", partial(_late_deliveries, blogs["late"]))
    trials.begin("long", partial(_second_page_of_a_thread, blogs["long"]))
    trials.begin("lost", partial(_lost_deliveries, blogs["lost"], clock))


_LOOKS = "/issues/1(/comments)?(?![^?])"
"""Asks about the first post alone."""


def _doubled_deliveries(blog: Blog) -> None:
    blog.wait_until_mirrored()
    blog.wait_until_compared()
    hook = blog.webhook()
    hook.duplicate(None)
    asked = len(blog.asks(_LOOKS))
    blog.change()
    hook.wait(8)
    blog.wait_until_mirrored()
    assert {delivery.status for delivery in hook.log[1:]} == {202}
    guids = [delivery.guid for delivery in hook.log[1:]]
    assert (len(guids), len(set(guids))) == (8, 4)
    assert len(blog.asks(_LOOKS)) - asked <= 2 * 4 + 2, "two asks for each event, and two by a round that came first"


def _shuffled_deliveries(blog: Blog) -> None:
    blog.wait_until_mirrored()
    hook = blog.webhook()
    hook.hold()
    blog.change()
    blog.change()
    written = blog.written()
    blog.simulator.world.edit_comment(written[-1], body="A last word")
    blog.simulator.world.delete_comment(written[-2])
    assert hook.release(shuffled=3) == 10
    hook.wait(10)
    blog.wait_until_mirrored()
    assert {delivery.status for delivery in hook.log[1:]} == {202}


def _late_deliveries(blog: Blog) -> None:
    blog.wait_until_mirrored()
    blog.wait_until_compared()
    hook = blog.webhook()
    hook.hold()
    blog.change()
    blog.wait_until_mirrored()
    assert hook.held_count == 4, "a round found it"
    asked = len(blog.asks(_LOOKS))
    hook.release()
    hook.wait(4)
    blog.write("After all of them")
    blog.wait_until_mirrored()
    assert len(blog.asks(_LOOKS)) - asked <= 2 * 2 + 2, "the deletion and the new comment alone cost looks"


def _second_page_of_a_thread(blog: Blog) -> None:
    blog.wait_until_mirrored()
    blog.webhook()
    mirrored = blog.served_comments()
    mend = blog.fail_by(Status(502), path=r"/issues/1/comments\?.*[?&]page=2")
    blog.simulator.world.delete_comment(blog.written()[4])
    blog.served.service.wait_for(rf"Post 1 of {blog.repo} is looked at again at")
    assert blog.served_comments() == mirrored
    mend()
    blog.wait_until_mirrored()


def _lost_deliveries(blog: Blog, clock: GitHubClock) -> None:
    blog.wait_until_mirrored()
    hook = blog.webhook()
    hook.drop(None)
    hold = blog.simulator.hold
    hold.start(rf"{blog.place}/issues.*[?&]since=")
    blog.change()
    clock.ahead += 120  # by now the deliveries should have come
    hold.release()
    blog.wait_until_mirrored()
    blog.served.service.wait_for(rf"{blog.repo}: no webhook told of what is new at 1\.")
    assert {delivery.error for delivery in hook.log[1:]} == {"dropped"}


def test_deliveries_that_come_twice_cost_nothing_the_second_time(trials: Trials) -> None:
    trials.outcome("doubled")


def test_deliveries_may_come_in_any_order(trials: Trials) -> None:
    trials.outcome("shuffled")


def test_what_deliveries_that_are_late_would_tell_is_found_by_a_round(trials: Trials) -> None:
    trials.outcome("late")


def test_a_second_page_of_a_thread_that_fails_leaves_the_thread_whole(trials: Trials) -> None:
    trials.outcome("long")


def test_what_lost_deliveries_did_not_tell_is_found_by_a_round_and_the_log_says_so(trials: Trials) -> None:
    trials.outcome("lost")


def _begin_flood(trials: Trials) -> None:
    blogs = trials.blogs(GitHubClock(), {"flood": [5] * 40}, WEBHOOK_SECRET=SECRET)
    trials.watch([*blogs.values()])
    trials.begin("flood", partial(_flood, blogs["flood"]))


def _flood(blog: Blog) -> None:
    blog.wait_until_mirrored()
    hook = blog.webhook(connections=4)
    asked = len(blog.asks())
    for order in range(_FLOOD // 40):
        for number in range(1, 41):
            comment = blog.written(number)[order % 5]
            blog.simulator.world.edit_comment(comment, body=f"Edited, {order}")
    hook.wait(_FLOOD, timeout=60)
    assert {delivery.status for delivery in hook.log[1:]} == {202}
    blog.wait_until_mirrored()
    assert len(blog.asks()) - asked <= _FLOOD // 50, "rounds for all that wait, in place of a look for each"


def test_ten_thousand_deliveries_within_a_minute_cost_few_asks(trials: Trials) -> None:
    trials.outcome("flood")


# Limits, and GitHub's clock --------------------------------------------------------------------------------


def _begin_limits(trials: Trials) -> None:
    kinds = {"ahead": _TEN_MINUTES, "behind": -_TEN_MINUTES}
    for name, ahead in kinds.items():
        blog = trials.blogs(GitHubClock(ahead), {name: [12, 3]})[name]
        trials.watch([blog])
        trials.begin(name, partial(_limited_by_another_clock, trials, blog))


def _limited_by_another_clock(trials: Trials, blog: Blog) -> None:
    blog.wait_until_mirrored()
    blog.change()
    blog.wait_until_mirrored()
    assert int(blog.pages()[0].headers["Age"]) < _TEN_MINUTES / 2, "the age is told by our clock"
    for name, fault in _LIMITS.items():
        if ("429" in name) == blog.repo.endswith("behind"):
            _limited(blog, fault)


def _limited(blog: Blog, fault: Fault) -> None:
    mirrored = blog.served_comments()
    mend, broken_at = blog.fail_by(fault), SystemClock().now()
    refused_at: list[float] = []
    stop = blog.simulator.on_request(lambda _: refused_at.append(time.monotonic()))
    blog.change()
    wait_until(lambda: len(refused_at) >= 2, "asks are refused")
    blog.assert_served_with_its_age(mirrored, broken_at=broken_at)
    mend()
    stop()
    assert refused_at[1] - refused_at[0] >= 2, "nothing leaves before GitHub's pause is over"
    blog.wait_until_mirrored()


@pytest.mark.parametrize("clock", ["ahead", "behind"])
def test_limits_are_waited_out_although_githubs_clock_is_ten_minutes_off(trials: Trials, clock: str) -> None:
    trials.outcome(clock)


async def test_a_limit_of_which_github_does_not_say_how_long_it_lasts_is_waited_out_for_a_minute() -> None:
    clock = FakeClock()
    with run_simulator(sample_world(clock.now)) as simulator:
        async with stage(simulator, clock=clock, github_token=_OTHER_TOKEN) as on:
            simulator.world.add_token(_OTHER_TOKEN, OWNER)
            await on.application.schedule.poll_once(BLOG)
            mirrored = await on.ids(41)
            simulator.faults.add(SecondaryRateLimit(429, retry_after=None))
            simulator.world.comment(SAMPLE_REPO, 41, body="Written meanwhile", author="eve")
            pause = await on.application.schedule.poll_once(BLOG)
            assert pause >= 60
            on.asked()
            clock.advance(pause - 1)
            await on.application.schedule.poll_once(BLOG)
            assert on.asked() == []
            assert await on.ids(41) == mirrored
            clock.advance(1)
            await on.application.schedule.poll_once(BLOG)
            assert await on.ids(41) == comments_of(simulator, 41) != mirrored


# The token -------------------------------------------------------------------------------------------------


def _begin_revoked(trials: Trials) -> None:
    blog = trials.blogs(GitHubClock(), {"revoked": [12, 3]})["revoked"]
    trials.watch([blog])
    trials.begin("revoked", partial(_revoked_token, blog))


def _revoked_token(blog: Blog) -> None:
    blog.wait_until_mirrored()
    _without_token(blog)
    blog.simulator.world.add_token(TOKEN, OWNER)
    blog.wait_until_mirrored()
    _without_token(blog)
    blog.simulator.world.add_token(_OTHER_TOKEN, OWNER)
    blog.served.restart(GITHUB_TOKEN=_OTHER_TOKEN)
    blog.wait_until_mirrored()


def _without_token(blog: Blog) -> None:
    mirrored = blog.served_comments()
    blog.simulator.world.revoke_token(TOKEN)
    revoked_at = SystemClock().now()
    blog.change()
    blog.wait_until_failing()
    blog.assert_served_with_its_age(mirrored, broken_at=revoked_at)
    assert {ask.status for ask in blog.asks()[-1:]} == {401}


def test_a_revoked_token_leaves_the_mirror_served_until_it_or_another_one_is_there(trials: Trials) -> None:
    trials.outcome("revoked")


# Whoever reads meanwhile -----------------------------------------------------------------------------------


def test_no_reader_ever_misses_a_comment_that_was_there_or_meets_another_failure_than_not_yet(trials: Trials) -> None:
    trials.wait_for_all()
    assert [wrong for watch in trials.watches for wrong in watch.wrong] == []
    assert all(watch.answers > 100 for watch in trials.watches)
