"""The image proxy fetches once what readers are shown, and nothing else; failures are not repeated for each reader."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

import pytest

from app.domain.errors import ImageNotFound, ImageRejected, NotReady, StoreUnusable, Unreachable
from app.domain.threads import GHOST_ID
from app.ports.images import Image
from app.render.sanitizer.sanitize import image_name
from app.serving.image_proxy import GHOST, LARGEST_AVATAR, LARGEST_IMAGE
from app.store.disk_cache import DiskCache
from tests.fakes import run_ready_tasks
from tests.render.sample_threads import a_comment
from tests.serving.image_setup import ADA, BOB, CAMO, STRANGER, ImageSetup

DAY = 86_400.0
REJECTED, UNREACHABLE = ImageRejected(CAMO, "it is no image"), Unreachable(CAMO, "time-out")


@pytest.fixture
async def setup() -> AsyncIterator[ImageSetup]:
    setup = ImageSetup()
    yield setup
    await setup.proxy.close()


Request = Callable[[ImageSetup], "asyncio.Future[Image]"]
REQUESTS: Sequence[Request] = (
    lambda setup: asyncio.ensure_future(setup.proxy.avatar(ADA)),
    lambda setup: asyncio.ensure_future(setup.proxy.image(1, image_name(CAMO))),
)
avatar_and_image = pytest.mark.parametrize("request_image", REQUESTS, ids=["avatar", "image"])


# which images


async def test_avatar_is_fetched_in_the_shown_size(setup: ImageSetup) -> None:
    await setup.proxy.avatar(ADA)
    await setup.proxy.avatar(BOB)
    assert setup.source.requests == [
        ("https://avatars.githubusercontent.com/u/7?v=4&s=96", LARGEST_AVATAR),
        ("https://ghe.example/avatars/8?s=96", LARGEST_AVATAR),
    ]


async def test_image_is_fetched_from_its_address_in_the_html(setup: ImageSetup) -> None:
    await setup.proxy.image(1, image_name(CAMO))
    await setup.proxy.image(1, image_name("https://github.com/owner/name/raw/main/x.png"))
    assert setup.source.requests == [
        (CAMO, LARGEST_IMAGE),
        ("https://github.com/owner/name/raw/main/x.png", LARGEST_IMAGE),
    ]


async def test_avatar_of_a_deleted_account_costs_no_request(setup: ImageSetup) -> None:
    assert await setup.proxy.avatar(GHOST_ID) == GHOST
    assert setup.source.requests == []


async def test_avatar_of_a_stranger_is_not_fetched(setup: ImageSetup) -> None:
    for _ in range(2):
        with pytest.raises(ImageNotFound):
            await setup.proxy.avatar(STRANGER)
    assert setup.source.requests == []
    # the user writes a comment: the earlier requests are not held against it
    setup.access.avatars[STRANGER] = "https://avatars.githubusercontent.com/u/9"
    assert await setup.proxy.avatar(STRANGER)


@pytest.mark.parametrize(
    ("comment_id", "name"),
    [
        (1, image_name("https://camo.githubusercontent.com/other")),
        (1, ""),
        (2, image_name(CAMO)),
        (3, image_name(CAMO)),
    ],
)
async def test_image_that_is_in_no_comment_is_not_fetched(setup: ImageSetup, comment_id: int, name: str) -> None:
    with pytest.raises(ImageNotFound):
        await setup.proxy.image(comment_id, name)
    assert setup.source.requests == []


async def test_image_of_a_deleted_comment_is_not_found(setup: ImageSetup) -> None:
    await setup.proxy.image(1, image_name(CAMO))
    del setup.access.comments[1]
    with pytest.raises(ImageNotFound):
        await setup.proxy.image(1, image_name(CAMO))


async def test_image_removed_by_an_edit_is_not_found(setup: ImageSetup) -> None:
    await setup.proxy.image(1, image_name(CAMO))
    setup.access.comments[1] = a_comment(1, body_html="<p></p>")
    with pytest.raises(ImageNotFound):
        await setup.proxy.image(1, image_name(CAMO))


# once


async def test_first_readers_of_a_large_image_each_get_all(tmp_path: Path) -> None:
    setup = ImageSetup()
    setup.source.body = bytes(range(256)) * 1_000
    setup.use_store(DiskCache(tmp_path, most=10_000_000, now=setup.clock.now))
    setup.source.gate.clear()
    requests = [asyncio.ensure_future(setup.proxy.image(1, image_name(CAMO))) for _ in range(8)]
    await setup.source.has_begun.wait()
    setup.source.gate.set()
    for image in await asyncio.gather(*requests):
        assert image.rest is not None
        assert image.body + b"".join([part async for part in image.rest.parts()]) == setup.source.body


@avatar_and_image
async def test_image_is_fetched_once_for_many_readers(setup: ImageSetup, request_image: Request) -> None:
    setup.source.gate.clear()
    requests = [request_image(setup) for _ in range(300)]
    await setup.source.has_begun.wait()
    setup.source.gate.set()
    assert {image.body for image in await asyncio.gather(*requests)} == {b"1"}
    assert len(setup.source.requests) == 1


@avatar_and_image
async def test_cached_image_is_not_fetched(setup: ImageSetup, request_image: Request) -> None:
    first = await request_image(setup)
    setup.source.failure = UNREACHABLE
    assert await request_image(setup) == first
    assert len(setup.source.requests) == 1


@avatar_and_image
async def test_image_cached_a_moment_ago_is_not_fetched_again(setup: ImageSetup, request_image: Request) -> None:
    """The first reader found nothing in the store, and starts its fetch after the second has ended."""
    requests = [request_image(setup), request_image(setup)]
    for _ in range(50):
        await asyncio.sleep(0)
        requests.append(request_image(setup))
    await asyncio.gather(*requests)
    assert len(setup.source.requests) == 1


@avatar_and_image
async def test_cancelled_reader_cancels_no_other(setup: ImageSetup, request_image: Request) -> None:
    setup.source.gate.clear()
    impatient, patient = request_image(setup), request_image(setup)
    await setup.source.has_begun.wait()
    impatient.cancel()
    await run_ready_tasks()
    setup.source.gate.set()
    assert (await patient).body == b"1"


async def test_images_of_comments_are_always_fresh(setup: ImageSetup) -> None:
    await setup.proxy.image(1, image_name(CAMO))
    setup.clock.advance(3650 * DAY)
    await setup.proxy.image(1, image_name(CAMO))
    await run_ready_tasks()
    assert len(setup.source.requests) == 1


async def test_old_avatar_is_served_and_fetched_in_the_background(setup: ImageSetup) -> None:
    await setup.proxy.avatar(ADA)
    setup.clock.advance(7 * DAY + 1)
    assert (await setup.proxy.avatar(ADA)).body == b"1"
    await run_ready_tasks()
    assert (await setup.proxy.avatar(ADA)).body == b"2"
    await run_ready_tasks()
    assert len(setup.source.requests) == 2


@pytest.mark.parametrize("failure", [REJECTED, UNREACHABLE])
async def test_old_avatar_is_served_while_fetches_fail(setup: ImageSetup, failure: Exception) -> None:
    await setup.proxy.avatar(ADA)
    setup.clock.advance(8 * DAY)
    setup.source.failure = failure
    for _ in range(3):
        assert (await setup.proxy.avatar(ADA)).body == b"1"
        await run_ready_tasks()
    assert len(setup.source.requests) == 2


# not too many


async def test_six_images_are_fetched_while_two_hundred_wait(setup: ImageSetup) -> None:
    setup.show_many_avatars()
    setup.source.gate.clear()
    requests = [asyncio.ensure_future(setup.proxy.avatar(n)) for n in range(1, 250)]
    second_request = asyncio.ensure_future(setup.proxy.avatar(1))
    await run_ready_tasks()
    rejections = [request for request in requests if request.done()]
    assert len(rejections) == 249 - 200
    assert all(isinstance(request.exception(), NotReady) for request in rejections)
    assert not second_request.done()
    assert setup.source.at_once == 6
    setup.source.gate.set()
    await asyncio.gather(*(request for request in requests if request not in rejections), second_request)
    assert (setup.source.most_at_once, len(setup.source.requests)) == (6, 200)
    assert await setup.proxy.avatar(249)


async def test_cached_image_is_served_while_many_wait(setup: ImageSetup) -> None:
    setup.show_many_avatars()
    await setup.proxy.avatar(299)
    setup.clock.advance(8 * DAY)
    setup.source.gate.clear()
    requests = [asyncio.ensure_future(setup.proxy.avatar(n)) for n in range(1, 250)]
    await run_ready_tasks()
    assert (await setup.proxy.avatar(299)).body == b"1"
    setup.source.gate.set()
    await asyncio.gather(*requests, return_exceptions=True)


# failures


@avatar_and_image
async def test_rejected_image_is_retried_after_ten_minutes(setup: ImageSetup, request_image: Request) -> None:
    setup.source.failure = REJECTED
    for _ in range(3):
        with pytest.raises(ImageRejected):
            await request_image(setup)
    assert len(setup.source.requests) == 1
    setup.source.failure = None
    setup.clock.advance(599)
    with pytest.raises(ImageRejected):
        await request_image(setup)
    setup.clock.advance(2)
    assert (await request_image(setup)).body == b"2"


@avatar_and_image
async def test_unreachable_image_is_retried_after_a_minute(setup: ImageSetup, request_image: Request) -> None:
    setup.source.failure = UNREACHABLE
    with pytest.raises(NotReady) as first:
        await request_image(setup)
    setup.clock.advance(20)
    with pytest.raises(NotReady) as second:
        await request_image(setup)
    assert (first.value.retry_after, second.value.retry_after) == (60, 40)
    assert len(setup.source.requests) == 1
    setup.source.failure = None
    setup.clock.advance(41)
    assert (await request_image(setup)).body == b"2"


@avatar_and_image
async def test_failure_reaches_all_readers(setup: ImageSetup, request_image: Request) -> None:
    setup.source.gate.clear()
    setup.source.failure = REJECTED
    requests = [request_image(setup) for _ in range(5)]
    await setup.source.has_begun.wait()
    setup.source.gate.set()
    assert [type(failure) for failure in await asyncio.gather(*requests, return_exceptions=True)] == [ImageRejected] * 5
    assert len(setup.source.requests) == 1


async def test_traceback_of_a_repeated_failure_does_not_grow(setup: ImageSetup) -> None:
    setup.source.failure = REJECTED

    async def depth() -> int:
        with pytest.raises(ImageRejected) as rejection:
            await setup.proxy.avatar(ADA)
        return len(rejection.traceback)

    await depth()
    assert len({await depth() for _ in range(20)}) == 1


async def test_internal_error_is_not_remembered(setup: ImageSetup) -> None:
    setup.source.failure = ZeroDivisionError()
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            await setup.proxy.avatar(ADA)
    assert len(setup.source.requests) == 2


async def test_cached_image_is_served_while_the_store_fails(setup: ImageSetup) -> None:
    await setup.proxy.avatar(ADA)
    setup.access.failure = StoreUnusable("x.db", "disk I/O error")
    setup.clock.advance(8 * DAY)
    assert (await setup.proxy.avatar(ADA)).body == b"1"
    with pytest.raises(StoreUnusable):
        await setup.proxy.avatar(BOB)


async def test_failure_is_logged_once(setup: ImageSetup, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    setup.source.failure = REJECTED
    for _ in range(3):
        with pytest.raises(ImageRejected):
            await setup.proxy.avatar(ADA)
    assert [record.getMessage() for record in caplog.records] == [f"The image {CAMO} is not shown: it is no image."]


@avatar_and_image
async def test_closing_cancels_the_fetches(setup: ImageSetup, request_image: Request) -> None:
    setup.source.gate.clear()
    request = request_image(setup)
    await setup.source.has_begun.wait()
    await setup.proxy.close()
    with pytest.raises(asyncio.CancelledError):
        await request


async def test_reader_at_the_end_of_a_fetch_leaks_nothing(setup: ImageSetup) -> None:
    for _ in range(3):
        await asyncio.gather(*(setup.proxy.avatar(ADA) for _ in range(20)), return_exceptions=True)
        setup.store.images.clear()
    await asyncio.sleep(0)
    assert len(setup.proxy._fetching) == 0


async def test_cached_avatar_disappears_with_its_comments(setup: ImageSetup) -> None:
    await setup.proxy.avatar(ADA)
    setup.access.avatars.clear()
    with pytest.raises(ImageNotFound):
        await setup.proxy.avatar(ADA)
