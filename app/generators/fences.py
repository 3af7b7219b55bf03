"""Where front matter begins and ends in a page: one function per family of generators, as their own code does it.

A function takes the start of a file as text and returns the block of front matter, None without one.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class Format(StrEnum):
    """The language of a block of front matter."""

    YAML = "yaml"
    TOML = "toml"
    JSON = "json"
    JSON_MEMBERS = "json-members"
    """The inside of a JSON object, as Hexo has it between two lines `;;;`."""
    SCRIPT = "js"
    """JavaScript; only literals can be read here."""
    ORG = "org"
    """Lines `#+key: value`."""
    RST = "rst"
    """Lines `:key: value`."""
    NIKOLA = "nikola"
    """Lines `.. key: value`."""
    META_LINES = "lines"
    """Lines `key: value` of MultiMarkdown, as Pelican reads them."""
    META_TAGS = "html"
    """Elements `<meta name="…" content="…">`, as Pelican reads them in HTML."""


@dataclass(frozen=True, slots=True)
class Block:
    """A block of front matter; `start` and `end` are indices of its text, without the delimiters."""

    format: Format
    start: int
    end: int
    error: str | None = None
    """Why the generator cannot read it, as a clause."""


Splitter = Callable[[str], Block | None]

_HUGO_INTRO = re.compile("[\ufeff \t\r\n]*")
_HUGO_FENCES = {"-": ("---", Format.YAML), "+": ("+++", Format.TOML)}
_ORG_LINES = re.compile(r"(?:#\+[^\n]*(?:\n|\Z))+")
_JEKYLL = re.compile(r"\ufeff?---[^\S\n]*\n(?P<body>.*?\n?)^(?:---|\.\.\.)\s*$", re.DOTALL | re.MULTILINE)
_GRAY_LANGUAGES = {"": Format.YAML, "yaml": Format.YAML, "yml": Format.YAML, "json": Format.JSON}
_GRAY_SCRIPTS = frozenset({"js", "javascript", "node"})
_MYST_CLOSE = re.compile(r"\r?\n {0,3}(?:-{3,}|\.{3})[ \t]*(?:\r?\n|\Z)")
_ASTRO = re.compile(r"(?:\ufeff?|[\s\ufeff]*\n)(?P<open>---|\+\+\+)(?P<body>.*?\n)(?:---|\+\+\+)", re.DOTALL)
_HEXO_PREFIX = re.compile(r"\ufeff?(?:-{3,}|;{3,})")
_HEXO = re.compile(r"\ufeff?(?P<open>-{3,}|;{3,})\r?\n(?P<body>.+?)\r?\n(?P=open)", re.DOTALL)
_HEXO_CLOSED_ONLY = re.compile(r"\ufeff?(?P<body>.+?)\r?\n(?P<open>-{3,}|;{3,})", re.DOTALL)
_NEWLINE = r"(?>\r\n|\r|\n)"
_MKDOCS = re.compile(rf"\ufeff?---[ \t]*{_NEWLINE}(?P<body>.*?{_NEWLINE})(?:\.\.\.|---)[ \t]*{_NEWLINE}", re.DOTALL)
_NIKOLA = re.compile(rf"\ufeff?(?P<open>---|\+\+\+){_NEWLINE}")
_NIKOLA_CLOSE = {"---": re.compile(rf"{_NEWLINE}---{_NEWLINE}"), "+++": re.compile(rf"{_NEWLINE}\+\+\+{_NEWLINE}")}
_EMPTY_LINE = re.compile(rf"{_NEWLINE}{_NEWLINE}")
_JSON_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\Z)|[{}]', re.DOTALL)
_COMMENT_LINE = re.compile(r"(?m)^[^\S\n]*#[^\n]+")
_LINE_END = re.compile(r"\r?\n")
_HEAD_START, _HEAD_END = re.compile(r"(?i)<head[^>]*>"), re.compile(r"(?i)</head>")
_VFILE = re.compile(rf"---{_NEWLINE}(?:(?P<body>.*?){_NEWLINE})?---(?:{_NEWLINE}|\Z)", re.DOTALL)
_ZOLA = re.compile(r"\ufeff?\s*(?P<open>\+\+\+|---)(?P<body>\r?\n.*?)(?P=open)[^\S\r\n]*(?:\Z|\r?\n)", re.DOTALL)
_RST_START = re.compile(
    r"\ufeff?(?:[ \t]*\r?\n|\.\.(?![^\r\n]*::)[^\r\n]*\n(?:[ \t]+[^\r\n]*\n)*+"
    r"|(?:(?P<over>[^\w\s])(?P=over)+[ \t]*\r?\n)?[^\s:.][^\r\n]*\n(?P<under>[^\w\s])(?P=under)*[ \t]*\r?\n)*+"
    r":[^:\s][^:\r\n]*:(?:\s|\Z)"
)
"""The fields stand before all but comments and a title."""
_NOT_CLOSED = "it has no end. Close it with the line that it begins with"


def split_hugo(text: str) -> Block | None:
    """Return the block of Hugo: blanks may stand before it, and any line that begins with the delimiter closes it."""
    intro = _HUGO_INTRO.match(text)
    start = intro.end() if intro else 0
    if text.startswith("{", start):
        end = json_object_end(text, start)
        return Block(Format.JSON, start, end or len(text), None if end else "its JSON object has no end")
    if org := _ORG_LINES.match(text, start):
        return Block(Format.ORG, start, org.end())
    delimiter, form = _HUGO_FENCES.get(text[start : start + 1], ("", Format.YAML))
    if not delimiter:
        return None
    if not text.startswith(delimiter, start):
        return Block(form, start, start, f"it begins with {delimiter[0]}, but not with {delimiter}")
    body = start + len(delimiter)
    end = _line_with(text, delimiter, body)
    return Block(form, body, len(text), _NOT_CLOSED) if end is None else Block(form, body, end)


def _line_with(text: str, delimiter: str, start: int) -> int | None:
    """Return the index of the first line from `start` that begins with a delimiter."""
    index = text.find(delimiter, start)
    while index >= 0:
        if text[index - 1] in "\r\n":
            return index
        index = text.find(delimiter, index + 1)
    return None


def json_object_end(text: str, start: int) -> int | None:
    """Return the index behind the object that begins at `start`; None if it has no end. Only braces are counted."""
    depth = 0
    for match in _JSON_TOKEN.finditer(text, start):
        depth += {"{": 1, "}": -1}.get(match.group(), 0)
        if depth == 0:
            return match.end()
    return None


def split_jekyll(text: str) -> Block | None:
    """Return the block of Jekyll: `---` and blanks at the very start, closed by such a line or `...`."""
    match = _JEKYLL.match(text)
    return Block(Format.YAML, *match.span("body")) if match else None


def split_gray_matter(text: str) -> Block | None:
    """Return the block of gray-matter: a language may follow `---`, and without an end everything belongs to it."""
    start = 1 if text.startswith("\ufeff") else 0
    if not text.startswith("---", start) or text.startswith("-", start + 3):
        return None
    body = start + 3
    line_end = _LINE_END.search(text, body)
    language_end = line_end.start() if line_end else max(body, len(text) - 1)
    language = text[body:language_end].strip()
    end = text.find("\n---", language_end if language else body)
    end = len(text) if end < 0 else end
    body = language_end if language else body
    if not _COMMENT_LINE.sub("", text[body:end]).strip():
        return Block(Format.YAML, body, end)
    form = Format.SCRIPT if language.casefold() in _GRAY_SCRIPTS else _GRAY_LANGUAGES.get(language.casefold())
    if form is None:
        return Block(Format.YAML, body, end, f"{language[:40]!r} behind --- is no language that can be read")
    return Block(form, body, end)


def split_myst(text: str) -> Block | None:
    """Return the block of MyST: it begins as gray-matter's, and a bare line `---` or `...` closes it."""
    block = split_gray_matter(text)
    close = _MYST_CLOSE.search(text, block.start) if block and not block.error else None
    return Block(Format.YAML, block.start, close.start()) if block and close else None


