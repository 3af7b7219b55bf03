"""Finds faults in HTML that a page is about to insert.

It shares no list with the sanitizer, and uses two parsers that the sanitizer does not use.
"""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

from selectolax.lexbor import LexborHTMLParser, LexborNode

ELEMENTS = re.compile(
    "a|abbr|b|bdo|blockquote|br|caption|cite|code|dd|del|details|dfn|div|dl|dt|em|figcaption|figure|h[1-6]|hr|i|img|ins"
    "|kbd|li|mark|ol|p|picture|pre|q|rp|rt|ruby|s|samp|section|small|source|span|strike|strong|sub|summary|sup|table"
    "|tbody|td|tfoot|th|thead|time|tr|tt|u|ul|var|video|wbr"
)
WEB = r"https?://[^/\\?#@\s][^\s]*"
IMAGE_URL = re.compile(WEB, re.IGNORECASE)
VALUES = {
    ("", "class"): re.compile(
        r"((highlight(-(source|text)-\S{1,40})?|pl-\w{1,5}|contains-task-list|task-list-item|footnotes|emoji|blob-code|blob-num"
        r"|notranslate|pc-dark|pc-light|pc-math|markdown-alert(-\w+)?|user-mention|team-mention|issue-link|commit-link)( |$))+"
    ),
    ("", "dir"): re.compile("auto|ltr|rtl"),
    ("", "align"): re.compile("left|center|right"),
    ("a", "href"): re.compile(rf"{WEB}|mailto:.*", re.IGNORECASE | re.DOTALL),
    ("a", "rel"): re.compile("nofollow ugc noopener"),
    ("a", "title"): re.compile(".*", re.DOTALL),
    ("details", "open"): re.compile(""),
    ("img", "src"): IMAGE_URL,
    ("img", "alt"): re.compile(".*", re.DOTALL),
    ("img", "title"): re.compile(".*", re.DOTALL),
    ("img", "width"): re.compile("[1-9][0-9]{0,4}|[0-9.]{1,5}%"),
    ("img", "height"): re.compile("[1-9][0-9]{0,4}|[0-9.]{1,5}%"),
    ("img", "loading"): re.compile("lazy"),
    ("img", "decoding"): re.compile("async"),
    ("ol", "start"): re.compile("-?[0-9]{1,9}"),
    ("source", "media"): re.compile(r"\(prefers-color-scheme: ?(dark|light)\)"),
    ("source", "srcset"): IMAGE_URL,
    ("td", "colspan"): re.compile("[0-9]{1,2}"),
    ("td", "rowspan"): re.compile("[0-9]{1,2}"),
    ("th", "colspan"): re.compile("[0-9]{1,2}"),
    ("th", "rowspan"): re.compile("[0-9]{1,2}"),
    ("time", "datetime"): re.compile("[0-9TZ:.+ -]+"),
    ("video", "src"): IMAGE_URL,
    ("video", "controls"): re.compile(""),
    ("video", "preload"): re.compile("none"),
}
MUST_HAVE = {"a": {"rel"}, "img": {"loading", "decoding"}, "video": {"controls", "preload"}}


def faults(html: str) -> list[str]:
    """Return what is not allowed, in a browser's tree and in the sequence of tags."""
    return [fault for name, attributes in _elements(html) for fault in _faults_of(name, attributes)]


def depth(html: str) -> int:
    """Return the nesting depth of elements, counted by tags."""
    reader = _Tags()
    reader.feed(html)
    return reader.deepest


def _elements(html: str) -> Iterator[tuple[str, dict[str, str | None]]]:
    yield from _tree(html)
    reader = _Tags()
    reader.feed(html)
    yield from reader.elements


def _tree(html: str) -> Iterator[tuple[str, dict[str, str | None]]]:
    body = LexborHTMLParser(f"<!doctype html><body><main>{html}</main></body>").css_first("main")
    assert body is not None
    node: LexborNode | None
    for node in body.traverse(include_text=False):
        if node.tag and node.tag != "main":
            yield node.tag, dict(node.attributes)


def _faults_of(name: str, attributes: dict[str, str | None]) -> Iterator[str]:
    if not ELEMENTS.fullmatch(name):
        yield f"<{name}>"
    for key, value in attributes.items():
        pattern = VALUES.get((name, key)) or VALUES.get(("", key))
        if pattern is None or not pattern.fullmatch(value or ""):
            yield f'<{name} {key}="{value}">'
    for missing in MUST_HAVE.get(name, set()) - set(attributes):
        yield f"<{name}> without {missing}"


class _Tags(HTMLParser):
    VOID = frozenset({"br", "hr", "img", "wbr", "source"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open = 0
        self.deepest = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self.open += tag not in self.VOID
        self.deepest = max(self.deepest, self.open)

    def handle_endtag(self, tag: str) -> None:
        self.open -= tag not in self.VOID

    def handle_comment(self, data: str) -> None:
        self.elements.append(("!--", {data: None}))

    def handle_decl(self, decl: str) -> None:
        self.elements.append(("!", {decl: None}))

    def handle_pi(self, data: str) -> None:
        self.elements.append(("?", {data: None}))
