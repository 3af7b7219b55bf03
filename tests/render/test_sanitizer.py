"""Each kind of HTML that GitHub sends, and the sanitized result."""

import pytest

from app.render.sanitizer.allow_list import sanitize_value
from app.render.sanitizer.sanitize import differs_on_pages, sanitize

SOURCE_URL = "https://github.com/owner/name/issues/41"
REL = 'rel="nofollow ugc noopener"'
LAZY = 'loading="lazy" decoding="async"'
UUID = "3f2b8c1e-0d4a-4c7b-9e55-a1b2c3d4e5f6"
SIGNED = (
    f"https://private-user-images.githubusercontent.com/583231/328459472-{UUID}.png?jwt=eyJhbGci.eyJpc3Mi.x&amp;a=1"
)
STABLE = f"https://github.com/user-attachments/assets/{UUID}"
CAMO = "https://camo.githubusercontent.com/8f1c/68747470733a2f2f"

EXAMPLES = {
    "a paragraph": (
        '<p dir="auto">One &amp; two<br>\nthree <em>four</em> <strong>five</strong> <del>six</del> <code class="notranslate">seven</code></p>',
        '<p dir="auto">One &amp; two<br>\nthree <em>four</em> <strong>five</strong> <del>six</del> <code class="notranslate">seven</code></p>',
    ),
    "highlighted code": (
        (
            '<div class="highlight highlight-source-js notranslate position-relative overflow-auto" dir="auto" data-snippet-clipboard-copy-content="const a = &quot;b&quot;;">'
            '<pre><span class="pl-k">const</span> <span class="pl-s1">a</span> <span class="pl-c1">=</span> <span class="pl-s"><span class="pl-pds">"</span>b<span class="pl-pds">"</span></span>;</pre>'
            '<div class="zeroclipboard-container"><clipboard-copy aria-label="Copy" class="ClipboardButton btn" value="x" tabindex="0" role="button"><svg aria-hidden="true" class="octicon octicon-copy"><path d="M0"></path></svg></clipboard-copy></div></div>'
        ),
        (
            '<div class="highlight highlight-source-js notranslate" dir="auto"><pre><span class="pl-k">const</span> <span class="pl-s1">a</span> <span class="pl-c1">=</span>'
            ' <span class="pl-s"><span class="pl-pds">"</span>b<span class="pl-pds">"</span></span>;</pre></div>'
        ),
    ),
    "code without a language": (
        '<div class="snippet-clipboard-content notranslate" data-snippet-clipboard-copy-content="a &lt; b"><pre class="notranslate"><code class="notranslate">a &lt; b\n</code></pre></div>',
        '<div class="notranslate"><pre class="notranslate"><code class="notranslate">a &lt; b\n</code></pre></div>',
    ),
    "a table": (
        '<markdown-accessiblity-table data-catalyst=""><table role="table">\n<thead>\n<tr>\n<th align="left">a</th>\n<th>b</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n<td align="left">1</td>\n<td>2</td>\n</tr>\n</tbody>\n</table></markdown-accessiblity-table>',
        '<table>\n<thead>\n<tr>\n<th align="left">a</th>\n<th>b</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n<td align="left">1</td>\n<td>2</td>\n</tr>\n</tbody>\n</table>',
    ),
    "a task list": (
        (
            '<ul class="contains-task-list">\n<li class="task-list-item"><input type="checkbox" id="" disabled="" class="task-list-item-checkbox" aria-label="Completed task" checked=""> done</li>\n'
            '<li class="task-list-item"><input type="checkbox" id="" disabled="" class="task-list-item-checkbox" aria-label="Incomplete task"> open</li>\n</ul>'
        ),
        '<ul class="contains-task-list">\n<li class="task-list-item">☑ done</li>\n<li class="task-list-item">☐ open</li>\n</ul>',
    ),
    "a mention": (
        '<p dir="auto"><a class="user-mention notranslate" data-hovercard-type="user" data-hovercard-url="/users/octocat/hovercard" data-octo-click="hovercard-link-click" href="https://github.com/octocat">@octocat</a> hi</p>',
        f'<p dir="auto"><a class="user-mention notranslate" href="https://github.com/octocat" {REL}>@octocat</a> hi</p>',
    ),
    "a link to an issue": (
        '<a class="issue-link js-issue-link" data-error-text="Failed to load title" data-id="1" data-permission-text="Title is private" data-url="https://github.com/o/n/issues/2" data-hovercard-type="issue" href="https://github.com/o/n/issues/2">#2</a>',
        f'<a class="issue-link" href="https://github.com/o/n/issues/2" {REL}>#2</a>',
    ),
    "a link to a commit": (
        '<a class="commit-link" data-hovercard-type="commit" href="https://github.com/o/n/commit/abc"><tt>abc</tt></a>',
        f'<a class="commit-link" href="https://github.com/o/n/commit/abc" {REL}><tt>abc</tt></a>',
    ),
    "links that are relative": (
        '<a href="/octocat">a</a> <a href="#issuecomment-1">b</a> <a href="docs/x.md">c</a> <a href="?q=1&amp;r=2">d</a> <a href="//example.com/x">e</a> <img src="/logo.png" alt="f">',
        (
            f'<a href="https://github.com/octocat" {REL}>a</a> <a href="{SOURCE_URL}#issuecomment-1" {REL}>b</a> <a href="https://github.com/owner/name/issues/docs/x.md" {REL}>c</a> '
            f'<a href="{SOURCE_URL}?q=1&amp;r=2" {REL}>d</a> <a href="https://example.com/x" {REL}>e</a> <img alt="f" {LAZY} src="https://github.com/logo.png">'
        ),
    ),
    "links elsewhere": (
        '<a href="https://example.com/?a=1&amp;copy=2" rel="nofollow" target="_blank" title="A &quot;title&quot;">a</a> <a href="mailto:a@example.com">b</a>',
        f'<a title="A &quot;title&quot;" href="https://example.com/?a=1&amp;copy=2" {REL}>a</a> <a href="mailto:a@example.com" {REL}>b</a>',
    ),
    "an uploaded image": (
        f'<p dir="auto"><a target="_blank" rel="noopener noreferrer" href="{SIGNED}"><img width="640" height="480" alt="image" src="{SIGNED}" style="max-width: 100%;"></a></p>',
        f'<p dir="auto"><a href="{STABLE}" {REL}><img width="640" height="480" alt="image" {LAZY} src="{STABLE}"></a></p>',
    ),
    "a large uploaded image": (
        f'<img width="2880" height="9999" src="{SIGNED}">',
        f'<img width="2880" height="9999" {LAZY} src="{STABLE}">',
    ),
    "an uploaded image with two colour schemes": (
        f'<themed-picture data-catalyst-inline="true"><picture><source media="(prefers-color-scheme: dark)" srcset="{SIGNED}"><source media="(min-width: 1px)" srcset="{SIGNED}"><img alt="x" src="{SIGNED}"></picture></themed-picture>',
        f'<picture><source media="(prefers-color-scheme: dark)" srcset="{STABLE}"><img alt="x" {LAZY} src="{STABLE}"></picture>',
    ),
    "an uploaded video": (
        (
            '<details open="" class="details-reset border rounded-2">\n<summary class="px-3 py-2"><svg class="octicon octicon-device-camera-video"><path d="M1"></path></svg>'
            '<span aria-label="Video description a.mp4" class="m-1">a.mp4</span><span class="dropdown-caret"></span></summary>\n'
            f'<video src="{SIGNED.replace(".png", ".mp4")}" data-canonical-src="x" controls="controls" muted="muted" class="d-block" style="max-height:640px;">\n</video>\n</details>'
        ),
        f'<details open="">\n<summary><span>a.mp4</span><span></span></summary>\n<video controls="" preload="none" src="{STABLE}">\n</video>\n</details>',
    ),
    "an animated image": (
        (
            f'<animated-image data-catalyst=""><a href="{CAMO}" data-target="animated-image.originalLink"><img src="{CAMO}" alt="gif" data-animated-image="" data-canonical-src="https://example.com/x.gif"></a>'
            '<span class="AnimatedImagePlayer" data-target="animated-image.player" hidden=""><a href="https://example.com/x.gif"><span></span></a><button type="button">Play</button></span></animated-image>'
        ),
        f'<a href="{CAMO}" {REL}><img alt="gif" {LAZY} src="{CAMO}"></a>',
    ),
    "an image of another host": (
        f'<a target="_blank" rel="noopener noreferrer nofollow" href="{CAMO}"><img src="{CAMO}" alt="x" data-canonical-src="https://example.com/x.png" style="max-width: 100%;"></a>',
        f'<a href="{CAMO}" {REL}><img alt="x" {LAZY} src="{CAMO}"></a>',
    ),
    "footnotes": (
        (
            '<p dir="auto">Text<sup><a href="#user-content-fn-1-abc" id="user-content-fnref-1-abc" data-footnote-ref="" aria-describedby="footnote-label">1</a></sup></p>\n'
            '<section data-footnotes="" class="footnotes"><h2 id="footnote-label" class="sr-only" dir="auto">Footnotes</h2>\n<ol dir="auto">\n<li id="user-content-fn-1-abc">\n<p dir="auto">Note. '
            '<a href="#user-content-fnref-1-abc" data-footnote-backref="" aria-label="Back to reference 1" class="data-footnote-backref"><g-emoji class="g-emoji" alias="leftwards_arrow_with_hook">↩</g-emoji></a></p>\n</li>\n</ol>\n</section>'
        ),
        '<p dir="auto">Text<sup>1</sup></p>\n<section class="footnotes">\n<ol dir="auto">\n<li>\n<p dir="auto">Note. </p>\n</li>\n</ol>\n</section>',
    ),
    "a heading with its anchor": (
        '<div class="markdown-heading" dir="auto"><h2 class="heading-element" dir="auto">Title</h2><a id="user-content-title" class="anchor" aria-label="Permalink: Title" href="#title"><span aria-hidden="true" class="octicon octicon-link"></span></a></div>',
        '<div dir="auto"><h2 dir="auto">Title</h2></div>',
    ),
    "an alert": (
        '<div class="markdown-alert markdown-alert-note" dir="auto"><p class="markdown-alert-title" dir="auto"><svg data-component="Octicon" class="octicon octicon-info mr-2"><path d="M0"></path></svg>Note</p><p dir="auto">Mind.</p></div>',
        '<div class="markdown-alert markdown-alert-note" dir="auto"><p class="markdown-alert-title" dir="auto">Note</p><p dir="auto">Mind.</p></div>',
    ),
    "emoji": (
        '<g-emoji class="g-emoji" alias="wave" fallback-src="https://github.githubassets.com/x.png">👋</g-emoji> <img class="emoji" title=":octocat:" alt=":octocat:" src="https://github.githubassets.com/o.png" height="20" width="20" align="absmiddle">',
        f'👋 <img class="emoji" title=":octocat:" alt=":octocat:" height="20" width="20" {LAZY} src="https://github.githubassets.com/o.png">',
    ),
    "a reply by e-mail": (
        (
            '<div class="email-fragment">Hello &lt;all&gt;,\n\n  see <a href="https://example.com/x" rel="nofollow">this</a> <a href="/y">that</a>\nand more.\n\nBob</div>\n<span class="email-hidden-toggle"><a href="#">…</a></span>'
            '<div class="email-hidden-reply" style="display:none">\n<div class="email-signature-reply">--\nBob</div>\n<div class="email-quoted-reply">On Mon, Ann wrote:\n <div>x</div></div>\n</div>'
        ),
        f'<p>Hello &lt;all&gt;,</p><p>see <a href="https://example.com/x" {REL}>this</a> <a href="https://github.com/y" {REL}>that</a><br>and more.</p><p>Bob</p>\n',
    ),
    "a reply by e-mail with marked breaks": (
        '<div class="email-fragment"><a href="/x">x</a><br>\ny<blockquote>z</blockquote> \n\nw\n\n</div>',
        f'<p><a href="https://github.com/x" {REL}>x</a><br>y</p><blockquote>z</blockquote><p>w</p>',
    ),
    "mathematics": (
        '<p dir="auto">So <math-renderer class="js-inline-math" style="display: inline-block" data-run-id="1">$a &lt; b$</math-renderer>.</p>',
        '<p dir="auto">So <code class="notranslate">$a &lt; b$</code>.</p>',
    ),
    "a formula of several lines": (
        '<math-renderer class="js-display-math" style="display: block" data-run-id="1">$$\na \\\\\nb\n$$</math-renderer>',
        '<code class="pc-math notranslate">$$\na \\\\\nb\n$$</code>',
    ),
    "lines of a permalink": (
        (
            '<div class="border rounded-1 my-2"><div itemprop="text" class="Box-body p-0 blob-wrapper blob-wrapper-embedded data"><table class="highlight tab-size mb-0 js-file-line-container" data-tab-size="8">\n<tbody><tr class="border-0">\n'
            '<td id="L7" class="blob-num border-0 px-3 py-0 color-bg-default" data-line-number="7"></td>\n<td id="LC7" class="blob-code border-0 px-3 py-0 color-bg-default blob-code-inner js-file-line">  <span class="pl-k">if</span>  x:</td>\n</tr>\n</tbody></table></div></div>'
        ),
        '<div><div><table class="highlight">\n<tbody><tr>\n<td class="blob-num">7</td>\n<td class="blob-code">  <span class="pl-k">if</span>  x:</td>\n</tr>\n</tbody></table></div></div>',
    ),
    "images for one colour scheme": (
        (
            f'<a target="_blank" href="{SIGNED}#gh-dark-mode-only"><img src="{SIGNED}#gh-dark-mode-only"></a><img src="{CAMO}" data-canonical-src="https://example.com/x.png#gh-light-mode-only" class="emoji">'
            '<a href="https://example.com/#gh-light-mode-only"><img src="/x.png"></a><img src="/x.png#gh-dark-mode-only-not">'
        ),
        (
            f'<a class="pc-dark" href="{STABLE}" {REL}><img class="pc-dark" {LAZY} src="{STABLE}"></a><img class="emoji pc-light" {LAZY} src="{CAMO}">'
            f'<a class="pc-light" href="https://example.com/#gh-light-mode-only" {REL}><img class="pc-light" {LAZY} src="https://github.com/x.png"></a><img {LAZY} src="https://github.com/x.png#gh-dark-mode-only-not">'
        ),
    ),
    "an image in a footnote's link after one for a colour scheme": (
        '<a href="/a#gh-dark-mode-only">x</a><a href="#user-content-fn-1"><img src="/x.png"></a>',
        f'<a class="pc-dark" href="https://github.com/a#gh-dark-mode-only" {REL}>x</a><img {LAZY} src="https://github.com/x.png">',
    ),
    "an image of one colour scheme in a link for the other": (
        '<a href="/a#gh-dark-mode-only"><img class="pc-light" src="/x.png"></a>',
        f'<a class="pc-dark" href="https://github.com/a#gh-dark-mode-only" {REL}><img class="pc-light" {LAZY} src="https://github.com/x.png"></a>',
    ),
    "words of attributes in capitals": (
        '<p dir="RTL" align="Center">x</p><p dir="inherit" align="justify">y</p>',
        '<p dir="rtl" align="center">x</p><p>y</p>',
    ),
    "a diagram": (
        (
            '<section class="js-render-needs-enrichment" data-type="mermaid"><div class="js-render-enrichment-target" data-json="{}" dir="auto"><div class="render-plaintext-hidden" dir="auto"><pre lang="mermaid" aria-label="Raw mermaid code">graph TD</pre></div></div>'
            '<span class="js-render-enrichment-loader d-flex" role="presentation"><span class="sr-only">Loading</span></span></section>'
        ),
        '<section><div dir="auto"><div dir="auto"><pre>graph TD</pre></div></div></section>',
    ),
    "details": (
        '<details><summary>More</summary>\n<p dir="auto">H<sub>2</sub>O <kbd>Ctrl</kbd> <ins>x</ins> <samp>y</samp></p>\n</details>',
        '<details><summary>More</summary>\n<p dir="auto">H<sub>2</sub>O <kbd>Ctrl</kbd> <ins>x</ins> <samp>y</samp></p>\n</details>',
    ),
    "a quote and a list": (
        '<blockquote>\n<p dir="auto">q</p>\n</blockquote>\n<ol start="3" dir="rtl">\n<li>a</li>\n</ol>\n<hr>',
        '<blockquote>\n<p dir="auto">q</p>\n</blockquote>\n<ol start="3" dir="rtl">\n<li>a</li>\n</ol>\n<hr>',
    ),
    "empty": ("", ""),
}


