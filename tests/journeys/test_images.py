"""Pictures through the service, as its owner runs it, with the simulator in the place of GitHub's picture hosts."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256

import httpx
import pytest

from app.render.images import image_name
from app.simulator.http.responses import SimulatedResponse
from app.simulator.http.server import RunningSimulator, run_simulator
from app.simulator.images import IMAGES_PATH
from app.simulator.world.world import World
from tests.integration.test_backfill import NOW
from tests.journeys.conftest import Service, Start

pytestmark = pytest.mark.untraced  # what others cover, at length

PLAIN, OTHER, DRAWN, HUGE, DISGUISED, AWRY, INWARD, HIDDEN = (
    f"https://pictures.example/{name}"
    for name in ("plain.png", "other.png", "drawn.svg", "huge.png", "page.png", "awry.png", "inward.png", "hidden.png")
)
SHOWN = (PLAIN, OTHER, DRAWN, HUGE, DISGUISED, AWRY, INWARD)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def blog() -> World:
    world = World(lambda: NOW)
    world.add_repository("ada/blog", created_at=NOW - 9e6)
    world.open_issue("ada/blog", title="Post 1", body="*Post*", created_at=NOW - 8e6)
    body = "\n".join(f"![a picture]({address})" for address in SHOWN)
    world.comment("ada/blog", 1, body=body, author="bob", created_at=NOW - 7e6)
    hidden = world.comment("ada/blog", 1, body=f"![spam]({HIDDEN})", author="eve", created_at=NOW - 6e6)
    world.hide_comment(hidden, "spam")
    return world


def path(address: str) -> str:
    """Where the simulator has a picture: as GitHub's camo, by a digest of its address and that in hexadecimal."""
    return f"{IMAGES_PATH}camo/{sha256(address.encode()).hexdigest()}/{address.encode().hex()}"


@pytest.fixture
def simulator() -> Iterator[RunningSimulator]:
    with run_simulator(blog()) as made:
        made.images.base_url = made.url
        port = made.url.rsplit(":", 1)[1]
        made.images.overrides |= {
            path(DRAWN): SimulatedResponse(200, SVG, {"content-type": "image/svg+xml"}),
            path(HUGE): SimulatedResponse(200, b"\x89PNG\r\n\x1a\n" + bytes(8_000_000), {"content-type": "image/png"}),
            path(DISGUISED): SimulatedResponse(
                200, b"<!DOCTYPE html><script>alert(1)</script>", {"content-type": "image/png"}
            ),
            path(AWRY): SimulatedResponse(302, headers={"location": "https://evil.example/x.png"}),
            path(INWARD): SimulatedResponse(
                302, headers={"location": f"http://localhost:{port}{IMAGES_PATH}camo/inward"}
            ),
        }
        yield made


def serving(start: Start, simulator: RunningSimulator, **settings: str) -> Service:
    service = start(REPO="ada/blog", GITHUB_API_URL=simulator.url, PICTURE_HOSTS=simulator.url, **settings)
    service.wait_until_complete()
    return service


def comment(service: Service) -> dict[str, str]:
    """The comment that is shown."""
    first, _ = service.get("/api/v1/posts/1/comments").json()["comments"]
    return {"id": first["id"], "html": first["html"], "avatar": first["author"]["avatar_url"]}


def ours(service: Service, simulator: RunningSimulator, address: str) -> str:
    return f"/images/{comment(service)['id']}/{image_name(simulator.url + path(address))}"


def asked(service: Service, *paths: str) -> list[httpx.Response]:
    """The answers to requests that are all sent at once."""
    with ThreadPoolExecutor(len(paths)) as pool:
        return list(pool.map(service.get, paths))


