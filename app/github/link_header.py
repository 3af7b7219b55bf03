"""The Link header, which names the next page; follows https://www.rfc-editor.org/rfc/rfc8288 (section 3).

A malformed header is an error and never "no further page": a garbled link must not end a list. Every pattern starts
where the last match ended and never backtracks (`*+`), so that the cost is linear.
"""

import re
from dataclasses import dataclass

_TARGET = re.compile(r"<([^<>]*+)>")
_PARAMETER = re.compile(
    r"""[ \t]*+;[ \t]*+
    (?:(?P<name>[^\s;,="<>]++)[ \t]*+
       (?:=[ \t]*+(?:"(?P<quoted>[^"\\]*+(?:\\.[^"\\]*+)*+)"|(?P<token>[^\s;,"<>]*+)))?+
    )?+""",
    re.VERBOSE,
)
_SEPARATOR = re.compile(r"[ \t]*+(?:,[ \t,]*+|\Z)")
_START = re.compile(r"[ \t,]*+")
_ESCAPE = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True)
class Link:
    """One link: its target as in the header, and its relations in lower case."""

    target: str
    relations: frozenset[str]
    anchored: bool = False
    """True if its context is another page than the one it came with."""


def parse(header: str) -> tuple[Link, ...]:
    """Return all links of a header in order; raise ValueError for a malformed header."""
    links: list[Link] = []
    position = _match(_START, header, 0).end()
    while position < len(header):
        target = _match(_TARGET, header, position)
        parameters, position = _parameters(header, target.end())
        relations = frozenset(parameters.get("rel", "").lower().split())
        links.append(Link(target[1].strip(), relations, "anchor" in parameters))
        position = _match(_SEPARATOR, header, position).end()
    return tuple(links)


def next_target(header: str | None) -> str | None:
    """Return the target of the first `rel=next`, or None if none; raise ValueError for a malformed header."""
    candidates = (link for link in parse(header or "") if "next" in link.relations and not link.anchored)
    link = next(candidates, None)
    return link.target if link else None


def _parameters(header: str, position: int) -> tuple[dict[str, str], int]:
    """Return the parameters of one link, the first of each name, and the position of their end."""
    parameters: dict[str, str] = {}
    while match := _PARAMETER.match(header, position):
        position = match.end()
        if match["name"]:
            quoted_value = match["quoted"]
            value = match["token"] or "" if quoted_value is None else _ESCAPE.sub(r"\1", quoted_value)
            parameters.setdefault(match["name"].lower(), value)
    return parameters, position


def _match(pattern: re.Pattern[str], header: str, position: int) -> re.Match[str]:
    match = pattern.match(header, position)
    if match is None:
        raise ValueError(f"the Link header is malformed at character {position}")
    return match
