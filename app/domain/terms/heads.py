"""What a thread is found by, and the markers in the text of an issue.

A marker is a comment in the text, which GitHub does not show: `<!-- afterword: … -->` with the SHA-1 of the page's
path, as this program writes it, or `<!-- sha1: … -->` with that of the term, as giscus writes it.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha1
from urllib.parse import unquote

from app.domain.threads import Issue

_MARKER = re.compile(r"<!--\s*(?:afterword|sha1):\s*([0-9a-f]{40})\s*-->", re.IGNORECASE)
_MOST_MARKERS = 20
"""More in one issue are a copy of other issues, or a trick."""
_DIGEST = re.compile(r"[0-9a-f]{40}", re.IGNORECASE)
_INDEX = re.compile(r"(?:^|/)index(?:\.html?)?$")
_ORIGIN = re.compile(r"https?://[^/]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class IssueHead:
    """What a thread is found by, without its comments."""

    number: int
    title: str
    labels: tuple[str, ...]
    is_open: bool
    created_at: str
    is_pull_request: bool
    markers: frozenset[str] = frozenset()
    """The digests in its markers, in small letters."""


def head_of(issue: Issue) -> IssueHead:
    """Return what an issue is found by."""
    body = issue.source.get("body")
    markers = read_markers(body) if isinstance(body, str) else frozenset()
    state = issue.state != "closed"
    return IssueHead(issue.number, issue.title, issue.labels, state, issue.created_at, issue.is_pull_request, markers)


def read_markers(text: str) -> frozenset[str]:
    """Return the digests in the markers of a text, in small letters."""
    digests = (match[1].lower() for match in _MARKER.finditer(text))
    return frozenset(digest for _, digest in zip(range(_MOST_MARKERS), digests, strict=False))


def marker_digests(text: str) -> Iterable[str]:
    """Return the digests that a marker for a term, a path or an address may have.

    A digest stands for itself. A path counts with and without the slashes around it, `.html` and `index.html`, and
    percent-encoding. An address counts as its path, too. `index` is what utterances and giscus call the path `/`.
    """
    if _DIGEST.fullmatch(text):
        return {text.lower()}
    spellings = {text}
    for variant in (text, unicodedata.normalize("NFC", unquote(text, errors="surrogateescape"))):
        path = _INDEX.sub("", _ORIGIN.sub("", variant).strip("/"))
        spellings |= {path, f"/{path}", f"{path}/", f"/{path}/", f"/{path}.html"}
    digests = (sha1(spelling.encode("utf-8", "surrogatepass"), usedforsecurity=False) for spelling in spellings - {""})
    return {digest.hexdigest() for digest in digests}
