"""What a CDN is called with after changes, how often, and what a failure or a restart loses: nothing."""

import logging
from collections.abc import AsyncIterator, Iterator
from itertools import pairwise

import pytest

from app.domain.sites import PostFilter, repository
from tests.jobs.purging.recording_cdn import BLOG, PurgedMirror, RecordingCdn, run_cdn
from tests.outbound.servers import serve_bytes

NOTES = repository("ada/notes")


@pytest.fixture(scope="module")
def running_cdn() -> Iterator[RecordingCdn]:
    with run_cdn() as cdn:
        yield cdn


@pytest.fixture
def cdn(running_cdn: RecordingCdn) -> RecordingCdn:
    running_cdn.take()
    running_cdn.headers.clear()
    running_cdn.statuses.clear()
    running_cdn.wait = None
    return running_cdn


@pytest.fixture
async def mirror(cdn: RecordingCdn) -> AsyncIterator[PurgedMirror]:
    mirror = PurgedMirror(cdn)
    await mirror.purges.run_once()
    assert cdn.take() == [{"tags": ["afterword"]}]
    yield mirror
    await mirror.client.aclose()


async def test_changes_within_a_second_are_one_call(cdn: RecordingCdn, mirror: PurgedMirror) -> None:
    await mirror.change(41)
    await mirror.change(7, 8)
    await mirror.purges.run_once()
    await mirror.purges.run_once()
    assert cdn.take() == [{"tags": ["afterword-7", "afterword-8", "afterword-41", "afterword-site"]}]
    assert cdn.headers[-1]["Surrogate-Key"] == "afterword-7 afterword-8 afterword-41 afterword-site"
    assert max(mirror.clock.slept) < 1


async def test_failed_call_is_repeated_with_growing_pauses(
    cdn: RecordingCdn, mirror: PurgedMirror, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "app")
    cdn.statuses[:] = [500, 401, 302]
    await mirror.change(41)
    times = []
    for _ in range(30):
        await mirror.purges.run_once()
        times += [mirror.clock.now()] * len(cdn.take())
        mirror.clock.advance(0.5)
    assert [later - earlier for earlier, later in pairwise(times)] == [1.5, 2.5, 4.5]
    records = [record.levelname for record in caplog.records if record.name.startswith("app.")]
    assert records == ["WARNING", "INFO"]
    assert "AFTERWORD_PURGE_URL" in caplog.text


async def test_retry_after_is_waited_for(cdn: RecordingCdn, mirror: PurgedMirror) -> None:
    cdn.statuses[:], cdn.wait = [429], "60"
    await mirror.change(41)
    await mirror.purges.run_once()
    mirror.clock.advance(55)
    await mirror.purges.run_once()
    assert len(cdn.take()) == 1
    mirror.clock.advance(5)
    await mirror.purges.run_once()
    assert len(cdn.take()) == 1


async def test_restart_loses_no_purge(cdn: RecordingCdn, mirror: PurgedMirror) -> None:
    cdn.statuses[:] = [503]
    await mirror.change(41)
    await mirror.purges.run_once()
    cdn.take()
    await mirror.change(8)
    mirror.restart()
    await mirror.purges.run_once()
    mirror.restart()
    await mirror.purges.run_once()
    assert cdn.take() == [{"tags": ["afterword-8", "afterword-41", "afterword-site"]}]


async def test_many_changes_are_sent_in_several_calls(cdn: RecordingCdn, mirror: PurgedMirror) -> None:
    await mirror.change(*range(1, 60))
    await mirror.purges.run_once()
    calls = cdn.take()
    assert [len(call["tags"]) for call in calls] == [30, 30]
    assert {tag for call in calls for tag in call["tags"]} == {
        *(f"afterword-{n}" for n in range(1, 60)),
        "afterword-site",
    }


async def test_everything_is_purged_after_hundreds_of_changes(cdn: RecordingCdn, mirror: PurgedMirror) -> None:
    await mirror.change(*range(1, 400))
    await mirror.purges.run_once()
    assert cdn.take() == [{"tags": ["afterword"]}]


async def test_replaced_store_purges_everything(cdn: RecordingCdn, mirror: PurgedMirror) -> None:
    await mirror.change(41)
    await mirror.store.key_values.put("purges", None)
    mirror.purges.restart()
    await mirror.purges.run_once()
    assert cdn.take() == [{"tags": ["afterword"]}]


async def test_posts_that_come_and_go_are_purged(cdn: RecordingCdn, mirror: PurgedMirror) -> None:
    mirror.post_filter = PostFilter(listed_only=True)
    await mirror.purges.run_once()
    assert cdn.take() == []
    for numbers, tags in (
        ({1, 2}, ["afterword"]),
        ({2, 3}, ["afterword-1", "afterword-3", "afterword-site"]),
        ({2, 3}, None),
    ):
        mirror.restart()
        mirror.post_filter = PostFilter(listed_only=True, posts={BLOG: frozenset(numbers)})
        await mirror.purges.run_once()
        assert cdn.take() == ([] if tags is None else [{"tags": tags}])


async def test_second_repository_purges_what_had_other_tags(cdn: RecordingCdn, mirror: PurgedMirror) -> None:
    for sites, tags in (
        ((BLOG, NOTES), ["afterword", "afterword-ada/blog", "afterword-ada/notes"]),
        ((NOTES,), ["afterword-ada/blog", "afterword-ada/notes", "afterword"]),
    ):
        mirror.sites = sites
        mirror.restart()
        await mirror.purges.run_once()
        assert cdn.take() == [{"tags": tags}]
        await mirror.purges.run_once()
        assert cdn.take() == []


async def test_several_repositories_have_tags_of_their_own(cdn: RecordingCdn) -> None:
    mirror = PurgedMirror(cdn, BLOG, NOTES, field="surrogate_keys", header=("Fastly-Key", "hush"))
    await mirror.purges.run_once()
    await mirror.change(41)
    await mirror.change(41, repo=NOTES)
    await mirror.purges.run_once()
    assert cdn.take() == [
        {"surrogate_keys": ["afterword-ada/blog", "afterword-ada/notes"]},
        {
            "surrogate_keys": [
                *("afterword-ada/blog-41", "afterword-ada/blog-site"),
                *("afterword-ada/notes-41", "afterword-ada/notes-site"),
            ]
        },
    ]
    assert {headers["Fastly-Key"] for headers in cdn.headers} == {"hush"}
    await mirror.client.aclose()


async def test_address_that_nothing_listens_at_is_tried_again(
    cdn: RecordingCdn, caplog: pytest.LogCaptureFixture
) -> None:
    away = RecordingCdn("http://127.0.0.1:9/purge")
    mirror = PurgedMirror(away, header=("Authorization", "Bearer hush"))
    await mirror.purges.run_once()
    assert "ConnectError" in caplog.text
    assert "hush" not in caplog.text
    await mirror.client.aclose()


async def test_call_without_an_end_is_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    async with serve_bytes(b"HTTP/1.1 103 Early Hints\r\n\r\n") as server:
        mirror = PurgedMirror(RecordingCdn(server.url), seconds=0.05)
        await mirror.purges.run_once()
        assert "(time-out)" in caplog.text
        await mirror.client.aclose()


async def test_impossible_name_is_a_failed_call(caplog: pytest.LogCaptureFixture) -> None:
    mirror = PurgedMirror(RecordingCdn("http://xn--a/purge"))
    await mirror.purges.run_once()
    assert "xn--a has not purged what changed" in caplog.text
    await mirror.client.aclose()
