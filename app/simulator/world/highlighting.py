"""Code as GitHub shows it: a fence becomes a `highlight` block with Linguist's `pl-*` classes.

Only the commonest tokens are told apart: comments, strings, numbers and keywords.
"""

import re
from html import escape

_SCOPES = {
    "js": "source-js",
    "javascript": "source-js",
    "ts": "source-ts",
    "py": "source-python",
    "python": "source-python",
    "sh": "source-shell",
    "bash": "source-shell",
    "html": "text-html-basic",
    "css": "source-css",
    "json": "source-json",
    "yaml": "source-yaml",
    "go": "source-go",
    "rust": "source-rust",
    "sql": "source-sql",
}
_KEYWORDS = (
    "and|async|await|break|class|const|def|else|export|false|fn|for|from|func|function|if|import|in|let|new|not"
    "|null|or|return|select|true|try|var|while|with|yield|None|True|False"
)
_TOKENS = re.compile(
    r"(?P<c>(?://|#(?!\{)).*)"
    r"""|(?P<s>"[^"\n]*"|'[^'\n]*'|`[^`\n]*`)"""
    r"|(?P<c1>\b\d+(?:\.\d+)?\b)"
    rf"|(?P<k>\b(?:{_KEYWORDS})\b)"
)


def highlight_code(code: str, language: str) -> str:
    """Render a fenced block; a language GitHub would not know gives the plain form."""
    scope = _SCOPES.get(language.lower())
    if scope is None:
        return (
            '<div class="snippet-clipboard-content notranslate position-relative overflow-auto">'
            f'<pre class="notranslate"><code class="notranslate">{_escaped(code)}</code></pre></div>\n'
        )
    return (
        f'<div class="highlight highlight-{scope} notranslate position-relative overflow-auto" dir="auto">'
        f"<pre>{_spans(code.rstrip())}</pre></div>\n"
    )


def _spans(code: str) -> str:
    pieces: list[str] = []
    end = 0
    for found in _TOKENS.finditer(code):
        pieces += (
            _escaped(code[end : found.start()]),
            f'<span class="pl-{found.lastgroup}">{_escaped(found[0])}</span>',
        )
        end = found.end()
    return "".join([*pieces, _escaped(code[end:])])


def _escaped(text: str) -> str:
    return escape(text, quote=False)