@pytest.mark.parametrize(("html", "expected"), EXAMPLES.values(), ids=EXAMPLES.keys())
def test_githubs_markup_is_cleaned_for_blogs(html: str, expected: str) -> None:
    assert sanitize(html, source_url=SOURCE_URL) == expected


@pytest.mark.parametrize("html", [html for html, _ in EXAMPLES.values()], ids=EXAMPLES.keys())
def test_sanitizing_twice_changes_nothing(html: str) -> None:
    once = sanitize(html, source_url=SOURCE_URL)
    assert sanitize(once, source_url=SOURCE_URL) == once


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<table>x<tr><td>y", "<table></table>xy"),
        (
            "<table><tr><td>x<td>y<tr><td>z</table>w",
            "<table><tbody><tr><td>x</td><td>y</td></tr><tr><td>z</td></tr></tbody></table>w",
        ),
        ("<ul><li>x<li>y</ul><li>z", "<ul><li>x</li><li>y</li></ul>z"),
        (
            "<ul><li><table><tr><td><li>x</li>y</table>z</ul>",
            "<ul><li><table><tbody><tr><td>xy</td></tr></tbody></table>z</li></ul>",
        ),
        ("<p>x<div>y</div>", "<p>x</p><div>y</div>"),
        (
            "<a href=/x>y<a href=/z>w</a>",
            f'<a href="https://github.com/x" {REL}>y</a><a href="https://github.com/z" {REL}>w</a>',
        ),
        ("<h1>x<h2>y</h2>", "<h1>x</h1><h2>y</h2>"),
        ("<svg/>x<svg><p>y</p></svg>z", "xz"),
        ("<template/>x</template>y", "y"),
        ("<pre>\n\nx</pre>", "<pre>x</pre>"),
        ("a\r\nb\rc&#13;d", "a\nb\nc\nd"),
        ("<input type=radio>x<input type=CHECKBOX checked>", "x☑"),
        ("<p title='x'>a<p class='pl-k y'>b", '<p>a</p><p class="pl-k">b</p>'),
        ("x<p", "x"),
        ("\ud800x", "?x"),
        ("<div><svg><div></div></div>x", "<div></div>x"),
        (
            '<table><tr><td>x</td><span class="pl-k">y</span>',
            '<table><tbody><tr><td>x</td></tr></tbody></table><span class="pl-k">y</span>',
        ),
        ('<div class="email-fragment"><span class="pl-k">y</span>', '<p><span class="pl-k">y</span></p>'),
    ],
)
def test_malformed_markup_is_balanced(html: str, expected: str) -> None:
    assert sanitize(html, source_url=SOURCE_URL) == expected


