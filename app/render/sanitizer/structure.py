"""Turn GitHub's markup into plain, balanced markup of limited size, in one pass from left to right.

This makes no HTML safe: `sanitize.sanitize` does so afterwards. It guarantees the structure. Every element that is
opened is closed, in order, and stands where the HTML standard allows it. So the tree that a browser builds is the tree
that is written. All steps take time in proportion to the length.
Follows https://html.spec.whatwg.org/multipage/parsing.html for where elements may stand.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from app.render.sanitizer.allow_list import COLOR_SCHEME_QUERY, ELEMENTS, sanitize_value
from app.render.sanitizer.content_model import (
    ANCHOR,
    BLOCKS,
    HEADINGS,
    PARAGRAPH,
    PARENTS,
    SCOPES,
    TABLE_PARTS,
    TABLE_STRUCTURE,
    VOID,
)
from app.render.sanitizer.github_marks import (
    NON_TEXT_CLASSES,
    NON_TEXT_ELEMENTS,
    PAGE_REPLACEMENTS,
    REPLACEMENTS,
    Attributes,
    formula,
    has_scheme,
    images_by_scheme,
    line_number,
    scheme_class,
    scheme_of_media,
    with_class,
)
from app.render.sanitizer.tags import LEAF, SPACE, TOKEN, parse_attributes, start_tag

MAX_DEPTH = 100
MAX_ELEMENTS = 15_000
MAX_LEAVES = 35_000  # tokens of highlighted code: spans that contain only text; each costs a tenth of an element
# Start and end tags in the input. If there are more, only the text is kept. The output is always below these limits.
MAX_TAGS = 2 * MAX_ELEMENTS
MAX_TAGS_AND_LEAVES = MAX_TAGS + 2 * MAX_LEAVES

_NAMES = frozenset(ELEMENTS) | NON_TEXT_ELEMENTS | frozenset(REPLACEMENTS) | {"input"}

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


def balance(html: str, *, videos_as_links: bool = False, for_page: bool = False) -> str:
    """Return balanced markup: at most MAX_DEPTH levels, MAX_ELEMENTS elements and MAX_LEAVES leaves.

    `for_page` lowers headings below those of a page, and makes an image of each variant of a picture.
    """
    # JSON may contain lone surrogates, which are no text. The HTML parser would drop a NUL and join its neighbours.
    text = html.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")
    text = _BREAKS.sub("\n", text)
    tags = text.count("<")
    if tags > MAX_TAGS_AND_LEAVES or (tags > MAX_TAGS and tags - 2 * len(LEAF.findall(text)) > MAX_TAGS):
        plain = TOKEN.sub("", text).replace("<", "&lt;")
        text = f'<div class="email-fragment">{plain}</div>'
    return _Balancer(videos_as_links=videos_as_links, for_page=for_page).balance(text)


class _Balancer:
    """The output so far and the stack of open elements."""

    def __init__(self, *, videos_as_links: bool, for_page: bool) -> None:
        self._replacements = PAGE_REPLACEMENTS if for_page else REPLACEMENTS
        self._videos_as_links = videos_as_links
        self._for_page = for_page
        self._link_class = ""  # of the link that was opened last
        self._variants: dict[str, str] = {}  # of the picture that was opened last
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
            if name not in VOID:
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

    def _start(self, name: str, attributes: Attributes, *, slash: bool) -> None:
        classes = frozenset(attributes.get("class", "").split())
        starter = _STARTERS.get(name)
        if name in NON_TEXT_ELEMENTS or classes & NON_TEXT_CLASSES:
            # In HTML only svg and math are self-closing: the slash does not close others.
            if name not in VOID and not (slash and name in {"svg", "math"}):
                self._push(_OpenElement(name, "", is_muted=True))
        elif starter is not None:
            starter(self, attributes)
        elif "email-fragment" in classes:
            self._close_last(PARAGRAPH)
            self._push(_OpenElement(name, "", is_email=True))
        else:
            self._element(name, attributes)

    def _formula(self, attributes: Attributes) -> None:
        self._element("math-renderer", formula(attributes))

    def _input(self, attributes: Attributes) -> None:
        if attributes.get("type", "").lower() == "checkbox":
            self._text("☑" if "checked" in attributes else "☐")

    def _link(self, attributes: Attributes) -> None:
        if attributes.get("href", "").startswith("#user-content-"):
            self._push(_OpenElement("a", ""))  # a footnote's number stays; its link would lead to an id
            return
        self._link_class = scheme_class(attributes)
        self._element("a", with_class(attributes, self._link_class))

    def _video(self, attributes: Attributes) -> None:
        if not self._videos_as_links:
            self._element("video", attributes)
            return
        self._start("a", {"href": attributes.get("src", "")}, slash=False)
        self._text("▶ video")
        self._tag("a", "", is_end=True)
        self._push(_OpenElement("video", ""))

    def _cell(self, attributes: Attributes) -> None:
        self._element("td", attributes)
        self._text(line_number(attributes))

    def _picture(self, attributes: Attributes) -> None:
        self._variants = {}
        if self._for_page:
            self._push(_OpenElement("picture", ""))
        else:
            self._element("picture", attributes)

    def _source(self, attributes: Attributes) -> None:
        if not self._is_variant(attributes):
            return
        address = sanitize_value("source", "srcset", attributes.get("srcset", ""))
        if not self._for_page:
            self._element("source", attributes)
        elif address is not None:
            self._variants.setdefault(scheme_of_media(attributes["media"]), address)

    def _image(self, attributes: Attributes) -> None:
        if self._variants and self._in_picture():
            for image in images_by_scheme(attributes, self._variants):
                self._element("img", image)
            return
        is_linked = "a" in self._end_tags and not has_scheme(attributes)
        self._element(
            "img", with_class(attributes, scheme_class(attributes) or (self._link_class if is_linked else ""))
        )

    def _element(self, name: str, attributes: Attributes) -> None:
        if not self._close_implied(name):
            self._push(_OpenElement(name, ""))
            return
        if name in VOID:
            if self._has_room():
                self._elements += 1
                self._output.append(start_tag(name, attributes))
            return
        if name == "tr" and self._stack[-1].name == "table":
            self._open("tbody", {})
        self._open(name, attributes)

    def _open(self, name: str, attributes: Attributes) -> None:
        has_parent = name not in PARENTS or self._stack[-1].tag
        if has_parent and self._has_room():
            self._elements += 1
            tag = self._replacements.get(name, name)
            self._output.append(start_tag(tag, attributes))
            self._push(_OpenElement(name, tag))
        else:
            self._push(_OpenElement(name, ""))

    def _close_implied(self, name: str) -> bool:
        """Close the elements that cannot contain this one. Return False if it has no valid parent."""
        if name in PARENTS:
            return self._close_to_parent(name)
        self._leave_table_structure()
        if name in BLOCKS:
            self._close_last(PARAGRAPH)
        elif self._stack and self._stack[-1].is_email:
            self._open("p", {})
        if name in HEADINGS:
            self._close_last(HEADINGS)
        elif name == "a":
            self._close_last(ANCHOR)
        return True

    def _close_to_parent(self, name: str) -> bool:
        tables = self._positions["table"]
        scope = tables[-1] if name in TABLE_PARTS and tables else self._scopes[-1]
        parent = self._last_position(PARENTS[name])
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
        return bool(self._end_tags) and self._end_tags[-1] in TABLE_STRUCTURE

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
                self._close_last(PARAGRAPH)
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

    def _is_variant(self, attributes: Attributes) -> bool:
        """Return whether a source is an image's variant; without a media query it would replace the image."""
        media = attributes.get("media", "")
        return self._in_picture() and COLOR_SCHEME_QUERY.fullmatch(media) is not None

    def _in_picture(self) -> bool:
        return bool(self._stack) and self._stack[-1].name == "picture"

    def _push(self, element: _OpenElement) -> None:
        self._positions[element.name].append(len(self._stack))
        if element.tag:
            self._end_tags.append(element.tag)
            if element.tag in SCOPES:
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
                if element.tag in SCOPES:
                    self._scopes.pop()


_STARTERS: Mapping[str, Callable[[_Balancer, Attributes], None]] = {
    "a": _Balancer._link,  # noqa: SLF001 - the class's own table
    "img": _Balancer._image,  # noqa: SLF001
    "input": _Balancer._input,  # noqa: SLF001
    "math-renderer": _Balancer._formula,  # noqa: SLF001
    "picture": _Balancer._picture,  # noqa: SLF001
    "source": _Balancer._source,  # noqa: SLF001
    "td": _Balancer._cell,  # noqa: SLF001
    "video": _Balancer._video,  # noqa: SLF001
}
"""What reads the start tags that GitHub uses in its own way."""
