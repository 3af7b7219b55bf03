"""Pictures through the service as its owner runs it; the simulator stands for GitHub's picture hosts."""

import re
from collections.abc import Iterator

import pytest

from app.render.sanitizer.sanitize import image_name
from app.simulator.http.images import IMAGES_PATH
from app.simulator.http.responses import SimulatedResponse
from app.simulator.http.server import RunningSimulator, run_simulator
from tests.journeys.conftest import Start
from tests.journeys.pictures_blog import (
    AWRY,
    DISGUISED,
    DRAWN,
    HIDDEN,
    HUGE,
    INWARD,
    PLAIN,
    SHOWN,
    camo_path,
    get_at_once,
    pictures_blog,
    proxy_path,
    shown_comment,
    start_service,
)

pytestmark = pytest.mark.untraced  # what others cover, at length

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.fixture
def simulator() -> Iterator[RunningSimulator]:
    with run_simulator(pictures_blog()) as simulator:
        simulator.images.base_url = simulator.url
        port = simulator.url.rsplit(":", 1)[1]
        simulator.images.overrides |= {
            camo_path(DRAWN): SimulatedResponse(200, SVG, {"content-type": "image/svg+xml"}),
            camo_path(HUGE): SimulatedResponse(
                200, b"\x89PNG\r\n\x1a\n" + bytes(8_000_000), {"content-type": "image/png"}
            ),
            camo_path(DISGUISED): SimulatedResponse(
                200, b"<!DOCTYPE html><script>alert(1)</script>", {"content-type": "image/png"}
            ),
            camo_path(AWRY): SimulatedResponse(302, headers={"location": "https://evil.example/x.png"}),
            camo_path(INWARD): SimulatedResponse(
                302, headers={"location": f"http://localhost:{port}{IMAGES_PATH}camo/inward"}
            ),
        }
        yield simulator


def test_picture_is_fetched_once_and_survives_a_restart(start: Start, simulator: RunningSimulator) -> None:
    service = start_service(start, simulator)
    avatar, image = f"/avatars/{simulator.world.user('bob').id}", proxy_path(service, simulator, PLAIN)
    avatars = {response.content for response in get_at_once(service, *[avatar] * 20)}
    pictures = {response.content for response in get_at_once(service, *[image] * 20)}
    assert (len(avatars), len(pictures)) == (1, 1)
    assert {body[:8] for body in avatars | pictures} == {b"\x89PNG\r\n\x1a\n"}
    bob = f"{IMAGES_PATH}avatars/u/{simulator.world.user('bob').id}"
    assert simulator.images.requested_paths == [bob, camo_path(PLAIN)]
    simulator.images.overrides[bob] = simulator.images.overrides[camo_path(PLAIN)] = SimulatedResponse(503)
    assert {service.get(avatar).content} == avatars
    etag = service.get(image).headers["etag"]
    assert service.get(image, **{"if-none-match": etag}).status_code == 304
    service.stop()
    second = start(REPO="ada/blog", GITHUB_API_URL="http://127.0.0.1:9")
    assert {second.get(avatar).content} == avatars
    assert {second.get(image).content} == pictures
    assert len(simulator.images.requested_paths) == 2


def test_html_names_only_the_service(start: Start, simulator: RunningSimulator) -> None:
    service = start_service(start, simulator)
    comment = shown_comment(service)
    pictures = re.findall(r'src="([^"]+)"', comment["html"])
    assert pictures == [service.url + proxy_path(service, simulator, address) for address in SHOWN]
    assert comment["avatar"] == f"{service.url}/avatars/{simulator.world.user('bob').id}"


def test_invisible_pictures_are_not_fetched(start: Start, simulator: RunningSimulator) -> None:
    service = start_service(start, simulator)
    comments = service.get("/api/v1/posts/1/comments").json()["comments"]
    visible, hidden = (item["id"] for item in comments)
    for missing in (
        "/avatars/1",
        f"/avatars/{2**52}",
        f"/images/{hidden}/{image_name(simulator.url + camo_path(HIDDEN))}",
        f"/images/{visible}/{image_name(simulator.url + camo_path(HIDDEN))}",
        f"/images/{visible}/{image_name('http://169.254.169.254/')}",
        f"/images/{visible + 10**6}/{image_name(simulator.url + camo_path(PLAIN))}",
    ):
        assert service.get(missing).status_code == 404
    assert simulator.images.requested_paths == []


def test_refused_picture_is_not_fetched_for_each_reader(start: Start, simulator: RunningSimulator) -> None:
    service = start_service(start, simulator)
    for address in (HUGE, DISGUISED, AWRY, INWARD):
        responses = get_at_once(service, *[proxy_path(service, simulator, address)] * 5)
        assert [response.status_code for response in responses] == [404] * 5
        assert responses[0].headers["content-type"] == "application/problem+json"
        assert responses[0].headers["cache-control"] == "no-store"
        assert simulator.images.requested_paths.count(camo_path(address)) == 1
    assert f"{IMAGES_PATH}camo/inward" not in simulator.images.requested_paths
    assert "Traceback" not in service.output
    assert "it is not an image" in service.output


def test_drawings_are_served_as_attachments(start: Start, simulator: RunningSimulator) -> None:
    service = start_service(start, simulator)
    drawn = service.get(proxy_path(service, simulator, DRAWN))
    assert (drawn.content, drawn.headers["content-type"]) == (SVG, "image/svg+xml")
    assert drawn.headers["content-disposition"] == 'attachment; filename="picture.svg"'
    assert "sandbox" in drawn.headers["content-security-policy"]
    ghost = service.get("/avatars/10137")
    assert (ghost.status_code, ghost.headers["content-type"]) == (200, "image/svg+xml")


def test_without_the_proxy_pictures_keep_their_addresses(start: Start, simulator: RunningSimulator) -> None:
    service = start_service(start, simulator, PICTURES="false")
    comment = shown_comment(service)
    assert simulator.url + camo_path(PLAIN) in comment["html"]
    assert comment["avatar"].startswith(f"{simulator.url}{IMAGES_PATH}avatars/")
    assert service.get(f"/avatars/{simulator.world.user('bob').id}").status_code == 404
    assert service.get(proxy_path(service, simulator, PLAIN)).status_code == 404
    assert simulator.images.requested_paths == []
