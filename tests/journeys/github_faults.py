"""Blogs whose GitHub fails in a chosen way, a service that mirrors them, and somebody who reads on all the while."""

import re
import subprocess
import sys
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
from tests.journeys.conftest import Service, environment

TOKEN = "ghp_faults0000000000000000000000000000000"
SECRET = "It's a Secret to Everybody"
OWNER = "ada"
_DEADLINE = 75.0
_PAST = 1_600_000_000


def wait_until(holds: Callable[[], bool], what: str) -> None:
    """Returns when a condition holds; fails, saying what did not come true, where it never does."""
    deadline = time.monotonic() + _DEADLINE
    while not holds():
        assert time.monotonic() < deadline, f"never so: {what}"
        threading.Event().wait(0.2)


@dataclass
class GitHubClock:
    """GitHub's clock, so many seconds ahead of ours."""

    ahead: float = 0.0

    def __call__(self) -> float:
        return SystemClock().now() + self.ahead


def world_of(clock: GitHubClock, blogs: dict[str, Sequence[int]]) -> World:
    """A GitHub with one repository for each blog, of as many comments on each post as are named."""
    world = World(clock)
    world.add_token(TOKEN, OWNER)
    for name, sizes in blogs.items():
        repo = f"{OWNER}/{name}"
        world.add_repository(repo, created_at=_PAST)
        for number, size in enumerate(sizes, start=1):
            world.open_issue(repo, title=f"Post {number}", body="The post.", created_at=_PAST)
            for order in range(size):
                said = {"body": f"Remark {order} on {name}", "author": f"reader-{order % 7}"}
                world.comment(repo, number, created_at=_PAST + order, **said)
    return world


