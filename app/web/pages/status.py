"""/status: what /readyz says, in words for the owner.

It is a page of its own, and no other form of /readyz: what a probe receives must not depend on its Accept header.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, NamedTuple

import orjson
from babel.dates import format_timedelta
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.domain.errors import AfterwordError
from app.domain.times import epoch, rfc3339
from app.render.keys import CountsKey
from app.web.context import WebContext, web_context
from app.web.pages.layout import PageRoute, uncached_page

router = APIRouter(include_in_schema=False, route_class=PageRoute)


class SiteWords(NamedTuple):
    """The state of one repository in sentences; `checked_at` is RFC 3339, and empty before the first check."""

    repo: str
    mirrored: str
    comments: str
    checked_at: str
    since: str
    failure: str


@router.get("/status")
async def status(request: Request) -> Response:
    """Serve the state of the service as a page."""
    context = web_context(request)
    state = await context.monitoring.readiness()
    sites = [await _describe_site(context, site) for site in state["sites"]]
    failure = state["posts"]["failure"] or ""
    return uncached_page(
        "status.html", ready=state["ready"], sites=sites, post_failure=failure, now=rfc3339(context.now())
    )


async def _describe_site(context: WebContext, site: Mapping[str, Any]) -> SiteWords:
    checked_at = site["checked_at"] or ""
    seconds = context.now() - epoch(checked_at) if checked_at else 0
    return SiteWords(
        repo=site["repo"],
        mirrored=_describe_mirror(site),
        comments=await _count_comments(context, site["repo"]),
        checked_at=checked_at,
        since=_describe_age(seconds),
        failure=site["failure"] or "",
    )


def _describe_age(seconds: float) -> str:
    """Return how long ago a moment was; one in the future was written by a clock that has been set back since."""
    if seconds < 1:
        return "just now"
    return format_timedelta(timedelta(seconds=-seconds), add_direction=True, threshold=2, locale="en")


def _describe_mirror(site: Mapping[str, Any]) -> str:
    posts, complete = site["threads"], site["threads_complete"]
    if not site["listed"]:
        return "The list of issues is not read yet. Readers see what is mirrored already."
    if complete < posts:
        return f"{complete:,} of {posts:,} posts are mirrored; the others follow."
    return {0: "There are no posts yet.", 1: "Its one post is mirrored."}.get(
        posts, f"All {posts:,} posts are mirrored."
    )


async def _count_comments(context: WebContext, repo: str) -> str:
    """Return in a sentence how many comments are mirrored; empty if there are none or that cannot be read."""
    try:
        document = await context.reader.document(CountsKey((await context.site(repo)).repo, None))
    except AfterwordError:
        return ""
    total = sum(count or 0 for count in orjson.loads(document.bodies["identity"])["counts"].values())
    return {0: "", 1: "There is one comment."}.get(total, f"There are {total:,} comments.")
