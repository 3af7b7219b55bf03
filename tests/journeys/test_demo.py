"""`python -m app demo` as a user sees it who has just cloned the project."""

import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import expect

from app.cli.blog.pages import parse_post
from tests.journeys.browser import (
    Demo,
    OpenPage,
    chromium,
    demo,
    environment,
    open_page,
    photograph,
    start_demo,
    stop_demo,
)
from tests.journeys.demo_comments import github_texts, shown_comments

pytestmark = pytest.mark.untraced  # what others cover, at length

__all__ = ["chromium", "demo", "open_page"]

INTERVIEW = "the-best-interview-is-no-interview"
SCRIPTS = "what-is-your-smallest-useful-script"
MINIFYING = "why-i-stopped-minifying-my-html"
SILENCE = "a-week-without-notifications"

SLUGS = [
    (7, "hello-static-world"),
    (12, MINIFYING),
    (28, "sourdough-and-state-machines"),
    (41, INTERVIEW),
]


@pytest.mark.parametrize(("number", "slug"), SLUGS)
def test_page_shows_author_and_text_of_every_comment(demo: Demo, open_page: OpenPage, number: int, slug: str) -> None:
    comments = demo.comments(number)
    assert len(comments) >= 5
    assert shown_comments(open_page(f"{demo.blog}{slug}/#comment-1").page) == github_texts(comments)


def test_example_post_has_its_title_date_and_tag(demo: Demo, open_page: OpenPage) -> None:
    page = open_page(f"{demo.blog}{INTERVIEW}/").page
    assert page.locator("h1").inner_text() == "The Best Interview is No Interview"
    assert page.locator(".post time").get_attribute("datetime") == "2020-07-01"
    assert page.locator(".post .tag").all_inner_texts() == ["Jobs"]


def test_deleted_account_is_shown_as_ghost(demo: Demo, open_page: OpenPage) -> None:
    assert "ghost" in [author for author, _ in shown_comments(open_page(f"{demo.blog}{INTERVIEW}/").page)]


def test_page_does_not_get_the_text_of_hidden_comments(demo: Demo, open_page: OpenPage) -> None:
    page = open_page(f"{demo.blog}{INTERVIEW}/").page
    shown_comments(page)
    assert "Stop wasting time" in str(demo.comments(41))
    assert "Stop wasting time" not in page.content()


def test_list_shows_all_counts_with_one_request(demo: Demo, open_page: OpenPage) -> None:
    recorded = open_page(demo.blog)
    counts = recorded.page.locator(".count")
    expect(counts.first).to_have_text("0 comments")
    assert counts.all_inner_texts() == [
        "0 comments",
        *(f"{len(demo.comments(number))} comments" for number in (41, 28, 19, 12, 7)),
    ]
    urls = recorded.requests_to(f"{demo.service}/api/v1/counts")
    assert urls == [f"{demo.service}/api/v1/counts?ids=7%2C12%2C19%2C28%2C41%2C42"]
    recorded.page.wait_for_selector("recent-comments[state=ready]")
    photograph(recorded.page, "demo-list")


def test_recent_comment_links_to_its_place_on_the_blog(demo: Demo, open_page: OpenPage) -> None:
    page = open_page(demo.blog).page
    page.locator("recent-comments a").first.click()
    page.wait_for_selector(".pc-target")
    assert re.search(r"/by-issue/\d+/#comment-\d+$", page.url)


def test_post_without_comments_links_to_the_issue(demo: Demo, open_page: OpenPage) -> None:
    page = open_page(f"{demo.blog}{SILENCE}/").page
    expect(page.locator(".pc-title")).to_have_text("No comments yet.")
    link = page.get_by_role("link", name="Leave a comment on GitHub")
    assert link.get_attribute("href") == "https://github.com/ada/blog/issues/42#issuecomment-new"


def test_owner_sees_the_posts_of_the_demo(demo: Demo, open_page: OpenPage) -> None:
    page = open_page(f"{demo.service}/owner").page
    page.get_by_label("Owner token").fill(demo.owner_token)
    page.keyboard.press("Enter")
    rows = page.locator(".posts tbody tr")
    expect(rows).to_have_count(len(SLUGS) + 2)
    expect(rows.filter(has_text="#41")).to_contain_text("The Best Interview is No Interview")
    link = page.get_by_role("link", name="The Best Interview is No Interview")
    expect(link).to_have_attribute("href", f"{demo.blog}the-best-interview-is-no-interview/")
    expect(page.locator(".tiles")).to_contain_text("all published")


def test_list_keeps_its_links_without_the_service(demo: Demo, open_page: OpenPage) -> None:
    page = open_page("about:blank").page
    page.route(f"{demo.service}/**", lambda route: route.abort())
    with page.expect_event("requestfailed"):
        page.goto(demo.blog)
    assert set(page.locator(".count").all_inner_texts()) == {"Comments"}


@pytest.mark.parametrize("path", ["", *(f"{slug}/" for _, slug in SLUGS), f"{SCRIPTS}/", f"{SILENCE}/"])
def test_no_page_logs_errors_or_contacts_other_hosts(demo: Demo, open_page: OpenPage, path: str) -> None:
    recorded = open_page(demo.blog + path)
    recorded.page.wait_for_load_state("networkidle")
    assert recorded.hosts == {"127.0.0.1"}
    assert recorded.requests_to(demo.service)
    assert not recorded.complaints


