"""What the owner is shown: posts, counts, findings, the day's history; and what a check asks GitHub."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from app.domain.sites import repository
from app.ports.metrics import DeliveryOutcome
from app.serving.owner.checks import CheckOutcome
from app.simulator.http.faults import Status
from app.simulator.http.server import run_simulator
from app.simulator.world.world import World
from app.web.routes.owner_api.models import OwnerCounts, OwnerStatus
from tests.fakes import FakeClock
from tests.integration.local_service import BLOG, complete_backfill
from tests.integration.owner.owner_client import OwnedService, run_owned_service
from tests.integration.worlds import TOKEN, add_notes
from tests.web.pages.html_parser import parse_errors

HOSTILE = "</title><script>alert(1)</script>{{ 7 * 7 }} \u202e'\"&"


@pytest.fixture
async def owned(world: World, clock: FakeClock) -> AsyncIterator[OwnedService]:
    """A service that has mirrored three posts of three, none and two comments, and the simulator's request log."""
    with run_simulator(world) as simulator:
        async with run_owned_service(simulator, clock, github_token=TOKEN) as owned:
            await complete_backfill(owned.service)
            yield owned


async def _status(owned: OwnedService) -> Any:
    return (await owned.owner.api("status")).json()


async def _posts(owned: OwnedService) -> Any:
    return (await owned.owner.api("counts")).json()["posts"]


def _write(folder: Path, **posts: str) -> str:
    folder.mkdir()
    for name, fields in posts.items():
        (folder / f"{name}.md").write_text(f"---\n{fields}\n---\n", encoding="utf-8")
    return str(folder)


async def test_threads_are_the_posts_without_a_list(owned: OwnedService) -> None:
    posts = await _posts(owned)
    assert [(post["threads"][0]["ghissueid"], post["comment_count"]) for post in posts] == [(3, 2), (2, 0), (1, 3)]
    assert posts[0]["last_comment_at"] > posts[2]["last_comment_at"] or posts[0]["last_comment_at"]
    assert posts[1]["last_comment_at"] is None
    status = await _status(owned)
    assert (status["posts"], status["comments"], status["has_post_list"], status["findings"]) == (3, 5, False, [])
    assert len(status["weeks"]) == 52
    assert sum(week["comments"] for week in status["weeks"]) == 5
    assert len(status["newest"]) == 5


async def test_terms_without_a_thread_are_findings(owned: OwnedService, clock: FakeClock) -> None:
    await owned.service.get("/api/v1/posts?term=posts/absent")
    clock.advance(11)
    (finding,) = (await _status(owned))["findings"]
    assert finding["rule"] == "missing-term"
    assert "posts/absent" in finding["message"]


async def test_responses_are_as_documented(owned: OwnedService) -> None:
    document = (await owned.owner.request("/openapi.json")).json()
    for name, model in (("status", OwnerStatus), ("counts", OwnerCounts)):
        body = (await owned.owner.api(name)).json()
        assert model.model_validate(body).model_dump(mode="json") == body
        operation = document["paths"][f"/api/v1/owner/{name}"]["get"]
        assert operation["security"] == [{"OwnerToken": []}]
        assert {"200", "401", "429", "503"} <= set(operation["responses"])
    assert document["components"]["securitySchemes"]["OwnerToken"]["scheme"] == "bearer"
    assert "The posts with their counts" in (await owned.owner.request("/docs")).text


async def test_large_responses_are_compressed(owned: OwnedService) -> None:
    await owned.owner.sign_in()
    pages = []
    for coding in ("br", "gzip", "identity"):
        page = await owned.owner.request("/owner", accept_encoding=coding)
        status = await owned.owner.api("status", accept_encoding=coding)
        for response in (page, status):
            assert response.headers.get("content-encoding", "identity") == coding
            assert "Accept-Encoding" in response.headers["vary"]
            assert "no-store" in response.headers["cache-control"]
        pages.append((page.text, status.json()))
        assert coding == "identity" or int(page.headers["content-length"]) < len(page.content) / 2
    assert pages[0] == pages[1] == pages[2]


async def test_pages_are_valid_html(owned: OwnedService, world: World) -> None:
    world.open_issue("ada/blog", title=HOSTILE, number=9)
    await owned.application.schedule.poll_once(BLOG)
    pages = {"sign in": (await owned.owner.request("/owner")).text}
    await owned.owner.sign_in()
    pages["owner"] = (await owned.owner.request("/owner?show=all&checked=done")).text
    pages["wrong"] = (await owned.stranger().sign_in("wrong-token-of-a-stranger")).text
    assert parse_errors(pages) == {name: [] for name in pages}


