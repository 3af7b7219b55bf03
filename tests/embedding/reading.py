"""What a browser makes of HTML, as far as a tool may damage it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser, LexborNode

_INLINE = re.compile("a|b|code|comment-count|del|em|i|img|ins|kbd|mark|s|small|span|strong|sub|sup|time|tt")


@dataclass(frozen=True, slots=True)
class Reading:
    """The links, the images, the code and the words of the comments."""

    links: list[str]
    images: list[str]
    code: list[str]
    words: list[str]


def read(html: str, selector: str = "section.pc") -> Reading:
    """Return what is in an element; links and images are those of the whole text."""
    tree = LexborHTMLParser(html)
    elements = tree.css(selector)
    return Reading(
        links=[node.attributes.get("href") or "" for node in tree.css("a, area, form, iframe")],
        images=[node.attributes.get("src") or "" for node in tree.css("img, video, source, iframe, script")],
        code=[node.text() for element in elements for node in element.css("pre")],
        words="".join(text for element in elements for text in _texts(element)).split(),
    )


def _texts(element: LexborNode) -> Iterator[str]:
    for node in element.iter(include_text=True):
        if node.tag == "-text":
            yield node.text(deep=False)
            continue
        separator = "" if _INLINE.fullmatch(node.tag or "") else " "
        yield separator
        yield from _texts(node)
        yield separator
