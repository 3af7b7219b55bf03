"""One store, served by other rules after each start: what readers get changes without another import."""

from collections.abc import Iterator

import pytest

from app.outbound.clock import SystemClock
from app.simulator.http.server import RunningSimulator, run_simulator
from app.simulator.world.world import World
from tests.journeys.conftest import Service, Start
from tests.journeys.processes import wait_until

pytestmark = pytest.mark.untraced  # what others cover, with real processes

TOKEN = "t0ken"
TEXTS = {
    "ada": "The owner's",
    "carol": "A member's",
    "bob": "A reader's",
    "spammer": "Win in the casino",
    "linker": "See https://a.example and https://b.example",
    "troll": "Bah",
}


@pytest.fixture
def simulator() -> Iterator[RunningSimulator]:
    world = World(SystemClock().now)
    world.add_repository("ada/blog")
    world.add_token(TOKEN, "ada")
    world.set_association("ada/blog", "carol", "MEMBER")
    world.open_issue("ada/blog", title="A post", body="Words.")
    comments = {author: world.comment("ada/blog", 1, body=text, author=author) for author, text in TEXTS.items()}
    world.react(comments["linker"], "rocket", by="ada")
    world.react(comments["troll"], "rocket", by="spammer")
    with run_simulator(world) as simulator:
        yield simulator


def _authors(service: Service) -> list[str]:
    comments = service.get("/api/v1/posts/1/comments").json()["comments"]
    return [comment["author"]["login"] for comment in comments]


def _check_all_formats(service: Service, authors: list[str]) -> None:
    assert _authors(service) == authors
    assert service.get("/api/v1/counts").json() == {"counts": {"1": len(authors)}}
    page, feed = service.get("/posts/1.html").text, service.get("/posts/1.atom").text
    for author in TEXTS:
        assert (f"github.com/{author}" in page) == (author in authors)
        assert (f"<name>{author}</name>" in feed) == (author in authors)


def test_changed_setting_changes_what_is_served(start: Start, simulator: RunningSimulator) -> None:
    settings = {"REPO": "ada/blog", "GITHUB_API_URL": simulator.url, "GITHUB_TOKEN": TOKEN, "POLL_INTERVAL": "86400"}
    service = start(**settings, HOLD_WORDS="CASINO*", HOLD_LINKS="2", DENY_AUTHORS="Troll")
    service.wait_until_complete()
    _check_all_formats(service, ["ada", "carol", "bob"])
    service.stop()
    simulator.requests.clear()
    service = start(**settings, SHOW="approved", SHOW_ASSOCIATIONS="MEMBER", APPROVAL="rocket")
    wait_until(lambda: len(_authors(service)) > 2)
    _check_all_formats(service, ["ada", "carol", "linker"])
    assert not [request for request in simulator.requests if "/issues/1/comments" in request.target]
    service.stop()
