"""Markdown as GitHub renders it, in spirit: the marks that a client must cope with are those of GitHub.

Paragraphs carry `dir="auto"`, mentions are hovercard links, uploaded pictures come out under an address
that expires after five minutes, other pictures through camo with their source beside them.
https://docs.github.com/get-started/writing-on-github
"""

import re
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Sequence
from hashlib import sha256
from html import escape, unescape
from html.parser import HTMLParser

import orjson
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from typing_extensions import override

from app.simulator.world.highlighting import highlight_code

EXPIRES_AFTER = 300
"""Seconds for which the address of an uploaded picture works."""

UPLOADS = "https://github.com/user-attachments/assets/"

_EMOJI = {
    "+1": "👍",
    "bug": "🐛",
    "heart": "❤️",
    "joy": "😂",
    "rocket": "🚀",
    "smile": "😄",
    "sparkles": "✨",
    "tada": "🎉",
    "thinking": "🤔",
    "wave": "👋",
}
_MARKS = re.compile(
    r"(?P<url>https?://[^\s<>()]*[^\s<>().,;:!?])"
    r"|(?<![\w/@.-])@(?P<login>[A-Za-z0-9](?:[A-Za-z0-9-]{0,37}[A-Za-z0-9])?)(?![\w-])"
    r"|:(?P<emoji>[a-z0-9_+-]+):"
)
_TASK = re.compile(r"\[([ xX])\] ")
_DIRECTED = frozenset(("paragraph_open", "heading_open", "bullet_list_open", "ordered_list_open", "table_open"))


def to_html(body: str, *, now: int = 0) -> str:
    """Render a body; `now` (seconds) decides the five minutes for which uploaded pictures are signed."""
    return str(_PARSER.render(body, {"until": now - now % EXPIRES_AFTER + EXPIRES_AFTER})).rstrip("\n")


def to_text(html: str) -> str:
    """Take the marks off rendered HTML, as `body_text` has it."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return re.sub(r"\n{3,}", "\n\n", "".join(reader.pieces)).strip()


class _Reader(HTMLParser):
    """Collects the text of HTML; a paragraph ends in a blank line."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []

    @override
    def handle_data(self, data: str) -> None:
        self.pieces.append(data)

    @override
    def handle_endtag(self, tag: str) -> None:
        if tag in {"p", "pre"}:
            self.pieces.append("\n")


class _Renderer(RendererHTML):
    """What differs from plain CommonMark; markdown-it finds these methods by the names of its tokens."""

    @override
    def code_inline(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return f'<code class="notranslate">{escape(tokens[idx].content, quote=False)}</code>'

    @override
    def fence(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return highlight_code(tokens[idx].content, (unescape(tokens[idx].info).split() or [""])[0])

    @override
    def code_block(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return highlight_code(tokens[idx].content, "")

    @override
    def image(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        token = tokens[idx]
        source = str(token.attrs.get("src", ""))
        alt = escape(self.renderInlineAsText(token.children, options, env))
        if source.startswith(UPLOADS):
            shown, canonical = _signed(source.removeprefix(UPLOADS), int(env["until"])), ""
        else:
            shown, canonical = _camo(source), f' data-canonical-src="{escape(source)}"'
        return (
            f'<a target="_blank" rel="noopener noreferrer nofollow" href="{escape(shown)}">'
            f'<img src="{escape(shown)}" alt="{alt}"{canonical} style="max-width: 100%;"></a>'
        )


def _signed(asset: str, until: int) -> str:
    """The address under which an uploaded picture works for a while, as `body_html` has it."""
    number = int(sha256(asset.encode()).hexdigest()[:7], 16)
    path = f"/{number % 9_000_000 + 1_000_000}/{number}-{asset}.png"
    head = _base64(orjson.dumps({"typ": "JWT", "alg": "HS256"}))
    claims = _base64(orjson.dumps({"iss": "github.com", "exp": until, "path": path}))
    signature = _base64(sha256(f"{head}.{claims}".encode()).digest())
    return f"https://private-user-images.githubusercontent.com{path}?jwt={head}.{claims}.{signature}"


def _camo(source: str) -> str:
    digest = sha256(source.encode()).hexdigest()
    return f"https://camo.githubusercontent.com/{digest}/{source.encode().hex()}"


def _base64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _mark(found: re.Match[str]) -> str | None:
    """The HTML of a bare address, a mention or an emoji; None where it is none after all."""
    if found["url"]:
        address = escape(found["url"])
        return f'<a href="{address}" rel="nofollow">{address}</a>'
    if found["login"]:
        login = found["login"]
        return (
            '<a class="user-mention notranslate" data-hovercard-type="user"'
            f' data-hovercard-url="/users/{login}/hovercard" data-octo-click="hovercard-link-click"'
            f' data-octo-dimensions="link_type:self" href="https://github.com/{login}">@{login}</a>'
        )
    character = _EMOJI.get(found["emoji"])
    return f'<g-emoji class="g-emoji" alias="{found["emoji"]}">{character}</g-emoji>' if character else None


def _marked(text: str) -> Iterator[Token]:
    end = 0
    for found in _MARKS.finditer(text):
        html = _mark(found)
        if html is None:
            continue
        yield Token("text", "", 0, content=text[end : found.start()])
        yield Token("html_inline", "", 0, content=html)
        end = found.end()
    yield Token("text", "", 0, content=text[end:])


def _with_marks(children: Sequence[Token]) -> list[Token]:
    marked: list[Token] = []
    depth = 0
    for child in children:
        depth += child.nesting if child.type in {"link_open", "link_close"} else 0
        if child.type == "link_open":
            child.attrSet("rel", "nofollow")
        if child.type == "text" and depth == 0:
            marked.extend(_marked(child.content))
        else:
            marked.append(child)
    return marked


def _task(inline: Token, item: Token) -> None:
    """Turn the `[x] ` before a list item's text into a disabled checkbox."""
    first = inline.children[0] if inline.children else None
    found = _TASK.match(first.content) if first and item.type == "list_item_open" else None
    if first is None or inline.children is None or found is None:
        return
    item.attrSet("class", "task-list-item")
    first.content = first.content[found.end() :]
    checked = "" if found[1] == " " else ' checked=""'
    box = f'<input type="checkbox" class="task-list-item-checkbox" disabled=""{checked}> '
    inline.children.insert(0, Token("html_inline", "", 0, content=box))


def _githubs(parser: MarkdownIt) -> MarkdownIt:
    """Add GitHub's marks to a parser, after everything else is parsed."""

    def weave(state: StateCore) -> None:
        for at, token in enumerate(state.tokens):
            if token.type in _DIRECTED:
                token.attrSet("dir", "auto")
            if token.type == "inline":
                _task(token, state.tokens[at - 2])
                token.children = _with_marks(token.children or [])

    parser.core.ruler.push("githubs", weave)
    return parser


_PARSER = _githubs(
    MarkdownIt("commonmark", {"html": False, "breaks": True, "xhtmlOut": False}, renderer_cls=_Renderer).enable(
        ["table", "strikethrough"]
    )
)
