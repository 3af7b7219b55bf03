"""Markdown rendered like GitHub's: the HTML has the elements and attributes that a client of GitHub must handle.

Paragraphs carry `dir="auto"`, and mentions are hovercard links. Uploaded images get a signed URL that expires after
five minutes. Other images go through camo, with their source in `data-canonical-src`.
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
"""Seconds for which the signed URL of an uploaded image is valid."""

UPLOADS = "https://github.com/user-attachments/assets/"

_EMOJI: dict[str, str] = dict(
    re.findall(r"(\S+)=(\S+)", "+1=👍 bug=🐛 heart=❤️ joy=😂 rocket=🚀 smile=😄 sparkles=✨ tada=🎉 thinking=🤔 wave=👋")
)
_INLINE_MARKUP = re.compile(
    r"(?P<url>https?://[^\s<>()]*[^\s<>().,;:!?])"
    r"|(?<![\w/@.-])@(?P<login>[A-Za-z0-9](?:[A-Za-z0-9-]{0,37}[A-Za-z0-9])?)(?![\w-])"
    r"|:(?P<emoji>[a-z0-9_+-]+):"
)
_TASK_MARKER = re.compile(r"\[([ xX])\] ")
_TOKENS_WITH_DIRECTION = ("paragraph_open", "heading_open", "bullet_list_open", "ordered_list_open", "table_open")


def to_html(body: str, *, now: int = 0) -> str:
    """Render a body; `now` (seconds since the epoch) decides until when uploaded images are signed."""
    return str(_PARSER.render(body, {"expires_at": now - now % EXPIRES_AFTER + EXPIRES_AFTER})).rstrip("\n")


def to_text(html: str) -> str:
    """Return the text of rendered HTML, like `body_text` of GitHub's objects."""
    extractor = _TextExtractor()
    extractor.feed(html)
    extractor.close()
    return re.sub(r"\n{3,}", "\n\n", "".join(extractor.pieces)).strip()


class _TextExtractor(HTMLParser):
    """A parser that collects the text of HTML; a paragraph ends in a blank line."""

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
    """The differences from plain CommonMark; markdown-it finds these methods by the names of its tokens."""

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
            url, canonical = _signed_url(source.removeprefix(UPLOADS), int(env["expires_at"])), ""
        else:
            url, canonical = _camo_url(source), f' data-canonical-src="{escape(source)}"'
        return (
            f'<a target="_blank" rel="noopener noreferrer nofollow" href="{escape(url)}">'
            f'<img src="{escape(url)}" alt="{alt}"{canonical} style="max-width: 100%;"></a>'
        )


def _signed_url(asset: str, expires_at: int) -> str:
    """Return the signed URL of an uploaded image, as `body_html` has it; `expires_at` is in seconds since the epoch."""
    number = int(sha256(asset.encode()).hexdigest()[:7], 16)
    path = f"/{number % 9_000_000 + 1_000_000}/{number}-{asset}.png"
    header = _base64(orjson.dumps({"typ": "JWT", "alg": "HS256"}))
    claims = _base64(orjson.dumps({"iss": "github.com", "exp": expires_at, "path": path}))
    signature = _base64(sha256(f"{header}.{claims}".encode()).digest())
    return f"https://private-user-images.githubusercontent.com{path}?jwt={header}.{claims}.{signature}"


def _camo_url(source: str) -> str:
    digest = sha256(source.encode()).hexdigest()
    return f"https://camo.githubusercontent.com/{digest}/{source.encode().hex()}"


def _base64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _inline_html(match: re.Match[str]) -> str | None:
    """Return the HTML of a bare URL, a mention or an emoji; None for the name of no emoji."""
    if match["url"]:
        url = escape(match["url"])
        return f'<a href="{url}" rel="nofollow">{url}</a>'
    if match["login"]:
        login = match["login"]
        return (
            '<a class="user-mention notranslate" data-hovercard-type="user"'
            f' data-hovercard-url="/users/{login}/hovercard" data-octo-click="hovercard-link-click"'
            f' data-octo-dimensions="link_type:self" href="https://github.com/{login}">@{login}</a>'
        )
    character = _EMOJI.get(match["emoji"])
    return f'<g-emoji class="g-emoji" alias="{match["emoji"]}">{character}</g-emoji>' if character else None


def _split_text(text: str) -> Iterator[Token]:
    """Split a text into plain text and the HTML of its URLs, mentions and emoji."""
    end = 0
    for match in _INLINE_MARKUP.finditer(text):
        if (html := _inline_html(match)) is not None:
            yield Token("text", "", 0, content=text[end : match.start()])
            yield Token("html_inline", "", 0, content=html)
            end = match.end()
    yield Token("text", "", 0, content=text[end:])


def _expand_text(children: Sequence[Token]) -> list[Token]:
    """Split every text outside links, and mark all links as `nofollow`."""
    tokens: list[Token] = []
    link_depth = 0
    for child in children:
        link_depth += child.nesting if child.type in {"link_open", "link_close"} else 0
        if child.type == "link_open":
            child.attrSet("rel", "nofollow")
        tokens.extend(_split_text(child.content) if child.type == "text" and link_depth == 0 else [child])
    return tokens


def _render_task(inline: Token, item: Token) -> None:
    """Turn the `[x] ` before a list item's text into a disabled checkbox."""
    first = inline.children[0] if inline.children else None
    match = _TASK_MARKER.match(first.content) if first and item.type == "list_item_open" else None
    if first is None or inline.children is None or match is None:
        return
    item.attrSet("class", "task-list-item")
    first.content = first.content[match.end() :]
    attribute = "" if match[1] == " " else ' checked=""'
    checkbox = f'<input type="checkbox" class="task-list-item-checkbox" disabled=""{attribute}> '
    inline.children.insert(0, Token("html_inline", "", 0, content=checkbox))


def _apply_github_rules(state: StateCore) -> None:
    """Apply GitHub's extensions, as the last step of parsing."""
    for index, token in enumerate(state.tokens):
        if token.type in _TOKENS_WITH_DIRECTION:
            token.attrSet("dir", "auto")
        if token.type == "inline":
            _render_task(token, state.tokens[index - 2])
            token.children = _expand_text(token.children or [])


_PARSER = MarkdownIt("commonmark", {"html": False, "breaks": True, "xhtmlOut": False}, renderer_cls=_Renderer)
_PARSER.enable(["table", "strikethrough"])
_PARSER.core.ruler.push("github", _apply_github_rules)