def test_each_picture_is_fetched_once_and_stays_without_github_and_over_a_restart(
    start: Start, simulator: RunningSimulator
) -> None:
    service = serving(start, simulator)
    avatar, image = f"/avatars/{simulator.world.user('bob').id}", ours(service, simulator, PLAIN)
    first = {answer.content for answer in asked(service, *[avatar] * 20)}
    others = {answer.content for answer in asked(service, *[image] * 20)}
    assert (len(first), len(others)) == (1, 1)
    assert {body[:8] for body in first | others} == {b"\x89PNG\r\n\x1a\n"}
    bob = f"{IMAGES_PATH}avatars/u/{simulator.world.user('bob').id}"
    assert simulator.images.requested_paths == [bob, path(PLAIN)]
    simulator.images.overrides[bob] = simulator.images.overrides[path(PLAIN)] = SimulatedResponse(503)
    assert {service.get(avatar).content} == first
    etag = service.get(image).headers["etag"]
    assert service.get(image, **{"if-none-match": etag}).status_code == 304
    service.stop()
    again = start(REPO="ada/blog", GITHUB_API_URL="http://127.0.0.1:9")
    assert {again.get(avatar).content} == first
    assert {again.get(image).content} == others
    assert len(simulator.images.requested_paths) == 2


def test_only_what_readers_are_shown_is_fetched_and_only_pictures_are_passed_on(
    start: Start, simulator: RunningSimulator
) -> None:
    service = serving(start, simulator)
    _nobody_but_the_service_is_named(service, simulator)
    _what_nobody_is_shown_is_not_fetched(service, simulator)
    _what_is_refused_is_not_tried_by_each_reader(service, simulator)
    _a_drawing_is_shown_by_pages_and_opened_by_nobody(service, simulator)


def _nobody_but_the_service_is_named(service: Service, simulator: RunningSimulator) -> None:
    shown = comment(service)
    pictures = re.findall(r'src="([^"]+)"', shown["html"])
    assert pictures == [service.url + ours(service, simulator, address) for address in SHOWN]
    assert shown["avatar"] == f"{service.url}/avatars/{simulator.world.user('bob').id}"


def _what_nobody_is_shown_is_not_fetched(service: Service, simulator: RunningSimulator) -> None:
    comments = service.get("/api/v1/posts/1/comments").json()["comments"]
    visible, hidden = (item["id"] for item in comments)
    for missing in (
        "/avatars/1",
        f"/avatars/{2**52}",
        f"/images/{hidden}/{image_name(simulator.url + path(HIDDEN))}",
        f"/images/{visible}/{image_name(simulator.url + path(HIDDEN))}",
        f"/images/{visible}/{image_name('http://169.254.169.254/')}",
        f"/images/{visible + 10**6}/{image_name(simulator.url + path(PLAIN))}",
    ):
        assert service.get(missing).status_code == 404
    assert simulator.images.requested_paths == []


def _what_is_refused_is_not_tried_by_each_reader(service: Service, simulator: RunningSimulator) -> None:
    for address in (HUGE, DISGUISED, AWRY, INWARD):
        answers = asked(service, *[ours(service, simulator, address)] * 5)
        assert [answer.status_code for answer in answers] == [404] * 5
        assert answers[0].headers["content-type"] == "application/problem+json"
        assert answers[0].headers["cache-control"] == "no-store"
        assert simulator.images.requested_paths.count(path(address)) == 1
    assert f"{IMAGES_PATH}camo/inward" not in simulator.images.requested_paths
    assert "Traceback" not in service.output
    assert "it is no picture" in service.output


def _a_drawing_is_shown_by_pages_and_opened_by_nobody(service: Service, simulator: RunningSimulator) -> None:
    drawn = service.get(ours(service, simulator, DRAWN))
    assert (drawn.content, drawn.headers["content-type"]) == (SVG, "image/svg+xml")
    assert drawn.headers["content-disposition"] == 'attachment; filename="picture.svg"'
    assert "sandbox" in drawn.headers["content-security-policy"]
    ghost = service.get("/avatars/10137")
    assert (ghost.status_code, ghost.headers["content-type"]) == (200, "image/svg+xml")


def test_where_the_proxy_is_off_pictures_stay_where_they_are(start: Start, simulator: RunningSimulator) -> None:
    service = serving(start, simulator, PICTURES="false")
    shown = comment(service)
    assert simulator.url + path(PLAIN) in shown["html"]
    assert shown["avatar"].startswith(f"{simulator.url}{IMAGES_PATH}avatars/")
    assert service.get(f"/avatars/{simulator.world.user('bob').id}").status_code == 404
    assert service.get(ours(service, simulator, PLAIN)).status_code == 404
    assert simulator.images.requested_paths == []
