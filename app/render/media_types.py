"""Which of a body's forms a request asks for, and how an answer names it.

GitHub reads its own types leniently, and the scripts on blogs depend on it: a version of any name or none before the
form (`v3`, `beta`, a literal `VERSION`), with or without `+json`.
Follows https://docs.github.com/rest/using-the-rest-api/getting-started-with-the-rest-api#media-types
"""

import re

from app.render.keys import Media

_VENDOR = "application/vnd.github"
_FORMS = {"raw": Media.RAW, "text": Media.TEXT, "html": Media.HTML, "full": Media.FULL}
_WEIGHT = re.compile(r"0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?")
"""A qvalue: https://www.rfc-editor.org/rfc/rfc9110#section-12.4.2."""


def media_of(accept: str | None) -> Media:
    """The form that an Accept header asks for; DEFAULT where it names none of GitHub's, or there is no header.

    The heaviest range wins. Among equals one that names a form wins over one that does not, wherever it stands: a
    script that adds its type to those of its library sends `application/json, …, application/vnd.github.v3.html+json`.
    """
    best, best_rank = Media.DEFAULT, (0.0, False)
    for part in (accept or "").split(","):
        name, *parameters = part.split(";")
        media = _media(name.strip().lower())
        rank = (_weight(parameters), media is not Media.DEFAULT)
        if rank[0] > 0 and rank > best_rank:
            best, best_rank = media, rank
    return best


def media_type(media: Media) -> str:
    """What GitHub's `X-GitHub-Media-Type` says of an answer in this form."""
    return "github.v3; format=json" if media is Media.DEFAULT else f"github.v3; param={media}; format=json"


def _media(name: str) -> Media:
    prefix, _, form = name.removesuffix("+json").rpartition(".")
    if prefix != _VENDOR and not prefix.startswith(f"{_VENDOR}."):
        return Media.DEFAULT
    return _FORMS.get(form, Media.DEFAULT)


def _weight(parameters: list[str]) -> float:
    """The range's q; one that is not as it should be counts as if it were not there."""
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q" and _WEIGHT.fullmatch(value.strip()):
            return float(value)
    return 1.0
