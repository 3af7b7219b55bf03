"""Sanitize GitHub's HTML of a comment, so that any page of a blog may insert it.

There are two steps:

1. `structure.balance` reads GitHub's markup once, from left to right. It removes what works only on GitHub, and limits
   depth, elements and attributes.
2. nh3 (ammonia on html5ever, a browser engine's parser) applies the one allow-list, `allow_list`.

nh3 is last: no code edits its output. So markup that changes its meaning when it is parsed again (mutation XSS) has no
effect, and the first step need not be trusted. The first step exists for two reasons. nh3 cannot remove an element by
its class. And the time of every tree builder that follows the HTML standard grows with the square of the depth.

Alternatives: bleach is deprecated, pure Python and many times slower. selectolax as the first step has the same
quadratic time, and it crashed in our tests. An own allow-list parser would parse differently from browsers, which is
how sanitizers fail.

Images may have addresses at the service, which fetches them so that readers' browsers make no request to other hosts.
An address contains the comment's id and a digest of the image's original address. So the service stores and signs
nothing, and it fetches only images that a comment contains.
"""

import re
import threading
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from hashlib import blake2b
from typing import TypeVar
from urllib.parse import urljoin

import nh3

from app.domain.threads import ImageSize
from app.render.sanitizer.allow_list import (
    CONSTANT_ATTRIBUTES,
    ELEMENTS,
    GLOBAL_ATTRIBUTES,
    LINK_REL,
    SCHEMES,
    sanitize_value,
)
from app.render.sanitizer.image_sizes import state_sizes
from app.render.sanitizer.structure import balance

_T = TypeVar("_T")

_WEB_SCHEMES = ("https://", "http://")
_IMAGE_ATTRIBUTES = frozenset({("img", "src"), ("source", "srcset")})


_PAGE_MARKUP = re.compile(r"<(?:h[1-5]|source)\b", re.IGNORECASE)


def sanitize(
    html: str,
    *,
    source_url: str,
    rewrite_image: Callable[[str], str | None] | None = None,
    image_size: Callable[[str], ImageSize | None] | None = None,
    for_page: bool = False,
) -> str:
    """Return a comment's HTML, safe to assign to innerHTML. Sanitizing the result again changes nothing.

    `html` is GitHub's `body_html`. `source_url` is the absolute URL of the issue or comment; relative links are
    resolved against it. `rewrite_image` maps an image's URL to its new one, or to None, which removes the URL; videos
    then become links. So a browser requests nothing from other hosts unless the reader follows a link.
    `image_size` maps an image's URL to its size, if that is known: then the image has both `width` and `height`.
    `for_page` is for pages with this service's style sheet: headings are two levels lower (and again if sanitized
    again), and a picture with a variant for a colour scheme becomes an `img.pc-light` and an `img.pc-dark`.

    The result is nested at most `structure.MAX_DEPTH` levels deep. Raise ValueError if `source_url` is not absolute.
    Follows https://docs.github.com/en/rest/issues/comments (media type `full+json`).
    """
    link_base = source_url.partition("#")[0]  # that of all comments of a thread; a fragment resolves no link
    balanced_html = balance(html, videos_as_links=rewrite_image is not None, for_page=for_page)
    if image_size is not None:
        balanced_html = state_sizes(balanced_html, partial(_with_base, image_size, link_base))
    if rewrite_image is not None:
        _current.rewrite_image = partial(_with_base, rewrite_image, link_base)
    return _cleaner(link_base, rewrites_images=rewrite_image is not None).clean(balanced_html)


def differs_on_pages(html: str) -> bool:
    """Return whether `sanitize` may return something else for a page: few comments have headings or pictures."""
    return _PAGE_MARKUP.search(html) is not None


class _Current(threading.local):
    """What the filter of a cleaner needs of the text that its thread cleans: cleaners are for many texts."""

    rewrite_image: Callable[[str], str | None]


_current = _Current()


@lru_cache(maxsize=64)
def _cleaner(link_base: str, *, rewrites_images: bool) -> nh3.Cleaner:
    """Return the cleaner for a thread's comments. Making one takes as long as cleaning a comment."""
    return nh3.Cleaner(
        tags=set(ELEMENTS),
        attributes={"*": set(GLOBAL_ATTRIBUTES)} | {name: set(attributes) for name, attributes in ELEMENTS.items()},
        attribute_filter=_filter_value if rewrites_images else sanitize_value,
        link_rel=LINK_REL,
        tag_attribute_values={
            element: {name: {value} for name, value in attributes.items()}
            for element, attributes in CONSTANT_ATTRIBUTES.items()
        },
        set_tag_attribute_values={element: dict(attributes) for element, attributes in CONSTANT_ATTRIBUTES.items()},
        url_schemes=set(SCHEMES),
        url_relative=("rewrite_with_base", link_base),
    )


def proxied_avatar_url(base_url: str, user_id: int) -> str:
    """Return the address of a user's avatar at the service."""
    return f"{base_url}/avatars/{user_id}"


def proxied_image_url(base_url: str, comment_id: int, url: str) -> str | None:
    """Return the address at the service of the image at `url` (absolute), or None if `url` is not http or https.

    An address of an image at the service is returned unchanged. Without a `base_url` there are no images: None.
    """
    if base_url and url.startswith(f"{base_url}/images/"):
        return url
    return f"{base_url}/images/{comment_id}/{image_name(url)}" if base_url and url.startswith(_WEB_SCHEMES) else None


def image_name(url: str) -> str:
    """Return the name of an image within its comment: a digest of its original address, 24 hex digits."""
    return blake2b(url.encode("utf-8", "replace"), digest_size=12).hexdigest()


def image_urls(html: str, *, source_url: str) -> Mapping[str, str]:
    """Return the original addresses of the images in a comment's HTML by name, as far as the sanitizer allows them.

    `source_url` as for `sanitize`.
    """
    urls: dict[str, str] = {}

    def collect(url: str) -> str:
        if url.startswith(_WEB_SCHEMES):
            urls[image_name(url)] = url
        return url

    sanitize(html, source_url=source_url, rewrite_image=collect)
    return urls


def _filter_value(element: str, attribute: str, value: str) -> str | None:
    safe_value = sanitize_value(element, attribute, value)
    if safe_value is None or (element, attribute) not in _IMAGE_ATTRIBUTES:
        return safe_value
    return _current.rewrite_image(safe_value)


def _with_base(of_url: Callable[[str], _T | None], link_base: str, value: str) -> _T | None:
    try:
        return of_url(urljoin(link_base, value))
    except ValueError:  # the brackets of the host are invalid, so browsers reject the URL too
        return None