PAGE_EXAMPLES = {
    "headings below those of the page": (
        "<h1>1</h1><h2>2</h2><h3>3</h3><h4>4</h4><h5>5</h5><h6>6</h6>",
        "<h3>1</h3><h4>2</h4><h5>3</h5><h6>4</h6><h6>5</h6><h6>6</h6>",
    ),
    "a picture with a dark variant": (
        f'<a href="/a"><picture>\n<source media="(prefers-color-scheme: dark)" srcset="{SIGNED} 1x, /b 2x">\n<img alt="x" width="9" src="/l.png">\n</picture></a>',
        (
            f'<a href="https://github.com/a" {REL}>\n\n<img alt="x" width="9" class="pc-light" {LAZY} src="https://github.com/l.png">'
            f'<img alt="x" width="9" class="pc-dark" {LAZY} src="{STABLE}">\n</a>'
        ),
    ),
    "a picture with both variants": (
        '<picture><source media="(prefers-color-scheme: light)" srcset="https://x/l"><source media="(prefers-color-scheme: dark)" srcset="https://x/d"><source media="(prefers-color-scheme: dark)" srcset="https://x/e"><img src="/n"></picture>',
        f'<img class="pc-light" {LAZY} src="https://x/l"><img class="pc-dark" {LAZY} src="https://x/d">',
    ),
    "a picture whose image has no address": (
        '<picture><source media="(prefers-color-scheme: dark)" srcset="https://x/d"><img></picture>',
        f'<img class="pc-dark" {LAZY} src="https://x/d">',
    ),
    "a picture without variants": (
        '<picture><source srcset="https://x/d"><source media="(prefers-color-scheme: dark)" srcset="/d"><img src="/n"></picture>',
        f'<img {LAZY} src="https://github.com/n">',
    ),
    "an image after a picture": (
        '<picture><source media="(prefers-color-scheme: dark)" srcset="https://x/d"></picture><img src="/n"><source srcset="https://x/d">',
        f'<img {LAZY} src="https://github.com/n">',
    ),
}


