"""A blog whose comments hold pictures, and a service that fetches them from the simulator."""

from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256

import httpx

from app.render.sanitizer.sanitize import image_name
from app.simulator.http.images import IMAGES_PATH
from app.simulator.http.server import RunningSimulator
from app.simulator.world.world import World
from tests.integration.worlds import NOW
from tests.journeys.conftest import Service, Start

PLAIN, OTHER, DRAWN, HUGE, DISGUISED, AWRY, INWARD, HIDDEN = (
    f"https://pictures.example/{name}"
    for name in ("plain.png", "other.png", "drawn.svg", "huge.png", "page.png", "awry.png", "inward.png", "hidden.png")
)
"""A PNG, another one, an SVG, one that is too large, a page, two redirects, and one in a hidden comment."""
SHOWN = (PLAIN, OTHER, DRAWN, HUGE, DISGUISED, AWRY, INWARD)


def pictures_blog() -> World:
    """Return a blog with all pictures: one comment shows them, and a hidden one has another."""
    world = World(lambda: NOW)
    world.add_repository("ada/blog", created_at=NOW - 9e6)
    world.open_issue("ada/blog", title="Post 1", body="*Post*", created_at=NOW - 8e6)
    body = "\n".join(f"![a picture]({address})" for address in SHOWN)
    world.comment("ada/blog", 1, body=body, author="bob", created_at=NOW - 7e6)
    hidden = world.comment("ada/blog", 1, body=f"![spam]({HIDDEN})", author="eve", created_at=NOW - 6e6)
    world.hide_comment(hidden, "spam")
    return world


def camo_path(address: str) -> str:
    """Return where the simulator has a picture: as GitHub's camo, a digest of its address and that in hexadecimal."""
    return f"{IMAGES_PATH}camo/{sha256(address.encode()).hexdigest()}/{address.encode().hex()}"


def start_service(start: Start, simulator: RunningSimulator, **settings: str) -> Service:
    """Start a service that may fetch pictures from the simulator; wait until it is complete."""
    service = start(REPO="ada/blog", GITHUB_API_URL=simulator.url, PICTURE_HOSTS=simulator.url, **settings)
    service.wait_until_complete()
    return service


def shown_comment(service: Service) -> dict[str, str]:
    """Return the id, the HTML and the avatar of the comment that is not hidden."""
    first, _ = service.get("/api/v1/posts/1/comments").json()["comments"]
    return {"id": first["id"], "html": first["html"], "avatar": first["author"]["avatar_url"]}


def proxy_path(service: Service, simulator: RunningSimulator, address: str) -> str:
    """Return the path of a picture at the service."""
    return f"/images/{shown_comment(service)['id']}/{image_name(simulator.url + camo_path(address))}"


def get_at_once(service: Service, *paths: str) -> list[httpx.Response]:
    """Send all requests at the same time; return their responses."""
    with ThreadPoolExecutor(len(paths)) as pool:
        return list(pool.map(service.get, paths))
