"""Code as GitHub shows it: a fenced block becomes a `highlight` block with Linguist's `pl-*` classes.

Only comments, strings, numbers and keywords are highlighted.
"""

import re
from html import escape

_SCOPES: dict[str, str] = dict(
    re.findall(
        r"(\S+)=(\S+)",
        "js=source-js javascript=source-js ts=source-ts py=source-python python=source-python sh=source-shell"
        " bash=source-shell html=text-html-basic css=source-css json=source-json yaml=source-yaml go=source-go"
        " rust=source-rust sql=source-sql",
    )
)
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
    """Render a fenced block; a language that GitHub does not know gives plain code."""
    scope = _SCOPES.get(language.lower())
    if scope is None:
        return (
            '<div class="snippet-clipboard-content notranslate position-relative overflow-auto">'
            f'<pre class="notranslate"><code class="notranslate">{escape(code, quote=False)}</code></pre></div>\n'
        )
    return (
        f'<div class="highlight highlight-{scope} notranslate position-relative overflow-auto" dir="auto">'
        f"<pre>{_spans(code.rstrip())}</pre></div>\n"
    )


def _spans(code: str) -> str:
    pieces: list[str] = []
    end = 0
    for match in _TOKENS.finditer(code):
        pieces.append(escape(code[end : match.start()], quote=False))
        pieces.append(f'<span class="pl-{match.lastgroup}">{escape(match[0], quote=False)}</span>')
        end = match.end()
    return "".join([*pieces, escape(code[end:], quote=False)])
