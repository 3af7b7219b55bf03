"""GitHub's media types: which one a request accepts, and how a response names it.

GitHub parses its media types leniently, and blogs' scripts depend on that. Before the parameter there may be a version
of any name or none (`v3`, `beta`, a literal `VERSION`); the suffix `+json` is optional.
Follows https://docs.github.com/rest/using-the-rest-api/getting-started-with-the-rest-api#media-types
"""

import re

from app.render.keys import MediaType

_VENDOR = "application/vnd.github"
_PARAMETERS = {"raw": MediaType.RAW, "text": MediaType.TEXT, "html": MediaType.HTML, "full": MediaType.FULL}
_QVALUE = re.compile(r"0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?")
"""https://www.rfc-editor.org/rfc/rfc9110#section-12.4.2."""


def negotiate_media_type(accept: str | None) -> MediaType:
    """Return the media type that an Accept header asks for; DEFAULT if it names none of GitHub's or is missing.

    The range with the highest weight wins. Among equal weights, a range with a parameter wins, at any position:
    a script that extends its library's header sends `application/json, …, application/vnd.github.v3.html+json`.
    """
    best, best_rank = MediaType.DEFAULT, (0.0, False)
    for part in (accept or "").split(","):
        name, *parameters = part.split(";")
        media_type = _media_type(name.strip().lower())
        rank = (_weight(parameters), media_type is not MediaType.DEFAULT)
        if rank[0] > 0 and rank > best_rank:
            best, best_rank = media_type, rank
    return best


def media_type_header(media_type: MediaType) -> str:
    """Return the value of GitHub's `X-GitHub-Media-Type` header."""
    if media_type is MediaType.DEFAULT:
        return "github.v3; format=json"
    return f"github.v3; param={media_type}; format=json"


def _media_type(name: str) -> MediaType:
    prefix, _, parameter = name.removesuffix("+json").rpartition(".")
    if prefix != _VENDOR and not prefix.startswith(f"{_VENDOR}."):
        return MediaType.DEFAULT
    return _PARAMETERS.get(parameter, MediaType.DEFAULT)


def _weight(parameters: list[str]) -> float:
    """Return the range's qvalue; an invalid one is ignored."""
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q" and _QVALUE.fullmatch(value.strip()):
            return float(value)
    return 1.0
