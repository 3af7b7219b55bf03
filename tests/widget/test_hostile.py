"""Hostile comments in a real browser, in the element, the fragment and the feed.

They run nothing, send no request to other hosts, cover nothing and take no global name. The pages have no security
policy, so that only the sanitized HTML protects them.
"""

import time
from collections.abc import Iterator
from typing import Any

import feedparser
import httpx
import pytest

from app.simulator.http.server import run_simulator
from app.simulator.world.sample import SAMPLE_REPO
from app.simulator.world.world import World
from tests.journeys.browser import OpenPage, chromium, open_page
from tests.widget.hostile.corpus import corpus
from tests.widget.hostile.trap import CLEAN_REPORT, REPORT, load_all, open_trap, read_report
from tests.widget.stage import SECRET, TOKEN, Stage, run_service, static_blog

pytestmark = pytest.mark.untraced  # other tests cover the same code; tracing these would take long

__all__ = ["chromium", "open_page"]

HOSTILE, TITLE = 66, '</title><script>alert("title")</script><img src=x onerror=alert(1)>'


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Start one whose only post is the corpus."""
    world = World(time.time)  # noqa: TID251 - the simulator and the browser share a clock
    world.add_repository(SAMPLE_REPO)
    world.add_token(TOKEN, "ada")
    world.open_issue(SAMPLE_REPO, title=TITLE, number=HOSTILE)
    for vector in corpus():
        world.comment(SAMPLE_REPO, HOSTILE, body=vector, body_html=vector, author="mallory")
    with run_simulator(world) as simulator, static_blog() as blog:
        simulator.images.base_url = simulator.url
        with run_service(tmp_path_factory.mktemp("hostile"), simulator, WEBHOOK_SECRET=SECRET) as service:
            yield Stage(simulator, service, blog)


def test_corpus_is_large() -> None:
    assert len(set(corpus())) >= 300


def test_trap_detects_hostile_markup(stage: Stage, open_page: OpenPage) -> None:
    recorded = open_trap(open_page)
    stage.blog.pages["/bad.html"] = (
        {"content-type": "text/html"},
        b"<div class=pc><div class=pc-body><img src=x onerror=alert(1)><form id=x><p style=position:fixed>y</form></div></div>",
    )
    recorded.page.goto(f"{stage.blog.url}/bad.html")
    recorded.page.wait_for_load_state("networkidle")
    report: dict[str, Any] = recorded.page.evaluate(REPORT)
    assert report["trapped"] == ["alert(1)"]
    assert (report["covering"], report["handlers"], len(report["running"]), len(report["taken"])) == (1, 1, 1, 2)


def test_element_runs_no_hostile_markup(stage: Stage, open_page: OpenPage) -> None:
    recorded = open_trap(open_page)
    page = recorded.page
    page.goto(stage.publish(stage.element(HOSTILE, limit="100") + '<recent-comments limit="100"></recent-comments>'))
    load_all(page)
    assert page.locator(".pc-comment").count() == len(corpus())
    page.wait_for_selector("recent-comments[state=ready]")
    assert read_report(stage, recorded) == CLEAN_REPORT


def test_fragment_runs_no_hostile_markup(stage: Stage, open_page: OpenPage) -> None:
    response = httpx.get(f"{stage.service.url}/posts/{HOSTILE}.html?limit=100", trust_env=False)
    recorded = open_trap(open_page)
    recorded.page.goto(stage.publish(response.text))
    load_all(recorded.page)
    assert recorded.page.locator(".pc-comment").count() == len(corpus())
    assert read_report(stage, recorded) == CLEAN_REPORT


def test_full_pages_run_no_hostile_markup(stage: Stage, open_page: OpenPage) -> None:
    recorded = open_trap(open_page)
    recorded.page.goto(f"{stage.service.url}/posts/{HOSTILE}.html?limit=100&view=page")
    count = 0
    while True:
        count += recorded.page.locator(".pc-comment").count()
        assert read_report(stage, recorded) == CLEAN_REPORT
        next_link = recorded.page.locator(".pc-more a[rel=next]")
        if not next_link.count():
            break
        with recorded.page.expect_navigation():
            next_link.click()
    assert count == len(corpus())


@pytest.mark.parametrize("path", [f"/posts/{HOSTILE}.atom", "/comments.atom"])
def test_feed_entries_run_no_hostile_markup(stage: Stage, open_page: OpenPage, path: str) -> None:
    feed = feedparser.parse(httpx.get(stage.service.url + path, trust_env=False).content, sanitize_html=False)
    assert not feed.bozo
    assert len(feed.entries) == 50
    entries = "".join(f'<div class="pc-body">{entry.content[0].value}</div>' for entry in feed.entries)
    recorded = open_trap(open_page)
    recorded.page.goto(stage.publish(f'<section class="pc">{entries}</section>'))
    assert read_report(stage, recorded) == CLEAN_REPORT
