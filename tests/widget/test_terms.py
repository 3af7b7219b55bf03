"""Threads by term, label and marker in a browser, and pages of other comment systems with only the host changed."""

from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from playwright.sync_api import Page, expect

from app.simulator.world.sample import SAMPLE_REPO
from tests.journeys.browser import OpenPage, chromium, open_page, photograph
from tests.widget.other_systems import (
    CLIENT_SECRET,
    GITALK,
    GITMENT,
    HELLO,
    LONGER,
    MARKED,
    NAME,
    OWNER,
    TURBO,
    VSSUE,
    component,
    counting_giscus,
    giscus,
    gitalk,
    gitment,
    open_threads,
    utterances,
    vssue,
    waiting_page,
)
from tests.widget.pages import shown_thread, thread_questions, wait_for_state, wait_for_status, wait_until_enhanced
from tests.widget.stage import TALK, Stage, stage

pytestmark = pytest.mark.untraced  # other tests cover the same code; tracing these would take long

__all__ = ["chromium", "open_page", "stage"]

_NAVIGATE = """([path, title]) => { history.pushState({}, "", path); document.title = title; }"""


@pytest.fixture(scope="module", autouse=True)
def _threads(stage: Stage) -> None:
    open_threads(stage)


def _style(page: Page, name: str) -> str:
    """Return a computed property of the first comment."""
    return str(page.locator(".pc-comment").first.evaluate(f"comment => getComputedStyle(comment).{name}"))


def test_threads_are_found_without_a_number(stage: Stage, open_page: OpenPage) -> None:
    recorded = open_page("about:blank")
    cases = [
        ("posts/hello/", '<post-comments term="pathname"></post-comments>', HELLO),
        ("posts/hello-world/", '<post-comments term="pathname"></post-comments>', LONGER),
        ("any", '<post-comments term="Posts/Hello"></post-comments>', HELLO),
        ("any", '<post-comments label="Gitalk, /notes/may/"></post-comments>', GITALK),
        ("any", '<post-comments marker="/notes/august/"></post-comments>', MARKED),
        ("notes/august/", '<post-comments term="pathname"></post-comments>', MARKED),
        ("any", '<post-comments term="A day in July" title-prefix="[Vssue]" label="Vssue"></post-comments>', VSSUE),
        ("any", f'<post-comments term="posts/hello/" ghissueid="{LONGER}"></post-comments>', LONGER),
    ]
    for path, body, number in cases:
        recorded.requests.clear()
        recorded.page.goto(stage.publish(body, name=path))
        wait_until_enhanced(recorded.page)
        assert shown_thread(recorded.page) == str(number)
        assert len(thread_questions(recorded, stage.api)) == 1
    assert not recorded.complaints


def test_terms_of_the_page(stage: Stage, open_page: OpenPage) -> None:
    page = open_page("about:blank").page
    title = "posts/hello/"
    heads = {
        "title": f'<script>document.title = "{title}"</script>',
        "og:title": f'<meta property="og:title" content="{title}">',
        "url": f'<link rel="canonical" href="https://blog.example/{title}">',
    }
    asked = {"title": title, "og:title": title, "url": f"https://blog.example/{title}"}
    for name, head in heads.items():
        with page.expect_request(f"{stage.api}posts/comments*") as request:
            page.goto(stage.publish(f'<post-comments term="{name}"></post-comments>', head=head, name="a/b.html"))
        query = parse_qs(urlsplit(request.value.url).query)
        assert (query["term"], query["term_of"]) == ([asked[name]], [name])
    with page.expect_request(f"{stage.api}posts/comments*") as request:
        page.goto(stage.publish('<post-comments term="pathname"></post-comments>', name="a/b.html"))
    assert parse_qs(urlsplit(request.value.url).query)["term"] == ["a/b"]


