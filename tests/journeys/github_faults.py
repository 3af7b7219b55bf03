"""Blogs whose GitHub fails in a chosen way, a service that mirrors them, and a reader who reads all the time."""

import re
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from app.outbound.clock import SystemClock
from app.simulator.http.faults import Fault
from app.simulator.http.request_log import LoggedRequest
from app.simulator.http.server import RunningSimulator
from app.simulator.webhooks.deliveries import Webhook
from app.simulator.world.records import Comment
from app.simulator.world.world import World
from tests.journeys.conftest import fork_service

TOKEN = "ghp_faults0000000000000000000000000000000"
SECRET = "It's a Secret to Everybody"
OWNER = "ada"
_DEADLINE = 75.0
_PAST = 1_600_000_000


def wait_until(condition: Callable[[], bool], description: str) -> None:
    """Wait until a condition is true; fail with its description if it never is."""
    deadline = time.monotonic() + _DEADLINE
    while not condition():
        assert time.monotonic() < deadline, f"never happened: {description}"
        threading.Event().wait(0.2)


@dataclass
class GitHubClock:
    """GitHub's clock, `ahead` seconds ahead of ours."""

    ahead: float = 0.0

    def __call__(self) -> float:
        return SystemClock().now() + self.ahead


def world_of(clock: GitHubClock, blogs: dict[str, Sequence[int]]) -> World:
    """Return a GitHub with a repository for each blog; its posts have these numbers of comments."""
    world = World(clock)
    world.add_token(TOKEN, OWNER)
    for name, sizes in blogs.items():
        repo = f"{OWNER}/{name}"
        world.add_repository(repo, created_at=_PAST)
        for number, size in enumerate(sizes, start=1):
            world.open_issue(repo, title=f"Post {number}", body="The post.", created_at=_PAST)
            for order in range(size):
                body, author = f"Remark {order} on {name}", f"reader-{order % 7}"
                world.comment(repo, number, created_at=_PAST + order, body=body, author=author)
    return world


class RestartableService:
    """A service over a simulator that can be stopped and started again on its store."""

    def __init__(self, folder: Path, simulator: RunningSimulator, repos: Sequence[str], **settings: str) -> None:
        self._folder = folder
        self._settings = {"REPO": ",".join(repos), "GITHUB_API_URL": simulator.url, "POLL_INTERVAL": "1", **settings}
        self.lock = threading.RLock()
        """Held while a client uses the service, and while the service restarts."""
        self._start()

    def _start(self, **settings: str) -> None:
        store = f"sqlite:///{self._folder}/afterword.db"
        variables = {"STORE": store, "GITHUB_TOKEN": TOKEN, **self._settings, **settings}
        self.service = fork_service(self._folder, **variables)
        self._client: httpx.Client | None = None

    def get(self, path: str, **parameters: Any) -> httpx.Response:
        with self.lock:
            if self._client is None:  # not earlier, so that the services of several trials start at the same time
                self._client = httpx.Client(base_url=self.service.url, timeout=30, trust_env=False)
            return self._client.get(path, params=parameters)

    def state_of(self, repo: str) -> dict[str, Any]:
        """Return the state of a site from `/readyz`."""
        sites: list[dict[str, Any]] = self.get("/readyz").json()["sites"]
        return next(site for site in sites if site["repo"] == repo)

    def restart(self, **settings: str) -> None:
        """Stop the service in order, and start it with other settings."""
        with self.lock:
            self.close()
            self._start(**settings)

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
        self.service.stop()
        assert self.service.process.stderr is not None
        self.service.process.stderr.close()