class Served:
    """A service over a simulator, which can be ended and started again on its store."""

    def __init__(self, folder: Path, simulator: RunningSimulator, repos: Sequence[str], **settings: str) -> None:
        self._folder = folder
        self._settings = {"REPO": ",".join(repos), "GITHUB_API_URL": simulator.url, "PULSE": "1", **settings}
        self.present = threading.RLock()
        """Held by whoever needs the service to be there, and while it is not."""
        self._begin()

    def _begin(self, **settings: str) -> None:
        given = {"STORE": f"sqlite:///{self._folder}/afterword.db", "GITHUB_TOKEN": TOKEN, **self._settings, **settings}
        process = subprocess.Popen(
            [sys.executable, "-m", "app", "serve", "--port", "0"],
            env=environment(**given),
            cwd=self._folder,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.service = Service(process)
        self._client: httpx.Client | None = None

    def get(self, path: str, **parameters: Any) -> httpx.Response:
        with self.present:
            if self._client is None:  # only now, so that services of several trials start at the same time
                self._client = httpx.Client(base_url=self.service.url, timeout=30, trust_env=False)
            return self._client.get(path, params=parameters)

    def state_of(self, repo: str) -> dict[str, Any]:
        """What the service says of a site."""
        sites: list[dict[str, Any]] = self.get("/readyz").json()["sites"]
        return next(site for site in sites if site["repo"] == repo)

    def restart(self, **settings: str) -> None:
        """Ends the service in order, and starts it with other settings."""
        with self.present:
            self.close()
            self._begin(**settings)

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
        self.service.stop()
        assert self.service.process.stderr is not None
        self.service.process.stderr.close()


@dataclass
class Blog:
    """One repository of a simulator, as the world has it and as the service serves it."""

    repo: str
    simulator: RunningSimulator
    served: Served
    at_first: dict[int, frozenset[int]] = field(default_factory=dict)
    """Which comments were there before anything was served, by post."""

    def __post_init__(self) -> None:
        home = self.simulator.world.repository(self.repo)
        self.place = rf"/(repos/{self.repo}|repositories/{home.id})(?![^/?])"
        """A regular expression that finds the asks about this repository."""
        self.at_first = {n: frozenset(c.id for c in self.written(n)) for n in self.posts}

    @property
    def posts(self) -> list[int]:
        world = self.simulator.world
        with world.lock:
            return sorted(world.issue_ids[world.repository(self.repo).id])

    def written(self, number: int = 1) -> list[Comment]:
        """What stands on GitHub, in order."""
        world = self.simulator.world
        with world.lock:
            return [world.comments[known] for known in world.comment_ids[world.issue(self.repo, number).id]]

    def write(self, body: str, number: int = 1) -> Comment:
        return self.simulator.world.comment(self.repo, number, body=body, author="eve")

    def change(self, number: int = 1) -> None:
        """Somebody writes two comments, edits an older one, and the owner deletes one."""
        first, second, *_ = self.written(number)
        self.write("Something new", number)
        self.simulator.world.edit_comment(second, body="Other words than before")
        self.simulator.world.delete_comment(first)
        self.write("Something newer", number)

    def pages(self, number: int = 1) -> list[httpx.Response]:
        """All pages of a post as readers get them, up to the first that is refused."""
        answers: list[httpx.Response] = []
        parameters: dict[str, Any] = {"repo": self.repo, "limit": 100}
        while True:
            answers.append(self.served.get(f"/api/v1/posts/{number}/comments", **parameters))
            if answers[-1].status_code != httpx.codes.OK or answers[-1].json()["next"] is None:
                return answers
            parameters["cursor"] = answers[-1].json()["next"]

    def served_comments(self, number: int = 1) -> list[tuple[int, str, str]]:
        """(id, author, text) of all comments of a post, in the order in which they are served."""
        answers = self.pages(number)
        assert {answer.status_code for answer in answers} == {200}, answers[-1].text
        comments = [comment for answer in answers for comment in answer.json()["comments"]]
        return [(comment["id"], comment["author"]["login"], comment["text"]) for comment in comments]

    def is_mirrored(self) -> bool:
        """Whether every post is served as it stands on GitHub: ids, order, authors, texts and counts."""
        users = self.simulator.world.users
        counts = {}
        for number in self.posts:
            written = [(c.id, users[c.author].login, c.body) for c in self.written(number)]
            counts[str(number)] = len(written)
            answers = self.pages(number)
            if answers[-1].status_code != httpx.codes.OK:
                return False
            said = [comment for answer in answers for comment in answer.json()["comments"]]
            if [(c["id"], c["author"]["login"], c["text"]) for c in said] != written:
                return False
            if answers[-1].json()["post"]["comment_count"] != len(written):
                return False
        answer = self.served.get("/api/v1/counts", repo=self.repo)
        return answer.status_code == httpx.codes.OK and answer.json()["counts"] == counts

    def wait_until_mirrored(self) -> None:
        wait_until(self.is_mirrored, f"{self.repo} is as on GitHub. The service says:\n{self.served.service.output}")

    def wait_until_compared(self) -> None:
        """Until the service has gone over everything, as it does once a day: it asks nothing for that from then on."""
        self.served.service.wait_for(rf"{self.repo} (was compared with|differed from) GitHub")

    def fail_by(self, fault: Fault, *, path: str = "", times: int | None = None) -> Callable[[], None]:
        """Breaks the answers to asks about this repository of which `path` finds the rest; the result ends that."""
        return self.simulator.faults.add(fault, match=f"{self.place}{path}", times=times)

    def wait_until_failing(self) -> None:
        """Until the service itself says that a round failed."""
        wait_until(lambda: self.served.state_of(self.repo)["failure"] is not None, f"a round over {self.repo} fails")

    def asks(self, path: str = "") -> list[LoggedRequest]:
        """What was asked of this repository so far, with `path` after its name (a regular expression)."""
        wanted = re.compile(f"{self.place}{path}")
        return [ask for ask in tuple(self.simulator.requests) if wanted.match(ask.target)]

    def webhook(self, *, connections: int = 1) -> Webhook:
        """Has GitHub tell the service of what happens here; returns when the service has answered its ping."""
        url = f"{self.served.service.url}/webhooks/github"
        hook = self.simulator.add_webhook(url, secret=SECRET, repo=self.repo, connections=connections)
        hook.wait()
        assert [delivery.status for delivery in hook.log] == [200]
        return hook

    def assert_served_with_its_age(self, comments: list[tuple[int, str, str]], *, broken_at: float) -> None:
        """That the first post is served as it was, and as no fresher than GitHub's last true word."""
        asked_at = SystemClock().now()
        answer = self.pages()[-1]
        assert self.served_comments() == comments
        assert int(answer.headers["Age"]) >= int(asked_at - broken_at), answer.headers


class Watch:
    """Somebody who reads every post of some blogs all the while, and notes each answer that should not have been."""

    def __init__(self, blogs: Sequence[Blog]) -> None:
        self.wrong: list[str] = []
        self.answers = 0
        self.refused = 0
        """Answers that a post is not mirrored yet."""
        self._known: dict[tuple[str, int], frozenset[int]] = {}
        self._blogs = blogs
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def end(self) -> None:
        self._ended.set()
        self._thread.join(_DEADLINE)

    def _watch(self) -> None:
        while not self._ended.is_set():
            for blog in self._blogs:
                for number in blog.at_first:
                    with blog.served.present:
                        self._read(blog, number)
                    self._ended.wait(0.02)

    def _read(self, blog: Blog, number: int) -> None:
        about = (blog.repo, number)
        try:
            answers = blog.pages(number)
        except httpx.HTTPError as failure:
            self.wrong.append(f"{about}: {failure!r}")
            return
        self.answers += len(answers)
        last = answers[-1]
        if last.status_code == httpx.codes.SERVICE_UNAVAILABLE and about not in self._known:
            self.refused += 1
            if int(last.headers.get("Retry-After", 0)) < 1:
                self.wrong.append(f"{about}: 503 without Retry-After")
            return
        if last.status_code != httpx.codes.OK:
            self.wrong.append(f"{about}: {last.status_code} {last.text}")
            return
        self._compare(blog, number, answers)

    def _compare(self, blog: Blog, number: int, answers: Sequence[httpx.Response]) -> None:
        about = (blog.repo, number)
        ids = frozenset(comment["id"] for answer in answers for comment in answer.json()["comments"])
        known = self._known.get(about, blog.at_first[number])
        lost = (known - ids) & blog.simulator.world.comments.keys()
        if lost:
            self.wrong.append(f"{about}: {len(lost)} of {len(known)} comments are no longer served, {sorted(lost)[:3]}")
        if "Age" not in answers[-1].headers:
            self.wrong.append(f"{about}: no Age")
        self._known[about] = ids