def test_found_thread_is_live_and_has_permalinks(stage: Stage, open_page: OpenPage) -> None:
    recorded = open_page(stage.publish('<post-comments term="pathname" live></post-comments>', name="posts/hello/"))
    page = recorded.page
    wait_until_enhanced(page)
    page.wait_for_function("document.querySelector('post-comments').number")
    page.wait_for_timeout(300)
    stage.world.comment(SAMPLE_REPO, HELLO, body="And another.", author="linh-tran")
    page.get_by_role("button", name="1 new comment").click()
    expect(page.locator(".pc-title")).to_have_text("2 comments")
    page.locator(".pc-when a").last.click()
    assert page.locator(".pc-target .pc-author").inner_text() == "linh-tran"
    assert any(f"/posts/{HELLO}/events" in url for url in recorded.requests_to(stage.api))


def test_post_without_a_thread_offers_to_open_one(stage: Stage, open_page: OpenPage) -> None:
    head = '<meta name="description" content="About &amp; nothing">'
    body = '<post-comments term="pathname" issue-label="comments"></post-comments>'
    recorded = open_page(address := stage.publish(body, name="posts/new/", head=head))
    page = recorded.page
    wait_until_enhanced(page)
    expect(page.locator(".pc-title")).to_have_text("No comments yet.")
    assert page.locator(".pc-note").count() == 0
    link = urlsplit(page.locator(".pc-write a").get_attribute("href") or "")
    assert (link.netloc, link.path) == ("github.com", f"/{SAMPLE_REPO}/issues/new")
    assert parse_qs(link.query) == {
        "title": ["posts/new/"],
        "body": [f"# A post\n\nAbout & nothing\n\n[{address}]({address})"],
        "labels": ["comments"],
    }
    assert not any("/events" in url for url in recorded.requests_to(stage.api))
    issue = stage.world.open_issue(SAMPLE_REPO, title="posts/new/")
    stage.wait_until_served(issue.number, 0)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for_function(f"document.querySelector('post-comments').number === '{issue.number}'")
    expect(page.locator(".pc-write a")).to_have_attribute(
        "href", f"https://github.com/{SAMPLE_REPO}/issues/{issue.number}#issuecomment-new"
    )
    assert not recorded.complaints


def test_navigation_without_loading_finds_the_next_thread(stage: Stage, open_page: OpenPage) -> None:
    recorded = open_page(stage.publish('<post-comments term="pathname"></post-comments>', name="posts/hello/"))
    page = recorded.page
    wait_until_enhanced(page)
    page.evaluate(_NAVIGATE, ["/posts/hello-world/", "Another post"])
    expect(page.locator(".pc-body")).to_contain_text("To posts/hello-world/")
    assert shown_thread(page) == str(LONGER)
    asked = len(thread_questions(recorded, stage.api))
    page.evaluate(_NAVIGATE, ["/posts/hello-world/?theme=dark#top", "(1) Another post"])
    page.locator("post-comments").evaluate("element => element.setAttribute('term', 'posts/hello/')")
    expect(page.locator(".pc-body").first).to_contain_text("To posts/hello/")
    assert len(thread_questions(recorded, stage.api)) == asked + 1
    page.locator("post-comments").evaluate(f"element => element.setAttribute('ghissueid', '{GITALK}')")
    expect(page.locator(".pc-body")).to_contain_text("To A day in May")
    page.locator("post-comments").evaluate("element => element.remove()")
    page.evaluate(_NAVIGATE, ["/posts/hello/", "Hello"])
    assert not recorded.complaints


def test_undecided_or_absent_term_is_a_visible_state(stage: Stage, open_page: OpenPage) -> None:
    for title in ("Twice | Blog", "Twice | Notes"):
        issue = stage.world.open_issue(SAMPLE_REPO, title=title)
        stage.wait_until_served(issue.number, 0)
    wait_for_status(f"{stage.api}posts?term=Twice&term_of=title", 409)
    body = f'<post-comments repo="{SAMPLE_REPO}" term="Twice" term-of="title"></post-comments>'
    page = open_page(stage.publish(body, name="posts/twice/")).page
    wait_for_state(page, "failed")
    expect(page.locator(".pc-note")).to_contain_text("Several posts of ada/blog could be meant by the term 'Twice'")
    assert page.locator(".pc-note a").get_attribute("href") == f"https://github.com/{SAMPLE_REPO}/issues"
    photograph(page, "term-undecided")
    page.goto(stage.publish('<post-comments term="og:title"></post-comments>', name="posts/untitled/"))
    wait_for_state(page, "failed")


