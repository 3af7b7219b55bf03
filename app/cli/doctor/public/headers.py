"""What a proxy made of the headers of a response: CORS, caching and links. Pure."""

import re

from app.cli.doctor.public.strangers import advice_for, is_of_afterword
from app.domain.posts.findings import Finding, Severity
from app.github.responses import single_line
from app.outbound.public_address import PublicResponse

_DIRECTIVE = re.compile(r"([a-z-]+)(?:\s*=\s*\"?([0-9]+))?")
_OK = 200
_LONGEST_COPY = 60
"""Seconds; Afterword allows ten."""
_AVATAR = re.compile(rb'"avatar_url":\s*"([^"\\]*/avatars/[0-9]+[^"\\]*)"')
_CORS_ADVICE = "Let the proxy pass the headers Access-Control-… of Afterword, and add none of its own."
_CACHE_ADVICE = "Let the proxy or CDN pass Cache-Control, Age and Vary as Afterword sends them."


def allows_origin(response: PublicResponse, page_origin: str) -> bool:
    """Return True if a browser lets pages of an origin read the response: one value, and the right one."""
    values = response.values("access-control-allow-origin")
    return len(values) == 1 and values[0].strip() in {"*", page_origin}


def judge_cors(response: PublicResponse, page_origin: str) -> list[Finding]:
    """Return what is wrong for scripts on the pages of an origin."""
    values = response.values("access-control-allow-origin")
    if len(values) > 1 or any("," in value for value in values):
        message = f"Access-Control-Allow-Origin comes twice ({_list(values)}): browsers refuse that."
        return [Finding("cors-duplicate", Severity.ERROR, message, _CORS_ADVICE)]
    if not allows_origin(response, page_origin):
        state = f"arrives as {_list(values)}" if values else "is lacking"
        message = f"Pages of {page_origin} may not read: Access-Control-Allow-Origin {state}."
        return [Finding("cors-missing", Severity.ERROR, message, _CORS_ADVICE)]
    return []


def judge_copy(response: PublicResponse, page_origin: str) -> list[Finding]:
    """Return what is wrong if a page, without compression, gets the copy of a client with it and without an origin."""
    if response.headers.get("content-encoding", "identity") != "identity":
        message = "A copy that was compressed for one client is sent to another, which cannot read it."
    elif not allows_origin(response, page_origin):
        message = f"A copy for a client without an origin is sent to pages of {page_origin}, which may not read it."
    else:
        return []
    advice = "Let the cache keep one copy for each Accept-Encoding and Origin, as Vary says, or cache nothing here."
    return [Finding("vary-ignored", Severity.ERROR, message, advice)]


def judge_refusal(response: PublicResponse, page_origin: str) -> list[Finding]:
    """Return what is wrong with the response to `limit=0`, which Afterword refuses with 422."""
    if response.status == _OK:
        message = "The query of a request is lost: limit=0 is answered with comments."
        advice = "Let the proxy pass the query on, as $is_args$args of nginx does, and the cache keep it in its keys."
        return [Finding("query-dropped", Severity.ERROR, message, advice)]
    if not is_of_afterword(response):
        kind = single_line(response.headers.get("content-type", "no type"))
        message = f"An error of Afterword (422) arrives with status {response.status} ({kind}) from what is in front."
        advice = "Let the proxy pass error responses on unchanged, as with proxy_intercept_errors off in nginx."
        return [Finding("errors-replaced", Severity.WARNING, message, advice_for(response.status, advice))]
    if not allows_origin(response, page_origin):
        message = f"Pages of {page_origin} may not read error responses: Access-Control-Allow-Origin is not there."
        return [Finding("cors-missing", Severity.WARNING, message, _CORS_ADVICE)]
    return []


def judge_preflight(response: PublicResponse, page_origin: str) -> list[Finding]:
    """Return what is wrong with the response to OPTIONS, which browsers send before `If-None-Match`."""
    names = ",".join(response.values("access-control-allow-headers")).lower()
    is_ok = 200 <= response.status < 300 and allows_origin(response, page_origin)  # noqa: PLR2004 - a 2xx
    if is_ok and ("if-none-match" in names or names.strip() == "*"):
        return []
    message = f"OPTIONS is answered with status {response.status}, and does not allow pages of {page_origin} to read."
    advice = "Let the proxy pass OPTIONS requests to Afterword, and their responses unchanged."
    return [Finding("cors-preflight", Severity.WARNING, message, advice)]


def judge_caching(response: PublicResponse, *, by_origin: bool) -> list[Finding]:
    """Return what is wrong with the headers that caches obey; `by_origin` if responses differ by their origin."""
    value = ", ".join(response.values("cache-control"))
    directives = dict(_DIRECTIVE.findall(value.lower()))
    findings = []
    if not {"public", "max-age", "stale-if-error"} <= directives.keys():
        state = f"arrives as “{single_line(value)}”" if value else "is lacking"
        message = f"Cache-Control {state}: copies are not kept as Afterword means it."
        advice = _CACHE_ADVICE
        if "private" in directives:
            advice = (
                "Set AFTERWORD_PUBLIC_URL where Afterword runs, too: without it no shared cache may keep responses."
            )
        findings.append(Finding("caching-headers", Severity.WARNING, message, advice))
    elif _seconds(directives["max-age"]) - _seconds(response.headers.get("age", "0")) > _LONGEST_COPY:
        message = f"Cache-Control arrives as “{single_line(value)}”: readers see new comments late."
        findings.append(Finding("caching-headers", Severity.WARNING, message, _CACHE_ADVICE))
    else:
        findings += _judge_age(_seconds(response.headers.get("age", "0")), _seconds(directives["max-age"]))
    return findings + _judge_vary(", ".join(response.values("vary")).lower(), by_origin=by_origin)


def _judge_age(age: int, max_age: int) -> list[Finding]:
    """Return the finding for a copy that a cache has kept longer than it may."""
    if age <= max_age + _LONGEST_COPY:
        return []
    message = f"A copy of {age:,} seconds arrives, although {max_age:,} are allowed: readers see new comments late."
    advice = "Let the cache obey Cache-Control. Some send old copies while Afterword does not answer: see if it runs."
    return [Finding("caching-headers", Severity.WARNING, message, advice)]


def _judge_vary(vary: str, *, by_origin: bool) -> list[Finding]:
    if vary.strip() == "*":
        return []
    if "accept-encoding" not in vary:
        message = "Vary does not name Accept-Encoding: a cache may send compressed comments to who cannot read them."
        return [Finding("vary-dropped", Severity.WARNING, message, _CACHE_ADVICE)]
    if by_origin and "origin" not in vary:
        message = "Vary does not name Origin: a cache may send pages a copy that they may not read."
        return [Finding("vary-dropped", Severity.WARNING, message, _CACHE_ADVICE)]
    return []


def judge_links(response: PublicResponse, base_url: str) -> list[Finding]:
    """Return what is wrong with the addresses in responses: they must lead back to the public address."""
    match = _AVATAR.search(response.decoded_body())
    address = match[1].decode("latin-1") if match else ""
    if match is None or address.startswith((f"{base_url}/", "/")):
        return []
    message = f"The addresses in responses do not begin with {base_url}, as {single_line(address)}."
    advice = "Set AFTERWORD_PUBLIC_URL where Afterword runs; without it they come from the Host that the proxy sends."
    return [Finding("public-links", Severity.WARNING, message, advice)]


def _seconds(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else 0  # noqa: PLR2004 - 30,000 years


def _list(values: list[str]) -> str:
    return single_line(", ".join(values))