@dataclass
class Blog:
    """A repository as the simulator has it and as the service serves it."""

    repo: str
    simulator: RunningSimulator
    server: RestartableService
    initial_ids: dict[int, frozenset[int]] = field(default_factory=dict)
    """The ids of the comments at the start, by post."""

    def __post_init__(self) -> None:
        repository_id = self.simulator.world.repository(self.repo).id
        self.path_pattern = rf"/(repos/{self.repo}|repositories/{repository_id})(?![^/?])"
        """A regular expression that matches the targets of requests about this repository."""
        self.initial_ids = {n: frozenset(c.id for c in self.github_comments(n)) for n in self.posts}

    @property
    def posts(self) -> list[int]:
        world = self.simulator.world
        with world.lock:
            return sorted(world.issue_ids[world.repository(self.repo).id])

    def github_comments(self, number: int = 1) -> list[Comment]:
        """Return a post's comments on GitHub, in order."""
        world = self.simulator.world
        with world.lock:
            return [world.comments[id_] for id_ in world.comment_ids[world.issue(self.repo, number).id]]

    def write(self, body: str, number: int = 1) -> Comment:
        return self.simulator.world.comment(self.repo, number, body=body, author="eve")

    def change(self, number: int = 1) -> None:
        """Write two comments, edit an older one and delete one."""
        first, second, *_ = self.github_comments(number)
        self.write("Something new", number)
        self.simulator.world.edit_comment(second, body="Other words than before")
        self.simulator.world.delete_comment(first)
        self.write("Something newer", number)

    def pages(self, number: int = 1) -> list[httpx.Response]:
        """Return the responses for all pages of a post, up to the first error."""
        responses: list[httpx.Response] = []
        parameters: dict[str, Any] = {"repo": self.repo, "limit": 100}
        while True:
            responses.append(self.server.get(f"/api/v1/posts/{number}/comments", **parameters))
            if responses[-1].status_code != httpx.codes.OK or responses[-1].json()["next"] is None:
                return responses
            parameters["cursor"] = responses[-1].json()["next"]

    def served_comments(self, number: int = 1) -> list[tuple[int, str, str]]:
        """Return (id, author, text) of all comments of a post, in the order in which they are served."""
        responses = self.pages(number)
        assert {response.status_code for response in responses} == {200}, responses[-1].text
        comments = [comment for response in responses for comment in response.json()["comments"]]
        return [(comment["id"], comment["author"]["login"], comment["text"]) for comment in comments]

    def is_mirrored(self) -> bool:
        """Return whether every post is served as it is on GitHub: ids, order, authors, texts and counts."""
        users = self.simulator.world.users
        counts = {}
        for number in self.posts:
            expected = [(c.id, users[c.author].login, c.body) for c in self.github_comments(number)]
            counts[str(number)] = len(expected)
            responses = self.pages(number)
            if responses[-1].status_code != httpx.codes.OK:
                return False
            comments = [comment for response in responses for comment in response.json()["comments"]]
            if [(c["id"], c["author"]["login"], c["text"]) for c in comments] != expected:
                return False
            if responses[-1].json()["post"]["comment_count"] != len(expected):
                return False
        response = self.server.get("/api/v1/counts", repo=self.repo)
        return response.status_code == httpx.codes.OK and response.json()["counts"] == counts

    def wait_until_mirrored(self) -> None:
        wait_until(self.is_mirrored, f"{self.repo} is as on GitHub. The log:\n{self.server.service.output}")

    def wait_until_reconciled(self) -> None:
        """Wait for the daily comparison with GitHub; the service sends no requests for it afterwards."""
        self.server.service.wait_for(rf"{self.repo} (was compared with|differed from) GitHub")

    def break_github(self, fault: Fault, *, path: str = "", times: int | None = None) -> Callable[[], None]:
        """Break the responses for paths of this repository; return a function that repairs them.

        `path` is a regular expression for what follows the repository in the target.
        """
        return self.simulator.faults.add(fault, match=f"{self.path_pattern}{path}", times=times)

    def wait_until_failing(self) -> None:
        """Wait until the service reports a failed poll."""
        wait_until(lambda: self.server.state_of(self.repo)["failure"] is not None, f"a poll of {self.repo} fails")

    def requests(self, path: str = "") -> list[LoggedRequest]:
        """Return the requests for this repository so far; `path` is a regular expression as for `break_github`."""
        pattern = re.compile(f"{self.path_pattern}{path}")
        return [request for request in tuple(self.simulator.requests) if pattern.match(request.target)]

    def webhook(self, *, connections: int = 1) -> Webhook:
        """Add a webhook of this repository; return when the service has responded to its ping."""
        url = f"{self.server.service.url}/webhooks/github"
        hook = self.simulator.add_webhook(url, secret=SECRET, repo=self.repo, connections=connections)
        hook.wait()
        assert [delivery.status for delivery in hook.log] == [200]
        return hook

    def assert_served_with_its_age(self, comments: list[tuple[int, str, str]], *, broken_at: float) -> None:
        """Assert that the first post is served unchanged, with an age since GitHub's last correct response."""
        requested_at = SystemClock().now()
        response = self.pages()[-1]
        assert self.served_comments() == comments
        assert int(response.headers["Age"]) >= int(requested_at - broken_at), response.headers


class Reader:
    """Reads every post of some blogs all the time in a thread, and records each wrong response."""

    def __init__(self, blogs: Sequence[Blog]) -> None:
        self.errors: list[str] = []
        self.response_count = 0
        self.unavailable_count = 0
        """Responses that a post is not mirrored yet."""
        self._known_ids: dict[tuple[str, int], frozenset[int]] = {}
        self._blogs = blogs
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._read_all, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(_DEADLINE)

    def _read_all(self) -> None:
        while not self._stop.is_set():
            for blog in self._blogs:
                for number in blog.initial_ids:
                    with blog.server.lock:
                        self._read(blog, number)
                    self._stop.wait(0.02)

    def _read(self, blog: Blog, number: int) -> None:
        post = (blog.repo, number)
        try:
            responses = blog.pages(number)
        except httpx.HTTPError as failure:
            self.errors.append(f"{post}: {failure!r}")
            return
        self.response_count += len(responses)
        last = responses[-1]
        if last.status_code == httpx.codes.SERVICE_UNAVAILABLE and post not in self._known_ids:
            self.unavailable_count += 1
            if int(last.headers.get("Retry-After", 0)) < 1:
                self.errors.append(f"{post}: 503 without Retry-After")
            return
        if last.status_code != httpx.codes.OK:
            self.errors.append(f"{post}: {last.status_code} {last.text}")
            return
        self._compare(blog, number, responses)

    def _compare(self, blog: Blog, number: int, responses: Sequence[httpx.Response]) -> None:
        post = (blog.repo, number)
        ids = frozenset(comment["id"] for response in responses for comment in response.json()["comments"])
        known = self._known_ids.get(post, blog.initial_ids[number])
        lost = (known - ids) & blog.simulator.world.comments.keys()
        if lost:
            self.errors.append(f"{post}: {len(lost)} of {len(known)} comments are no longer served, {sorted(lost)[:3]}")
        if "Age" not in responses[-1].headers:
            self.errors.append(f"{post}: no Age")
        self._known_ids[post] = ids
