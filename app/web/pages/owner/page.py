"""`/owner`: the page, its form to sign in, its forms to check threads, and its stream of news.

All forms go to the address of the page itself, so their relative addresses hold under any prefix of a proxy. A script
reads the page again after news; without it, the page is read by reloading.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from app.domain.errors import ForeignForm, OwnerError, SignInRequired, TooManyRequests
from app.serving.owner.listing import Listing
from app.serving.owner.model import Overview
from app.serving.owner.sessions import Session
from app.web.assets import file_response
from app.web.context import request_state, web_context
from app.web.errors import describe_and_log
from app.web.event_stream import CONTENT_TYPE
from app.web.pages.layout import PageRoute, page_files, render_page, security_headers
from app.web.pages.owner import wording
from app.web.pages.owner.access import (
    PRIVATE,
    check_token,
    find_session,
    forget_session,
    identify,
    owner_desk,
    read_form,
    require_own_origin,
    start_session,
)
from app.web.pages.owner.charts import hour_chart, week_chart
from app.web.pages.owner.checking import check
from app.web.pages.owner.compression import private_response

router = APIRouter(include_in_schema=False, route_class=PageRoute)

TEMPLATE = "owner.html"
_HERE = "owner"
"""The page's own address, relative to itself."""
_HEADERS: Mapping[str, str] = {
    **security_headers(
        "script-src 'self'",
        "connect-src 'self'",
        "img-src data:",
        "trusted-types afterword-owner",
        forms="'self'",
    ),
    **PRIVATE,
    "referrer-policy": "same-origin",  # with `no-referrer` a browser would send the forms with the origin `null`
}
_TEMPLATE_TOOLS: Mapping[str, Any] = {
    "moment": wording.moment,
    "moment_of": wording.moment_of,
    "size": wording.size,
    "web_address": wording.web_address,
    "short": wording.short,
    "thread_status": wording.thread_status,
    "thread_name": wording.thread_name,
    "outcomes": wording.outcomes,
    "events": wording.events,
}


@router.get("/owner")
async def owner(request: Request) -> Response:
    """Serve the page to the owner, and the form to sign in to everybody else."""
    try:
        return await _page(request, await identify(request))
    except SignInRequired:
        return _sign_in_page(200, "")
    except (OwnerError, TooManyRequests) as error:
        return _refusal(request, error)


@router.post("/owner")
async def submit(request: Request) -> Response:
    """Do what a form of the page asks for, then lead back to the page."""
    try:
        require_own_origin(request)
        form = await read_form(request)
        if form.get("do") == "sign-in":
            check_token(request, form.get("token", ""))
            response = _redirect("")
            start_session(request, response)
            return response
        session = await _session_of_form(request, form)
    except (OwnerError, TooManyRequests) as error:
        return _refusal(request, error)
    if form.get("do") == "sign-out":
        await owner_desk(request).sessions.end(session, web_context(request).now())
        response = _redirect("")
        forget_session(request, response)
        return response
    repo, _, number = form.get("thread", "").rpartition("#")
    outcome = await check(request, number, repo or None)
    listing = Listing.parse(dict(parse_qsl(form.get("view", ""))))
    return _redirect("&".join(part for part in (listing.query, f"checked={outcome}") if part))


@router.get("/owner/events")
async def events(request: Request) -> Response:
    """Tell the open page that something changed."""
    context, desk = web_context(request), owner_desk(request)
    session = await identify(request)
    if not desk.news.has_room:
        raise HTTPException(HTTPStatus.SERVICE_UNAVAILABLE, "Too many owner's pages are open")
    until = session.expires_at if session is not None else context.now() + 3600

    async def stream() -> AsyncIterator[bytes]:
        async for has_news in desk.news.listen(until):
            yield b"event: changed\ndata: {}\n\n" if has_news else b": \n\n"

    headers = {**PRIVATE, "cache-control": "private, no-store, no-transform", "x-accel-buffering": "no"}
    if request_state(request.scope).is_head:
        return Response(headers=headers, media_type=CONTENT_TYPE)
    return StreamingResponse(stream(), headers=headers, media_type=CONTENT_TYPE)


@router.get("/owner.css")
@router.get("/owner.js")
async def owner_file(request: Request) -> Response:
    """Serve the style sheet or the script of the page."""
    return file_response(request, page_files()[request.url.path.rpartition("/")[2]], b"no-cache", {})


async def _session_of_form(request: Request, form: Mapping[str, str]) -> Session:
    session = await find_session(request)
    if session is None:
        raise SignInRequired
    if not owner_desk(request).sessions.is_form_token(session, form.get("form", "")):
        raise ForeignForm
    return session


async def _page(request: Request, session: Session | None) -> Response:
    desk, query = owner_desk(request), dict(request.query_params)
    overview = await desk.overview.read()
    form_token = "" if session is None else desk.sessions.form_token(session)
    message = wording.MESSAGES.get(query.get("checked", ""), "")
    listing = Listing.parse(query)

    def respond() -> Response:
        return private_response(request, _render(overview, listing, form_token, message), "text/html", _HEADERS)

    return await asyncio.to_thread(respond)


def _render(overview: Overview, listing: Listing, form_token: str, message: str) -> bytes:
    """Return the page as UTF-8. Half a surrogate pair in a title becomes a question mark."""
    selection = listing.select(overview.posts)
    html = render_page(
        TEMPLATE,
        **_TEMPLATE_TOOLS,
        overview=overview,
        now=overview.at,
        tiles=wording.tiles(overview),
        listing=listing,
        columns=wording.columns(listing),
        selection=selection,
        pages=_pages(listing, selection.page, selection.pages),
        findings=wording.loose_findings(overview.findings, selection),
        held_count=sum(site.held_count for site in overview.sites),
        repos=[site.repo for site in overview.sites],
        weeks=week_chart(overview.weeks),
        hours=hour_chart(overview.budget.hours),
        form_token=form_token,
        message=message,
    )
    return html.encode("utf-8", "replace")


def _pages(listing: Listing, page: int, pages: int) -> list[tuple[str, str]]:
    """Return the links to the pages before and after this one: the relation and the query."""
    links = []
    if page > 1:
        links.append(("prev", wording.query_of(listing.at_page(page - 1))))
    if page < pages:
        links.append(("next", wording.query_of(listing.at_page(page + 1))))
    return links


def _refusal(request: Request, error: OwnerError | TooManyRequests) -> Response:
    details = describe_and_log(request, error)
    response = _sign_in_page(details.status, details.detail)
    if details.retry_after is not None:
        response.headers["retry-after"] = str(details.retry_after)
    if details.challenge is not None:
        response.headers["www-authenticate"] = details.challenge
    return response


def _sign_in_page(status: int, problem: str) -> Response:
    return Response(render_page("owner_sign_in.html", problem=problem), status, _HEADERS, media_type="text/html")


def _redirect(query: str) -> Response:
    location = f"{_HERE}?{query}" if query else _HERE
    return Response(status_code=HTTPStatus.SEE_OTHER, headers={**PRIVATE, "location": location})
