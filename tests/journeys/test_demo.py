"""`python -m app demo`, as somebody sees it who has just cloned the project."""

import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from app.cli.blog.pages import read_post
from tests.journeys.browser import (
    Demo,
    Open,
    chromium,
    demo,
    end,
    environment,
    opened,
    photograph,
    start_demo,
)

__all__ = ["chromium", "demo", "opened"]

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


def shown(page: Page) -> list[tuple[str, str]]:
    """Author and text of each comment on a page, once they are loaded, sorted."""
    page.wait_for_selector("post-comments[state=ready]", state="attached")
    listed: list[list[str]] = page.locator(".pc-comment").evaluate_all(
        "items => items.map(item => ['.pc-author', '.pc-body'].map(part => item.querySelector(part).innerText))"
    )
    return sorted((author, words(text)) for author, text in listed)


def words(text: str) -> str:
    """Text without what differs between a page and GitHub's plain text: white space, and the boxes of task lists."""
    return re.sub(r"[\s☐☑]+", "", text)


def told(comments: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Author and text of each comment as GitHub holds them, sorted; of a hidden one that it is hidden, and why."""

    def text(comment: dict[str, Any]) -> str:
        hidden = comment["minimized"]
        return f"Hidden comment: {hidden['reason']}" if hidden else comment["body_text"]

    return sorted(((c["user"] or {"login": "ghost"})["login"], words(text(c))) for c in comments)


@pytest.mark.parametrize(("number", "slug"), SLUGS)
def test_every_comment_of_a_post_is_shown_with_its_author_and_text(
    demo: Demo, opened: Open, number: int, slug: str
) -> None:
    held = demo.comments(number)
    assert len(held) >= 5
    assert shown(opened(f"{demo.blog}{slug}/#comment-1").page) == told(held)


def test_the_post_of_the_example_has_its_title_its_day_and_its_tag(demo: Demo, opened: Open) -> None:
    page = opened(f"{demo.blog}{INTERVIEW}/").page
    assert page.locator("h1").inner_text() == "The Best Interview is No Interview"
    assert page.locator(".post time").get_attribute("datetime") == "2020-07-01"
    assert page.locator(".post .tag").all_inner_texts() == ["Jobs"]


def test_a_deleted_account_is_shown_as_a_ghost(demo: Demo, opened: Open) -> None:
    assert "ghost" in [author for author, _ in shown(opened(f"{demo.blog}{INTERVIEW}/").page)]


def test_the_text_of_a_hidden_comment_is_not_sent_to_the_page(demo: Demo, opened: Open) -> None:
    page = opened(f"{demo.blog}{INTERVIEW}/").page
    shown(page)
    assert "Stop wasting time" in str(demo.comments(41))
    assert "Stop wasting time" not in page.content()


def test_the_list_shows_the_number_of_comments_of_each_post_by_one_request(demo: Demo, opened: Open) -> None:
    watched = opened(demo.blog)
    counts = watched.page.locator(".count")
    expect(counts.first).to_have_text("0 comments")
    assert counts.all_inner_texts() == [
        "0 comments",
        *(f"{len(demo.comments(number))} comments" for number in (41, 28, 19, 12, 7)),
    ]
    asked = watched.asked(f"{demo.service}/api/v1/counts")
    assert asked == [f"{demo.service}/api/v1/counts?ids=7%2C12%2C19%2C28%2C41%2C42"]
    watched.page.wait_for_selector("recent-comments[state=ready]")
    photograph(watched.page, "demo-list")


def test_what_was_said_lately_leads_to_its_comment_on_the_blog(demo: Demo, opened: Open) -> None:
    page = opened(demo.blog).page
    page.locator("recent-comments a").first.click()
    page.wait_for_selector(".pc-target")
    assert re.search(r"/by-issue/\d+/#comment-\d+$", page.url)


def test_a_post_without_comments_says_so_and_where_to_write(demo: Demo, opened: Open) -> None:
    page = opened(f"{demo.blog}{SILENCE}/").page
    expect(page.locator(".pc-title")).to_have_text("No comments yet.")
    link = page.get_by_role("link", name="Leave a comment on GitHub")
    assert link.get_attribute("href") == "https://github.com/ada/blog/issues/42#issuecomment-new"


def test_the_list_keeps_its_links_while_the_counts_cannot_be_reached(demo: Demo, opened: Open) -> None:
    page = opened("about:blank").page
    page.route(f"{demo.service}/**", lambda route: route.abort())
    with page.expect_event("requestfailed"):
        page.goto(demo.blog)
    assert set(page.locator(".count").all_inner_texts()) == {"Comments"}


@pytest.mark.parametrize("path", ["", *(f"{slug}/" for _, slug in SLUGS), f"{SCRIPTS}/", f"{SILENCE}/"])
def test_no_page_complains_or_leaves_the_machine(demo: Demo, opened: Open, path: str) -> None:
    watched = opened(demo.blog + path)
    watched.page.wait_for_load_state("networkidle")
    assert watched.hosts == {"127.0.0.1"}
    assert watched.asked(demo.service)
    assert not watched.complaints


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
def test_a_post_follows_the_readers_colours_and_fits_the_screen(
    demo: Demo, opened: Open, name: str, path: str, options: dict[str, Any]
) -> None:
    page = opened(f"{demo.blog}{path}/#comment-1", **options).page
    shown(page)
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    lightness = sum(int(part) for part in re.findall(r"\d+", paper)[:3]) / 3
    assert (lightness < 60) is (options["color_scheme"] == "dark")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    photograph(page, f"demo-{name}")


FRONT_MATTER = {"title": "A", "date": "2020-07-01", "tags": "[Jobs, Life]", "ghissueid": "41"}


def front_matter(**fields: str) -> str:
    return "\n".join(["---", *(f"{name}: {value}" for name, value in fields.items()), "---", "", "Hello <b>&</b> hi."])


def test_a_post_is_read_with_its_front_matter() -> None:
    post = read_post("a", front_matter(**FRONT_MATTER))
    assert (post.title, post.written, post.tags, post.ghissueid) == ("A", "1 July 2020", ("Jobs", "Life"), 41)
    assert post.html == "<p>Hello <b>&amp;</b> hi.</p>\n"


@pytest.mark.parametrize("name", FRONT_MATTER)
def test_a_post_without_a_field_of_its_front_matter_is_refused(name: str) -> None:
    rest = {field: value for field, value in FRONT_MATTER.items() if field != name}
    with pytest.raises(KeyError, match=name):
        read_post("a", front_matter(**rest))


@pytest.mark.parametrize(("name", "value"), [("date", "soon"), ("tags", "Jobs"), ("ghissueid", "first")])
def test_a_post_with_an_unfit_field_is_refused(name: str, value: str) -> None:
    with pytest.raises(ValueError, match=value):
        read_post("a", front_matter(**FRONT_MATTER | {name: value}))


def test_an_address_that_is_no_post_is_a_page_too(demo: Demo) -> None:
    answer = httpx.get(f"{demo.blog}nothing/", trust_env=False)
    assert answer.status_code == 404
    assert "No such page" in answer.text


def test_a_signal_to_end_ends_it_in_order_and_nothing_is_left_behind(tmp_path: Path) -> None:
    running = start_demo(tmp_path)
    try:
        assert running.stop(signal.SIGTERM) == 0
        assert list(tmp_path.iterdir()) == []
    finally:
        end(running)


def test_neither_a_token_nor_any_other_setting_of_the_owner_reaches_it(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("AFTERWORD_GITHUB_TOKEN=ghp_of_the_file\nAFTERWORD_SERVE=label:none\n")
    settings = {
        "AFTERWORD_GITHUB_TOKEN": "ghp_of_the_owner",  # the simulator answers 401 to a token that it does not know
        "AFTERWORD_REPO": "someone/else",
        "AFTERWORD_STORE": f"sqlite:///{tmp_path}/real.db",
        "AFTERWORD_ORIGINS": "https://blog.example.com",
        "AFTERWORD_PULSE": "nonsense",
    }
    running = start_demo(tmp_path, settings=settings)
    try:
        answer = httpx.get(f"{running.service}/api/v1/counts", trust_env=False)
        assert answer.json()["counts"]["41"] == len(running.comments(41))
        assert answer.headers["access-control-allow-origin"] == "*"
        assert [file.name for file in tmp_path.iterdir()] == [".env"]
    finally:
        end(running)


@pytest.mark.parametrize("option", ["--port", "--blog-port"])
def test_a_port_in_use_is_told_in_one_sentence_with_the_option_that_helps(tmp_path: Path, option: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ports = {"--port": "0", "--blog-port": "0"} | {option: str(port)}
        ended = subprocess.run(
            [sys.executable, "-m", "app", "demo", *(part for pair in ports.items() for part in pair)],
            env=environment(),
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert ended.returncode == 2
    assert ended.stderr == (
        f"Application: Port {port} at 127.0.0.1 cannot be listened at (Address already in use). "
        f"End the program that has it, or choose another with {option}.\n"
    )


def test_without_json_it_says_what_to_open_and_an_interrupt_ends_it_silently(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "app", "demo", "--port", "0", "--blog-port", "0"],
        env=environment(),
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    with process.stderr as said:
        lines = [said.readline() for _ in range(4)]
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
        assert said.read() == ""
    blog = re.match(r"Open (http://127\.0\.0\.1:\d+/) in a browser", lines[0])
    assert blog
    assert re.search(r"http://127\.0\.0\.1:\d+/api/v1/posts/41/comments", lines[1])
    assert "without internet" in lines[3]
