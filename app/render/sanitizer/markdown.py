"""Spell HTML so that it keeps its meaning where a site generator inserts it into a Markdown text.

A Markdown parser copies a block of HTML until the first empty line, and then reads Markdown: text of a comment would
become links and images that nothing has sanitized. In a line of a paragraph, and with some settings (kramdown's
`parse_block_html`, MDX), it reads Markdown between any two tags. So the result contains neither line breaks nor other
characters that a parser reads: all are character references, and a browser builds the same tree. Template languages
(`{{ … }}` of Liquid, `{…}` of MDX) find nothing to replace either.

Follows https://spec.commonmark.org/0.31.2/#html-blocks
"""

import re

_TOKEN = re.compile(r'(?P<tag><(?:[^<>"]++|"[^"]*+")*+>)|[^<]++|<')
_VOID = re.compile(r"<(?:br|hr|img|link|meta|source|wbr)[ >]")
_IN_TAG = re.compile(r"[\t\n\v\f\r\x1c-\x1f\u2028\u2029`{|}]")
_IN_TEXT = re.compile(_IN_TAG.pattern[:-1] + r"$*@\[\\\]^_~]|:(?=[A-Za-z:])")
_AT_START = re.compile(r"( *[0-9]*)([-+#=:.)])")
"""A list, a heading, a definition: what a parser may read at the start of an element."""


def protect(html: str) -> str:
    """Return well-formed HTML in one line and another spelling; elements without content are closed as in XML."""
    return _TOKEN.sub(_protect_token, html)


def _protect_token(match: re.Match[str]) -> str:
    token = match[0]
    if match["tag"]:
        tag = _IN_TAG.sub(_reference, token)
        return f"{tag[:-1]} />" if _VOID.match(tag) else tag
    text = _IN_TEXT.sub(_reference, token)
    start = _AT_START.match(text)
    return f"{start[1]}&#{ord(start[2])};{text[start.end() :]}" if start else text


def _reference(match: re.Match[str]) -> str:
    return f"&#{ord(match[0])};"
