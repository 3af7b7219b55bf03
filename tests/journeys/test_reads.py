"""The way of a read over a real socket, and our GitHub-compatible API read by a client that others made."""

import gzip
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import brotli
import httpx
import pytest
from githubkit import GitHub
from githubkit.exception import RequestFailed

from app.simulator.http.server import RunningSimulator, run_simulator
from app.simulator.world.sample import SAMPLE_REPO, sample_world
from tests.integration.application import comments_of
from tests.integration.test_backfill import NOW
from tests.journeys.conftest import Service, Start

pytestmark = pytest.mark.untraced  # what others cover, at length

OWNER, NAME = SAMPLE_REPO.split("/")


@dataclass(frozen=True)
class Served:
    service: Service
    simulator: RunningSimulator


@pytest.fixture
def served(start: Start) -> Iterator[Served]:
    world = sample_world(lambda: NOW)
    world.open_issue(SAMPLE_REPO, title="Spam", body="")
    world.delete_issue(SAMPLE_REPO, 43)
    world.open_issue(SAMPLE_REPO, title="The next post", body="")
    with run_simulator(world) as simulator:
        service = start(REPO=SAMPLE_REPO, GITHUB_API_URL=simulator.url)
        service.wait_until_complete()
        yield Served(service, simulator)


@pytest.mark.parametrize(
    "path",
    ["/api/v1/posts/41/comments", "/repos/ada/blog/issues/19/comments", "/api/v1/comments", "/repos/ada/blog/issues"],
)
def test_a_read_comes_in_every_encoding_with_one_etag_and_can_be_asked_by_head(served: Served, path: str) -> None:
    plain = served.service.get(path, **{"Accept-Encoding": "identity"})
    assert plain.status_code == 200
    with httpx.Client(base_url=served.service.url) as client:
        for coding, unpack in (("gzip", gzip.decompress), ("br", brotli.decompress)):
            with client.stream("GET", path, headers={"Accept-Encoding": coding}) as packed:
                body = b"".join(packed.iter_raw())
                assert packed.headers["content-encoding"] == coding
                assert unpack(body) == plain.content
                assert packed.headers["etag"] == plain.headers["etag"]
                assert "Accept-Encoding" in packed.headers["vary"]
        head = client.head(path, headers={"Accept-Encoding": "identity"})
        assert head.content == b""
        same = ("etag", "content-length", "content-type", "cache-control", "vary", "link")
        assert [head.headers.get(name) for name in same] == [plain.headers.get(name) for name in same]
        unchanged = client.get(path, headers={"If-None-Match": plain.headers["etag"]})
        assert (unchanged.status_code, unchanged.content) == (304, b"")
        assert unchanged.headers["etag"] == plain.headers["etag"]


def test_reading_asks_github_nothing(served: Served) -> None:
    served.simulator.requests.clear()
    with ThreadPoolExecutor(8) as readers:
        paths = [f"/api/v1/posts/{number}/comments?reader={reader}" for number in (7, 19, 41) for reader in range(20)]
        assert {answer.status_code for answer in readers.map(served.service.get, paths)} == {200}
    assert served.simulator.requests == []


def test_another_site_may_read_and_see_the_headers_it_needs(served: Served) -> None:
    origin = {"Origin": "https://blog.example.com"}
    answer = served.service.get("/repos/ada/blog/issues/19/comments", **origin)
    assert answer.headers["access-control-allow-origin"] == "*"
    exposed = {name.strip() for name in answer.headers["access-control-expose-headers"].split(",")}
    assert {"Link", "ETag", "Age"} <= exposed
    asked = {**origin, "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "x-requested-with"}
    preflight = httpx.options(served.service.url + "/repos/ada/blog/issues/19/comments", headers=asked)
    assert preflight.status_code == 204
    assert preflight.headers["access-control-allow-headers"] == "x-requested-with"
    missing = served.service.get("/repos/ada/blog/issues/999", **origin)
    assert (missing.status_code, missing.headers["access-control-allow-origin"]) == (404, "*")


def test_only_the_configured_origins_may_read(start: Start) -> None:
    with run_simulator(sample_world(lambda: NOW)) as simulator:
        service = start(REPO=SAMPLE_REPO, GITHUB_API_URL=simulator.url, ORIGINS="https://blog.example.com")
        service.wait_until_complete()
        path = "/api/v1/posts/41/comments"
        friend = service.get(path, Origin="https://blog.example.com")
        assert friend.headers["access-control-allow-origin"] == "https://blog.example.com"
        stranger = service.get(path, Origin="https://elsewhere.example.com")
        assert "access-control-allow-origin" not in stranger.headers
        assert "Origin" in friend.headers["vary"]


def test_cold_readers_of_one_thread_cost_one_look_at_it(start: Start) -> None:
    with run_simulator(sample_world(lambda: NOW)) as simulator:
        simulator.hold.start(r"/repos/ada/blog/issues(\?|/41$)")
        service = start(REPO=SAMPLE_REPO, GITHUB_API_URL=simulator.url, COLD_WAIT="30")
        url = service.url
        with ThreadPoolExecutor(60) as readers:
            waiting = [readers.submit(httpx.get, f"{url}/api/v1/posts/41/comments", timeout=60) for _ in range(60)]
            simulator.hold.wait_for(2, timeout=30)
            simulator.hold.release()
            answers = [reader.result() for reader in waiting]
        assert {answer.status_code for answer in answers} == {200}
        assert [c["id"] for c in answers[0].json()["comments"]] == comments_of(simulator, 41)
        assert len([ask for ask in simulator.requests if ask.target == "/repos/ada/blog/issues/41"]) == 1


@pytest.fixture
def github(served: Served) -> Iterator[Any]:
    settings = {"http_cache": False, "auto_retry": False, "trust_env": False, "timeout": 5}
    with GitHub(base_url=served.service.url, **settings) as made:
        yield made


def refused(status: int, call: Any, *arguments: Any) -> dict[str, Any]:
    with pytest.raises(RequestFailed) as failure:
        call(*arguments)
    assert failure.value.response.status_code == status
    said: dict[str, Any] = failure.value.response.json()
    return said


def test_a_client_of_githubs_reads_our_issues_and_comments_as_it_reads_githubs(served: Served, github: Any) -> None:
    issues = github.rest.issues.list_for_repo(OWNER, NAME, state="all").parsed_data
    assert [issue.number for issue in issues] == [44, 42, 41, 28, 19, 12, 7]
    for issue in issues:
        assert github.rest.issues.get(OWNER, NAME, issue.number).parsed_data.title == issue.title
        pages = github.rest.paginate(
            github.rest.issues.list_comments, owner=OWNER, repo=NAME, issue_number=issue.number, per_page=10
        )
        comments = list(pages)
        assert [comment.id for comment in comments] == comments_of(served.simulator, issue.number)
        for comment in comments[:2]:
            assert github.rest.issues.get_comment(OWNER, NAME, comment.id).parsed_data.id == comment.id


def test_a_client_of_githubs_is_refused_as_github_refuses_it(github: Any) -> None:
    missing = refused(404, github.rest.issues.get, OWNER, NAME, 99_999)
    assert (missing["message"], missing["status"]) == ("Not Found", "404")
    gone = refused(410, github.rest.issues.get, OWNER, NAME, 43)
    assert (gone["message"], gone["status"]) == ("This issue was deleted", "410")
    assert refused(404, github.rest.issues.get, "somebody", "else", 1)["message"] == "Not Found"
    assert refused(404, github.rest.issues.get, OWNER, NAME, 35)["message"] == "Not Found"
