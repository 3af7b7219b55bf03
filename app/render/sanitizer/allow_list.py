"""The one allow-list: which elements, attributes and values of GitHub's HTML reach a reader's page.

Follows https://github.com/gjtorikian/html-pipeline (GitHub's own list) where it is stricter than ours.
What is not named here does not leave `app.render.sanitizer.sanitize.sanitize`.
"""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

ATTRIBUTES_OF_ALL = frozenset({"class", "dir"})

_CELL = frozenset({"align", "colspan", "rowspan"})
_ALIGNED = frozenset({"align"})

ELEMENTS: Mapping[str, frozenset[str]] = MappingProxyType(
    dict.fromkeys(
        (
            *("b", "i", "em", "strong", "s", "strike", "del", "ins", "u", "mark", "small", "sub", "sup"),
            *("code", "kbd", "samp", "var", "tt", "q", "cite", "dfn", "abbr", "bdo", "span", "br", "wbr"),
            *("pre", "blockquote", "hr", "ul", "li", "dl", "dt", "dd", "section", "summary", "figure"),
            *("figcaption", "picture", "ruby", "rt", "rp", "table", "thead", "tbody", "tfoot", "tr", "caption"),
        ),
        frozenset[str](),
    )
    | dict.fromkeys(("p", "div", "h1", "h2", "h3", "h4", "h5", "h6"), _ALIGNED)
    | {
        "a": frozenset({"href", "title"}),
        "details": frozenset({"open"}),
        "img": frozenset({"src", "alt", "title", "width", "height", "align"}),
        "ol": frozenset({"start"}),
        "source": frozenset({"media", "srcset"}),
        "td": _CELL,
        "th": _CELL,
        "time": frozenset({"datetime"}),
        "video": frozenset({"src"}),
    }
)
"""Element -> the attributes it may carry besides those of all."""

FIXED: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "img": {"loading": "lazy", "decoding": "async"},
        "video": {"controls": "", "preload": "none"},
    }
)
"""Element -> the attributes that we write ourselves, whatever GitHub said."""

ADDRESSES = frozenset({"href", "src", "srcset"})
SCHEMES = frozenset({"http", "https", "mailto"})
LINK_REL = "nofollow ugc noopener"

# Classes carry meaning that a blog's style sheet can show: highlighting, task lists, alerts, kinds of links. GitHub's
# layout classes (m-1, d-block, ...) mean nothing elsewhere and could meet a class of the blog.
_CLASS = re.compile(
    r"highlight(?:-(?:source|text)-[a-zA-Z0-9.+#_-]{1,40})?|pl-[a-z0-9]{1,5}"
    r"|contains-task-list|task-list-item|footnotes|emoji|blob-code"
    r"|markdown-alert(?:-(?:title|note|tip|important|warning|caution))?"
    r"|(?:user|team)-mention|(?:issue|commit)-link"
)

# Wider than any column of text; a larger picture keeps its own size, which the style sheet bounds.
_MOST_PIXELS = 1280

DARK_OR_LIGHT = re.compile(r"\(prefers-color-scheme: ?(?:dark|light)\)")

# An upload is known by its uuid; the address around it is signed and dies after five minutes.
_UPLOAD = re.compile(
    r"https?://private-user-images\.githubusercontent\.com/"
    r"(?:[0-9]+/[0-9]+-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.[a-z0-9]{1,8}(?:[?#].*)?)?",
    re.IGNORECASE | re.ASCII | re.DOTALL,
)
_UPLOAD_HOME = "https://github.com/user-attachments/assets/"

# Browsers read "https:x" and "https:///x" in their own ways, so nothing but scheme, two slashes and a host passes.
_WEB = re.compile(r"https?://[^/\\?#@\s][^\s]*", re.IGNORECASE | re.ASCII)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE | re.ASCII)
_SPACE_AND_CONTROL = "".join(map(chr, range(0x21)))
_TAB_AND_NEWLINE = str.maketrans("", "", "\t\n\r")


def safe_value(element: str, attribute: str, value: str) -> str | None:
    """Return the value that the attribute may have, or None when the attribute must go.

    Addresses may still be relative here: the caller resolves them afterwards.
    """
    if value == FIXED.get(element, {}).get(attribute):
        return value
    check = _CHECKS.get(attribute)
    return check(value) if check else None


def _picture(value: str) -> str | None:
    address = _trimmed(value)
    upload = _UPLOAD.match(address)
    if upload:
        return _UPLOAD_HOME + upload[1].lower() if upload[1] else None
    return address if _WEB.fullmatch(address) or not _SCHEME.match(address) else None


def _link(value: str) -> str | None:
    address = _trimmed(value)
    return address if address[:7].lower() == "mailto:" else _picture(address)


def _first_candidate(value: str) -> str | None:
    # Several candidates differ in size only. The resolver after us does not know srcset, so it has to be absolute.
    address = next(iter(value.split()), "").rstrip(",")
    return _picture(address) if _WEB.fullmatch(address) else None


def _trimmed(value: str) -> str:
    """Return an address as a browser reads it, without white space at its ends or line breaks within."""
    return value.strip(_SPACE_AND_CONTROL).translate(_TAB_AND_NEWLINE)


def _classes(value: str) -> str | None:
    return " ".join(name for name in value.split() if _CLASS.fullmatch(name)) or None


def _matching(pattern: str) -> Callable[[str], str | None]:
    compiled = re.compile(pattern, re.ASCII)
    return lambda value: value if compiled.fullmatch(value) else None


def _pixels(value: str) -> str | None:
    return value if re.fullmatch(r"[1-9][0-9]{0,3}", value) and int(value) <= _MOST_PIXELS else None


_CHECKS: Mapping[str, Callable[[str], str | None]] = MappingProxyType(
    {
        "align": _matching("left|center|right"),
        "alt": str,
        "class": _classes,
        "colspan": _matching("[1-9][0-9]?"),
        "datetime": _matching("[0-9TZ:.+ -]{1,40}"),
        "dir": _matching("auto|ltr|rtl"),
        "height": _pixels,
        "href": _link,
        "media": lambda value: value if DARK_OR_LIGHT.fullmatch(value) else None,
        "open": lambda _: "",
        "rel": _matching(LINK_REL),
        "rowspan": _matching("[1-9][0-9]?"),
        "src": _picture,
        "srcset": _first_candidate,
        "start": _matching("-?[0-9]{1,9}"),
        "title": str,
        "width": _pixels,
    }
)