def split_astro(text: str) -> Block | None:
    """Return the block of Astro: empty lines may stand before it, and either delimiter closes it."""
    match = _ASTRO.match(text)
    if match is None:
        return None
    return Block(Format.TOML if match["open"] == "+++" else Format.YAML, *match.span("body"))


def split_hexo(text: str) -> Block | None:
    """Return the block of Hexo: `---` or `;;;` closes it, and the opening line may be missing."""
    match = _HEXO.match(text)
    if match is None and not _HEXO_PREFIX.match(text):
        match = _HEXO_CLOSED_ONLY.match(text)
    if match is None:
        return None
    return Block(Format.JSON_MEMBERS if match["open"].startswith(";") else Format.YAML, *match.span("body"))


def split_material(text: str) -> Block | None:
    """Return the block of a post of Material for MkDocs, which must have one."""
    match = _MKDOCS.match(text)
    if match is None:
        return Block(Format.YAML, 0, 0, "it has none that the blog plugin finds, and every post must have it")
    return Block(Format.YAML, *match.span("body"))


def split_mkdocs(text: str) -> Block | None:
    """Return the block of a page of MkDocs: YAML, or lines `key: value` up to an empty one."""
    match = _MKDOCS.match(text)
    if match is not None:
        return Block(Format.YAML, *match.span("body"))
    return None if text.startswith(("---", "\ufeff---")) else split_pelican(text)


