"""Who may see the owner's page: a session in a cookie, or the owner's token in `Authorization: Bearer`.

The cookie is sent to no address but the owner's page. So what readers read stays the same with and without it, and
caches in front of the service need not know it. That excludes the prefix `__Host-`, which demands the path `/`; over
https the cookie has the prefix `__Secure-`. Another host of the domain may overwrite it, and gains nothing: it cannot
sign one.
"""

import asyncio
import re
from collections.abc import Mapping
from itertools import islice
from urllib.parse import parse_qsl, urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.domain.errors import ForeignForm, SignInRequired, WrongToken
from app.serving.owner.desk import OwnerDesk
from app.serving.owner.sessions import DEVICE_SECONDS, SESSION_SECONDS, Session
from app.web.context import WebContext, client_address, web_context

_SESSION, _DEVICE = "afterword-owner", "afterword-owner-device"
_SECURE = "__Secure-"
_PROXY_HEADERS = ("x-forwarded-", "forwarded", "via")
PRIVATE: Mapping[str, str] = {
    "cache-control": "private, no-store",
    "cdn-cache-control": "no-store",
    "x-accel-expires": "0",
    "vary": "Cookie, Authorization",
    "x-robots-tag": "noindex, nofollow",
}
"""What keeps a response out of every cache."""
_MAX_FORM = 4_096
_MAX_FIELDS = 20
_FORM_SECONDS = 10.0
_FORM_TYPE = "application/x-www-form-urlencoded"
_MAX_TOKEN = 1_024
_MOST_COOKIES = 10
_PAGE_PATH = re.compile(r"(?:/[\w.~%!$&'()*+=:@-]+)*/owner", re.ASCII)


def owner_desk(request: Request) -> OwnerDesk:
    """Return the parts of the owner's page; the routes that call this exist only with them."""
    desk = web_context(request).features.owner
    assert desk is not None  # noqa: S101 - `create_app` includes the routes only then
    return desk


async def find_session(request: Request) -> Session | None:
    """Return the session of a request's cookie, if it has a valid one. Raises `StoreError`."""
    now, sessions = web_context(request).now(), owner_desk(request).sessions
    for value in _cookies(request, _SESSION):
        session = await sessions.find(value, now)
        if session is not None:
            return session
    return None


def has_owner_token(request: Request) -> bool:
    """Return True if a request has the owner's token as its bearer token, False if it has none.

    Raises `WrongToken` for another one, and `TooManyRequests`.
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        return False
    check_token(request, token.strip())
    return True


def check_token(request: Request, token: str) -> None:
    """Raise `WrongToken` unless this is the owner's token, and `TooManyRequests` without comparing it."""
    desk, now = owner_desk(request), web_context(request).now()
    devices = (desk.sessions.device(value, now) for value in _cookies(request, _DEVICE))
    device = next(filter(None, devices), None)
    if not desk.attempts.check(token[:_MAX_TOKEN], client_address(web_context(request), request), device):
        raise WrongToken


async def identify(request: Request) -> Session | None:
    """Return the owner's session; None for a request with the owner's token. Raises an `OwnerError`."""
    if has_owner_token(request):
        return None
    session = await find_session(request)
    if session is None:
        raise SignInRequired
    return session


async def require_owner(request: Request) -> None:
    """Let only requests with the owner's token pass. Raises an `OwnerError`."""
    if not has_owner_token(request):
        raise SignInRequired