async def test_no_read_of_the_owner_asks_github(owned: OwnedService) -> None:
    owned.service.take_requests()
    await owned.owner.sign_in()
    for path in ("/owner", "/owner?sort=findings&page=9", "/owner?q=x"):
        assert (await owned.owner.request(path)).status_code == 200
    await _status(owned)
    await _posts(owned)
    assert owned.service.take_requests() == []


async def test_posts_of_the_blog_have_threads_and_findings(world: World, clock: FakeClock, tmp_path: Path) -> None:
    posts = _write(
        tmp_path / "posts",
        first="title: The first\nghissueid: 1",
        again="title: Quite another thing\nghissueid: 1",
        none="title: Without a thread\nghissueid: 77",
        draft="title: A draft\ndraft: true\nghissueid: 3",
    )
    with run_simulator(world) as simulator:
        async with run_owned_service(simulator, clock, posts=posts) as owned:
            await complete_backfill(owned.service)
            by_title = {post["title"]: post for post in await _posts(owned)}
            assert by_title["The first"]["comment_count"] == 3
            assert by_title["Without a thread"]["threads"][0]["status"] == "missing"
            assert by_title["Without a thread"]["comment_count"] is None
            assert by_title["A draft"]["unpublished_reason"]
            rules = {finding["rule"] for post in by_title.values() for finding in post["findings"]}
            assert {"duplicate-number", "missing-issue"} <= rules
            assert {finding["rule"] for finding in (await _status(owned))["findings"]} >= rules
            await owned.owner.sign_in()
            page = (await owned.owner.request("/owner?show=findings")).text
            assert "Without a thread" in page
            assert "There is no issue 77" in page


async def test_page_says_why_posts_cannot_be_read(world: World, clock: FakeClock, tmp_path: Path) -> None:
    posts = _write(tmp_path / "posts", first="title: The first\nghissueid: 1")
    with run_simulator(world) as simulator:
        async with run_owned_service(simulator, clock, posts=posts) as owned:
            assert (await _status(owned))["post_list_failure"] is None
            (tmp_path / "posts/first.md").unlink()
            await owned.application.post_lists[0].read()
            clock.advance(11)
            failure = (await _status(owned))["post_list_failure"]
            assert failure == (
                "The posts cannot be read: there is no page in it any more. If all are gone for good, leave one without "
                "a number. The posts stay as they were."
            )
            leases, now = owned.application.store.leases, clock.now()
            assert (await _status(owned))["foreign_worker"] is None
            assert await leases.acquire("poll", worker_id="0.123", at=now, until=now + 5)
            clock.advance(11)
            assert "an earlier version of Afterword" in (await _status(owned))["foreign_worker"]
            await owned.owner.sign_in()
            assert f'<p class="failure">{failure}</p>' in (await owned.owner.request("/owner")).text


async def test_hostile_titles_and_comments_are_text(owned: OwnedService, world: World) -> None:
    world.open_issue("ada/blog", title=HOSTILE, number=9)
    world.comment("ada/blog", 9, body=HOSTILE * 300, author="mallory")
    await owned.application.schedule.poll_once(BLOG)
    await owned.owner.sign_in()
    page = await owned.owner.request(f"/owner?q={'%3Cscript%3E'}&sort=%22%3E&show=x&page=-1&checked=%3Cb%3E")
    assert page.status_code == 200
    for text in (page.text, (await owned.owner.request("/owner")).text):
        assert "<script>alert" not in text
        assert "49" not in text.partition("Newest comments")[2][:2000]
        assert "&lt;script&gt;" in text
    assert (await _posts(owned))[0]["threads"][0]["ghissueid"] == 9


async def test_transferred_thread_is_counted_where_it_is(world: World, clock: FakeClock, tmp_path: Path) -> None:
    add_notes(world)
    posts = _write(tmp_path / "posts", moved="title: Moved\nghissueid: 1", gone="title: Gone\nghissueid: 3")
    with run_simulator(world) as simulator:
        async with run_owned_service(simulator, clock, repo="ada/blog,ada/notes", posts=posts) as owned:
            await complete_backfill(owned.service, BLOG, repository("ada/notes"))
            world.transfer_issue("ada/blog", 1, "ada/notes")
            world.delete_issue("ada/blog", 3)
            for number in (1, 3):
                assert (
                    await owned.owner.api("check", method="POST", data={"ghissueid": str(number)})
                ).status_code == 200
                await owned.application.worker.run_due()
            await complete_backfill(owned.service, BLOG, repository("ada/notes"))
            by_title = {post["title"]: post["threads"][0] for post in await _posts(owned)}
            assert (by_title["Moved"]["status"], by_title["Moved"]["comment_count"]) == ("transferred", 3)
            assert (by_title["Gone"]["status"], by_title["Gone"]["comment_count"]) == ("gone", None)


