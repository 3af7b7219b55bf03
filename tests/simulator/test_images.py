"""The simulator's image host, which stands in for GitHub's."""

import re
from collections.abc import Iterator

import httpx
import pytest

from app.simulator.http.images import IMAGES_PATH, png
from app.simulator.http.responses import SimulatedResponse
from app.simulator.http.server import RunningSimulator, run_simulator
from app.simulator.world.sample import SAMPLE_REPO, sample_world
from tests.simulator.client import FakeClock
from tests.simulator.png import decode_png

FULL = {"accept": "application/vnd.github.full+json", "user-agent": "test"}


@pytest.fixture
def simulator() -> Iterator[RunningSimulator]:
    with run_simulator(sample_world(FakeClock())) as simulator:
        yield simulator


def _comments_json(simulator: RunningSimulator, number: int) -> str:
    return httpx.get(f"{simulator.url}/repos/{SAMPLE_REPO}/issues/{number}/comments", headers=FULL).text


def test_the_png_depends_on_its_name() -> None:
    width, height, rows = decode_png(png("a", 96, 64))
    assert (width, height, len(rows)) == (96, 64, 64 * (1 + 3 * 96))
    assert len(set(rows[1 + 3 * 96 * 32 : 3 * 96 * 33])) > 1  # the disc before its background
    assert png("a", 96, 64) == png("a", 96, 64) != png("b", 96, 64)


def test_images_have_githubs_hosts_by_default(simulator: RunningSimulator) -> None:
    assert "https://avatars.githubusercontent.com/u/" in _comments_json(simulator, 12)
    assert "https://camo.githubusercontent.com/" in _comments_json(simulator, 12)
    assert "https://private-user-images.githubusercontent.com/" in _comments_json(simulator, 28)


def test_a_base_url_serves_every_image(simulator: RunningSimulator) -> None:
    simulator.images.base_url = simulator.url
    for number, kinds in ((12, {"avatars", "camo"}), (28, {"avatars", "private-user-images"})):
        comments = _comments_json(simulator, number)
        assert "githubusercontent.com" not in comments
        urls = set(re.findall(rf'{simulator.url}{IMAGES_PATH}[^"\\ ]+', comments))
        assert {url.removeprefix(simulator.url + IMAGES_PATH).split("/")[0] for url in urls} == kinds
        for url in urls:
            response = httpx.get(url)
            assert (response.status_code, response.headers["content-type"]) == (200, "image/png")
            assert decode_png(response.content)[:2] == ((96, 96) if "/avatars/" in url else (640, 360))


def test_image_requests_have_their_own_log(simulator: RunningSimulator) -> None:
    simulator.images.base_url = simulator.url
    httpx.get(f"{simulator.url}{IMAGES_PATH}avatars/u/7?v=4")
    assert (simulator.images.requested_paths, simulator.requests) == ([f"{IMAGES_PATH}avatars/u/7"], [])


def test_an_override_replaces_an_image(simulator: RunningSimulator) -> None:
    simulator.images.overrides[f"{IMAGES_PATH}camo/x"] = SimulatedResponse(
        302, headers={"location": "https://elsewhere.example/"}
    )
    assert httpx.get(f"{simulator.url}{IMAGES_PATH}camo/x").headers["location"] == "https://elsewhere.example/"
