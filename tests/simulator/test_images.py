"""The simulator's host of pictures, which stands in for GitHub's."""

import re
import struct
import zlib
from collections.abc import Iterator

import httpx
import pytest

from app.simulator.http.responses import SimulatedResponse
from app.simulator.http.server import RunningSimulator, run_simulator
from app.simulator.images import IMAGES_PATH, png
from app.simulator.world.sample import SAMPLE_REPO, sample_world
from tests.simulator.client import FakeClock

FULL = {"accept": "application/vnd.github.full+json", "user-agent": "test"}


@pytest.fixture
def simulator() -> Iterator[RunningSimulator]:
    with run_simulator(sample_world(FakeClock())) as made:
        yield made


def listed(simulator: RunningSimulator, number: int) -> str:
    return httpx.get(f"{simulator.url}/repos/{SAMPLE_REPO}/issues/{number}/comments", headers=FULL).text


def pixels(body: bytes) -> tuple[int, int, bytes]:
    """Width, height and rows of a PNG, whose checksums are right."""
    assert body.startswith(b"\x89PNG\r\n\x1a\n")
    at, chunks = 8, dict[bytes, bytes]()
    while at < len(body):
        (length,) = struct.unpack(">I", body[at : at + 4])
        kind, data = body[at + 4 : at + 8], body[at + 8 : at + 8 + length]
        assert struct.unpack(">I", body[at + 8 + length : at + 12 + length]) == (zlib.crc32(kind + data),)
        chunks[kind] = data
        at += 12 + length
    width, height = struct.unpack(">II", chunks[b"IHDR"][:8])
    return width, height, zlib.decompress(chunks[b"IDAT"])


def test_a_picture_is_a_whole_png_that_differs_by_its_name() -> None:
    width, height, rows = pixels(png("a", 96, 64))
    assert (width, height, len(rows)) == (96, 64, 64 * (1 + 3 * 96))
    assert len(set(rows[1 + 3 * 96 * 32 : 3 * 96 * 33])) > 1  # the disc before its ground
    assert png("a", 96, 64) == png("a", 96, 64) != png("b", 96, 64)


def test_pictures_lie_at_githubs_hosts_unless_a_home_is_named(simulator: RunningSimulator) -> None:
    assert "https://avatars.githubusercontent.com/u/" in listed(simulator, 12)
    assert "https://camo.githubusercontent.com/" in listed(simulator, 12)
    assert "https://private-user-images.githubusercontent.com/" in listed(simulator, 28)


def test_with_a_home_every_picture_is_answered_there(simulator: RunningSimulator) -> None:
    simulator.images.base_url = simulator.url
    for number, kinds in ((12, {"avatars", "camo"}), (28, {"avatars", "private-user-images"})):
        said = listed(simulator, number)
        assert "githubusercontent.com" not in said
        places = set(re.findall(rf'{simulator.url}{IMAGES_PATH}[^"\\ ]+', said))
        assert {place.removeprefix(simulator.url + IMAGES_PATH).split("/")[0] for place in places} == kinds
        for place in places:
            answer = httpx.get(place)
            assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
            assert pixels(answer.content)[:2] == ((96, 96) if "/avatars/" in place else (640, 360))


def test_what_was_asked_for_is_logged_apart_from_the_asks_of_the_api(simulator: RunningSimulator) -> None:
    simulator.images.base_url = simulator.url
    httpx.get(f"{simulator.url}{IMAGES_PATH}avatars/u/7?v=4")
    assert (simulator.images.requested_paths, simulator.requests) == ([f"{IMAGES_PATH}avatars/u/7"], [])


def test_a_test_may_have_another_answer_in_place_of_a_picture(simulator: RunningSimulator) -> None:
    simulator.images.overrides[f"{IMAGES_PATH}camo/x"] = SimulatedResponse(
        302, headers={"location": "https://elsewhere.example/"}
    )
    assert httpx.get(f"{simulator.url}{IMAGES_PATH}camo/x").headers["location"] == "https://elsewhere.example/"
