"""The title of a page without a field `title`, by the rules of its generator.

| generator | where the title comes from |
|---|---|
| Material for MkDocs (posts), Docusaurus, VitePress | the first heading of the first level |
| Jekyll (posts) | the name of the file |

The others have no title then.
"""

import re
from pathlib import PurePosixPath

from app.generators.dialects import Dialect
from app.generators.publication.material import is_post
from app.generators.publication.verdicts import Site

_WITH_HEADINGS = frozenset({"material", "docusaurus", "gray-matter", "vitepress"})
_FENCE = re.compile(r" {0,3}(?P<fence>`{3,}|~{3,})")
_HEADING = re.compile(r" {0,3}#[ \t]+(?P<text>.*?)(?:[ \t]+#+)?[ \t]*")
_UNDERLINE = re.compile(r" {0,3}=+[ \t]*")
_ATTRIBUTES = re.compile(r"[ \t]*\{[^{}]*\}\Z")
_LINK = re.compile(r"!?\[([^\[\]]*)\](?:\([^()]*\)|\[[^\[\]]*\])")
_EMPHASIS = re.compile(r"[*`]+|(?<!\w)_+|_+(?!\w)|\\(?=[!-/:-@\[-`{-~])")
_POST_NAME = re.compile(r"\d{4}-\d{1,2}-\d{1,2}-(?P<slug>.+)")
_LINE_END = re.compile(r"\r\n|\r|\n")


def title_of(path: PurePosixPath, text: str, dialect: Dialect, site: Site) -> str | None:
    """Return the title that a page has without a field for it; None if it has none.

    `path` is relative to the root of the tree, `text` the start of the file.
    """
    if dialect.generator == "jekyll":
        post_name = _POST_NAME.fullmatch(path.stem) if "_posts" in path.parts else None
        return " ".join(word.capitalize() for word in post_name["slug"].split("-")) if post_name else None
    if dialect.generator not in _WITH_HEADINGS or (dialect.generator == "material" and not is_post(path, site)):
        return None
    block = dialect.split(text)
    return _first_heading(_LINE_END.split(text[block.end if block else 0 :]))


def _first_heading(lines: list[str]) -> str | None:
    """Return the text of the first heading of the first level, outside blocks of code."""
    fence = ""
    for line, next_line in zip(lines, [*lines[1:], ""], strict=True):
        line_fence = _FENCE.match(line)
        if line_fence:
            opens = not fence
            closes = bool(fence) and line_fence["fence"].startswith(fence)
            fence = line_fence["fence"] if opens else "" if closes else fence
        elif not fence:
            heading = _HEADING.fullmatch(line)
            is_underlined = bool(line.strip()) and line != "---" and _UNDERLINE.fullmatch(next_line)
            text = heading["text"] if heading else line if is_underlined else ""
            if text.strip():
                return _plain(text)
    return None


def _plain(text: str) -> str | None:
    """Return a heading without its marks of Markdown."""
    return _EMPHASIS.sub("", _LINK.sub(r"\1", _ATTRIBUTES.sub("", text))).strip() or None
