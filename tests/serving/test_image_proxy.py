"""Pictures are fetched once, only those that readers are shown, and what fails is not tried by every reader."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence

import pytest

from app.domain.errors import ImageNotFound, ImageRejected, NotReady, StoreUnusable, Unreachable
from app.domain.threads import GHOST_ID
from app.ports.images import Image
from app.render.images import image_name
from app.serving.image_proxy import GHOST, LARGEST_AVATAR, LARGEST_IMAGE
from tests.render.sample_threads import a_comment
from tests.serving.gallery import ADA, BOB, CAMO, NOBODY, Stage

DAY = 86_400.0
BROKEN, AWAY = ImageRejected(CAMO, "it is no picture"), Unreachable(CAMO, "time-out")


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    made = Stage()
    yield made
    await made.pictures.close()


Request = Callable[[Stage], "asyncio.Future[Image]"]
ASKS: Sequence[Request] = (
    lambda stage: asyncio.ensure_future(stage.pictures.avatar(ADA)),
    lambda stage: asyncio.ensure_future(stage.pictures.image(1, image_name(CAMO))),
)
either = pytest.mark.parametrize("ask", ASKS, ids=["avatar", "image"])


# --- which


async def test_an_avatar_is_fetched_in_the_size_that_pages_show(stage: Stage) -> None:
    await stage.pictures.avatar(ADA)
    await stage.pictures.avatar(BOB)
    assert stage.source.asked == [
        ("https://avatars.githubusercontent.com/u/7?v=4&s=96", LARGEST_AVATAR),
        ("https://ghe.example/avatars/8?s=96", LARGEST_AVATAR),
    ]


async def test_a_picture_of_a_comment_is_fetched_from_where_its_html_says(stage: Stage) -> None:
    await stage.pictures.image(1, image_name(CAMO))
    await stage.pictures.image(1, image_name("https://github.com/owner/name/raw/main/x.png"))
    assert stage.source.asked == [
        (CAMO, LARGEST_IMAGE),
        ("https://github.com/owner/name/raw/main/x.png", LARGEST_IMAGE),
    ]


async def test_a_deleted_account_has_a_picture_that_nobody_is_asked_for(stage: Stage) -> None:
    assert await stage.pictures.avatar(GHOST_ID) == GHOST
    assert stage.source.asked == []


async def test_nobody_can_have_the_avatar_of_somebody_who_has_not_written_fetched(stage: Stage) -> None:
    for _ in range(2):
        with pytest.raises(ImageNotFound):
            await stage.pictures.avatar(NOBODY)
    assert stage.source.asked == []
    stage.avatars[NOBODY] = "https://avatars.githubusercontent.com/u/9"  # now they write: that is not held against them
    assert await stage.pictures.avatar(NOBODY)


@pytest.mark.parametrize(
    ("comment_id", "name"),
    [
        (1, image_name("https://camo.githubusercontent.com/other")),
        (1, ""),
        (2, image_name(CAMO)),
        (3, image_name(CAMO)),
    ],
)
async def test_nobody_can_have_a_picture_fetched_that_stands_in_no_comment(
    stage: Stage, comment_id: int, name: str
) -> None:
    with pytest.raises(ImageNotFound):
        await stage.pictures.image(comment_id, name)
    assert stage.source.asked == []


async def test_a_picture_goes_with_its_comment(stage: Stage) -> None:
    await stage.pictures.image(1, image_name(CAMO))
    del stage.comments[1]
    with pytest.raises(ImageNotFound):
        await stage.pictures.image(1, image_name(CAMO))


async def test_a_picture_goes_where_an_edit_has_taken_it_out(stage: Stage) -> None:
    await stage.pictures.image(1, image_name(CAMO))
    stage.comments[1] = a_comment(1, body_html="<p></p>")
    with pytest.raises(ImageNotFound):
        await stage.pictures.image(1, image_name(CAMO))


# --- once


@either
async def test_a_picture_is_fetched_once_however_many_ask_at_once(stage: Stage, ask: Request) -> None:
    stage.source.open.clear()
    asking = [ask(stage) for _ in range(300)]
    await stage.source.begun.wait()
    stage.source.open.set()
    assert {picture.body for picture in await asyncio.gather(*asking)} == {b"1"}
    assert len(stage.source.asked) == 1


@either
async def test_a_picture_that_is_kept_is_not_fetched(stage: Stage, ask: Request) -> None:
    first = await ask(stage)
    stage.source.failure = AWAY
    assert await ask(stage) == first
    assert len(stage.source.asked) == 1


@either
async def test_a_picture_that_was_kept_a_moment_ago_is_not_fetched_again(stage: Stage, ask: Request) -> None:
    """The first has looked on the shelf before, and begins after the second has ended."""
    asking = [ask(stage), ask(stage)]
    for _ in range(50):
        await asyncio.sleep(0)
        asking.append(ask(stage))
    await asyncio.gather(*asking)
    assert len(stage.source.asked) == 1


@either
async def test_who_gives_up_does_not_end_it_for_the_others(stage: Stage, ask: Request) -> None:
    stage.source.open.clear()
    impatient, patient = ask(stage), ask(stage)
    await stage.source.begun.wait()
    impatient.cancel()
    await stage.settled()
    stage.source.open.set()
    assert (await patient).body == b"1"


async def test_the_pictures_of_a_comment_never_become_old(stage: Stage) -> None:
    await stage.pictures.image(1, image_name(CAMO))
    stage.clock.advance(3650 * DAY)
    await stage.pictures.image(1, image_name(CAMO))
    await stage.settled()
    assert len(stage.source.asked) == 1


async def test_an_avatar_that_has_become_old_is_served_and_fetched_behind_the_readers_back(stage: Stage) -> None:
    await stage.pictures.avatar(ADA)
    stage.clock.advance(7 * DAY + 1)
    assert (await stage.pictures.avatar(ADA)).body == b"1"
    await stage.settled()
    assert (await stage.pictures.avatar(ADA)).body == b"2"
    await stage.settled()
    assert len(stage.source.asked) == 2


@pytest.mark.parametrize("failure", [BROKEN, AWAY])
async def test_an_old_avatar_stays_where_no_new_one_is_to_be_had(stage: Stage, failure: Exception) -> None:
    await stage.pictures.avatar(ADA)
    stage.clock.advance(8 * DAY)
    stage.source.failure = failure
    for _ in range(3):
        assert (await stage.pictures.avatar(ADA)).body == b"1"
        await stage.settled()
    assert len(stage.source.asked) == 2


# --- not too many


async def test_six_are_fetched_at_once_and_two_hundred_may_wait(stage: Stage) -> None:
    stage.avatars = {n: f"https://avatars.githubusercontent.com/u/{n}" for n in range(1, 300)}
    stage.source.open.clear()
    asking = [asyncio.ensure_future(stage.pictures.avatar(n)) for n in range(1, 250)]
    joined = asyncio.ensure_future(stage.pictures.avatar(1))
    await stage.settled()
    turned_away = [one for one in asking if one.done()]
    assert len(turned_away) == 249 - 200
    assert all(isinstance(one.exception(), NotReady) for one in turned_away)
    assert not joined.done()
    assert stage.source.at_once == 6
    stage.source.open.set()
    await asyncio.gather(*(one for one in asking if one not in turned_away), joined)
    assert (stage.source.most_at_once, len(stage.source.asked)) == (6, 200)
    assert await stage.pictures.avatar(249)


async def test_a_picture_that_is_kept_is_served_however_many_wait_for_others(stage: Stage) -> None:
    stage.avatars = {n: f"https://avatars.githubusercontent.com/u/{n}" for n in range(1, 300)}
    await stage.pictures.avatar(299)
    stage.clock.advance(8 * DAY)
    stage.source.open.clear()
    asking = [asyncio.ensure_future(stage.pictures.avatar(n)) for n in range(1, 250)]
    await stage.settled()
    assert (await stage.pictures.avatar(299)).body == b"1"
    stage.source.open.set()
    await asyncio.gather(*asking, return_exceptions=True)


# --- what fails


@either
async def test_what_was_refused_is_not_tried_again_for_ten_minutes(stage: Stage, ask: Request) -> None:
    stage.source.failure = BROKEN
    for _ in range(3):
        with pytest.raises(ImageRejected):
            await ask(stage)
    assert len(stage.source.asked) == 1
    stage.source.failure = None
    stage.clock.advance(599)
    with pytest.raises(ImageRejected):
        await ask(stage)
    stage.clock.advance(2)
    assert (await ask(stage)).body == b"2"


@either
async def test_what_was_out_of_reach_is_tried_again_after_a_minute(stage: Stage, ask: Request) -> None:
    stage.source.failure = AWAY
    with pytest.raises(NotReady) as first:
        await ask(stage)
    stage.clock.advance(20)
    with pytest.raises(NotReady) as then:
        await ask(stage)
    assert (first.value.retry_after, then.value.retry_after) == (60, 40)
    assert len(stage.source.asked) == 1
    stage.source.failure = None
    stage.clock.advance(41)
    assert (await ask(stage)).body == b"2"


@either
async def test_a_failure_is_told_to_all_who_wait(stage: Stage, ask: Request) -> None:
    stage.source.open.clear()
    stage.source.failure = BROKEN
    asking = [ask(stage) for _ in range(5)]
    await stage.source.begun.wait()
    stage.source.open.set()
    assert [type(one) for one in await asyncio.gather(*asking, return_exceptions=True)] == [ImageRejected] * 5
    assert len(stage.source.asked) == 1


async def test_a_failure_that_is_told_often_does_not_grow(stage: Stage) -> None:
    stage.source.failure = BROKEN

    async def depth() -> int:
        with pytest.raises(ImageRejected) as refused:
            await stage.pictures.avatar(ADA)
        return len(refused.traceback)

    await depth()
    assert len({await depth() for _ in range(20)}) == 1


async def test_a_failure_of_ours_is_not_remembered(stage: Stage) -> None:
    stage.source.failure = ZeroDivisionError()
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            await stage.pictures.avatar(ADA)
    assert len(stage.source.asked) == 2


async def test_the_store_may_fail_without_an_end_to_pictures(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    await stage.pictures.avatar(ADA)

    async def broken(user_id: int) -> str | None:
        raise StoreUnusable("x.db", "disk I/O error")

    monkeypatch.setattr(stage.pictures, "_avatar_of", broken)
    stage.clock.advance(8 * DAY)
    assert (await stage.pictures.avatar(ADA)).body == b"1"
    with pytest.raises(StoreUnusable):
        await stage.pictures.avatar(BOB)


async def test_what_failed_is_said_once_and_without_a_signature(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    stage.source.failure = BROKEN
    for _ in range(3):
        with pytest.raises(ImageRejected):
            await stage.pictures.avatar(ADA)
    assert [record.getMessage() for record in caplog.records] == [f"The picture {CAMO} is not shown: it is no picture."]


@either
async def test_closing_ends_what_is_under_way(stage: Stage, ask: Request) -> None:
    stage.source.open.clear()
    waiting = ask(stage)
    await stage.source.begun.wait()
    await stage.pictures.close()
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_who_comes_in_the_moment_in_which_a_fetch_ends_takes_no_place_for_ever(stage: Stage) -> None:
    for _ in range(3):
        await asyncio.gather(*(stage.pictures.avatar(ADA) for _ in range(20)), return_exceptions=True)
        stage.shelf.kept.clear()
    await asyncio.sleep(0)
    assert len(stage.pictures._fetching) == 0


async def test_an_avatar_that_is_kept_goes_with_what_its_owner_wrote(stage: Stage) -> None:
    await stage.pictures.avatar(ADA)
    stage.avatars.clear()
    with pytest.raises(ImageNotFound):
        await stage.pictures.avatar(ADA)
