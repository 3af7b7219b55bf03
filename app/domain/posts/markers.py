"""The marker in an issue's text that says which page the issue is the thread of.

It is an HTML comment with the SHA-1 of the page's key: `<!-- afterword: 2ef7bde608ce5404e97d5f042f95f89f1c232871 -->`.
The key is the path of the page's address, without a slash at the end and without `index.html`: a blog that moves to
another host or is read from another folder keeps its keys, and a translation with an address of its own is a page of
its own. A page whose address is not known has its path in the content folder as key. Issues made while the address was
not known are found, too.

A renamed file keeps its thread, because the number stands in the file. The marker matters only until then.
"""

import re
import unicodedata
from hashlib import sha1
from urllib.parse import unquote, urlsplit

from app.domain.posts.posts import Post

MARKER_WORD = "afterword"
"""Every marker contains it, so that a search finds all of them."""
_MARKER = re.compile(rf"<!--[ \t]*{MARKER_WORD}:[ \t]*([0-9a-f]{{40}})[ \t]*-->")
_INDEX = re.compile(r"/index\.html?\Z")


def marker_digests(post: Post) -> tuple[str, ...]:
    """Return the digests by which the thread of a page is known, that of a new thread first."""
    keys = [address_key(post.url)] if post.url else []
    return tuple(dict.fromkeys(_digest(key) for key in (*keys, post.source)))


def address_key(url: str) -> str:
    """Return the key of an address: `/posts/hello` for `https://blog.example.com/posts/hello/index.html`."""
    path = unicodedata.normalize("NFC", unquote(urlsplit(url).path))
    return "/" + _INDEX.sub("/", f"/{path}").strip("/")


def marker(digest: str) -> str:
    """Return the marker with a digest, as it stands in an issue's text."""
    return f"<!-- {MARKER_WORD}: {digest} -->"


def find_marker(text: str) -> str | None:
    """Return the digest of the last marker in an issue's text; None without any."""
    digests: list[str] = _MARKER.findall(text)
    return digests[-1] if digests else None


def _digest(key: str) -> str:
    return sha1(key.encode(), usedforsecurity=False).hexdigest()
