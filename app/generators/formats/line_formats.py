"""Front matter of single lines: org, reStructuredText, Nikola's comments, MultiMarkdown, and `<meta>` of HTML.

All values are strings, as the generators have them.
"""

import html
import re
from collections.abc import Mapping

from app.generators.fences import Format

_ORG = re.compile(r"#\+(?P<key>[^:\r\n]+):(?P<value>[^\r\n]*)")
_RST = re.compile(r":(?P<key>[^:\r\n]+):(?P<value>(?:[ \t][^\r\n]*)?)$")
_RST_FIELD = re.compile(r"(?m)^:[^:\s][^:\r\n]*:(?=\s|\Z)")
_RST_TITLE = re.compile(r"(?m)^(?P<title>[^\W_][^\r\n]*)\r?\n(?P<line>[=~#*^\"'+-])(?P=line)*[ \t]*\r?$")
_NIKOLA = re.compile(r"[ \t]*\.\. (?P<key>[^\r\n]*?): (?P<value>[^\r\n]*)")
_META = re.compile(r"[ ]{0,3}(?P<key>[A-Za-z0-9_-]+):[ \t]*(?P<value>.*)")
_META_MORE = re.compile(r"[ ]{4,}(?P<value>.*)")
_META_BEGIN, _META_END = re.compile(r"---"), re.compile(r"---|\.\.\.")
_TAG = re.compile(r"<meta\b(?P<attributes>[^>]*)>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""(?P<name>[a-z-]+)\s*=\s*(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)')""", re.IGNORECASE)
_TITLE = re.compile(r"<title>(?P<title>[^<]*)</title>", re.IGNORECASE)
_TAB = 4


def read_lines(form: Format, text: str) -> Mapping[str, object]:
    """Return the fields of a block in a format of lines."""
    if form is Format.META_LINES:
        return _meta_lines(text)
    if form is Format.META_TAGS:
        return _meta_tags(text)
    return {Format.ORG: _org, Format.RST: _rst, Format.NIKOLA: _nikola}[form](text)


def _org(text: str) -> Mapping[str, object]:
    return {match["key"].strip().lower(): match["value"].strip() for match in _ORG.finditer(text)}


def _rst(text: str) -> Mapping[str, object]:
    """Return the fields of one field list: it ends before the first line that neither is one nor continues one."""
    title = _RST_TITLE.search(text)
    fields: dict[str, object] = {"title": title["title"].strip()} if title else {}
    start = _RST_FIELD.search(text)
    for line in text[start.start() if start else len(text) :].splitlines():
        match = _RST.match(line)
        if match:
            fields[match["key"].strip()] = match["value"].strip()
        elif line.strip() and not line[:1].isspace():
            break
    return fields


def _nikola(text: str) -> Mapping[str, object]:
    matches = (_NIKOLA.match(line) for line in re.split(r"\r\n|\r|\n", text))
    return {match["key"]: match["value"] for match in matches if match and match["value"]}


def _meta_lines(text: str) -> Mapping[str, object]:
    """Return the fields as Python-Markdown reads them; several values of one key are a list."""
    lines = re.split(r"\r\n|\r|\n", text)
    if _META_BEGIN.match(lines[0]):
        del lines[0]
    values: dict[str, list[str]] = {}
    key = None
    for line in (line.expandtabs(_TAB) for line in lines):
        if not line.strip() or _META_END.match(line):
            break
        match = _META.match(line)
        if match:
            key = match["key"].lower()
        elif key is None or not (match := _META_MORE.match(line)):
            break
        values.setdefault(key, []).append(match["value"].strip())
    return {name: texts[0] if len(texts) == 1 else texts for name, texts in values.items()}


def _meta_tags(text: str) -> Mapping[str, object]:
    fields: dict[str, object] = {}
    if title := _TITLE.search(text):
        fields["title"] = html.unescape(title["title"]).strip()
    for tag in _TAG.finditer(text):
        attributes = {
            attribute["name"].lower(): html.unescape(attribute["double"] or attribute["single"] or "")
            for attribute in _ATTRIBUTE.finditer(tag["attributes"])
        }
        if "name" in attributes:
            fields[attributes["name"].lower()] = attributes.get("content", attributes.get("contents", ""))
    return fields