async def test_history_survives_a_restart(world: World, clock: FakeClock, tmp_path: Path) -> None:
    settings: dict[str, Any] = {"store": f"sqlite:///{tmp_path}/afterword.db", "github_token": TOKEN}
    with run_simulator(world) as simulator:
        async with run_owned_service(simulator, clock, **settings) as owned:
            await owned.application.schedule.poll_once(BLOG)
            owned.application.recorder.delivery("issue_comment", DeliveryOutcome.UNSIGNED)
        world.delete_issue("ada/blog", 1)
        simulator.faults.add(Status(502), times=None)
        async with run_owned_service(simulator, clock, **settings) as owned:
            await owned.application.schedule.poll_once(BLOG)
            status = await _status(owned)
    assert {name: item["count"] for name, item in status["polls"]["outcomes"].items()} == {"ok": 1, "failed": 1}
    assert "GitHub cannot be reached" in status["polls"]["latest"][0]["detail"]
    assert status["deliveries"]["outcomes"]["unsigned"]["count"] == 1
    assert status["sites"][0]["failure"]
    assert sum(hour["requests"] for hour in status["budget"]["hours"]) > 2
    assert (status["budget"]["limit"], len(status["budget"]["hours"])) == (5000, 24)
    assert min(hour["least_remaining"] or 9999 for hour in status["budget"]["hours"]) < 5000


async def test_check_asks_for_a_fresh_thread_again(owned: OwnedService) -> None:
    application = owned.application
    before = (await _posts(owned))[2]["checked_at"]
    owned.service.clock.advance(30)
    owned.service.take_requests()
    response = await owned.owner.api("check", method="POST", data={"ghissueid": "1"})
    assert response.json() == {"outcome": CheckOutcome.WAITING}  # nothing runs jobs in this test
    await application.worker.run_due()
    assert len(owned.service.take_requests()) == 1
    application.owner_news.notify()
    assert (await _posts(owned))[2]["checked_at"] > before


async def test_all_are_checked_by_one_early_poll(owned: OwnedService) -> None:
    polls: list[str] = []
    checks = owned.application.owner_desk
    assert checks is not None
    checks.checks._poll_now = lambda: polls.append("poll")
    outcomes = [(await owned.owner.api("check", method="POST", data={"ghissueid": "all"})).json() for _ in range(2)]
    assert [item["outcome"] for item in outcomes] == [CheckOutcome.POLLING, CheckOutcome.RECENT]
    owned.service.clock.advance(11)
    await owned.owner.api("check", method="POST", data={"ghissueid": "all"})
    assert polls == ["poll", "poll"]


@pytest.mark.parametrize("number", ["0", "-1", "x", "", "99", "9" * 30])
async def test_unknown_threads_are_not_checked(owned: OwnedService, number: str) -> None:
    response = await owned.owner.api("check", method="POST", data={"ghissueid": number})
    assert (response.status_code, response.json()["parameter"]) == (422, "ghissueid")


async def test_counts_leave_out_what_is_held_back(world: World, clock: FakeClock) -> None:
    world.comment("ada/blog", 1, body="Buy casino chips", author="mallory")
    with run_simulator(world) as simulator:
        async with run_owned_service(simulator, clock, hold_words="casino") as owned:
            await complete_backfill(owned.service)
            (post,) = [post for post in await _posts(owned) if post["threads"][0]["ghissueid"] == 1]
            assert (post["comment_count"], post["held_count"]) == (3, 1)
            status = await _status(owned)
            assert sum(week["comments"] for week in status["weeks"]) == status["comments"] == 5
            assert post["last_comment_at"] < status["held_comments"][0]["created_at"]
            assert [(item["author"], item["hold_reason"]) for item in status["held_comments"]] == [
                ("mallory", "It has the word “casino”.")
            ]
            await owned.owner.sign_in()
            page = (await owned.owner.request("/owner")).text
            assert "It has the word “casino”." in page
            assert "+1 held" in page


async def test_news_end_with_the_service(owned: OwnedService) -> None:
    news = owned.application.owner_news
    heard = news.listen(owned.service.clock.now() + 100)
    assert await anext(heard) is False
    await owned.application.updater.update(BLOG, frozenset({1}))
    assert await anext(heard) is True
    owned.application.end_streams()
    assert [item async for item in heard] == []
