"""Fragments as the service serves them: of threads that a minifier or a Markdown parser may damage."""

from collections.abc import Mapping
from typing import Any

from app.domain.threads import Comment, Issue, Thread
from app.render import fragment
from app.render.keys import FragmentKey, Order
from app.render.sanitizer.sanitize import sanitize
from tests.render.hostile.corpus import vectors
from tests.render.sample_threads import REPO, SECRET, WEB, a_comment, a_thread, an_issue, no_thread

CODE = (
    '<div class="highlight notranslate"><pre>first\n\n[x](javascript:alert(1)) [y](https://evil.example/)\n\n'
    "![p](https://evil.example/p.png)\n\n\ttabbed\n    # indented *a* _b_\n\n&lt;https://evil.example/a&gt; "
    'https://evil.example/bare\n\n&lt;img src="https://evil.example/raw.png"&gt;\n- item\n&gt; quote\n```js\n1. one\n'
    '~~~\n{% include x %} {{ y }} {z} $$a$$\n&lt;/pre&gt;\n\n[r]: https://evil.example/r\n</pre></div><p>Read <span class="pl-k">it</span>\n\n</p>'
)
TEXT = (
    '<p dir="auto">*a* _b_ **c** [x](https://evil.example/) ![p](https://evil.example/p.png) <code>d`e`</code> `f` '
    "\\[g\\] ~~h~~ | i | j | $$k$$ &lt;b&gt; &amp;lt; {l} :smile: [^1] @m <br>\nhttps://evil.example/bare # n<br>\n- o</p>"
    "<p>- p</p><p># q</p><p>1. r</p><p>: s</p><p>&gt; t</p><ul><li>- u</li><li>[ ] v</li></ul>"
    "<p>[r]: https://evil.example/ref</p><p>[r] <em>*w</em>*</p><details><summary>*x*</summary><p>y</p></details>"
    '<a href="https://ok.example/a_b_c?d=*e*&amp;f=[1]" title="one\n\n[x](https://evil.example/) `a` *b*">*link*</a>'
    '<img src="https://ok.example/i.png" alt="![p](https://evil.example/alt.png)\n\ntwo `b`"><br><hr>'
)
TABLE = (
    "<table><thead><tr><th>a | b</th><th></th></tr></thead><tbody><tr><td>`x</td><td>y`</td></tr></tbody></table>"
    '<ul class="contains-task-list"><li class="task-list-item"><input type="checkbox" checked> done</li></ul>'
)


def _sanitize(item: Comment | Issue) -> str:
    return sanitize(str(item.source["body_html"]), source_url=f"{WEB}/issues/41", for_page=True)


def render(thread: Thread, **fields: Any) -> str:
    """Return the fragment of a thread; the fields are those of its key."""
    values: dict[str, Any] = {"limit": 1_000, "cursor": None, "lang": "en", "full_page": False} | fields
    key = FragmentKey(REPO, 41, Order.OLDEST, base_url="https://comments.example.com", proxy_images=True, **values)
    return fragment.document(thread, key, _sanitize, SECRET).bodies["identity"].decode()


def fragments() -> Mapping[str, str]:
    """Return fragments by what is special in them."""
    replies = [a_comment(1000, login="u0"), *(a_comment(1000 + n, login=f"u{n}", body=f"@u{n - 1}") for n in (1, 2, 3))]
    title = "*A* `b` [c](https://evil.example/)\n\nd"
    return {
        "replies": render(a_thread(*replies)),
        "code": render(a_thread(a_comment(1001, body_html=CODE), a_comment(1002, body_html=TABLE))),
        "text": render(a_thread(a_comment(1001, body_html=TEXT, login="helper[bot]"), issue=an_issue(title=title))),
        "pages": render(a_thread(a_comment(1001, reactions={"heart": 2, "eyes": 1}), a_comment(1002)), limit=1),
        "no comments": render(a_thread()),
        "no issue": render(no_thread()),
    }


def hostile_fragment() -> str:
    """Return a fragment whose comments Markdown parsers would change."""
    texts = [CODE, TEXT, TABLE, *vectors()[::10]]
    return render(a_thread(*(a_comment(1000 + n, body_html=text) for n, text in enumerate(texts))))