def split_nikola(text: str) -> Block | None:
    """Return the block of Nikola: YAML or TOML between bare delimiters, or lines `.. key: value`."""
    match = _NIKOLA.match(text)
    if match is None:
        empty = _EMPTY_LINE.search(text)
        end = empty.start() if empty else len(text)
        return Block(Format.NIKOLA, 0, end) if ".. " in text[:end] else None
    form = Format.TOML if match["open"] == "+++" else Format.YAML
    close = _NIKOLA_CLOSE[match["open"]].search(text, match.end() - 1)
    if close is None:
        return Block(form, match.end(), len(text), _NOT_CLOSED)
    return Block(form, match.end(), max(match.end(), close.start()))


def split_pelican(text: str) -> Block | None:
    """Return the lines `key: value` at the start, with or without a line `---` around them."""
    start = 1 if text.startswith("\ufeff") else 0
    return Block(Format.META_LINES, start, len(text))


def split_vfile_matter(text: str) -> Block | None:
    """Return the block of vfile-matter: bare lines `---`, from the very first character."""
    match = _VFILE.match(text)
    if match is None:
        return None
    return Block(Format.YAML, *match.span("body")) if match["body"] is not None else Block(Format.YAML, 4, 4)


def split_zola(text: str) -> Block | None:
    """Return the block of Zola, which every page must have."""
    match = _ZOLA.match(text)
    if match is None:
        return Block(Format.TOML, 0, 0, "it has none, and every page must have it")
    return Block(Format.TOML if match["open"] == "+++" else Format.YAML, *match.span("body"))


def split_rst(text: str) -> Block | None:
    """Return the field list `:key: value` of a page in reStructuredText, which may follow its title."""
    start = _RST_START.match(text)
    return Block(Format.RST, 0, len(text)) if start else None


def split_html_head(text: str) -> Block | None:
    """Return the head of an HTML page, in whose elements `<meta>` Pelican finds its fields."""
    head = _HEAD_START.search(text)
    end = _HEAD_END.search(text, head.end()) if head else None
    return Block(Format.META_TAGS, head.end(), end.start()) if head and end else None