def test_counts_by_term_are_one_request(stage: Stage, open_page: OpenPage) -> None:
    names = ["posts/hello-world/", "/may/", "posts/hello-world/index.html"]
    body = "".join(f'<p><comment-count term="{name}">–</comment-count></p>' for name in names)
    recorded = open_page(
        stage.publish(body + '<p><comment-count ghissueid="41"></comment-count></p>', name="list.html")
    )
    expect(recorded.page.locator("comment-count").first).to_have_text("1 comment")
    expect(recorded.page.locator("comment-count").last).to_have_text("16 comments")
    assert recorded.page.locator("comment-count").all_inner_texts()[:3] == ["1 comment", "–", "1 comment"]
    assert len(recorded.requests_to(f"{stage.api}counts")) == 2
    unusable = "".join(f'<comment-count term="{name}">–</comment-count>' for name in (" ", "x" * 1001))
    long = "".join(f'<comment-count term="posts/{"%E4%BD%A0" * 20}/{n}/">–</comment-count>' for n in range(30))
    recorded.page.goto(stage.publish(body + unusable + long, name="list.html"))
    expect(recorded.page.locator("comment-count").first).to_have_text("1 comment")
    assert all(len(url) < 4000 for url in recorded.requests_to(f"{stage.api}counts"))


def test_page_of_utterances_needs_another_host_only(stage: Stage, open_page: OpenPage) -> None:
    recorded = open_page("about:blank")
    page = recorded.page
    by_number = {"issue-term": "", "issue-number": str(TALK)}
    cases = [
        (utterances(stage), HELLO),
        (utterances(stage, label="comments", theme="icy-dark"), HELLO),
        (utterances(stage, **by_number), TALK),
        (utterances(stage, **{"issue-term": "posts/hello-world"}), LONGER),
        (utterances(stage).replace("repo=", "data-repo=").replace("issue-term=", "data-issue-term="), HELLO),
        (component(stage), HELLO),
        (giscus(stage), HELLO),
    ]
    for body, number in cases:
        recorded.requests.clear()
        page.goto(stage.publish(body, name="posts/hello/", script=False))
        wait_until_enhanced(page)
        assert shown_thread(page) == str(number)
        assert len(thread_questions(recorded, stage.api)) == 1
        assert recorded.hosts == {"127.0.0.1"}
    box = page.locator(".giscus").bounding_box()
    assert box is not None
    assert box["height"] > 200
    assert not recorded.complaints


def test_themes_of_utterances_follow_page_and_system(stage: Stage, open_page: OpenPage) -> None:
    looks = "e => [e.getAttribute('theme'), e.dataset.look, getComputedStyle(e).colorScheme]"
    dark = ["github-dark", "github-dark-orange", "icy-dark", "dark-blue", "photon-dark", "gruvbox-dark"]
    recorded = open_page(stage.publish(component(stage), name="posts/hello/", script=False))
    page = recorded.page
    wait_until_enhanced(page)
    element = page.locator("post-comments")
    assert element.evaluate(looks) == ["light", "github-light", "light"]
    for theme in [*dark, "boxy-light", "github-light"]:
        assert page.evaluate("theme => setTheme(theme)", theme) == stage.service.url
        scheme = "dark" if theme in dark else "light"
        assert element.evaluate(looks) == [scheme, theme, scheme]
    photograph(page, "utterances")
    page.wait_for_function("globalThis.resized")
    assert page.evaluate("resized[0]") == stage.service.url
    page.evaluate("setTheme('preferred-color-scheme')")
    page.emulate_media(color_scheme="dark")
    expect(element).to_have_attribute("theme", "dark")  # the page hears of the change after the browser made it
    assert element.evaluate(looks) == ["dark", "github-dark", "dark"]
    assert page.locator(".utterances").evaluate("e => getComputedStyle(e).maxWidth") == "760px"
    page.evaluate("mount(document.getElementById('comments'))")
    wait_until_enhanced(page)
    assert page.locator(".utterances").count() == 1
    assert not recorded.complaints


