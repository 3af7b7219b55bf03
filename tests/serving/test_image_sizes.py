"""Sizes of images are read from their headers, and stored with their comments; no header is too hostile."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import StoreUnusable
from app.domain.threads import ImageSize
from app.ports.images import Image
from app.render.sanitizer.sanitize import image_name
from app.serving.image_sizes.headers import image_size
from app.serving.image_sizes.learning import ImageSizes
from app.store.disk_cache import DiskCache
from tests.contracts.mirrors import REPO, issue, put
from tests.fakes import ManualClock, run_ready_tasks
from tests.render.sample_threads import a_comment
from tests.serving.image_samples import (
    AVIF,
    GIF,
    JPEG,
    PHOTOGRAPH,
    PNG,
    SAMPLES,
    WEBP,
    WIDE,
    exif,
    jpeg_with,
    png_with,
    svg,
)
from tests.serving.image_setup import CAMO, ImageSetup

NAME = image_name(CAMO)
TYPES = sorted({content_type for content_type, _, _ in SAMPLES.values()})


@pytest.mark.parametrize("sample", SAMPLES)
def test_size_is_read_from_the_header(sample: str) -> None:
    content_type, body, size = SAMPLES[sample]
    assert image_size(content_type, body) == size


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("image/png", PNG[:16] + bytes(4) + PNG[20:]),
        ("image/png", PNG[:16] + b"\xff" * 4 + PNG[20:]),
        ("image/png", png_with(b"iCCP", bytes(5_000))[:4_000]),
        ("image/png", PNG[:33] + b"\0\0\0\0zzzz\0\0\0\0" * 90_000),
        ("image/gif", b"GIF89a" + bytes(4) + GIF[10:]),
        ("image/jpeg", JPEG[:-120]),
        ("image/jpeg", PHOTOGRAPH[:65_000]),
        ("image/jpeg", JPEG.replace(b"\0\x28\0\x3c", bytes(4))),
        ("image/jpeg", b"\xff\xd8" + b"\xff" * 1_000_000),
        ("image/jpeg", b"\xff\xd8" + b"\xff\xe0\0\0" * 250_000),
        ("image/webp", WEBP[:20]),
        ("image/webp", b"RIFF    WEBPVP8 " + bytes(30)),
        ("image/avif", AVIF[:200]),
        ("image/avif", AVIF.replace(b"pitm\0\0\0\0\0\1", b"pitm\0\0\0\0\0\2")),
        ("image/avif", AVIF.replace(b"pixi", b"clap")),
        ("image/avif", AVIF[:32] + b"\0\0\0\x08free" * 100_000),
        ("image/svg+xml", svg('viewBox="0 0 60 40"')),
        ("image/svg+xml", svg('width="100%" height="100%" viewBox="0 0 60 40"')),
        ("image/svg+xml", svg('width="0" height="40"')),
        ("image/svg+xml", svg('width="-60" height="40"')),
        ("image/svg+xml", svg('width="60" height="4vh"')),
        ("image/svg+xml", svg('width="1e9" height="40"')),
        ("image/svg+xml", svg('width="60" viewBox="0 0 1e-9 1e9"')),
        ("image/svg+xml", b"<svg " + b"a='" * 300_000),
        ("image/svg+xml", b"<!--" * 200_000),
        ("image/bmp", PNG),
        ("image/png", b""),
    ],
)
def test_size_that_no_header_says_is_unknown(content_type: str, body: bytes) -> None:
    assert image_size(content_type, body) is None


@given(
    st.sampled_from(TYPES),
    st.one_of(
        st.binary(max_size=200),
        st.builds(
            lambda sample, cut, junk, keep: sample[1][:cut] + junk + sample[1][cut + keep :],
            st.sampled_from(list(SAMPLES.values())),
            st.integers(0, 400),
            st.binary(max_size=12),
            st.integers(0, 12),
        ),
    ),
)
def test_no_header_raises(content_type: str, body: bytes) -> None:
    size = image_size(content_type, body)
    assert size is None or (1 <= size[0] <= 65_535 and 1 <= size[1] <= 65_535)


@given(st.integers(1, 65_535), st.integers(1, 65_535), st.integers(0, 9), st.sampled_from("<>"))
def test_orientation_exchanges_width_and_height(width: int, height: int, orientation: int, order: str) -> None:
    header = PNG[:16] + width.to_bytes(4, "big") + height.to_bytes(4, "big") + PNG[24:33]
    body = header + png_with(b"eXIf", exif(orientation, order))[33:]
    expected = (height, width) if orientation in {5, 6, 7, 8} else (width, height)
    assert image_size("image/png", body) == expected


# stored


async def _setup(body: bytes = PNG) -> ImageSetup:
    setup = ImageSetup()
    setup.source.body = body
    await put(setup.mirror, issue(41, 1), setup.access.comments[1])
    return setup


async def _sizes(setup: ImageSetup) -> dict[str, ImageSize]:
    comment = await setup.mirror.comment(REPO, 1)
    assert comment is not None
    setup.access.comments[1] = comment
    return dict(comment.image_sizes or {})


async def _request(setup: ImageSetup, name: str = NAME) -> None:
    """Request an image, and let a second pass."""
    await setup.proxy.image(1, name)
    await run_ready_tasks()


async def test_first_reader_teaches_the_size() -> None:
    setup = await _setup()
    await _request(setup)
    assert (await _sizes(setup), setup.changed) == ({NAME: WIDE}, [frozenset({41})])
    await _request(setup)
    assert setup.changed == [frozenset({41})]


async def test_images_of_one_second_are_one_change() -> None:
    setup, clock = await _setup(), ManualClock()
    sizes = ImageSizes(setup.mirror, setup.store, clock, setup.record)
    comment, image = setup.access.comments[1], Image(PNG, "image/png")
    for name in ("a", "b", "a"):
        sizes.learn(REPO, comment, name, image)
        await run_ready_tasks()
    assert await _sizes(setup) == {}
    await clock.advance(1)
    assert (await _sizes(setup), setup.changed) == ({"a": WIDE, "b": WIDE}, [frozenset({41})])
    sizes.learn(REPO, comment, "a", image)
    sizes.learn(REPO, comment, "c", image)
    await clock.advance(1)
    assert (await _sizes(setup), setup.changed) == (dict.fromkeys("abc", WIDE), [frozenset({41})] * 2)


async def test_image_stored_earlier_teaches_its_size() -> None:
    """As after a process was killed, or in a folder of an earlier version."""
    setup = await _setup()
    await setup.store.put(NAME, Image(PNG, "image/png"))
    await _request(setup)
    assert (await _sizes(setup), setup.source.requests) == ({NAME: WIDE}, [])


async def test_long_header_is_read_from_the_disk(tmp_path: Path) -> None:
    setup = await _setup(PHOTOGRAPH)
    setup.source.content_type = "image/jpeg"
    setup.use_store(DiskCache(tmp_path, most=10_000_000, now=setup.clock.now))
    await setup.proxy.image(1, NAME)
    await setup.sizes.close()
    assert await _sizes(setup) == {NAME: WIDE}


async def test_close_stores_what_waits() -> None:
    setup = await _setup()
    await setup.proxy.image(1, NAME)
    await setup.proxy.close()
    assert await _sizes(setup) == {NAME: WIDE}


async def test_size_of_a_replaced_image_is_learnt_again() -> None:
    setup = await _setup()
    await _request(setup)
    await _sizes(setup)
    await setup.store.put(NAME, Image(jpeg_with(0xE1, b"Exif\0\0" + exif(6)), "image/jpeg"))
    await _request(setup)
    assert (await _sizes(setup), setup.changed) == ({NAME: WIDE[::-1]}, [frozenset({41})] * 2)


async def test_failing_store_costs_only_the_size(caplog: pytest.LogCaptureFixture) -> None:
    setup = await _setup()
    setup.mirror.failure = StoreUnusable("store.db", "disk full")
    await _request(setup)
    assert "disk full" in caplog.text
    setup.mirror.failure = None
    setup.clock.advance(601)
    await _request(setup)
    assert await _sizes(setup) == {NAME: WIDE}


async def test_unknown_size_changes_nothing() -> None:
    setup = await _setup(b"no PNG")
    await _request(setup)
    assert (await _sizes(setup), setup.changed, setup.clock.slept) == ({}, [], [])


async def test_image_of_a_comment_deleted_meanwhile_is_ignored() -> None:
    setup = await _setup()
    setup.access.comments[9] = a_comment(9, body_html=f'<img src="{CAMO}">')
    await setup.proxy.image(9, NAME)
    await run_ready_tasks()
    assert setup.changed == []
