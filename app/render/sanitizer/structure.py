"""Turn GitHub's markup into plain, balanced markup of limited size, in one pass from left to right.

This makes no HTML safe: `sanitize.sanitize` does so afterwards. It guarantees the structure. Every element that is
opened is closed, in order, and stands where the HTML standard allows it. So the tree that a browser builds is the tree
that is written. All steps take time in proportion to the length.
Follows https://html.spec.whatwg.org/multipage/parsing.html for where elements may stand.
"""

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from app.render.sanitizer.allow_list import COLOR_SCHEME_QUERY, ELEMENTS
from app.render.sanitizer.tags import LEAF, SPACE, TOKEN, parse_attributes, start_tag

MAX_DEPTH = 100
MAX_ELEMENTS = 15_000
MAX_LEAVES = 35_000  # tokens of highlighted code: spans that contain only text; each costs a tenth of an element
# Start and end tags in the input. If there are more, only the text is kept. The output is always below these limits.
MAX_TAGS = 2 * MAX_ELEMENTS
MAX_TAGS_AND_LEAVES = MAX_TAGS + 2 * MAX_LEAVES

_VOID = frozenset({"br", "hr", "img", "wbr", "source", "input"})
_PARAGRAPH = frozenset({"p"})
_ANCHOR = frozenset({"a"})
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_LISTS = frozenset({"ul", "ol"})
_SECTIONS = frozenset({"thead", "tbody", "tfoot"})
_ROW = frozenset({"tr"})
_TABLE = frozenset({"table"})
_PARENTS: Mapping[str, frozenset[str]] = {
    "li": _LISTS,
    **dict.fromkeys(("dt", "dd"), frozenset({"dl"})),
    **dict.fromkeys(("rt", "rp"), frozenset({"ruby"})),
    "tr": _SECTIONS | _TABLE,
    **dict.fromkeys(("td", "th"), _ROW),
    **dict.fromkeys((*_SECTIONS, "caption"), _TABLE),
}
_TABLE_PARTS = frozenset({"caption", "td", "th"}) | _SECTIONS | _ROW
_TABLE_STRUCTURE = _TABLE | _SECTIONS | _ROW  # a browser moves text directly in these out of the table
_SCOPES = frozenset({"table", "td", "th", "caption"})  # an implied end tag closes nothing outside these
_BLOCKS = _PARAGRAPH | _TABLE | _LISTS | _HEADINGS | {"dl", "dt", "dd", "li", "div", "pre", "blockquote", "hr"}
_BLOCKS |= {"section", "details", "summary", "figure", "figcaption"}

# Removed with their content: it is not text of the comment's author.
_NON_TEXT_ELEMENTS = frozenset(
    {"svg", "math", "template", "object", "applet", "canvas", "audio", "button", "select", "clipboard-copy"}
)
_NON_TEXT_CLASSES = frozenset(
    {
        *("email-hidden-toggle", "email-hidden-reply", "email-signature-reply", "email-quoted-reply"),
        *("zeroclipboard-container", "AnimatedImagePlayer", "js-render-enrichment-loader"),
        # Links to the ids of headings and footnotes. Ids are removed: two comments, or the blog, may use the same one.
        *("anchor", "data-footnote-backref"),
        "sr-only",  # texts for screen readers about GitHub's own controls
    }
)
_REPLACEMENTS = {"math-renderer": "code"}  # shows the source of formulas
_NAMES = frozenset(ELEMENTS) | _NON_TEXT_ELEMENTS | frozenset(_REPLACEMENTS) | {"input"}

# All spellings of a line break become one character, so that parsing again changes nothing.
_BREAKS = re.compile(r"\r\n?|&(?:#0*+(?:1[03](?![0-9])|x0*+[ad](?![0-9a-f]));?|NewLine;)", re.IGNORECASE | re.ASCII)
_EMPTY_LINES = re.compile(r"\n[\t\n\f ]*\n")


@dataclass(frozen=True, slots=True)
class _OpenElement:
    """An element on the stack: its start tag was read, its end tag was not."""

    name: str
    tag: str  # the name in the output; "" if it is not in the output
    is_muted: bool = False  # nothing within it is in the output
    is_email: bool = False  # text within it is an e-mail, in which empty lines separate paragraphs


