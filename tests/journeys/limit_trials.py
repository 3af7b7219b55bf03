"""Trials of rate limits and of a revoked token."""

import time
from functools import partial

from app.outbound.clock import SystemClock
from app.simulator.http.faults import Fault, PrimaryRateLimit, SecondaryRateLimit
from tests.journeys.github_faults import OWNER, TOKEN, Blog, GitHubClock, wait_until
from tests.journeys.trials import Trials

OTHER_TOKEN = "ghp_another000000000000000000000000000000"
_TEN_MINUTES = 600.0
_RATE_LIMITS: dict[str, Fault] = {
    "primary 403 until the reset": PrimaryRateLimit(403, reset_in=3),
    "primary 403 with retry-after": PrimaryRateLimit(403, retry_after=2),
    "primary 429 until the reset": PrimaryRateLimit(429, reset_in=3),
    "primary 429 with retry-after": PrimaryRateLimit(429, retry_after=2),
    "secondary 403": SecondaryRateLimit(403, retry_after=2),
    "secondary 429": SecondaryRateLimit(429, retry_after=2),
}


def start_limit_trials(trials: Trials) -> None:
    """Start the trials of rate limits, with GitHub's clock ahead of ours and behind it."""
    kinds = {"ahead": _TEN_MINUTES, "behind": -_TEN_MINUTES}
    for name, ahead in kinds.items():
        blog = trials.blogs(GitHubClock(ahead), {name: [12, 3]})[name]
        trials.read([blog])
        trials.start(name, partial(_limits_by_another_clock, blog))


def _limits_by_another_clock(blog: Blog) -> None:
    blog.wait_until_mirrored()
    blog.change()
    blog.wait_until_mirrored()
    assert int(blog.pages()[0].headers["Age"]) < _TEN_MINUTES / 2, "the age is measured by our clock"
    for name, fault in _RATE_LIMITS.items():
        if ("429" in name) == blog.repo.endswith("behind"):
            _limit(blog, fault)


def _limit(blog: Blog, fault: Fault) -> None:
    mirrored = blog.served_comments()
    repair, broken_at = blog.break_github(fault), SystemClock().now()
    refused_at: list[float] = []
    stop = blog.simulator.on_request(lambda _: refused_at.append(time.monotonic()))
    blog.change()
    wait_until(lambda: len(refused_at) >= 2, "requests are refused")
    blog.assert_served_with_its_age(mirrored, broken_at=broken_at)
    repair()
    stop()
    assert refused_at[1] - refused_at[0] >= 2, "nothing is sent before GitHub's pause is over"
    blog.wait_until_mirrored()


def start_token_trial(trials: Trials) -> None:
    """Start the trial of a token that is revoked."""
    blog = trials.blogs(GitHubClock(), {"revoked": [12, 3]})["revoked"]
    trials.read([blog])
    trials.start("revoked", partial(_revoked_token, blog))


def _revoked_token(blog: Blog) -> None:
    blog.wait_until_mirrored()
    _without_token(blog)
    blog.simulator.world.add_token(TOKEN, OWNER)
    blog.wait_until_mirrored()
    _without_token(blog)
    blog.simulator.world.add_token(OTHER_TOKEN, OWNER)
    blog.server.restart(GITHUB_TOKEN=OTHER_TOKEN)
    blog.wait_until_mirrored()


def _without_token(blog: Blog) -> None:
    mirrored = blog.served_comments()
    blog.simulator.world.revoke_token(TOKEN)
    revoked_at = SystemClock().now()
    blog.change()
    blog.wait_until_failing()
    blog.assert_served_with_its_age(mirrored, broken_at=revoked_at)
    assert {request.status for request in blog.requests()[-1:]} == {401}
