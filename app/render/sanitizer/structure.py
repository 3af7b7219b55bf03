"""GitHub's markup becomes plain, balanced markup of bounded size, in one pass from left to right.

Nothing here makes HTML safe: `app.render.sanitizer.sanitize` does, afterwards. What is promised is the shape. Every element that
is opened is closed, in order, and stands where the HTML standard allows it, so that the tree which a browser builds is
the tree that is written. All steps take time in proportion to the length.
Follows https://html.spec.whatwg.org/multipage/parsing.html for where elements may stand.
"""

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice

from app.render.sanitizer.allow_list import ADDRESSES, ATTRIBUTES_OF_ALL, DARK_OR_LIGHT, ELEMENTS, FIXED, safe_value

MAX_DEPTH = 100
MAX_ELEMENTS = 15_000
MAX_LEAVES = 35_000  # words of highlighted code, counted apart because they cost a tenth
# Of what comes in, start and end tags together; above them only the text is kept. What goes out is always below.
MAX_TAGS = 2 * MAX_ELEMENTS
MAX_TAGS_AND_LEAVES = MAX_TAGS + 2 * MAX_LEAVES
_MAX_ATTRIBUTES = 40  # of one tag; GitHub writes about ten

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
    "dt": frozenset({"dl"}),
    "dd": frozenset({"dl"}),
    "rt": frozenset({"ruby"}),
    "rp": frozenset({"ruby"}),
    "tr": _SECTIONS | _TABLE,
    "td": _ROW,
    "th": _ROW,
    **dict.fromkeys((*_SECTIONS, "caption"), _TABLE),
}
_TABLE_PARTS = frozenset({"caption", "td", "th"}) | _SECTIONS | _ROW
_SKELETON = _TABLE | _SECTIONS | _ROW  # text directly in these would be moved out of the table by a browser
_WALLS = frozenset({"table", "td", "th", "caption"})  # an end that is implied does not reach through these
_BLOCKS = (
    frozenset({"p", "div", "pre", "blockquote", "hr", "section", "details", "summary", "figure", "figcaption"})
    | frozenset({"dl", "dt", "dd", "li", "table"})
    | _LISTS
    | _HEADINGS
)

# Dropped with what is in them: no text of the person is there.
_DROPPED = frozenset(
    {"svg", "math", "template", "object", "applet", "canvas", "audio", "button", "select", "clipboard-copy"}
)
_DROPPED_CLASSES = frozenset(
    {
        *("email-hidden-toggle", "email-hidden-reply", "email-signature-reply", "email-quoted-reply"),
        *("zeroclipboard-container", "AnimatedImagePlayer", "js-render-enrichment-loader"),
        # A heading's or a footnote's way back leads to an id, and ids go: two comments, or the blog, may use the same.
        *("anchor", "data-footnote-backref"),
        "sr-only",  # words for screen readers about GitHub's own controls
    }
)
_OURS = {"math-renderer": "code"}  # formulas stay as they were written
_KNOWN = frozenset(ELEMENTS) | _DROPPED | frozenset(_OURS) | {"input"}

_SPACE = "\t\n\f\r "
_TOKEN = re.compile(
    rf"""
      <span\ class="pl-(?P<leaf>[a-z0-9]++)">[^<]*+</span>           # most of highlighted code, in one go
    | <!--(?:-?>|.*?(?:--!?>|\Z))
    | <(?P<raw>script|style|textarea|title|xmp|iframe|noembed|noframes|noscript|plaintext)(?=[{_SPACE}/>])
      .*?(?:</(?P=raw)(?=[{_SPACE}/>])[^>]*+(?:>|\Z)|\Z)
    | <(?:[!?]|/(?![a-z]))[^>]*+(?:>|\Z)
    | <(?P<end>/?)(?P<name>[a-z][^{_SPACE}/>]*+)
      (?P<attributes>(?:[^>=]++|=[{_SPACE}]*+(?:"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z))?+)*+)(?P<closed>>|\Z)
    """,
    re.IGNORECASE | re.ASCII | re.DOTALL | re.VERBOSE,
)
_LEAF = re.compile(r'<span class="pl-[a-z0-9]++">[^<]*+</span>', re.IGNORECASE | re.ASCII)
_ATTRIBUTE = re.compile(
    rf"""([^{_SPACE}/>=][^{_SPACE}/>=]*+)
         (?:[{_SPACE}]*+=[{_SPACE}]*+(?:"([^"]*+)"?|'([^']*+)'?|([^{_SPACE}>]*+)))?+""",
    re.VERBOSE,
)
# Line breaks in all their spellings are one character, so that a second reading sees what the first one saw.
_BREAKS = re.compile(r"\r\n?|&(?:#0*+(?:1[03](?![0-9])|x0*+[ad](?![0-9a-f]));?|NewLine;)", re.IGNORECASE | re.ASCII)
_EMPTY_LINES = re.compile(r"\n[\t\n\f ]*\n")


