"""A comment that a rule holds back leaves no trace in anything that readers get, and the owner's list has it."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.domain.moderation.rules import HoldKind
from app.simulator.http.server import run_simulator
from tests.fakes import FakeClock
from tests.integration.local_service import BLOG, complete_backfill, run_service, run_service_with_webhook
from tests.integration.moderation.moderated_blog import (
    image_statuses,
    moderated_blog,
    read_everything,
    traces,
)
from tests.integration.webhooks import WebhookQueue

RULES = [
    ({"hold_words": "CASINO"}, HoldKind.WORD),
    ({"hold_links": "2"}, HoldKind.LINKS),
    ({"deny_authors": "Mallory"}, HoldKind.AUTHOR),
    ({"show": "associations", "show_associations": "MEMBER"}, HoldKind.ASSOCIATION),
    ({"show": "approved", "show_associations": "MEMBER", "approval": "+1"}, HoldKind.APPROVAL),
]


@pytest.mark.parametrize(("settings", "kind"), RULES)
async def test_held_comment_leaves_no_trace(clock: FakeClock, settings: dict[str, Any], kind: HoldKind) -> None:
    blog = moderated_blog(clock)
    blog.world.set_association("ada/blog", "bob", "MEMBER")
    with run_simulator(blog.world) as simulator:
        async with run_service(simulator, clock, **settings) as service:
            await complete_backfill(service)
            texts = await read_everything(service, blog)
            assert traces(blog, texts) == []
            assert await service.comment_ids(1) == [blog.good.id, blog.reply.id]
            comments = (await service.get("/api/v1/posts/1/comments")).json()
            assert (comments["post"]["comment_count"], comments["comments"][1]["reply_to"]) == (2, None)
            assert (await service.get("/api/v1/counts")).json() == {"counts": {"1": 2, "2": 1}}
            issue = (await service.get("/repos/ada/blog/issues/1")).json()
            assert (issue["comments"], issue["pinned_comment"]) == (2, None)
            assert (await service.get(f"/repos/ada/blog/issues/comments/{blog.spam.id}")).status_code == 404
            assert await image_statuses(service, blog) == [404, 404]
            (held_comment,) = await service.application.held_comments.newest(BLOG)
            assert (held_comment.comment.id, held_comment.reason.kind) == (blog.spam.id, kind)
            assert held_comment.url.endswith(f"/ada/blog/issues/1#issuecomment-{blog.spam.id}")
            assert await service.application.held_comments.counts(BLOG) == {1: 1}


async def test_documents_are_those_of_a_blog_without_it(clock: FakeClock) -> None:
    """Each document is that of a blog where the comment was deleted, but for the version of the post."""
    moderated, clean = moderated_blog(clock), moderated_blog(clock)
    clean.world.delete_comment(clean.spam)
    texts = list[dict[str, str]]()
    for blog, settings in ((moderated, {"deny_authors": "mallory"}), (clean, {})):
        with run_simulator(blog.world) as simulator:
            async with run_service(simulator, clock, **settings) as service:
                await complete_backfill(service)
                some = await read_everything(service, blog)
                texts.append(
                    {path: re.sub(r'"version":[0-9]+|127.0.0.1:[0-9]+', "", text) for path, text in some.items()}
                )
    differing = [path for path in texts[0] if texts[0][path] != texts[1][path]]
    assert differing == []


async def test_everything_is_shown_without_rules(clock: FakeClock) -> None:
    blog = moderated_blog(clock)
    with run_simulator(blog.world) as simulator:
        async with run_service(simulator, clock) as service:
            await complete_backfill(service)
            assert len(traces(blog, await read_everything(service, blog))) > 12
            assert await service.application.held_comments.newest(BLOG) == ()
            assert await service.application.held_comments.counts(BLOG) == {}


async def test_changed_rules_change_what_the_same_store_serves(clock: FakeClock, tmp_path: Path) -> None:
    blog = moderated_blog(clock)
    store = f"sqlite:///{tmp_path}/afterword.db"
    path, everyone = "/api/v1/posts/1/comments", [blog.good.id, blog.spam.id, blog.reply.id]
    steps: list[tuple[dict[str, Any], list[int]]] = [
        ({}, everyone),
        ({"hold_words": "casino"}, [blog.good.id, blog.reply.id]),
        ({"deny_authors": "bob"}, [blog.spam.id]),
        ({"deny_authors": "bob", "hold_words": "casino"}, []),
        ({}, everyone),
    ]
    versions, tags, counts = list[int](), list[str](), list[int]()
    with run_simulator(blog.world) as simulator:
        for settings, ids in steps:
            async with run_service(simulator, clock, store=store, **settings) as service:
                if not versions:
                    await complete_backfill(service)
                assert await service.comment_ids(1) == ids
                response = await service.get(path)
                versions.append(response.json()["post"]["version"])
                tags.append(response.headers["etag"])
                counts.append((await service.get("/api/v1/counts")).json()["counts"]["1"])
                assert service.take_requests() == []
    assert counts == [3, 2, 1, 0, 3]
    assert versions == sorted(set(versions))
    assert (len(set(tags)), tags[0]) == (4, tags[-1])


async def test_same_rules_keep_the_versions(clock: FakeClock, tmp_path: Path) -> None:
    blog = moderated_blog(clock)
    settings: dict[str, Any] = {"store": f"sqlite:///{tmp_path}/afterword.db", "hold_words": "casino"}
    versions = list[int]()
    with run_simulator(blog.world) as simulator:
        for _ in range(2):
            async with run_service(simulator, clock, **settings) as service:
                if not versions:
                    await complete_backfill(service)
                versions.append((await service.get("/api/v1/posts/1")).json()["version"])
    assert versions[0] == versions[1]


async def test_edits_and_new_comments_are_judged_anew(clock: FakeClock) -> None:
    blog = moderated_blog(clock)
    with run_simulator(blog.world) as simulator:
        async with run_service_with_webhook(simulator, clock, hold_words="casino, chips") as service:
            await complete_backfill(service)
            webhook = WebhookQueue(blog.world)
            shown, seen = [blog.good.id, blog.reply.id], list[list[int]]()
            changes: list[Callable[[], object]] = [
                lambda: blog.world.comment("ada/blog", 1, body="CHIPS!", author="eve"),
                lambda: blog.world.edit_comment(blog.good, body="Casino after all"),
                lambda: blog.world.edit_comment(blog.spam, body="Sorry for that."),
                lambda: blog.world.delete_comment(blog.reply),
            ]
            for change in changes:
                assert (await service.get("/api/v1/counts")).json()["counts"]["1"] == len(shown)
                change()
                await webhook.deliver(service)
                shown = await service.comment_ids(1)
                seen.append(shown)
            assert seen == [
                [blog.good.id, blog.reply.id],
                [blog.reply.id],
                [blog.spam.id, blog.reply.id],
                [blog.spam.id],
            ]
            assert (await service.get("/api/v1/counts")).json()["counts"]["1"] == 1
            held_comments = await service.application.held_comments.newest(BLOG)
            assert [item.comment.author.login for item in held_comments] == ["eve", "bob"]
            assert [str(item.reason) for item in held_comments] == [
                "It has the word “chips”.",
                "It has the word “casino”.",
            ]
