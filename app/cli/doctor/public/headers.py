"""What a proxy made of the headers of a response: CORS, caching and links. Pure."""

import re

from app.domain.posts.findings import Finding, Severity
from app.github.responses import single_line
from app.outbound.public_address import PublicResponse

_DIRECTIVE = re.compile(r"([a-z-]+)(?:\s*=\s*\"?([0-9]+))?")
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


def judge_preflight(response: PublicResponse, page_origin: str) -> list[Finding]:
    """Return what is wrong with the response to OPTIONS, which browsers send before `If-None-Match`."""
    names = ",".join(response.values("access-control-allow-headers")).lower()
    is_ok = 200 <= response.status < 300 and allows_origin(response, page_origin)  # noqa: PLR2004 - a 2xx
    if is_ok and ("if-none-match" in names or names.strip() == "*"):
        return []
    message = f"OPTIONS is answered with status {response.status}, and does not allow pages of {page_origin} to read."
    advice = "Let the proxy pass OPTIONS requests to Afterword, and their responses unchanged."
    return [Finding("cors-preflight", Severity.WARNING, message, advice)]


def judge_caching(response: PublicResponse) -> list[Finding]:
    """Return what is wrong with the headers that caches obey."""
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
    if "accept-encoding" not in ", ".join(response.values("vary")).lower():
        message = "Vary does not name Accept-Encoding: a cache may send compressed comments to who cannot read them."
        findings.append(Finding("vary-dropped", Severity.WARNING, message, _CACHE_ADVICE))
    return findings


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