@pytest.mark.parametrize(("html", "expected"), PAGE_EXAMPLES.values(), ids=PAGE_EXAMPLES.keys())
def test_markup_for_pages_differs(html: str, expected: str) -> None:
    assert sanitize(html, source_url=SOURCE_URL, for_page=True) == expected
    assert differs_on_pages(html)


@pytest.mark.parametrize("html", [html for html, _ in EXAMPLES.values()], ids=EXAMPLES.keys())
def test_other_markup_is_the_same_on_pages(html: str) -> None:
    is_same = sanitize(html, source_url=SOURCE_URL, for_page=True) == sanitize(html, source_url=SOURCE_URL)
    assert is_same or differs_on_pages(html)


def test_attribute_order_is_stable() -> None:
    html = '<img src="/x" alt="y" width="z" title="w"><video src="/v"></video>'
    assert len({sanitize(html, source_url=SOURCE_URL) for _ in range(50)}) == 1


def test_source_url_must_be_absolute() -> None:
    with pytest.raises(ValueError, match="relative URL"):
        sanitize("<a href=x>y</a>", source_url="/owner/name")


@pytest.mark.parametrize(
    ("element", "attribute", "value", "expected"),
    [
        ("img", "loading", "lazy", "lazy"),
        ("img", "loading", "eager", None),
        ("a", "rel", "opener", None),
        ("a", "onclick", "x", None),
        ("a", "href", " HTTPS://x\n/y ", "HTTPS://x/y"),
        ("a", "href", "https:x", None),
        ("a", "href", "https://user@x/", "https://user@x/"),
        ("img", "src", "mailto:x", None),
        ("img", "src", "https://private-user-images.githubusercontent.com/other?jwt=x", None),
        ("img", "src", f"https://private-user-images.githubusercontent.com/1/2-{UUID.upper()}.jpeg", STABLE),
        ("source", "srcset", "https://x/a 1x, https://x/b 2x", "https://x/a"),
        ("source", "srcset", "https://x/a, https://x/b 2x", "https://x/a"),
        ("source", "srcset", "/a", None),
        ("source", "srcset", "", None),
        ("img", "width", "16384", "16384"),
        ("img", "width", "16385", None),
        ("img", "width", "9" * 20_000, None),
        ("img", "width", "5\n", "5"),
        ("img", "width", "0", None),
        ("img", "width", "300px", "300"),
        ("img", "height", " 40.5 px", "40"),
        ("img", "width", "50%", "50%"),
        ("img", "width", "33.3333%", "33.33%"),
        ("img", "width", "100.0%", "100%"),
        ("img", "width", "101%", None),
        ("img", "width", "-5", None),
        ("img", "width", "auto", None),
        ("td", "colspan", "100", None),
        ("details", "open", "open", ""),
        ("p", "class", "x y", None),
    ],
)
def test_attribute_values_are_kept_changed_or_removed(
    element: str, attribute: str, value: str, expected: str | None
) -> None:
    assert sanitize_value(element, attribute, value) == expected