def test_page_that_waits_for_the_frame_goes_on(stage: Stage, open_page: OpenPage) -> None:
    recorded = open_page(stage.publish(waiting_page(utterances(stage)), name="posts/hello/", script=False))
    page = recorded.page
    wait_until_enhanced(page)
    page.wait_for_function("heard.length")
    element = page.locator("post-comments")
    assert element.get_attribute("data-look") == "photon-dark"
    page.locator(".pc-body").first.evaluate("body => (body.style.height = '1500px')")
    page.wait_for_function("heard.at(-1) > 1500")
    assert page.evaluate("comments.offsetHeight === document.querySelector('post-comments').offsetHeight")
    page.add_style_tag(content=".utterances-frame { display: block !important }")
    assert not page.locator(".utterances-frame").is_visible()
    assert not recorded.complaints


def test_frame_works_after_turbo_restores_its_page(stage: Stage, open_page: OpenPage) -> None:
    stage.blog.pages["/turbo.js"] = ({"content-type": "text/javascript"}, TURBO.read_bytes())
    body = f'<a id="next" href="/posts/hello-world/">Next</a><div>{waiting_page(utterances(stage))}</div>'
    for name in ("posts/hello-world/", "posts/hello/"):
        address = stage.publish(body, name=name, script=False, head='<script src="/turbo.js"></script>')
    recorded = open_page(address)
    page = recorded.page
    numbered = "number => document.querySelector('post-comments')?.number === number && heard.length"
    page.wait_for_function(numbered, arg=str(HELLO))
    page.click("#next")
    page.wait_for_function(numbered, arg=str(LONGER))
    page.evaluate("heard = []")
    page.go_back()
    page.wait_for_function(numbered, arg=str(HELLO))
    message = "document.querySelector('iframe').contentWindow.postMessage({type: 'set-theme', theme: 'icy-dark'}, 'https://utteranc.es')"
    page.evaluate(message)
    assert page.locator("post-comments").get_attribute("data-look") == "icy-dark"
    assert not recorded.complaints


def test_giscus_page_hears_of_count_and_term(stage: Stage, open_page: OpenPage) -> None:
    head = '<link rel="canonical" href="https://blog.example/elsewhere"><meta name="title" content="posts/hello/">'
    recorded = open_page(stage.publish(counting_giscus(stage), name="posts/hello-world/", script=False, head=head))
    page = recorded.page
    expect(page.locator("#count")).to_have_text("1")
    config = {"giscus": {"setConfig": {"term": "posts/hello/", "theme": "dark_dimmed"}}}
    page.evaluate("m => document.querySelector('.giscus-frame').contentWindow.postMessage(m, '*')", config)
    page.wait_for_function(f"document.querySelector('post-comments').number === '{HELLO}'")
    assert page.locator("post-comments").get_attribute("theme") == "dark"
    for mapping, asked in (("url", f"{stage.blog.url}/posts/hello/"), ("og:title", "posts/hello/")):
        body = giscus(stage).replace("pathname", mapping)
        with page.expect_request(f"{stage.api}posts/comments*") as request:
            page.goto(stage.publish(body, name="posts/hello/", script=False, head=head))
        query = parse_qs(urlsplit(request.value.url).query)
        assert (query["term"], query["term_of"]) == ([asked], [mapping])
    assert not recorded.complaints


