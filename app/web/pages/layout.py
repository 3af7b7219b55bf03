"""What all pages for people share: their templates, their files and their security headers.

Pages name their files by relative URLs, so they work under any path of a proxy.
"""

from collections.abc import Callable, Coroutine, Mapping
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from app.domain.errors import AfterwordError
from app.web.assets import SCRIPT, STYLE, Asset, build_asset, file_response, minify
from app.web.errors import ErrorDetails, describe_and_log

if TYPE_CHECKING:
    from jinja2 import Environment

PAGE = "text/html; charset=utf-8"
REVALIDATE = b"private, no-cache"
"""Pages name the address of one request, or what is served at the moment."""
_FOLDER, _OWNER_FOLDER = ("widget", "start"), ("web", "pages", "owner")
_LOCALE = "en"
_FILES = {
    "start.js": SCRIPT,
    "start.css": STYLE,
    "docs.js": SCRIPT,
    "docs.css": STYLE,
    "owner.js": SCRIPT,
    "owner.css": STYLE,
}

router = APIRouter(include_in_schema=False)


def security_headers(*directives: str, forms: str = "'none'") -> dict[str, str]:
    """Return the security headers of a page.

    Its policy allows its style sheet and these directives. `forms` says where forms may be sent.
    """
    fixed_directives = ("style-src 'self'", "base-uri 'none'", f"form-action {forms}", "frame-ancestors 'none'")
    policy = ("default-src 'none'", *directives, *fixed_directives, "require-trusted-types-for 'script'")
    return {
        "content-security-policy": "; ".join(policy),
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": "camera=(), geolocation=(), microphone=()",
    }


PLAIN_HEADERS = security_headers("img-src data:", "trusted-types 'none'")
"""The security headers of a page without scripts."""


def render_page(name: str, **values: Any) -> str:
    """Return the HTML of a template in the folder of the pages."""
    return _templates().get_template(name).render(values)


def compile_page(name: str) -> None:
    """Compile a template now, so that the first reader does not wait for it."""
    _templates().get_template(name)


def uncached_page(name: str, status: int = 200, **values: Any) -> Response:
    """Return a page without scripts that no cache may store."""
    html = render_page(name, **values)
    return Response(html, status, {**PLAIN_HEADERS, "cache-control": "no-store"}, media_type="text/html")


def failure_page(current: str, failure: ErrorDetails) -> Response:
    """Return a page that says what failed; `current` is the address of the page that was asked for."""
    headers = {} if failure.retry_after is None else {"retry-after": str(failure.retry_after)}
    response = uncached_page("failure.html", failure.status, current=current, detail=failure.detail)
    response.headers.update(headers)
    return response


class PageRoute(APIRoute):
    """The route of a page for people: a failure is a page too, which says what to do."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the function that responds to a request."""
        handle_request = super().get_route_handler()

        async def handle_page_request(request: Request) -> Response:
            try:
                return await handle_request(request)
            except AfterwordError as error:
                return failure_page(self.path.removeprefix("/"), describe_and_log(request, error))

        return handle_page_request


@cache
def page_files() -> Mapping[str, Asset]:
    """Return the scripts and style sheets of the pages, which are built once for this process."""
    return {name: build_asset(kind, minify(name, _text(name))) for name, kind in _FILES.items()}


@router.get("/start.js")
@router.get("/start.css")
@router.get("/docs.js")
@router.get("/docs.css")
async def page_file(request: Request) -> Response:
    """Serve a script or a style sheet of the pages."""
    return file_response(request, page_files()[request.url.path.rpartition("/")[2]], b"no-cache")


@cache
def _templates() -> "Environment":
    from jinja2 import Environment, FunctionLoader, StrictUndefined  # noqa: PLC0415 - for few readers

    templates = Environment(
        loader=FunctionLoader(_text), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    templates.filters |= {"day": _format_day, "time": _format_time}
    return templates


def _format_day(time: str) -> str:
    """Return the day of an RFC 3339 time as people write it: `1 July 2020`."""
    from babel.dates import format_date  # noqa: PLC0415 - likewise

    return format_date(datetime.fromisoformat(time), "d MMMM y", locale=_LOCALE)


def _format_time(time: str) -> str:
    """Return the time of day of an RFC 3339 time in UTC: `09:30:00 UTC`."""
    return f"{datetime.fromisoformat(time):%H:%M:%S} UTC"


@cache
def _text(name: str) -> str:
    folder = _OWNER_FOLDER if name.startswith("owner") else _FOLDER
    return files("app").joinpath(*folder, name).read_text(encoding="utf-8")