@dataclass(frozen=True, slots=True)
class _Open:
    """An element that has begun and not yet ended."""

    name: str
    tag: str  # what its end is written as; "" when it is not written
    mutes: bool = False  # nothing within it is written
    letter: bool = False  # text within it is an e-mail: paragraphs are empty lines


def well_formed(html: str, *, videos_as_links: bool = False) -> str:
    """Return the markup balanced and bounded: at most MAX_DEPTH levels, MAX_ELEMENTS elements and MAX_LEAVES leaves."""
    # A lone surrogate (JSON can carry one) is no text; a NUL would vanish in the parser and join its neighbours.
    text = html.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")
    text = _BREAKS.sub("\n", text)
    tags = text.count("<")
    if tags > MAX_TAGS_AND_LEAVES or (tags > MAX_TAGS and tags - 2 * len(_LEAF.findall(text)) > MAX_TAGS):
        only_text = _TOKEN.sub("", text).replace("<", "&lt;")
        text = f'<div class="email-fragment">{only_text}</div>'
    return _Shape(videos_as_links=videos_as_links).read(text)


class _Shape:
    """The markup written so far and the elements that are open."""

    def __init__(self, *, videos_as_links: bool) -> None:
        self._videos_as_links = videos_as_links
        self._out = [""]
        self._stack: list[_Open] = []
        self._places: defaultdict[str, list[int]] = defaultdict(list)  # name -> where in the stack
        self._walls = [-1]
        self._written: list[str] = []  # of the stack, what will have an end tag
        self._elements = 0
        self._leaves = 0
        self._muted = 0

    def read(self, html: str) -> str:
        position = 0
        for token in _TOKEN.finditer(html):
            if token.start() > position:
                self._text(html[position : token.start()])
            position = token.end()
            if token["leaf"]:
                self._leaf(token[0], token["leaf"])
            elif token["name"] and token["closed"]:
                self._tag(token["name"].lower(), token["attributes"], is_end=bool(token["end"]))
        self._text(html[position:])
        self._close_from(0)
        return "".join(self._out)

    def _tag(self, name: str, attributes: str, *, is_end: bool) -> None:
        if name not in _KNOWN:
            return
        if is_end:
            if self._places[name]:
                self._close_from(self._places[name][-1])
        elif self._muted:
            if name not in _VOID:
                self._push(_Open(name, ""))
        else:
            self._start(name, _attributes(attributes) if attributes else {}, slash=attributes.endswith("/"))

    def _leaf(self, markup: str, kind: str) -> None:
        in_text = not (self._stack and self._stack[-1].letter) and not self._in_skeleton()
        if in_text and not self._muted and self._leaves < MAX_LEAVES and len(self._written) < MAX_DEPTH:
            self._leaves += 1
            self._out.append(markup)
            return
        self._tag("span", f' class="pl-{kind}"', is_end=False)
        self._text(markup[markup.index(">") + 1 : -len("</span>")])
        self._tag("span", "", is_end=True)

    def _start(self, name: str, attributes: dict[str, str], *, slash: bool) -> None:
        classes = frozenset(attributes.get("class", "").split())
        if name in _DROPPED or classes & _DROPPED_CLASSES:
            # In a comment only svg and math know the slash: others stay open in spite of it.
            if name not in _VOID and not (slash and name in {"svg", "math"}):
                self._push(_Open(name, "", mutes=True))
        elif name == "input":
            if attributes.get("type", "").lower() == "checkbox":
                self._text("☑" if "checked" in attributes else "☐")
        elif name == "video" and self._videos_as_links:
            self._start("a", {"href": attributes.get("src", "")}, slash=False)
            self._text("▶ video")
            self._tag("a", "", is_end=True)
            self._push(_Open(name, ""))
        elif "email-fragment" in classes:
            self._end_of(_PARAGRAPH)
            self._push(_Open(name, "", letter=True))
        elif name == "a" and attributes.get("href", "").startswith("#user-content-"):
            self._push(_Open(name, ""))  # a footnote's number stays, its way to an id goes
        else:
            self._element(name, attributes)

    def _element(self, name: str, attributes: dict[str, str]) -> None:
        if not self._make_way(name):
            self._push(_Open(name, ""))
            return
        if name in _VOID:
            if self._has_room() and (name != "source" or self._is_variant(attributes)):
                self._elements += 1
                self._out.append(_written(name, attributes))
            return
        if name == "tr" and self._stack[-1].name == "table":
            self._open("tbody", {})
        self._open(name, attributes)

    def _open(self, name: str, attributes: dict[str, str]) -> None:
        parent_is_written = name not in _PARENTS or self._stack[-1].tag
        if parent_is_written and self._has_room():
            self._elements += 1
            written = _OURS.get(name, name)
            self._out.append(_written(written, attributes))
            self._push(_Open(name, written))
        else:
            self._push(_Open(name, ""))

    def _make_way(self, name: str) -> bool:
        """End what cannot hold the element; False when it has no place at all."""
        if name in _PARENTS:
            return self._back_to_parent(name)
        self._leave_skeleton()
        if name in _BLOCKS:
            self._end_of(_PARAGRAPH)
        elif self._stack and self._stack[-1].letter:
            self._open("p", {})
        if name in _HEADINGS:
            self._end_of(_HEADINGS)
        elif name == "a":
            self._end_of(_ANCHOR)
        return True

    def _back_to_parent(self, name: str) -> bool:
        tables = self._places["table"]
        wall = tables[-1] if name in _TABLE_PARTS and tables else self._walls[-1]
        place = self._last(_PARENTS[name])
        if place < max(wall, 0):
            return False
        self._close_from(place + 1)
        return True

    def _last(self, names: frozenset[str]) -> int:
        return max([self._places[name][-1] for name in names if self._places[name]], default=-1)

    def _end_of(self, names: frozenset[str]) -> None:
        place = self._last(names)
        if place > self._walls[-1]:
            self._close_from(place)

    def _in_skeleton(self) -> bool:
        return bool(self._written) and self._written[-1] in _SKELETON

    def _leave_skeleton(self) -> None:
        while self._in_skeleton():
            self._close_from(self._places["table"][-1])

    def _text(self, text: str) -> None:
        if self._muted or not text:
            return
        if text.strip(_SPACE):
            self._leave_skeleton()
        if self._in_letter():
            self._letter(text)
        else:
            self._write(text)

    def _in_letter(self) -> bool:
        top = self._stack[-2:]
        return any(element.letter for element in top) and (top[-1].letter or top[-1].name == "p")

    def _letter(self, text: str) -> None:
        # The line after a <br> has its break already.
        lines = text.removeprefix("\n") if self._out[-1] == "<br>" else text
        for number, paragraph in enumerate(_EMPTY_LINES.split(lines, self._elements_left())):
            if number:
                self._end_of(_PARAGRAPH)
            self._letter_paragraph(paragraph)

    def _letter_paragraph(self, text: str) -> None:
        lines = text
        if self._stack[-1].letter:
            if not text.strip(_SPACE):
                return
            lines = text.lstrip(_SPACE)
            self._open("p", {})
        first, *others = lines.split("\n", self._elements_left())
        self._write(first)
        for line in others:
            self._element("br", {})
            self._write(line)

    def _write(self, text: str) -> None:
        # A browser skips a line break that begins a <pre>, so a second reading would skip a second one.
        shown = text.lstrip("\n") if self._out[-1].startswith("<pre") else text
        if shown:
            self._out.append(shown.replace("<", "&lt;"))

    def _has_room(self) -> bool:
        return len(self._written) < MAX_DEPTH and self._elements < MAX_ELEMENTS

    def _elements_left(self) -> int:
        return MAX_ELEMENTS - self._elements + 1

    def _is_variant(self, attributes: dict[str, str]) -> bool:
        """Say whether a source is a picture's variant; without a condition it would replace the picture."""
        return bool(
            self._stack and self._stack[-1].name == "picture" and DARK_OR_LIGHT.fullmatch(attributes.get("media", ""))
        )

    def _push(self, element: _Open) -> None:
        self._places[element.name].append(len(self._stack))
        if element.tag:
            self._written.append(element.tag)
            if element.tag in _WALLS:
                self._walls.append(len(self._stack))
        self._muted += element.mutes
        self._stack.append(element)

    def _close_from(self, place: int) -> None:
        while len(self._stack) > place:
            element = self._stack.pop()
            self._places[element.name].pop()
            self._muted -= element.mutes
            if element.tag:
                self._out.append(f"</{self._written.pop()}>")
                if element.tag in _WALLS:
                    self._walls.pop()


def _attributes(text: str) -> dict[str, str]:
    """Return names in lower case and values with their character references as they are; the first of a name wins."""
    found: dict[str, str] = {}
    for match in islice(_ATTRIBUTE.finditer(text), _MAX_ATTRIBUTES):
        found.setdefault(match[1].lower(), match[2] or match[3] or match[4] or "")
    return found


def _written(name: str, attributes: dict[str, str]) -> str:
    if not attributes and name not in FIXED:
        return f"<{name}>"
    own = ELEMENTS[name]
    values = {key: attributes[key] for key in attributes if key in own or key in ATTRIBUTES_OF_ALL}
    kept = {key: safe_value(name, key, values[key]) for key in values if key not in ADDRESSES}
    # nh3 sets the fixed ones itself, but in an order that changes from run to run; written ahead they stay in place.
    # It fills the place of an attribute that it takes out with the last one: addresses, which it judges, come last.
    kept |= dict(FIXED.get(name, {})) | {key: values[key] for key in values if key in ADDRESSES}
    pairs = (f' {key}="{value.replace(chr(34), "&quot;")}"' for key, value in kept.items() if value is not None)
    return f"<{name}{''.join(pairs)}>"
