"""The widget's style under resets, frameworks and rules of the blog, in dark, from the right, on paper, and full pages."""

import re
import time
from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, ViewportSize

from app.render.sanitizer import allow_list
from app.simulator.http.server import run_simulator
from app.simulator.world.sample import SAMPLE_REPO
from app.simulator.world.world import World
from app.web.assets import assets
from tests.journeys.browser import chromium, photograph
from tests.widget.frameworks import (
    GITHUB_CLASSES,
    NAMES,
    SHOW,
    WIDE,
    Framework,
    build_show,
    classes_of,
    frameworks,
    open_show,
    rules_of,
    wear,
    words_of,
)
from tests.widget.looks import computed_style, geometry, open_pair, shown_images, sides
from tests.widget.pages import wait_until_enhanced
from tests.widget.stage import SECRET, TOKEN, Stage, run_service, static_blog

pytestmark = pytest.mark.untraced  # other tests cover the same code; tracing these would take long

__all__ = ["chromium"]

SCREEN: ViewportSize = {"width": 1300, "height": 2400}  # so high that every picture is loaded


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Start one whose posts show all that comments hold."""
    world = World(time.time)  # noqa: TID251 - the simulator and the browser share a clock
    world.add_repository(SAMPLE_REPO)
    world.add_token(TOKEN, "ada")
    build_show(world)
    with run_simulator(world) as simulator, static_blog() as blog:
        simulator.images.base_url = simulator.url
        with run_service(tmp_path_factory.mktemp("show"), simulator, WEBHOOK_SECRET=SECRET) as service:
            blog.pages["/blog.css"] = ({"content-type": "text/css"}, b"body{margin:2rem auto;max-width:44rem}")
            yield Stage(simulator, service, blog)


@pytest.fixture(scope="module")
def page(chromium: Browser) -> Iterator[Page]:
    """Open one page for all tests of the module."""
    context = chromium.new_context(locale="en-GB", viewport=SCREEN)
    yield context.new_page()
    context.close()


@pytest.fixture(scope="module")
def sheets() -> Mapping[str, Framework]:
    """Return the frameworks, which are read and built once."""
    return frameworks()


@pytest.fixture
def show(page: Page, stage: Stage) -> Page:
    """Open the page that can wear the style sheets of a framework, unless it is open."""
    if not page.locator("#after").count():
        open_show(page, stage)
    return page


@pytest.fixture(scope="module")
def plain(page: Page, stage: Stage) -> dict[str, Any]:
    """Return how the widget lies in the plain page."""
    open_show(page, stage)
    return geometry(page)


@pytest.mark.parametrize("name", NAMES)
def test_frameworks_leave_the_plain_pages_geometry(
    plain: dict[str, Any], show: Page, sheets: Mapping[str, Framework], name: str
) -> None:
    wear(show, sheets[name])
    assert geometry(show) == plain
    assert plain["order"]
    assert plain["cards"]
    assert plain["column"]


def test_all_frameworks_are_tried(sheets: Mapping[str, Framework]) -> None:
    assert set(sheets) == set(NAMES)


def test_rules_of_the_owner_win(show: Page) -> None:
    rules = (
        "*{margin:0;padding:0}.pc-list{gap:5px}.pc-comment{padding:7px}.pc-body ul{list-style:square}"
        ".pc-avatar{border-radius:0}.pc-title{font-size:50px}.pc-body{line-height:2}"
    )
    wear(show, Framework(before=rules))
    assert computed_style(show, ".pc-list", "rowGap") == ["5px"]
    assert computed_style(show, ".pc-comment", "paddingLeft") == ["7px"]
    assert computed_style(show, ".pc-body ul", "listStyleType") == ["square"]
    assert computed_style(show, ".pc-avatar", "borderTopLeftRadius") == ["0px"]
    assert computed_style(show, ".pc-title", "fontSize") == ["50px"]


def test_names_and_dates_keep_the_texts_colour(show: Page) -> None:
    links = "body{color:rgb(1,2,3)}a,a:link,a:visited{color:rgb(200,0,0);text-decoration:underline}"
    wear(show, Framework(after=links))
    assert computed_style(show, ".pc-author a", "color", "textDecorationLine") == ["rgb(1, 2, 3)", "none"]
    assert computed_style(show, ".pc-when time", "color") == computed_style(show, ".pc-when", "color")
    assert "200" not in computed_style(show, ".pc-when a", "color")[0]
    assert computed_style(show, ".pc-body a", "color") == ["rgb(200, 0, 0)"]
    wear(show, Framework(before=links + ".pc-author{color:rgb(4,5,6)}.pc-when{color:rgb(7,8,9)}"))
    assert computed_style(show, ".pc-author a", "color") == ["rgb(4, 5, 6)"]
    assert computed_style(show, ".pc-when time", "color") == ["rgb(7, 8, 9)"]


def test_nested_quotations_are_as_dark_as_others(show: Page) -> None:
    wear(show, Framework())
    colours = show.evaluate(
        """() => { const outer = document.querySelector('.pc-body blockquote');
        const inner = outer.appendChild(document.createElement('blockquote'));
        const colours = [outer, inner].map(e => getComputedStyle(e).color); inner.remove(); return colours }"""
    )
    assert colours[0] == colours[1]


def test_quoted_lines_of_code_have_no_stripes(show: Page) -> None:
    wear(show, Framework(after="tbody{background:#fff}tbody tr:nth-child(even){background:#ccc}"))
    for part in ("tbody", "tr:nth-child(2)"):
        assert computed_style(show, f".highlight {part}", "backgroundColor") == ["rgba(0, 0, 0, 0)"]


def test_each_alert_has_its_colour_and_icon(show: Page) -> None:
    wear(show, Framework(after="p{color:inherit;font-weight:400}"))
    looks = show.evaluate(
        """[...document.querySelectorAll('.markdown-alert')].map(alert => {
        const title = alert.firstElementChild, icon = getComputedStyle(title, '::before');
        return [getComputedStyle(alert).borderInlineStartColor, getComputedStyle(title).color, icon.clipPath, icon.width + getComputedStyle(title).fontWeight] })"""
    )
    colours, titles, icons, rest = zip(*looks, strict=True)
    assert len(set(colours)) == len(set(titles)) == len(set(icons)) == 5
    assert set(rest) == {"16px600"}


def test_formulas_keep_their_lines(show: Page) -> None:
    wear(show, Framework(after="code{white-space:nowrap}"))
    lines = """text => { const code = Object.assign(document.createElement('code'), {className: 'pc-math', textContent: text});
        document.querySelector('.pc-body').append(code); const height = code.clientHeight; code.remove(); return height }"""
    assert show.evaluate(lines, "a = b\n\nc = d") > 2 * show.evaluate(lines, "a = b")


def test_the_way_to_write_is_a_visible_control(show: Page) -> None:
    wear(show, Framework(after="*{margin:0;padding:0}a{color:red}"))
    height = show.locator(".pc-write a").bounding_box()
    assert height is not None
    assert height["height"] >= 44
    width, colour = computed_style(show, ".pc-write a", "borderTopWidth", "borderTopColor")
    alpha = float(colour.rpartition("/" if "/" in colour else ",")[2].rstrip(")"))
    assert width == "1px"
    assert alpha > 0.6
    scrollbar = computed_style(show, ".pc-body pre", "scrollbarColor")[0]
    assert scrollbar != "auto"


READ_FROM_THE_LEFT = """[...document.querySelectorAll('.pc-body p > code, .pc-body .user-mention, .pc-body .highlight')].map(element => {
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT), characters = [];
    for (let node; (node = walker.nextNode()); )
        for (let n = 0; n < node.length; n++) {
            const range = document.createRange();
            range.setStart(node, n);
            range.setEnd(node, n + 1);
            characters.push([range.getBoundingClientRect().left, node.data[n]]);
        }
    return characters.sort((a, b) => a[0] - b[0]).map(([, character]) => character).join('');
})"""


def test_comments_keep_their_own_direction(page: Page, stage: Stage) -> None:
    text = "<p>{}</p><blockquote><p>{}</p></blockquote><ul><li>{}</li></ul><table><tr><td>{}</td><td>2</td></tr></table><pre>x = 1;</pre>"
    text += '<p>{} <code>f()</code> {} <a class="user-mention" href="/">@ada</a> {}</p><table class="highlight"><tr><td>1</td><td>(x)</td></tr></table>'
    html = {"ltr": text.replace("{}", "Some words"), "rtl": text.replace("{}", "מילים אחדות")}
    comments = httpx.get(f"{stage.api}posts/{SHOW}/comments", trust_env=False).json()
    for comment, name in zip(comments["comments"][:2], html, strict=True):
        comment.update(html=html[name], dir=name, reply_to=None)
    del comments["comments"][2:]
    page.route(
        f"{stage.api}posts/*/comments*",
        lambda route: route.fulfill(json=comments, headers={"access-control-allow-origin": "*"}),
    )
    page.goto(stage.publish(stage.element(SHOW, loading="eager"), lang="he"))
    wait_until_enhanced(page)
    page.unroute_all()
    left, right = "left,left,left,ltr", "right,right,right,ltr"
    assert sides(page) == [left, right]
    assert page.evaluate(READ_FROM_THE_LEFT) == ["f()", "@ada", "1(x)"] * 2


def test_long_names_fit_a_small_screen(page: Page, stage: Stage) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    link = f'<a href="/">{"Leave" * 12}</a>'
    page.goto(stage.publish(stage.element(WIDE, inner=link, loading="eager") + "<recent-comments></recent-comments>"))
    wait_until_enhanced(page)
    page.wait_for_selector("recent-comments[state=ready]")
    page.evaluate(
        """for (const s of ['.pc-mark', '.pc-title', '.pc-order option', '.pc-reactions span'])
        for (const e of document.querySelectorAll(s)) e.textContent = 'Unbreakable'.repeat(6)"""
    )
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    outside = "[...document.querySelectorAll('.pc *')].filter(e => !e.closest('pre, table') && e.getBoundingClientRect().right > innerWidth).length"
    assert page.evaluate(outside) == 0
    photograph(page, "widget-320")
    page.set_viewport_size(SCREEN)


@pytest.mark.parametrize(
    ("style", "theme", "system", "shown"),
    [
        ("", "", "dark", "light"),
        ("", "dark", "light", "dark"),
        ("html{color-scheme:light}", "", "dark", "light"),
        ("html{color-scheme:dark}", "", "light", "dark"),
        ("html{color-scheme:light dark}", "", "dark", "dark"),
        ("html{color-scheme:light dark}", "light", "dark", "light"),
        ("body{background:#111;color:#ddd}", "", "light", "dark"),
    ],
)
def test_images_follow_the_pages_scheme(
    page: Page, stage: Stage, style: str, theme: str, system: Any, shown: str
) -> None:
    page.emulate_media(color_scheme=system)
    attributes = {"theme": theme} if theme else {}
    open_pair(page, stage, f"<style>{style}</style>", **attributes)
    assert shown_images(page) == shown


def test_images_follow_a_change_of_scheme(page: Page, stage: Stage) -> None:
    page.emulate_media(color_scheme="light")
    open_pair(
        page,
        stage,
        "<style>html{color-scheme:light}*{transition:none!important}img{height:auto}@layer theme{img{height:auto}}</style>",
    )
    assert shown_images(page) == "light"
    page.evaluate("document.documentElement.style.colorScheme = 'dark'")
    page.wait_for_selector(".pc[data-scheme=dark]")
    assert shown_images(page) == "dark"
    assert page.locator("img[height]").evaluate("e => getComputedStyle(e).height") == "40px"


def test_space_is_released_without_the_script(page: Page, stage: Stage) -> None:
    page.route("**/widget.js", lambda route: route.abort())
    page.goto(stage.publish(stage.element(SHOW, count="40")))
    element = page.locator("post-comments")
    assert element.evaluate("e => e.offsetHeight") > 4000
    element.evaluate("e => e.getAnimations().forEach(animation => animation.finish())")
    assert element.evaluate("e => e.offsetHeight") < 50
    page.unroute_all()


def test_full_pages_scroll_wide_tables(page: Page, stage: Stage) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(f"{stage.service.url}/posts/{WIDE}.html?view=page")
    table = page.locator(".pc-body table")
    width, content, rows = table.evaluate("e => [e.clientWidth, e.scrollWidth, e.rows[0].offsetHeight]")
    assert content > width
    assert rows < 50
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    sizes = "['main > h1', '.pc-title', '.pc-body :is(h1, h2, h3, h4)'].map(s => parseFloat(getComputedStyle(document.querySelector(s)).fontSize))"
    title, count, heading = page.evaluate(sizes)
    assert title > count > heading
    for _ in range(3):  # after the links of the author and the time
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.localName") == "table"
    photograph(page, "widget-page-390")
    page.set_viewport_size(SCREEN)


def test_paper_shows_all_text_and_no_controls(page: Page, stage: Stage) -> None:
    open_show(page, stage)
    page.emulate_media(media="print")
    assert page.evaluate(
        "[...document.querySelectorAll('.pc button, .pc select, .pc-news, .pc-write')].every(e => !e.checkVisibility())"
    )
    assert page.locator("details p").evaluate("e => e.checkVisibility({ contentVisibilityAuto: true })")
    page.set_viewport_size({"width": 500, "height": 800})
    page.goto(f"{stage.service.url}/posts/{WIDE}.html?view=page")
    cut = "[...document.querySelectorAll('.pc *')].filter(e => e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).overflowX !== 'visible' && e.clientWidth).length"
    assert page.evaluate(cut) == 0
    assert computed_style(page, ".pc-body pre", "maxHeight", "whiteSpaceCollapse", "textWrapMode") == [
        "none",
        "preserve",
        "wrap",
    ]
    page.emulate_media(media="screen")
    page.set_viewport_size(SCREEN)


def test_shadow_roots_have_the_same_layout(page: Page, stage: Stage) -> None:
    page.goto(stage.publish('<div id="host"></div>'))
    page.evaluate(
        """([number, url]) => { const root = document.querySelector('#host').attachShadow({mode: 'open'});
        root.innerHTML = `<link rel="stylesheet" href="${url}/widget.css"><style>*{margin:0;padding:0}</style>
        <post-comments loading="eager" ghissueid="${number}"></post-comments>` }""",
        [SHOW, stage.service.url],
    )
    page.locator("#host .pc-news").wait_for(state="attached")
    left = page.evaluate(
        "(() => { const find = s => document.querySelector('#host').shadowRoot.querySelector(s).getBoundingClientRect(); return find('.pc-author').left - find('.pc-avatar').right })()"
    )
    assert left == pytest.approx(12.8, abs=0.1)


def test_script_adds_the_style_of_what_comments_contain(page: Page, stage: Stage) -> None:
    page.goto(stage.publish(stage.element(SHOW, loading="eager")))
    wait_until_enhanced(page)
    page.wait_for_function(
        "getComputedStyle(document.querySelector('.markdown-alert-title'), '::before').content === '\"\"'"
    )


def test_every_allowed_class_has_a_look() -> None:
    styled = classes_of(assets().files["widget.css"]) | classes_of(assets().files["content.css"])
    allowed = {name for name in GITHUB_CLASSES if allow_list.sanitize_value("span", "class", name)}
    assert allowed - styled == {"contains-task-list"}, "its items have the look"
    words = {word for name in (*styled, "contains-task-list") for word in name.split("-")}
    words |= {"source", "text", "notranslate"}  # these look like the rest
    assert words_of(allow_list._CLASS.pattern) - words == set()
    assert allowed >= {"blob-code", "markdown-alert-caution", "task-list-item", "pl-k"}


@pytest.mark.parametrize("name", ["widget.css", "content.css", "page.css"])
def test_minified_style_sheets_keep_their_rules(page: Page, name: str) -> None:
    source, served = rules_of(page, name)
    assert served == source
    assert len(re.findall("{", served)) > 4
