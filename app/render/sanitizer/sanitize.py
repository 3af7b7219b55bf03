"""GitHub's HTML of a comment becomes HTML that any page of a blog may insert.

Two steps. `sanitise_shape` reads GitHub's markup once, from left to right, takes out what only works on GitHub, and
bounds depth, elements and attributes. Then nh3 (ammonia on html5ever, the parser of a browser engine) applies the one
allow-list of `sanitise_list`. nh3 is last: no string is edited after it, so markup that changes its meaning when it
is parsed again (mutation XSS) finds no second reader, and the first step needs no trust at all. It is there because
nh3 cannot drop an element by its class, and because every tree builder that follows the HTML standard takes time in
the square of the depth: 100,000 open `<div>` or attributes cost html5ever and lexbor half a minute.
Alternatives: bleach (deprecated, pure Python, many times slower); selectolax for the first step (the same square of
the depth, and its serialiser dies of deeply nested `<template>`); an allow-list of our own (never: parsing differently
from a browser is how sanitisers fail).
"""

from collections.abc import Callable
from functools import partial
from urllib.parse import urljoin

import nh3

from app.render.sanitizer.allow_list import ATTRIBUTES_OF_ALL, ELEMENTS, FIXED, LINK_REL, SCHEMES, safe_value
from app.render.sanitizer.structure import well_formed

_PICTURES = frozenset({("img", "src"), ("source", "srcset")})


def sanitize(html: str, *, base_url: str, images: Callable[[str], str | None] | None = None) -> str:
    """Return a comment's HTML made safe to insert by innerHTML; doing so twice changes nothing.

    With `images` every picture lies at the address that it gives for the picture's own, or nowhere (None), and videos
    are links: nothing is left that a browser asks another host for by itself.
    `html` is GitHub's `body_html`, `base_url` the absolute address of the issue, which relative links start from. The
    result is nested at most `sanitise_shape.MAX_DEPTH` levels deep. Raises ValueError when `base_url` is not absolute.
    Follows https://docs.github.com/en/rest/issues/comments (media type `full+json`).
    """
    cleaner = nh3.Cleaner(
        tags=set(ELEMENTS),
        attributes={"*": set(ATTRIBUTES_OF_ALL)} | {name: set(allowed) for name, allowed in ELEMENTS.items()},
        attribute_filter=safe_value if images is None else partial(_with_pictures, images, base_url),
        link_rel=LINK_REL,
        tag_attribute_values={
            element: {name: {value} for name, value in fixed.items()} for element, fixed in FIXED.items()
        },
        set_tag_attribute_values={element: dict(fixed) for element, fixed in FIXED.items()},
        url_schemes=set(SCHEMES),
        url_relative=("rewrite_with_base", base_url),
    )
    return cleaner.clean(well_formed(html, videos_as_links=images is not None))


def _with_pictures(
    images: Callable[[str], str | None], base_url: str, element: str, attribute: str, value: str
) -> str | None:
    safe = safe_value(element, attribute, value)
    if safe is None or (element, attribute) not in _PICTURES:
        return safe
    try:
        return images(urljoin(base_url, safe))
    except ValueError:  # a host in broken brackets: no browser would find it either
        return None