def balance(html: str, *, videos_as_links: bool = False) -> str:
    """Return balanced markup: at most MAX_DEPTH levels, MAX_ELEMENTS elements and MAX_LEAVES leaves."""
    # JSON may contain lone surrogates, which are no text. The HTML parser would drop a NUL and join its neighbours.
    text = html.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")
    text = _BREAKS.sub("\n", text)
    tags = text.count("<")
    if tags > MAX_TAGS_AND_LEAVES or (tags > MAX_TAGS and tags - 2 * len(LEAF.findall(text)) > MAX_TAGS):
        plain = TOKEN.sub("", text).replace("<", "&lt;")
        text = f'<div class="email-fragment">{plain}</div>'
    return _Balancer(videos_as_links=videos_as_links).balance(text)


class _Balancer:
    """The output so far and the stack of open elements."""

    def __init__(self, *, videos_as_links: bool) -> None:
        self._videos_as_links = videos_as_links
        self._output = [""]
        self._stack: list[_OpenElement] = []
        self._positions: defaultdict[str, list[int]] = defaultdict(list)  # name -> its positions in the stack
        self._scopes = [-1]  # positions of the elements that limit an implied end
        self._end_tags: list[str] = []  # of those open elements that are in the output
        self._elements = 0
        self._leaves = 0
        self._mute_depth = 0

    def balance(self, html: str) -> str:
        end = 0
        for token in TOKEN.finditer(html):
            if token.start() > end:
                self._text(html[end : token.start()])
            end = token.end()
            if token["leaf"]:
                self._leaf(token[0], token["leaf"])
            elif token["name"] and token["closed"]:
                self._tag(token["name"].lower(), token["attributes"], is_end=bool(token["end"]))
        self._text(html[end:])
        self._close_from(0)
        return "".join(self._output)

    def _tag(self, name: str, attributes: str, *, is_end: bool) -> None:
        if name not in _NAMES:
            return
        if is_end:
            if self._positions[name]:
                self._close_from(self._positions[name][-1])
        elif self._mute_depth:
            if name not in _VOID:
                self._push(_OpenElement(name, ""))
        else:
            self._start(name, parse_attributes(attributes) if attributes else {}, slash=attributes.endswith("/"))

    def _leaf(self, markup: str, kind: str) -> None:
        in_text = not (self._stack and self._stack[-1].is_email) and not self._in_table_structure()
        if in_text and not self._mute_depth and self._leaves < MAX_LEAVES and len(self._end_tags) < MAX_DEPTH:
            self._leaves += 1
            self._output.append(markup)
            return
        self._tag("span", f' class="pl-{kind}"', is_end=False)
        self._text(markup[markup.index(">") + 1 : -len("</span>")])
        self._tag("span", "", is_end=True)

    def _start(self, name: str, attributes: Mapping[str, str], *, slash: bool) -> None:
        classes = frozenset(attributes.get("class", "").split())
        if name in _NON_TEXT_ELEMENTS or classes & _NON_TEXT_CLASSES:
            # In HTML only svg and math are self-closing: the slash does not close others.
            if name not in _VOID and not (slash and name in {"svg", "math"}):
                self._push(_OpenElement(name, "", is_muted=True))
        elif name == "input":
            if attributes.get("type", "").lower() == "checkbox":
                self._text("☑" if "checked" in attributes else "☐")
        elif name == "video" and self._videos_as_links:
            self._start("a", {"href": attributes.get("src", "")}, slash=False)
            self._text("▶ video")
            self._tag("a", "", is_end=True)
            self._push(_OpenElement(name, ""))
        elif "email-fragment" in classes:
            self._close_last(_PARAGRAPH)
            self._push(_OpenElement(name, "", is_email=True))
        elif name == "a" and attributes.get("href", "").startswith("#user-content-"):
            self._push(_OpenElement(name, ""))  # a footnote's number stays; its link would lead to an id
        else:
            self._element(name, attributes)

    def _element(self, name: str, attributes: Mapping[str, str]) -> None:
        if not self._close_implied(name):
            self._push(_OpenElement(name, ""))
            return
        if name in _VOID:
            if self._has_room() and (name != "source" or self._is_variant(attributes)):
                self._elements += 1
                self._output.append(start_tag(name, attributes))
            return
        if name == "tr" and self._stack[-1].name == "table":
            self._open("tbody", {})
        self._open(name, attributes)

    def _open(self, name: str, attributes: Mapping[str, str]) -> None:
        has_parent = name not in _PARENTS or self._stack[-1].tag
        if has_parent and self._has_room():
            self._elements += 1
            tag = _REPLACEMENTS.get(name, name)
            self._output.append(start_tag(tag, attributes))
            self._push(_OpenElement(name, tag))
        else:
            self._push(_OpenElement(name, ""))

    def _close_implied(self, name: str) -> bool:
        """Close the elements that cannot contain this one. Return False if it has no valid parent."""
        if name in _PARENTS:
            return self._close_to_parent(name)
        self._leave_table_structure()
        if name in _BLOCKS:
            self._close_last(_PARAGRAPH)
        elif self._stack and self._stack[-1].is_email:
            self._open("p", {})
        if name in _HEADINGS:
            self._close_last(_HEADINGS)
        elif name == "a":
            self._close_last(_ANCHOR)
        return True

    def _close_to_parent(self, name: str) -> bool:
        tables = self._positions["table"]
        scope = tables[-1] if name in _TABLE_PARTS and tables else self._scopes[-1]
        parent = self._last_position(_PARENTS[name])
        if parent < max(scope, 0):
            return False
        self._close_from(parent + 1)
        return True

    def _last_position(self, names: frozenset[str]) -> int:
        return max([self._positions[name][-1] for name in names if self._positions[name]], default=-1)

    def _close_last(self, names: frozenset[str]) -> None:
        position = self._last_position(names)
        if position > self._scopes[-1]:
            self._close_from(position)

    def _in_table_structure(self) -> bool:
        return bool(self._end_tags) and self._end_tags[-1] in _TABLE_STRUCTURE

    def _leave_table_structure(self) -> None:
        while self._in_table_structure():
            self._close_from(self._positions["table"][-1])

    def _text(self, text: str) -> None:
        if self._mute_depth or not text:
            return
        if text.strip(SPACE):
            self._leave_table_structure()
        if self._in_email():
            self._email_text(text)
        else:
            self._write(text)

    def _in_email(self) -> bool:
        top = self._stack[-2:]
        return any(element.is_email for element in top) and (top[-1].is_email or top[-1].name == "p")

    def _email_text(self, text: str) -> None:
        # a line break after <br> would repeat it
        lines = text.removeprefix("\n") if self._output[-1] == "<br>" else text
        for number, paragraph in enumerate(_EMPTY_LINES.split(lines, self._elements_left())):
            if number:
                self._close_last(_PARAGRAPH)
            self._email_paragraph(paragraph)

    def _email_paragraph(self, text: str) -> None:
        lines = text
        if self._stack[-1].is_email:
            if not text.strip(SPACE):
                return
            lines = text.lstrip(SPACE)
            self._open("p", {})
        first, *others = lines.split("\n", self._elements_left())
        self._write(first)
        for line in others:
            self._element("br", {})
            self._write(line)

    def _write(self, text: str) -> None:
        # A browser ignores a line break at the start of <pre>. All are removed, so that parsing again changes nothing.
        content = text.lstrip("\n") if self._output[-1].startswith("<pre") else text
        if content:
            self._output.append(content.replace("<", "&lt;"))

    def _has_room(self) -> bool:
        return len(self._end_tags) < MAX_DEPTH and self._elements < MAX_ELEMENTS

    def _elements_left(self) -> int:
        return MAX_ELEMENTS - self._elements + 1

    def _is_variant(self, attributes: Mapping[str, str]) -> bool:
        """Return whether a source is an image's variant; without a media query it would replace the image."""
        media = attributes.get("media", "")
        in_picture = bool(self._stack) and self._stack[-1].name == "picture"
        return in_picture and COLOR_SCHEME_QUERY.fullmatch(media) is not None

    def _push(self, element: _OpenElement) -> None:
        self._positions[element.name].append(len(self._stack))
        if element.tag:
            self._end_tags.append(element.tag)
            if element.tag in _SCOPES:
                self._scopes.append(len(self._stack))
        self._mute_depth += element.is_muted
        self._stack.append(element)

    def _close_from(self, position: int) -> None:
        while len(self._stack) > position:
            element = self._stack.pop()
            self._positions[element.name].pop()
            self._mute_depth -= element.is_muted
            if element.tag:
                self._output.append(f"</{self._end_tags.pop()}>")
                if element.tag in _SCOPES:
                    self._scopes.pop()
