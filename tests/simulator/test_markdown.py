import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from app.simulator.world.markdown import EXPIRES_AFTER, to_html, to_text

UPLOAD = "![cat](https://github.com/user-attachments/assets/0a1b2c3d-1111-4222-8333-444455556666)"


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("Hello\nworld", '<p dir="auto">Hello<br>\nworld</p>'),
        ("**b** *i* ~~s~~", '<p dir="auto"><strong>b</strong> <em>i</em> <s>s</s></p>'),
        ("`a<b`", '<p dir="auto"><code class="notranslate">a&lt;b</code></p>'),
        ("> so", '<blockquote>\n<p dir="auto">so</p>\n</blockquote>'),
        ("- a", '<ul dir="auto">\n<li>a</li>\n</ul>'),
        ("1. a", '<ol dir="auto">\n<li>a</li>\n</ol>'),
        ("# T", '<h1 dir="auto">T</h1>'),
        ("[t](https://e.org)", '<p dir="auto"><a href="https://e.org" rel="nofollow">t</a></p>'),
        (
            "see https://e.org/a?b=1&c=2.",
            '<p dir="auto">see <a href="https://e.org/a?b=1&amp;c=2" rel="nofollow">https://e.org/a?b=1&amp;c=2</a>.</p>',
        ),
        ("hi :tada: :no-such:", '<p dir="auto">hi <g-emoji class="g-emoji" alias="tada">🎉</g-emoji> :no-such:</p>'),
        ("<script>x</script>", '<p dir="auto">&lt;script&gt;x&lt;/script&gt;</p>'),
        ("me@example.org", '<p dir="auto">me@example.org</p>'),
        (
            "- [x] a\n- [ ] b\n- [c] d",
            (
                '<ul dir="auto">\n'
                '<li class="task-list-item"><input type="checkbox" class="task-list-item-checkbox" disabled="" checked=""> a</li>\n'
                '<li class="task-list-item"><input type="checkbox" class="task-list-item-checkbox" disabled=""> b</li>\n'
                "<li>[c] d</li>\n</ul>"
            ),
        ),
        (
            "```js\nlet a = 1; // <b>\n```",
            (
                '<div class="highlight highlight-source-js notranslate position-relative overflow-auto" dir="auto">'
                '<pre><span class="pl-k">let</span> a = <span class="pl-c1">1</span>; <span class="pl-c">// &lt;b&gt;</span></pre></div>'
            ),
        ),
        (
            "    plain",
            (
                '<div class="snippet-clipboard-content notranslate position-relative overflow-auto">'
                '<pre class="notranslate"><code class="notranslate">plain\n</code></pre></div>'
            ),
        ),
    ],
)
def test_markdown_renders_like_github(markdown: str, html: str) -> None:
    assert to_html(markdown) == html


def test_a_mention_is_a_link_with_a_hovercard() -> None:
    (mention,) = LexborHTMLParser(to_html("Thanks @grace-okafor, see `@nobody`")).css("a")
    assert mention.text() == "@grace-okafor"
    assert mention.attributes["class"] == "user-mention notranslate"
    assert mention.attributes["data-hovercard-url"] == "/users/grace-okafor/hovercard"
    assert mention.attributes["href"] == "https://github.com/grace-okafor"


def test_a_mention_within_a_link_stays_text() -> None:
    assert len(LexborHTMLParser(to_html("[@ada](https://e.org)")).css("a")) == 1


def test_a_fence_without_a_known_language_is_plain() -> None:
    assert "highlight-source" not in to_html("```klingon\nx\n```") + to_html("```\nx\n```")


def test_an_uploaded_image_gets_a_signed_url() -> None:
    (image,) = LexborHTMLParser(to_html(UPLOAD)).css("img")
    assert re.fullmatch(
        r"https://private-user-images\.githubusercontent\.com/\d+/\d+-0a1b2c3d-1111-4222-8333-444455556666\.png"
        r"\?jwt=[\w-]+\.[\w-]+\.[\w-]+",
        image.attributes["src"] or "",
    )
    assert image.attributes["alt"] == "cat"


def test_a_signed_url_changes_every_five_minutes() -> None:
    assert to_html(UPLOAD, now=0) == to_html(UPLOAD, now=EXPIRES_AFTER - 1)
    assert to_html(UPLOAD, now=0) != to_html(UPLOAD, now=EXPIRES_AFTER)


def test_other_images_go_through_camo() -> None:
    (image,) = LexborHTMLParser(to_html("![](http://e.org/a.png)")).css("img")
    assert (image.attributes["src"] or "").startswith("https://camo.githubusercontent.com/")
    assert image.attributes["data-canonical-src"] == "http://e.org/a.png"


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>One &amp; <b>two</b></p>\n<p>three</p>", "One & two\n\nthree"),
        ("<blockquote>\n<p>q</p>\n</blockquote>", "q"),
        ("", ""),
    ],
)
def test_text_has_no_tags(html: str, text: str) -> None:
    assert to_text(html) == text


@given(st.text(max_size=200))
def test_html_never_contains_scripts_or_handlers(body: str) -> None:
    tree = LexborHTMLParser(to_html(f"{body} <script>alert(1)</script> <img onerror=x>"))
    assert tree.css("script, [onerror]") == []


@given(st.text(alphabet="@:*_`[]()<>!-#> \nabc/.", max_size=120))
def test_any_markup_is_rendered(body: str) -> None:
    assert to_html(body) == to_html(body)
    assert isinstance(to_text(to_html(body)), str)
