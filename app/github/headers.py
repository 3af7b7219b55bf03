"""Parse the header fields of a response: a malformed value counts as absent, except in Link, which names the next page.

A malformed Link header is an error and never "no further page": a garbled link must not end a list. Its patterns start
where the last match ended and never backtrack (`*+`), so that the cost is linear.
Follows https://www.rfc-editor.org/rfc/rfc9110 (dates 5.6.7, entity tags 8.8.3, media types 8.3.1) and
https://www.rfc-editor.org/rfc/rfc8288 (section 3).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

_IMF_DATE = re.compile(
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), [0-9]{2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [1-9][0-9]{3}"
    r" [0-9]{2}:[0-9]{2}:[0-9]{2} GMT"
)
"""The one format that senders must use; the two obsolete formats are not parsed."""
_ETAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e]{0,512}"')
_JSON = re.compile(r"application/(?:[a-z0-9.-]+\+)?json", re.IGNORECASE)
_COUNT = re.compile(r"[0-9]{1,15}")
_LINK_TARGET = re.compile(r"<([^<>]*+)>")
_LINK_PARAMETER = re.compile(
    r"""[ \t]*+;[ \t]*+
    (?:(?P<name>[^\s;,="<>]++)[ \t]*+
       (?:=[ \t]*+(?:"(?P<quoted>[^"\\]*+(?:\\.[^"\\]*+)*+)"|(?P<token>[^\s;,"<>]*+)))?+
    )?+""",
    re.VERBOSE,
)
_LINK_SEPARATOR = re.compile(r"[ \t]*+(?:,[ \t,]*+|\Z)")
_LINK_START = re.compile(r"[ \t,]*+")
_LINK_ESCAPE = re.compile(r"\\(.)")


def lowercase_names(headers: Mapping[str, str]) -> Mapping[str, str]:
    """Return a dict of the same fields by lower-case name."""
    return {name.lower(): value for name, value in headers.items()}


def parse_date(text: str | None) -> float | None:
    """Return an HTTP date as epoch seconds."""
    if text is None or _IMF_DATE.fullmatch(text.strip()) is None:
        return None
    try:
        return parsedate_to_datetime(text.strip()).timestamp()
    except (ValueError, OverflowError):
        return None


def parse_count(text: str | None) -> int | None:
    """Return a non-negative integer."""
    return int(text) if text is not None and _COUNT.fullmatch(text.strip()) else None


def parse_etag(text: str | None) -> str | None:
    """Return an entity tag that may be sent back unchanged."""
    return text if text is not None and _ETAG.fullmatch(text) else None


def is_json(content_type: str | None) -> bool:
    """Return True for JSON and its `+json` types, and for a missing type: then the body itself is the proof."""
    return content_type is None or _JSON.fullmatch(content_type.partition(";")[0].strip()) is not None


@dataclass(frozen=True, slots=True)
class Link:
    """One link: its target as in the header, and its relations in lower case."""

    target: str
    relations: frozenset[str]
    anchored: bool = False
    """True if its context is another page than the one it came with."""


def parse_links(header: str) -> tuple[Link, ...]:
    """Return all links of a header in order; raise ValueError for a malformed header."""
    links: list[Link] = []
    position = _match_link(_LINK_START, header, 0).end()
    while position < len(header):
        target = _match_link(_LINK_TARGET, header, position)
        parameters, position = _link_parameters(header, target.end())
        relations = frozenset(parameters.get("rel", "").lower().split())
        links.append(Link(target[1].strip(), relations, "anchor" in parameters))
        position = _match_link(_LINK_SEPARATOR, header, position).end()
    return tuple(links)


def next_target(header: str | None) -> str | None:
    """Return the target of the first `rel=next`, or None if none; raise ValueError for a malformed header."""
    candidates = (link for link in parse_links(header or "") if "next" in link.relations and not link.anchored)
    link = next(candidates, None)
    return link.target if link else None


def _link_parameters(header: str, position: int) -> tuple[dict[str, str], int]:
    """Return the parameters of one link, the first of each name, and the position of their end."""
    parameters: dict[str, str] = {}
    while match := _LINK_PARAMETER.match(header, position):
        position = match.end()
        if match["name"]:
            quoted_value = match["quoted"]
            value = match["token"] or "" if quoted_value is None else _LINK_ESCAPE.sub(r"\1", quoted_value)
            parameters.setdefault(match["name"].lower(), value)
    return parameters, position


def _match_link(pattern: re.Pattern[str], header: str, position: int) -> re.Match[str]:
    match = pattern.match(header, position)
    if match is None:
        raise ValueError(f"the Link header is malformed at character {position}")
    return match