def test_page_of_vssue_needs_another_host_only(stage: Stage, open_page: OpenPage) -> None:
    recorded = open_page("about:blank")
    page = recorded.page
    cases = [
        (vssue(stage), VSSUE),
        (vssue(stage, title="(options) => `${options.prefix}A day in July`", options="locale: 'en'"), VSSUE),
        (vssue(stage, title="null").replace("<div", "<script>document.title = 'A day in July'</script><div"), VSSUE),
        (vssue(stage, title="'posts/hello/'", options="prefix: '', labels: ['comments'], perPage: 5"), HELLO),
        (vssue(stage, options=f"}}, issueId: {TALK}, anything: {{"), TALK),
    ]
    for body, number in cases:
        page.goto(stage.publish(body, name="any/", script=False))
        wait_until_enhanced(page)
        assert shown_thread(page) == str(number)
        assert page.locator(".vssue post-comments").count() == 1
    assert recorded.hosts == {"127.0.0.1"}
    assert not any(CLIENT_SECRET in f"{request.url} {request.all_headers()}" for request in recorded.requests)
    assert not recorded.complaints


def test_repository_that_is_not_served_is_named(stage: Stage, open_page: OpenPage) -> None:
    page = open_page("about:blank").page
    pages = [
        utterances(stage, repo="other/blog"),
        utterances(stage, repo="other/blog", **{"issue-term": "", "issue-number": "41"}),
    ]
    for body in pages:
        page.goto(stage.publish(body, name="posts/hello/", script=False))
        expect(page.locator(".pc-note")).to_contain_text("The repository other/blog is not served here.")
        assert page.locator(".pc-note a").get_attribute("href") == "https://github.com/other/blog/issues"
        assert page.locator(".pc-comment").count() == 0
    page.goto(stage.publish(utterances(stage, repo="a blog"), name="posts/hello/", script=False))
    expect(page.locator(".pc-note")).to_contain_text("must be a repository, written owner/name")


def test_page_of_gitalk_or_gitment_needs_another_host_only(stage: Stage, open_page: OpenPage) -> None:
    recorded = open_page("about:blank")
    page = recorded.page
    cases = [
        ("notes/may/", gitalk(stage), GITALK),
        ("notes/may/", gitalk(stage, "ajax/libs/gitalk/1.8.0/gitalk", labels="['gitalk']", number="-1"), GITALK),
        ("any/", gitalk(stage, number=str(TALK), perPage="5", updateCountCallback="n => (globalThis.count = n)"), TALK),
        ("notes/may/", gitalk(stage, "gitalk@latest/dist/gitalk", number="4040"), GITALK),
        ("notes/may/", gitalk(stage, "gh/next/next-gitalk@1/js/gitalk", perPage="0"), GITALK),
        ("notes/june/", gitment(stage), GITMENT),
    ]
    for path, body, number in cases:
        page.goto(stage.publish(body, name=path, script=False))
        page.wait_for_function(f"document.querySelector('post-comments')?.number === '{number}'")
        expect(page.locator(".pc-write a")).to_have_attribute(
            "href", f"https://github.com/{SAMPLE_REPO}/issues/{number}#issuecomment-new"
        )
        if number == TALK:
            assert page.locator(".pc-comment").count() == 5
            assert page.evaluate("count") == 16
            photograph(page, "gitalk")
            assert _style(page, "backgroundColor") != "rgba(0, 0, 0, 0)"
    assert page.locator(".gitment-root-container post-comments").count() == 1
    assert _style(page, "outlineStyle") == "solid"
    assert recorded.hosts == {"127.0.0.1"}
    for request in recorded.requests:
        if request.url.startswith(stage.service.url):
            assert CLIENT_SECRET not in f"{request.url} {request.all_headers()} {request.post_data}"
    assert not recorded.complaints


