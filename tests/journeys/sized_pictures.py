"""A post whose comments show one picture in each format, and readers whose pictures come late."""

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Route

from app.simulator.http.responses import SimulatedResponse
from app.simulator.http.server import RunningSimulator, run_simulator
from app.simulator.world.sample import SAMPLE_REPO
from app.simulator.world.world import World
from tests.journeys.browser import OpenPage, RecordedPage
from tests.journeys.pictures_blog import camo_path
from tests.serving.image_samples import SAMPLES
from tests.widget.pages import WATCH_SHIFTS, layout_shifts, wait_until_enhanced
from tests.widget.stage import Stage, run_service, static_blog

POST = 7
_PICTURES = "**/images/*/*"
_LOADED = """async () => {
  const pictures = [...document.querySelectorAll('.pc-body img')];
  await Promise.all(pictures.map(picture => picture.decode()));
  return pictures.map(picture => [picture.naturalWidth, picture.naturalHeight]);
}"""


@contextmanager
def pictures_simulator() -> Iterator[RunningSimulator]:
    """Run GitHub with the post; each comment has a picture above its text."""
    world = World(time.time)  # noqa: TID251 - the simulator and the browser share a clock
    world.add_repository(SAMPLE_REPO)
    world.open_issue(SAMPLE_REPO, title="Pictures", number=POST)
    for number in range(len(SAMPLES)):
        body = f"![a picture]({_address(number)})\n\nWhat is being read."
        world.comment(SAMPLE_REPO, POST, body=body, author="bob")
    with run_simulator(world) as simulator:
        simulator.images.base_url = simulator.url
        for number, (content_type, picture, _) in enumerate(SAMPLES.values()):
            response = SimulatedResponse(200, picture, {"content-type": content_type})
            simulator.images.overrides[camo_path(_address(number))] = response
        yield simulator


@contextmanager
def pictures_stage(folder: Path, simulator: RunningSimulator) -> Iterator[Stage]:
    """Run the service on the simulator, and a blog."""
    with static_blog() as blog, run_service(folder, simulator, GITHUB_TOKEN="") as service:
        yield Stage(simulator, service, blog)


def view(stage: Stage, open_page: OpenPage, body: str) -> tuple[RecordedPage, list[Any], Any]:
    """Show a page to a new reader whose pictures come after the text; return it, its shifts, and the pictures' sizes."""
    recorded = open_page("about:blank", viewport={"width": 800, "height": 6_000})
    page = recorded.page
    held_routes: list[Route] = []
    are_released = threading.Event()
    page.route(_PICTURES, lambda route: route.continue_() if are_released.is_set() else held_routes.append(route))
    head = f"<script>{WATCH_SHIFTS}</script>"
    page.goto(stage.publish(body, head=head), wait_until="commit")
    page.wait_for_function(f"document.querySelectorAll('.pc-body img').length == {len(SAMPLES)}")
    wait_until_enhanced(page)
    layout_shifts(page)  # the text is painted
    are_released.set()
    for route in held_routes:
        route.continue_()
    sizes = page.evaluate(_LOADED)
    return recorded, layout_shifts(page), sizes


def stated_sizes(stage: Stage) -> list[list[int]]:
    """Return the sizes that the comments' HTML states."""
    comments = httpx.get(f"{stage.api}posts/{POST}/comments", trust_env=False).json()["comments"]
    html = "".join(comment["html"] for comment in comments)
    return [[int(width), int(height)] for width, height in re.findall(r'width="(\d+)" height="(\d+)"', html)]


def wait_until_stated(stage: Stage) -> None:
    """Wait until the size of every picture is stated."""
    deadline = time.monotonic() + 20
    while len(stated_sizes(stage)) < len(SAMPLES):
        assert time.monotonic() < deadline, stage.service.output
        threading.Event().wait(0.05)


def _address(number: int) -> str:
    return f"https://pictures.example/{number}"
