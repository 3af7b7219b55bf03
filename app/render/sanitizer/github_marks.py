"""What GitHub's markup tells GitHub's own style sheet and scripts, in classes that this service's style sheet knows.

| GitHub's markup | here |
|---|---|
| an address that ends in `#gh-dark-mode-only`, or its light twin | class `pc-dark`, `pc-light` |
| a `source` of a `picture` for a colour scheme, on pages | an `img` of its own with that class |
| a `math-renderer` | `code` with the class `notranslate`; a displayed formula also has `pc-math` |
| a line's number in `data-line-number` | the text of its cell |
"""

import re
from collections.abc import Iterator, Mapping

# Removed with their content: it is not text of the comment's author.
NON_TEXT_ELEMENTS = frozenset(
    {"svg", "math", "template", "object", "applet", "canvas", "audio", "button", "select", "clipboard-copy"}
)
NON_TEXT_CLASSES = frozenset(
    {
        *("email-hidden-toggle", "email-hidden-reply", "email-signature-reply", "email-quoted-reply"),
        *("zeroclipboard-container", "AnimatedImagePlayer", "js-render-enrichment-loader"),
        # Links to the ids of headings and footnotes. Ids are removed: two comments, or the blog, may use the same one.
        *("anchor", "data-footnote-backref"),
        "sr-only",  # texts for screen readers about GitHub's own controls
    }
)
REPLACEMENTS = {"math-renderer": "code"}  # shows the source of formulas
# A page has its own title in an h1, and the comments have theirs in an h2.
PAGE_REPLACEMENTS = REPLACEMENTS | {"h1": "h3", "h2": "h4", "h3": "h5", "h4": "h6", "h5": "h6"}

_SCHEME_CLASSES = {"#gh-dark-mode-only": "pc-dark", "#gh-light-mode-only": "pc-light"}
_SCHEME_FRAGMENTS = tuple(_SCHEME_CLASSES)
_ADDRESSES = ("src", "data-canonical-src", "href")
_LINE_NUMBER = re.compile(r"[1-9][0-9]{0,6}", re.ASCII)

Attributes = Mapping[str, str]


def scheme_class(attributes: Attributes) -> str:
    """Return the class of an image or a link that GitHub shows in one colour scheme only, or "".

    A proxied image has its own address in `data-canonical-src`.
    Follows https://github.blog/changelog/2021-11-24-specify-theme-context-for-images-in-markdown/
    """
    for name in _ADDRESSES:
        address = attributes.get(name)
        if address and address.endswith(_SCHEME_FRAGMENTS):
            return _SCHEME_CLASSES[address[address.rindex("#") :]]
    return ""


def with_class(attributes: Attributes, name: str) -> Attributes:
    """Return the attributes with one more class; "" adds none."""
    classes = attributes.get("class", "").split()
    return {**attributes, "class": " ".join((*classes, name))} if name and name not in classes else attributes


def has_scheme(attributes: Attributes) -> bool:
    """Return whether an image has the class of a colour scheme: then its link's has no effect."""
    return not set(_SCHEME_CLASSES.values()).isdisjoint(attributes.get("class", "").split())


def scheme_of_media(media: str) -> str:
    """Return the class for a media query that names a colour scheme."""
    return "pc-dark" if "dark" in media else "pc-light"


def images_by_scheme(image: Attributes, variants: Mapping[str, str]) -> Iterator[Attributes]:
    """Yield a picture's images, one for each scheme; `variants` are the addresses in its sources by their class."""
    for name in ("pc-light", "pc-dark"):
        address = variants.get(name, image.get("src"))
        if address:
            yield with_class({**image, "src": address}, name)


def formula(attributes: Attributes) -> Attributes:
    """Return the attributes of the `code` that shows a formula's source."""
    is_displayed = "js-display-math" in attributes.get("class", "").split()
    return {"class": "pc-math notranslate" if is_displayed else "notranslate"}


def line_number(attributes: Attributes) -> str:
    """Return the number that a cell of a permalink's lines shows, or ""."""
    number = attributes.get("data-line-number", "")
    return number if _LINE_NUMBER.fullmatch(number) and "blob-num" in attributes.get("class", "").split() else ""