def require_own_origin(request: Request) -> None:
    """Raise `ForeignForm` if a browser says that another site's page sent this form.

    Behind a proxy that changes `Host` the browser's own comparison counts, `Sec-Fetch-Site`.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        if site not in {"same-origin", "none"}:
            raise ForeignForm
        return
    origin = request.headers.get("origin")
    if origin is not None and origin.lower() not in _own_origins(request):
        raise ForeignForm


def _own_origins(request: Request) -> set[str]:
    public = _public_origin(web_context(request))
    return {_direct_origin(request)} if public is None else {_direct_origin(request), public}


def _direct_origin(request: Request) -> str:
    """Return the origin of a browser without a proxy."""
    return f"{request.url.scheme}://{request.headers.get('host', '')}".lower()


def _public_origin(context: WebContext) -> str | None:
    if context.public_url is None:
        return None
    parts = urlsplit(context.public_url)
    return f"{parts.scheme}://{parts.netloc}".lower()


async def read_form(request: Request) -> dict[str, str]:
    """Return the fields of a form; the last one of a name counts. Raises `HTTPException` for anything that is none."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM_TYPE:
        raise HTTPException(415, f"Send a form as {_FORM_TYPE}")
    body = bytearray()
    try:
        async with asyncio.timeout(_FORM_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > _MAX_FORM:
                    raise HTTPException(413, "The form is too large")
    except TimeoutError:
        raise HTTPException(408, "The form did not arrive") from None
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_MAX_FIELDS))
    except ValueError:
        raise HTTPException(400, "The form cannot be read") from None


def start_session(request: Request, response: Response) -> None:
    """Let the browser keep a new session, and the mark of a browser that the owner was in with."""
    sessions, now = owner_desk(request).sessions, web_context(request).now()
    _set_cookie(request, response, _SESSION, sessions.create(now), SESSION_SECONDS)
    _set_cookie(request, response, _DEVICE, sessions.create_device(now), DEVICE_SECONDS)


def forget_session(request: Request, response: Response) -> None:
    """Let the browser forget its session."""
    _set_cookie(request, response, _SESSION, "", 0)


def _set_cookie(request: Request, response: Response, name: str, value: str, max_age: int) -> None:
    is_public = _is_public(request)
    has_https = request.url.scheme == "https" or request.headers.get("origin", "").lower().startswith("https:")
    is_encrypted = has_https or (is_public and _has_public_https(request))
    prefix = _SECURE if is_encrypted else ""
    attributes = [f"{prefix}{name}={value}", f"Max-Age={max_age}", "HttpOnly", "SameSite=Strict"]
    path = _cookie_path(request, is_public=is_public)
    if path is not None:
        attributes.append(f"Path={path}")
    if is_encrypted:
        attributes.append("Secure")
    response.headers.append("set-cookie", "; ".join(attributes))


def _cookies(request: Request, name: str) -> list[str]:
    """Return the values of all cookies of a name: an earlier one of another path, or of another host, hides none."""
    pairs = (pair.partition("=") for pair in request.headers.get("cookie", "").split(";"))
    values = (value.strip() for key, _, value in pairs if key.strip() in {name, f"{_SECURE}{name}"})
    return list(islice(values, _MOST_COOKIES))


def _is_public(request: Request) -> bool:
    """Return True if a form was sent from the public address; another origin is that of the service itself."""
    public, origin = _public_origin(web_context(request)), request.headers.get("origin", "null").lower()
    return public is not None and origin in {public, "null"}


def _has_public_https(request: Request) -> bool:
    return (web_context(request).public_url or "").lower().startswith("https:")


def _cookie_path(request: Request, *, is_public: bool) -> str | None:
    """Return the path of the owner's page as the browser sees it; None if a proxy may have taken a prefix away.

    The browser names its page in `Referer`. Without a path, it takes the folder of the form's address.
    https://httpwg.org/specs/rfc6265.html#cookie-path
    """
    if is_public:
        return f"{urlsplit(web_context(request).public_url or '').path}/owner"
    origin = request.headers.get("origin", "null").lower()
    page_path = _path_at(origin, request.headers.get("referer", ""))
    if page_path is not None:
        return page_path
    is_direct = origin in {"null", _direct_origin(request)}
    has_proxy = not is_direct or any(name.startswith(_PROXY_HEADERS) for name in request.headers)
    return None if has_proxy else "/owner"


def _path_at(origin: str, address: str) -> str | None:
    """Return the path of an owner's page of this origin; None for another address."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    is_page = f"{parts.scheme}://{parts.netloc}".lower() == origin and _PAGE_PATH.fullmatch(parts.path)
    return parts.path if is_page else None
