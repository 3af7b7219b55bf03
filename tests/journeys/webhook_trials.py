"""Trials of webhook deliveries that are repeated, reordered, late, lost or very many."""

from collections.abc import Sequence
from functools import partial

from app.simulator.http.faults import Status
from tests.journeys.github_faults import SECRET, Blog, GitHubClock
from tests.journeys.trials import Trials

_FLOOD = 10_000


def start_webhook_trials(trials: Trials) -> None:
    """Start the trials of webhook deliveries: one service, with a repository for each trial."""
    clock = GitHubClock()
    sizes: dict[str, Sequence[int]] = {
        "doubled": [12], "shuffled": [12], "late": [12], "long": [250], "lost": [12]
    }  # fmt: skip
    blogs = trials.blogs(clock, sizes, WEBHOOK_SECRET=SECRET)
    trials.read([*blogs.values()])
    trials.start("doubled", partial(_doubled_deliveries, blogs["doubled"]))
    trials.start("shuffled", partial(_shuffled_deliveries, blogs["shuffled"]))
    trials.start("late", partial(_late_deliveries, blogs["late"]))
    trials.start("long", partial(_second_page_of_a_thread, blogs["long"]))
    trials.start("lost", partial(_lost_deliveries, blogs["lost"], clock))


_FIRST_POST = "/issues/1(/comments)?(?![^?])"
"""Requests for the first post alone."""


def _doubled_deliveries(blog: Blog) -> None:
    blog.wait_until_mirrored()
    blog.wait_until_reconciled()
    hook = blog.webhook()
    hook.duplicate(None)
    before = len(blog.requests(_FIRST_POST))
    blog.change()
    hook.wait(8)
    blog.wait_until_mirrored()
    assert {delivery.status for delivery in hook.log[1:]} == {202}
    guids = [delivery.guid for delivery in hook.log[1:]]
    assert (len(guids), len(set(guids))) == (8, 4)
    assert len(blog.requests(_FIRST_POST)) - before <= 2 * 4 + 2, (
        "two requests for each event, and two by a poll that came first"
    )


def _shuffled_deliveries(blog: Blog) -> None:
    blog.wait_until_mirrored()
    hook = blog.webhook()
    hook.hold()
    blog.change()
    blog.change()
    written = blog.github_comments()
    blog.simulator.world.edit_comment(written[-1], body="A last word")
    blog.simulator.world.delete_comment(written[-2])
    assert hook.release(shuffle_seed=3) == 10
    hook.wait(10)
    blog.wait_until_mirrored()
    assert {delivery.status for delivery in hook.log[1:]} == {202}


def _late_deliveries(blog: Blog) -> None:
    blog.wait_until_mirrored()
    blog.wait_until_reconciled()
    hook = blog.webhook()
    hook.hold()
    blog.change()
    blog.wait_until_mirrored()
    assert hook.held_count == 4, "a poll found it"
    before = len(blog.requests(_FIRST_POST))
    hook.release()
    hook.wait(4)
    blog.write("After all of them")
    blog.wait_until_mirrored()
    assert len(blog.requests(_FIRST_POST)) - before <= 2 * 2 + 2, "only the deletion and the new comment cost requests"


def _second_page_of_a_thread(blog: Blog) -> None:
    blog.wait_until_mirrored()
    blog.webhook()
    mirrored = blog.served_comments()
    repair = blog.break_github(Status(502), path=r"/issues/1/comments\?.*[?&]page=2")
    blog.simulator.world.delete_comment(blog.github_comments()[4])
    blog.server.service.wait_for(rf"Post 1 of {blog.repo} is refreshed again at")
    assert blog.served_comments() == mirrored
    repair()
    blog.wait_until_mirrored()


def _lost_deliveries(blog: Blog, clock: GitHubClock) -> None:
    blog.wait_until_mirrored()
    hook = blog.webhook()
    hook.drop(None)
    hold = blog.simulator.hold
    hold.start(rf"{blog.path_pattern}/issues.*[?&]since=")
    blog.change()
    clock.ahead += 120  # by now the deliveries should have arrived
    hold.release()
    blog.wait_until_mirrored()
    blog.server.service.wait_for(rf"{blog.repo}: no delivery reported the new comments of 1\.")
    assert {delivery.error for delivery in hook.log[1:]} == {"dropped"}


def start_flood_trial(trials: Trials) -> None:
    """Start the trial of very many deliveries."""
    blogs = trials.blogs(GitHubClock(), {"flood": [5] * 40}, WEBHOOK_SECRET=SECRET)
    trials.read([*blogs.values()])
    trials.start("flood", partial(_flood, blogs["flood"]))


def _flood(blog: Blog) -> None:
    blog.wait_until_mirrored()
    hook = blog.webhook(connections=4)
    before = len(blog.requests())
    for order in range(_FLOOD // 40):
        for number in range(1, 41):
            comment = blog.github_comments(number)[order % 5]
            blog.simulator.world.edit_comment(comment, body=f"Edited, {order}")
    hook.wait(_FLOOD, timeout=60)
    assert {delivery.status for delivery in hook.log[1:]} == {202}
    blog.wait_until_mirrored()
    assert len(blog.requests()) - before <= _FLOOD // 50, "polls for all that wait, instead of a refresh of each"
