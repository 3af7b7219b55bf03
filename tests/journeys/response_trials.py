"""Trials of broken, slow, empty and shifting responses of GitHub."""

import re
from collections.abc import Callable, Sequence
from functools import partial

from app.outbound.clock import SystemClock
from app.simulator.http.faults import (
    ConnectionClosed,
    ConnectionReset,
    EmptyList,
    Fault,
    Header,
    HtmlPage,
    Latency,
    Status,
    TruncatedJson,
    WrongJsonType,
)
from app.simulator.http.request_log import IncomingRequest
from tests.journeys.github_faults import SECRET, Blog, GitHubClock, Reader, wait_until
from tests.journeys.trials import Trials

BROKEN_RESPONSES: dict[str, Fault] = {
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


def start_response_trials(trials: Trials) -> None:
    """Start the trials of broken responses: one service, with a repository for each trial."""
    small = {name: [12, 3] for name in [*BROKEN_RESPONSES, "slow"]}
    sizes: dict[str, Sequence[int]] = {**small, "coming": [30, 5], "empty": [1000, 3], "later": [250], "moving": [250]}
    blogs = trials.blogs(GitHubClock(), sizes, WEBHOOK_SECRET=SECRET, COLD_WAIT="1")
    repair = blogs["coming"].break_github(Status(502), path="/issues")
    trials.read([*blogs.values()])
    for name, fault in BROKEN_RESPONSES.items():
        trials.start(name, partial(_broken_responses, blogs[name], fault))
    trials.start("coming", partial(_broken_import, blogs["coming"], trials.readers[-1], repair))
    trials.start("slow", partial(_slow_responses, blogs["slow"]))
    trials.start("empty", partial(_empty_lists, blogs["empty"]))
    trials.start("later", partial(_later_page_of_changes, blogs["later"]))
    trials.start("moving", partial(_moving_pages, blogs["moving"]))


def _broken_responses(blog: Blog, fault: Fault) -> None:
    blog.wait_until_mirrored()
    mirrored = blog.served_comments()
    repair, broken_at = blog.break_github(fault), SystemClock().now()
    blog.change()
    blog.wait_until_failing()
    blog.assert_served_with_its_age(mirrored, broken_at=broken_at)
    repair()
    blog.wait_until_mirrored()


def _broken_import(blog: Blog, reader: Reader, repair: Callable[[], None]) -> None:
    blog.wait_until_failing()
    wait_until(lambda: reader.unavailable_count > 0, "a reader of a post that is not mirrored gets a 503")
    repair()
    blog.wait_until_mirrored()


def _slow_responses(blog: Blog) -> None:
    blog.wait_until_mirrored()
    blog.simulator.hold.start(blog.path_pattern)
    blog.change()
    blog.simulator.hold.wait_for(1)
    blog.served_comments()  # readers get a response, although GitHub sends none
    repair = blog.break_github(Latency(5))
    blog.simulator.hold.release()
    blog.wait_until_mirrored()
    repair()


def _empty_lists(blog: Blog) -> None:
    blog.wait_until_mirrored()
    before = len(blog.requests())
    repairs = [
        blog.break_github(fault, path=r"/issues.*[?&]since=") for fault in (EmptyList(), Header("etag", 'W/"empty"'))
    ]
    blog.change()
    wait_until(lambda: len(blog.requests()) >= before + 6, "three polls got an empty list")
    for repair in repairs:
        repair()
    blog.wait_until_mirrored()
    _empty_thread(blog)


def _empty_thread(blog: Blog) -> None:
    repair = blog.break_github(EmptyList(), path=r"/issues.*/comments\?")
    blog.change()
    wait_until(
        lambda: "an empty list, although GitHub counts 1002 comments" in blog.server.service.output, "it is logged"
    )
    assert len(blog.served_comments()) >= 1000
    repair()
    blog.webhook()
    blog.write("Are there no others?")
    blog.wait_until_mirrored()


def _later_page_of_changes(blog: Blog) -> None:
    blog.wait_until_mirrored()
    mirrored = blog.served_comments()
    repair, broken_at = blog.break_github(HtmlPage(), path=r"/issues/comments\?.*[?&]page=2"), SystemClock().now()
    world = blog.simulator.world
    with world.lock:  # so that one poll sees all of it
        for order in range(130):
            blog.write(f"One of many, {order}")
        blog.change()
    blog.wait_until_failing()
    blog.assert_served_with_its_age(mirrored, broken_at=broken_at)
    repair()
    blog.wait_until_mirrored()


def _moving_pages(blog: Blog) -> None:
    """Delete a comment between two pages, so that one slips from the second to the first; no count or time shows it."""
    blog.wait_until_mirrored()
    blog.wait_until_reconciled()
    moves: list[str] = []

    def move(request: IncomingRequest) -> None:
        match = re.match(rf"{blog.path_pattern}/issues/1(/comments\?.*[?&]page=2|$)", request.target)
        if match is None or len(moves) == 2 or request.target in moves:
            return
        moves.append(request.target)
        first, second, *_ = blog.github_comments()
        blog.simulator.world.delete_comment(first)
        blog.simulator.world.edit_comment(second, body=f"Edited, {len(moves)}")
        blog.write(f"Written between two pages, {len(moves)}")

    stop = blog.simulator.on_request(move)
    with blog.simulator.world.lock:  # one comment fewer than the mirror has: the whole thread is read
        blog.simulator.world.delete_comment(blog.github_comments()[9])
        blog.simulator.world.delete_comment(blog.github_comments()[9])
        blog.write("In place of two")
    wait_until(lambda: len(moves) == 2, "the thread was read")
    stop()
    blog.wait_until_mirrored()