def test_script_that_a_loader_runs_finds_its_service(stage: Stage, open_page: OpenPage) -> None:
    options = f"id: '/notes/may/', owner: '{OWNER}', repo: '{NAME}', updateCountCallback: 'a text'"
    body = f"""<div id="here"></div><script type="module">
      const response = await fetch("{stage.service.url}/npm/gitalk@1/dist/gitalk.min.js");
      globalThis.eval(await response.text());
      new Gitalk({{ {options} }}).render(document.getElementById("here"));
    </script>"""
    recorded = open_page(stage.publish(body, name="any/", script=False))
    wait_until_enhanced(recorded.page)
    assert shown_thread(recorded.page) == str(GITALK)
    assert not recorded.complaints


def test_gitalk_page_without_a_thread_names_title_and_labels(stage: Stage, open_page: OpenPage) -> None:
    page = open_page(stage.publish(gitalk(stage, title="'A day'", body="'Text'"), name="notes/new/", script=False)).page
    wait_until_enhanced(page)
    link = urlsplit(page.locator(".pc-write a").get_attribute("href") or "")
    assert parse_qs(link.query) == {"title": ["A day"], "body": ["Text"], "labels": ["Gitalk,/notes/new/"]}


def test_page_without_a_usable_name_shows_no_other_thread(stage: Stage, open_page: OpenPage) -> None:
    recorded = open_page("about:blank")
    page = recorded.page
    long = "'/' + 'x'.repeat(300)"
    bodies = [
        gitalk(stage, id="''"),
        gitalk(stage, id="null"),
        gitalk(stage, id=long),
        gitment(stage).replace("id: location.pathname", "id: ''"),
        utterances(stage, **{"issue-term": "x" * 1001}),
    ]
    for body in bodies:
        page.goto(stage.publish(body, name="notes/new/", script=False))
        expect(page.locator(".pc-title")).to_have_text("No comments yet.")
    assert not recorded.complaints


def test_moved_page_works_under_a_strict_policy(stage: Stage, open_page: OpenPage) -> None:
    service = stage.service.url
    policy = (
        f"default-src 'none'; script-src {service}; style-src 'self' {service}; img-src data: {service}; "
        f"connect-src {service}; base-uri 'none'; require-trusted-types-for 'script'; trusted-types afterword"
    )
    headers = {"content-security-policy": policy}
    recorded = open_page(stage.publish(utterances(stage), name="posts/hello/", script=False, headers=headers))
    wait_until_enhanced(recorded.page)
    assert recorded.page.locator(".utterances .pc-comment").count() >= 1
    assert not recorded.complaints


@pytest.mark.parametrize(
    ("name", "paths"),
    [
        (
            "globalThis.Gitalk",
            ["npm/gitalk@1/dist/gitalk.min.js", "gitalk/dist/gitalk.min.js", "gitalk@latest/dist/gitalk.js"],
        ),
        ("globalThis.Vssue", ["vssue/dist/vssue.github.min.js", "npm/vssue@1/dist/vssue.github-v4.polyfill.min.js"]),
        (".vssue", ["vssue/dist/vssue.min.css", "npm/vssue@1/dist/vssue.css"]),
        (
            "globalThis.Gitalk",
            ["gitalk/1.4.0/gitalk.min.js", "gitalk.min.js", "assets/js/gitalk.min.js", "npm/gitalk@1", "gitalk"],
        ),
        (
            "globalThis.Gitment",
            [
                "gitment/dist/gitment.browser.js",
                "js/gitment.js",
                "gh/theme-next/theme-next-gitment@1/gitmint.browser.js",
            ],
        ),
        (".gt-container", ["npm/gitalk@1/dist/gitalk.css", "gitalk/1.4.0/gitalk.min.css", "other-systems.css"]),
        ("issue-term", ["client.js"]),
    ],
)
def test_files_have_the_paths_of_other_systems(stage: Stage, name: str, paths: list[str]) -> None:
    for path in paths:
        response = httpx.get(f"{stage.service.url}/{path}", trust_env=False)
        assert (response.status_code, response.headers["access-control-allow-origin"]) == (200, "*")
        assert name in response.text
