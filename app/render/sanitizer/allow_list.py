"""The one allow-list: the elements, attributes and values of GitHub's HTML that reach a reader's page.

It is at least as strict as GitHub's own list, https://github.com/gjtorikian/html-pipeline.
`sanitize.sanitize` removes everything that is not listed here.
"""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

GLOBAL_ATTRIBUTES = frozenset({"class", "dir"})

_CELL = frozenset({"align", "colspan", "rowspan"})
_ALIGN = frozenset({"align"})

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
    | dict.fromkeys(("p", "div", "h1", "h2", "h3", "h4", "h5", "h6"), _ALIGN)
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
"""Element to the attributes that it may have besides the global ones."""

CONSTANT_ATTRIBUTES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {"img": {"loading": "lazy", "decoding": "async"}, "video": {"controls": "", "preload": "none"}}
)
"""Element to the attributes that it always has, whatever GitHub sent."""

URL_ATTRIBUTES = frozenset({"href", "src", "srcset"})
SCHEMES = frozenset({"http", "https", "mailto"})
LINK_REL = "nofollow ugc noopener"

# These classes have a meaning that a blog can style: highlighting, task lists, alerts, kinds of links. GitHub's layout
# classes (m-1, d-block, ...) mean nothing elsewhere and could collide with a class of the blog. `github_marks` adds
# those that begin with "pc-".
_CLASS = re.compile(
    r"highlight(?:-(?:source|text)-[a-zA-Z0-9.+#_-]{1,40})?|pl-[a-z0-9]{1,5}"
    r"|contains-task-list|task-list-item|footnotes|emoji|blob-(?:code|num)|notranslate|pc-(?:dark|light|math)"
    r"|markdown-alert(?:-(?:title|note|tip|important|warning|caution))?"
    r"|(?:user|team)-mention|(?:issue|commit)-link"
)

# The style sheet limits what is shown; width and height together also tell an image's proportions before it loads.
_MAX_PIXELS = 16_384
_DIMENSION = re.compile(r"[\t\n\f\r ]*+([0-9]{1,9}(?:\.[0-9]{1,9})?)[0-9]*+(%?)", re.ASCII)

COLOR_SCHEME_QUERY = re.compile(r"\(prefers-color-scheme: ?(?:dark|light)\)")

# The signed URL of an upload expires after five minutes; its UUID leads to the stable URL.
_SIGNED_UPLOAD = re.compile(
    r"https?://private-user-images\.githubusercontent\.com/"
    r"(?:[0-9]+/[0-9]+-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.[a-z0-9]{1,8}(?:[?#].*)?)?",
    re.IGNORECASE | re.ASCII | re.DOTALL,
)
_UPLOADS_URL = "https://github.com/user-attachments/assets/"

# Browsers differ on "https:x" and "https:///x", so a URL needs a scheme, two slashes and a host.
_HTTP_URL = re.compile(r"https?://[^/\\?#@\s][^\s]*", re.IGNORECASE | re.ASCII)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE | re.ASCII)
_SPACE_AND_CONTROL = "".join(map(chr, range(0x21)))
_TAB_AND_NEWLINE = str.maketrans("", "", "\t\n\r")


def sanitize_value(element: str, attribute: str, value: str) -> str | None:
    """Return the attribute's safe value, or None if the attribute must be removed.

    A returned URL may be relative: the caller resolves it afterwards.
    """
    if value == CONSTANT_ATTRIBUTES.get(element, {}).get(attribute):
        return value
    sanitizer = _SANITIZERS.get(attribute)
    return sanitizer(value) if sanitizer else None


def _sanitize_media_url(value: str) -> str | None:
    url = _trim_url(value)
    upload = _SIGNED_UPLOAD.match(url)
    if upload:
        return _UPLOADS_URL + upload[1].lower() if upload[1] else None
    return url if _HTTP_URL.fullmatch(url) or not _SCHEME.match(url) else None


def _sanitize_link(value: str) -> str | None:
    url = _trim_url(value)
    return url if url[:7].lower() == "mailto:" else _sanitize_media_url(url)


def _first_srcset_url(value: str) -> str | None:
    # Candidates differ only in size. nh3 does not resolve URLs in srcset, so the URL must be absolute.
    url = next(iter(value.split()), "").rstrip(",")
    return _sanitize_media_url(url) if _HTTP_URL.fullmatch(url) else None


def _trim_url(value: str) -> str:
    """Return a URL as a browser reads it: without white space at its ends, tabs and line breaks."""
    return value.strip(_SPACE_AND_CONTROL).translate(_TAB_AND_NEWLINE)


def _allowed_classes(value: str) -> str | None:
    return " ".join(name for name in value.split() if _CLASS.fullmatch(name)) or None


def _allow_pattern(pattern: str) -> Callable[[str], str | None]:
    expression = re.compile(pattern, re.ASCII)
    return lambda value: value if expression.fullmatch(value) else None


def _allow_word(*words: str) -> Callable[[str], str | None]:
    """Return a sanitizer for an attribute whose words browsers read in any case."""
    return lambda value: value.lower() if value.lower() in words else None


def _dimension(value: str) -> str | None:
    """Return a width or height in whole pixels or in percent (`300px` is `300`), or None if it is none or too large.

    Follows https://html.spec.whatwg.org/multipage/common-microsyntaxes.html#rules-for-parsing-dimension-values
    """
    match = _DIMENSION.match(value)
    number = float(match[1]) if match else 0
    if match and match[2]:
        return f"{round(number, 2):g}%" if 1 <= number <= 100 else None  # noqa: PLR2004 - per cent
    return str(int(number)) if 1 <= number <= _MAX_PIXELS else None


_SANITIZERS: Mapping[str, Callable[[str], str | None]] = MappingProxyType(
    {
        "align": _allow_word("left", "center", "right"),
        **dict.fromkeys(("alt", "title"), str),
        "class": _allowed_classes,
        **dict.fromkeys(("colspan", "rowspan"), _allow_pattern("[1-9][0-9]?")),
        "datetime": _allow_pattern("[0-9TZ:.+ -]{1,40}"),
        "dir": _allow_word("auto", "ltr", "rtl"),
        **dict.fromkeys(("height", "width"), _dimension),
        "href": _sanitize_link,
        "media": lambda value: value if COLOR_SCHEME_QUERY.fullmatch(value) else None,
        "open": lambda _: "",
        "rel": _allow_pattern(LINK_REL),
        "src": _sanitize_media_url,
        "srcset": _first_srcset_url,
        "start": _allow_pattern("-?[0-9]{1,9}"),
    }
)
