"""Reads over a real socket, and the GitHub-compatible API read by a third-party client."""

import gzip
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import brotli
import httpx
import pytest
from githubkit import GitHub
from githubkit.exception import RequestFailed

from app.simulator.http.server import RunningSimulator, run_simulator
from app.simulator.world.sample import SAMPLE_REPO, sample_world
from tests.integration.local_service import github_ids
from tests.integration.worlds import NOW
from tests.journeys.conftest import Service, Start

pytestmark = pytest.mark.untraced  # what others cover, at length

OWNER, NAME = SAMPLE_REPO.split("/")


@pytest.fixture
def simulator() -> Iterator[RunningSimulator]:
    world = sample_world(lambda: NOW)
    world.open_issue(SAMPLE_REPO, title="Spam", body="")
    world.delete_issue(SAMPLE_REPO, 43)
    world.open_issue(SAMPLE_REPO, title="The next post", body="")
    with run_simulator(world) as simulator:
        yield simulator


@pytest.fixture
def service(start: Start, simulator: RunningSimulator) -> Service:
    service = start(REPO=SAMPLE_REPO, GITHUB_API_URL=simulator.url)
    service.wait_until_complete()
    return service


@pytest.mark.parametrize(
    "path",
    ["/api/v1/posts/41/comments", "/repos/ada/blog/issues/19/comments", "/api/v1/comments", "/repos/ada/blog/issues"],
)
def test_read_has_one_etag_in_every_encoding(service: Service, path: str) -> None:
    plain = service.get(path, **{"Accept-Encoding": "identity"})
    assert plain.status_code == 200
    with httpx.Client(base_url=service.url) as client:
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


def test_reads_send_nothing_to_github(service: Service, simulator: RunningSimulator) -> None:
    simulator.requests.clear()
    with ThreadPoolExecutor(8) as readers:
        paths = [f"/api/v1/posts/{number}/comments?reader={reader}" for number in (7, 19, 41) for reader in range(20)]
        assert {response.status_code for response in readers.map(service.get, paths)} == {200}
    assert simulator.requests == []


def test_other_origins_may_read_responses_and_headers(service: Service) -> None:
    origin = {"Origin": "https://blog.example.com"}
    response = service.get("/repos/ada/blog/issues/19/comments", **origin)
    assert response.headers["access-control-allow-origin"] == "*"
    exposed = {name.strip() for name in response.headers["access-control-expose-headers"].split(",")}
    assert {"Link", "ETag", "Age"} <= exposed
    request_headers = {
        **origin,
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "x-requested-with",
    }
    preflight = httpx.options(service.url + "/repos/ada/blog/issues/19/comments", headers=request_headers)
    assert preflight.status_code == 204
    assert preflight.headers["access-control-allow-headers"] == "x-requested-with"
    missing = service.get("/repos/ada/blog/issues/999", **origin)
    assert (missing.status_code, missing.headers["access-control-allow-origin"]) == (404, "*")


def test_only_the_configured_origins_may_read(start: Start) -> None:
    with run_simulator(sample_world(lambda: NOW)) as simulator:
        service = start(REPO=SAMPLE_REPO, GITHUB_API_URL=simulator.url, ORIGINS="https://blog.example.com")
        service.wait_until_complete()
        path = "/api/v1/posts/41/comments"
        allowed = service.get(path, Origin="https://blog.example.com")
        assert allowed.headers["access-control-allow-origin"] == "https://blog.example.com"
        other = service.get(path, Origin="https://elsewhere.example.com")
        assert "access-control-allow-origin" not in other.headers
        assert "Origin" in allowed.headers["vary"]


def test_cold_readers_of_one_thread_cost_one_read(start: Start) -> None:
    with run_simulator(sample_world(lambda: NOW)) as simulator:
        simulator.hold.start(r"/repos/ada/blog/issues(\?|/41$)")
        service = start(REPO=SAMPLE_REPO, GITHUB_API_URL=simulator.url, COLD_WAIT="30")
        url = service.url
        with ThreadPoolExecutor(60) as readers:
            waiting = [readers.submit(httpx.get, f"{url}/api/v1/posts/41/comments", timeout=60) for _ in range(60)]
            simulator.hold.wait_for(2, timeout=30)
            simulator.hold.release()
            responses = [reader.result() for reader in waiting]
        assert {response.status_code for response in responses} == {200}
        assert [c["id"] for c in responses[0].json()["comments"]] == github_ids(simulator, 41)
        assert len([request for request in simulator.requests if request.target == "/repos/ada/blog/issues/41"]) == 1


@pytest.fixture
def github(service: Service) -> Iterator[Any]:
    settings = {"http_cache": False, "auto_retry": False, "trust_env": False, "timeout": 5}
    with GitHub(base_url=service.url, **settings) as client:
        yield client


def _error(status: int, call: Any, *arguments: Any) -> dict[str, Any]:
    with pytest.raises(RequestFailed) as failure:
        call(*arguments)
    assert failure.value.response.status_code == status
    body: dict[str, Any] = failure.value.response.json()
    return body


def test_github_client_reads_issues_and_comments(simulator: RunningSimulator, github: Any) -> None:
    issues = github.rest.issues.list_for_repo(OWNER, NAME, state="all").parsed_data
    assert [issue.number for issue in issues] == [44, 42, 41, 28, 19, 12, 7]
    for issue in issues:
        assert github.rest.issues.get(OWNER, NAME, issue.number).parsed_data.title == issue.title
        pages = github.rest.paginate(
            github.rest.issues.list_comments, owner=OWNER, repo=NAME, issue_number=issue.number, per_page=10
        )
        comments = list(pages)
        assert [comment.id for comment in comments] == github_ids(simulator, issue.number)
        for comment in comments[:2]:
            assert github.rest.issues.get_comment(OWNER, NAME, comment.id).parsed_data.id == comment.id


def test_github_client_gets_githubs_errors(github: Any) -> None:
    missing = _error(404, github.rest.issues.get, OWNER, NAME, 99_999)
    assert (missing["message"], missing["status"]) == ("Not Found", "404")
    gone = _error(410, github.rest.issues.get, OWNER, NAME, 43)
    assert (gone["message"], gone["status"]) == ("This issue was deleted", "410")
    assert _error(404, github.rest.issues.get, "somebody", "else", 1)["message"] == "Not Found"
    assert _error(404, github.rest.issues.get, OWNER, NAME, 35)["message"] == "Not Found"
