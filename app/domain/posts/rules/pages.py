"""What the path of a page tells: its slug and its language."""

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from app.domain.posts.posts import Post
from app.domain.posts.rules import titles

_CODES = (
    "aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee "
    "el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is "
    "it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms "
    "mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk "
    "sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi "
    "yo za zh zu"
)
"""The two-letter codes of ISO 639-1."""
_LANGUAGES = frozenset(_CODES.split())
_TAG = re.compile(r"([a-z]{2})(?:[-_][a-z]{2,4})?", re.IGNORECASE)
_BUNDLES = frozenset({"index", "_index", "readme"})
"""Names of files whose folder is the page."""


def slug(post: Post) -> str:
    """Return the last part of a page's address or path, without suffix: `hello` of `posts/hello/index.md`."""
    parts = _parts(post)
    return parts[-1] if parts else ""


def folder(post: Post) -> str:
    """Return the folder in which a page stands with its siblings: `posts` for `posts/hello/index.md`."""
    path = PurePosixPath(post.source)
    is_bundle = _stem(path) in _BUNDLES
    return str(path.parent.parent if is_bundle else path.parent)


def language(post: Post) -> str | None:
    """Return the language that a path names, as in `es/hola.md` or `hello.es.md`."""
    path = PurePosixPath(post.source)
    stems = path.name.split(".")
    for part in (*path.parent.parts, *stems[1:-1]):
        match = _TAG.fullmatch(part)
        if match and match[1].lower() in _LANGUAGES:
            return match[1].lower()
    return None


def main_language(posts: Iterable[Post]) -> str | None:
    """Return the language of most pages; None if most paths name none."""
    counts = Counter(language(post) for post in posts)
    return max(counts, key=lambda tag: (counts[tag], str(tag))) if counts else None


def fits(post: Post, title: str) -> bool:
    """Return True if a thread with this title can be that of the page.

    Many tools call the thread by the page's path or address, and many paths are made of the title.
    """
    if post.title is None or titles.agree(post.title, title):
        return True
    return titles.covers(slug(post), title) or is_called_by(post, title)


def is_called_by(post: Post, title: str) -> bool:
    """Return True if a title is the page's path or address, with or without the host."""
    text = unquote(title.strip())
    if " " in text:  # no path, as nearly all titles
        return False
    path = urlsplit(text).path if text.lower().startswith(("http://", "https://")) else text
    parts = [part for part in path.strip("/").removesuffix(".html").split("/") if part]
    own = _parts(post)
    return bool(parts) and [part.lower() for part in parts] == [part.lower() for part in own[-len(parts) :]]


def _parts(post: Post) -> list[str]:
    if post.url is not None:
        path = PurePosixPath(unquote(urlsplit(post.url).path).strip("/").removesuffix(".html"))
        return list(path.parts)
    path = PurePosixPath(post.source)
    stem = _stem(path)
    return [*path.parent.parts, *([] if stem in _BUNDLES else [stem])]


def _stem(path: PurePosixPath) -> str:
    """Return a file's name without its suffix and language."""
    stem = path.stem
    name, _, tag = stem.rpartition(".")
    match = _TAG.fullmatch(tag)
    return name if name and match and match[1].lower() in _LANGUAGES else stem
