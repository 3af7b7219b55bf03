"""The marker in an issue's text that says which page the issue is the thread of.

It is an HTML comment, which GitHub does not show, with the SHA-1 of a key of the page.

| marker               | written by                  | the key                                     |
|----------------------|-----------------------------|---------------------------------------------|
| `<!-- afterword: …`  | `afterword posts create`    | the path of the page's address, as below    |
| `<!-- sha1: …`       | giscus                      | the term that the page searched for         |

Our key is the path of the page's address, without a slash at the end and without `index.html`: a blog that moves to
another host or is read from another folder keeps its keys, and a translation with an address of its own is a page of
its own. A page whose address is not known has its path in the content folder as key. Issues made while the address was
not known are found, too.

A renamed file keeps its thread, because the number stands in the file. The marker matters only until then.
"""

import re
import unicodedata
from collections.abc import Set as AbstractSet
from hashlib import sha1
from itertools import islice
from urllib.parse import unquote, urlsplit

from app.domain.posts.posts import Post

MARKER_WORD = "afterword"
"""Every marker of ours contains it, so that a search finds all of them."""
_MARKER = re.compile(rf"<!--\s*(?P<word>{MARKER_WORD}|sha1):\s*(?P<digest>[0-9a-f]{{40}})\s*-->", re.IGNORECASE)
_MOST_MARKERS = 20
"""More in one issue are a copy of other issues, or a trick."""
_DIGEST = re.compile(r"[0-9a-f]{40}", re.IGNORECASE)
_INDEX = re.compile(r"/index\.html?\Z")
_INDEX_OF_TERM = re.compile(r"(?:^|/)index(?:\.html?)?$")
_ORIGIN = re.compile(r"https?://[^/]*", re.IGNORECASE)


def page_digests(post: Post) -> tuple[str, ...]:
    """Return the digests by which the thread of a page is known, that of a new thread first."""
    keys = [address_key(post.url)] if post.url else []
    return tuple(dict.fromkeys(_digest(key) for key in (*keys, post.source)))


def address_key(url: str) -> str:
    """Return the key of an address: `/posts/hello` for `https://blog.example.com/posts/hello/index.html`."""
    path = unicodedata.normalize("NFC", unquote(urlsplit(url).path))
    return "/" + _INDEX.sub("/", f"/{path}").strip("/")


def term_digests(text: str) -> AbstractSet[str]:
    """Return the digests that a marker for a term, a path or an address may have.

    A digest stands for itself. A path counts with and without the slashes around it, `.html` and `index.html`, and
    percent-encoding. An address counts as its path, too. `index` is what utterances and giscus call the path `/`.
    """
    if _DIGEST.fullmatch(text):
        return {text.lower()}
    spellings = {text}
    for variant in (text, unicodedata.normalize("NFC", unquote(text, errors="surrogateescape"))):
        path = _INDEX_OF_TERM.sub("", _ORIGIN.sub("", variant).strip("/"))
        spellings |= {path, f"/{path}", f"{path}/", f"/{path}/", f"/{path}.html"}
    return {_digest(spelling) for spelling in spellings - {""}}


def marker(digest: str) -> str:
    """Return our marker with a digest, as it stands in an issue's text."""
    return f"<!-- {MARKER_WORD}: {digest} -->"


def find_marker(text: str) -> str | None:
    """Return the digest of our last marker in an issue's text; None without any."""
    digests = [match["digest"].lower() for match in _MARKER.finditer(text) if match["word"].lower() == MARKER_WORD]
    return digests[-1] if digests else None


def read_markers(text: str) -> frozenset[str]:
    """Return the digests in the first twenty markers of a text, in small letters."""
    return frozenset(match["digest"].lower() for match in islice(_MARKER.finditer(text), _MOST_MARKERS))


def _digest(key: str) -> str:
    return sha1(key.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()