@pytest.mark.parametrize(
    ("name", "path", "options"),
    [
        ("post-light", INTERVIEW, {"color_scheme": "light"}),
        ("post-dark", INTERVIEW, {"color_scheme": "dark"}),
        ("post-phone", INTERVIEW, {"viewport": {"width": 360, "height": 740}, "color_scheme": "light"}),
        ("tables-phone", MINIFYING, {"viewport": {"width": 360, "height": 740}, "color_scheme": "dark"}),
        ("code-light", "sourdough-and-state-machines", {"color_scheme": "light"}),
    ],
)
def test_post_has_the_readers_colours_and_fits_the_screen(
    demo: Demo, open_page: OpenPage, name: str, path: str, options: dict[str, Any]
) -> None:
    page = open_page(f"{demo.blog}{path}/#comment-1", **options).page
    shown_comments(page)
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    lightness = sum(int(part) for part in re.findall(r"\d+", paper)[:3]) / 3
    assert (lightness < 60) is (options["color_scheme"] == "dark")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    photograph(page, f"demo-{name}")


FRONT_MATTER = {"title": "A", "date": "2020-07-01", "tags": "[Jobs, Life]", "ghissueid": "41"}


def _front_matter(**fields: str) -> str:
    return "\n".join(["---", *(f"{name}: {value}" for name, value in fields.items()), "---", "", "Hello <b>&</b> hi."])


def test_post_is_parsed_with_its_front_matter() -> None:
    post = parse_post("a", _front_matter(**FRONT_MATTER))
    assert (post.title, post.display_date, post.tags, post.ghissueid) == ("A", "1 July 2020", ("Jobs", "Life"), 41)
    assert post.html == "<p>Hello <b>&amp;</b> hi.</p>\n"


@pytest.mark.parametrize("name", FRONT_MATTER)
def test_post_without_a_front_matter_field_is_refused(name: str) -> None:
    rest = {field: value for field, value in FRONT_MATTER.items() if field != name}
    with pytest.raises(KeyError, match=name):
        parse_post("a", _front_matter(**rest))


@pytest.mark.parametrize(("name", "value"), [("date", "soon"), ("tags", "Jobs"), ("ghissueid", "first")])
def test_post_with_an_unusable_field_is_refused(name: str, value: str) -> None:
    with pytest.raises(ValueError, match=value):
        parse_post("a", _front_matter(**FRONT_MATTER | {name: value}))


def test_unknown_address_gets_the_404_page(demo: Demo) -> None:
    response = httpx.get(f"{demo.blog}nothing/", trust_env=False)
    assert response.status_code == 404
    assert "No such page" in response.text


def test_stop_is_orderly_and_leaves_no_files(tmp_path: Path) -> None:
    demo = start_demo(tmp_path)
    try:
        assert demo.stop(signal.SIGTERM) == 0
        assert list(tmp_path.iterdir()) == []
    finally:
        stop_demo(demo)


def test_demo_ignores_all_settings_of_the_owner(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("AFTERWORD_GITHUB_TOKEN=ghp_of_the_file\nAFTERWORD_SERVE=label:none\n")
    settings = {
        "AFTERWORD_GITHUB_TOKEN": "ghp_of_the_owner",  # the simulator answers 401 to a token that it does not know
        "AFTERWORD_REPO": "someone/else",
        "AFTERWORD_STORE": f"sqlite:///{tmp_path}/real.db",
        "AFTERWORD_ORIGINS": "https://blog.example.com",
        "AFTERWORD_POLL_INTERVAL": "nonsense",
        "AFTERWORD_CATALOGUE_MB": "nonsense",
    }
    demo = start_demo(tmp_path, settings=settings)
    try:
        response = httpx.get(f"{demo.service}/api/v1/counts", trust_env=False)
        assert response.json()["counts"]["41"] == len(demo.comments(41))
        assert response.headers["access-control-allow-origin"] == "*"
        assert [file.name for file in tmp_path.iterdir()] == [".env"]
    finally:
        stop_demo(demo)


@pytest.mark.parametrize("option", ["--port", "--blog-port"])
def test_port_in_use_is_reported_with_its_option(tmp_path: Path, option: str) -> None:
    with socket.socket() as other_socket:
        other_socket.bind(("127.0.0.1", 0))
        other_socket.listen()
        port = other_socket.getsockname()[1]
        ports = {"--port": "0", "--blog-port": "0"} | {option: str(port)}
        result = subprocess.run(
            [sys.executable, "-m", "app", "demo", *(part for pair in ports.items() for part in pair)],
            env=environment(),
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert result.returncode == 2
    assert result.stderr == (
        f"Afterword: Port {port} at 127.0.0.1 cannot be listened at (Address already in use). "
        f"End the program that has it, or choose another with {option}.\n"
    )


def test_demo_prints_urls_and_an_interrupt_stops_it(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "app", "demo", "--port", "0", "--blog-port", "0"],
        env=environment(),
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    with process.stderr as output:
        lines = [output.readline() for _ in range(5)]
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
        assert output.read() == ""
    blog = re.match(r"Open (http://127\.0\.0\.1:\d+/) in a browser", lines[0])
    assert blog
    assert re.search(r"http://127\.0\.0\.1:\d+/ \(what to copy", lines[1])
    assert re.search(r"http://127\.0\.0\.1:\d+/owner \(the token is [0-9a-f]{24}\)", lines[2])
    assert "without internet" in lines[4]
