"""One service of a given size in this process, for `growth`: changes are committed into its mirror.

    python growth_ground.py POSTS COMMENTS URLS

The first post has COMMENTS comments, each other one has one. URLS is a file that gets the address of a page that is
served all the while. GitHub is never asked: it says that nothing changed. The output is a JSON object of figures, all
in milliseconds.
"""

import asyncio
import gc
import os
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import uvloop

from app.bootstrap import application as bootstrap
from app.cli.http.server import base_url, bind, run_in_background, run_server
from app.domain.records import SiteRecord, ThreadRef
from app.domain.sites import repository
from app.domain.threads import Issue
from app.github import payloads
from app.github.responses import Response
from app.outbound.clock import SystemClock, random
from app.ports.mirror import Change
from app.render.document import Document
from app.render.keys import (
    CommentsKey,
    CountsKey,
    FeedFormat,
    FragmentKey,
    GitHubCommentsKey,
    GitHubIssuesKey,
    Key,
    MediaType,
    NewestKey,
    Order,
    PostKey,
    SiteFeedKey,
    ThreadFeedKey,
)
from app.settings import load
from app.simulator.world import objects
from app.simulator.world.media_types import MediaType as WorldMediaType
from app.simulator.world.sample import SAMPLE_REPO, generate_world

NOW = SystemClock().now
API = "https://api.github.com"
VIEW = objects.View(API, WorldMediaType("full"), objects.OLDER)
BLOG = repository(SAMPLE_REPO)
BASE = "https://comments.example.com"
POST, OTHER = 1, 2
CHANGES = 7
PAGE = 100
LONG = 100
TICK = 0.001


class QuietGitHub:
    """A GitHub at which nothing changes."""

    rate_limit = None
    request_count = 0

    def __init__(self, *_: Any, **__: Any) -> None:
        self.repository: Any = None

    def validator_key(self, request: Any) -> str:
        return str(request)

    async def send(self, request: Any, **_: Any) -> Response:
        is_list = "?" in request.url
        return Response(request.url, None if is_list else self.repository, unchanged=is_list)

    async def aclose(self) -> None:
        pass


class Lateness:
    """How late the event loop runs a task that sleeps for a millisecond again and again."""

    def __init__(self) -> None:
        self._late: list[float] = []

    async def run(self) -> None:
        while True:
            start = time.perf_counter()
            await asyncio.sleep(TICK)
            self._late.append((time.perf_counter() - start - TICK) * 1000)

    def take(self) -> list[float]:
        late, self._late = sorted(self._late), []
        return late


def batched(values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Return the values a hundred at a time."""
    return [tuple(values[start : start + PAGE]) for start in range(0, len(values), PAGE)]


def part(values: Sequence[float], share: float) -> float:
    """Return the value below which a share of sorted values lies."""
    return round(values[min(len(values) - 1, int(len(values) * share))], 2) if values else 0.0


class World:
    """Posts and comments as GitHub sends them."""

    def __init__(self, posts: int, comments: int) -> None:
        world = generate_world(1, comments + posts, seed=1)
        repo = world.repository(SAMPLE_REPO)
        self.repository = objects.repository_object(world, repo, VIEW)
        texts = [objects.comment_object(world, comment, VIEW) for comment in world.comments.values()]
        issue = objects.issue_object(world, next(iter(world.issues.values())), VIEW)
        self.issues = {
            number: payloads.issue(self._issue(issue, number, comments if number == POST else 1))
            for number in range(1, posts + 1)
        }
        numbers = [POST] * comments + list(range(2, posts + 1))
        self.comments = [
            payloads.comment(self._comment(text, number)) for text, number in zip(texts, numbers, strict=False)
        ]
        self.next_id = max(comment.id for comment in self.comments) + 1

    @staticmethod
    def _issue(source: Any, number: int, count: int) -> Any:
        page = source["html_url"].rpartition("/")[0]
        values = {"number": number, "id": 3_000_000 + number, "html_url": f"{page}/{number}", "comments": count}
        return source | values | {"title": f"Post {number}", "pinned_comment": None}

    @staticmethod
    def _comment(source: Any, number: int) -> Any:
        page = source["html_url"].rpartition("/issues/")[0]
        values = {"html_url": f"{page}/issues/{number}#issuecomment-{source['id']}"}
        return source | values | {"issue_url": f"{API}/repos/{SAMPLE_REPO}/issues/{number}"}


def keys(cursor: str | None) -> dict[str, Key]:
    """Return the documents of a post and its blog that readers have open."""
    feeds: dict[str, Any] = {"lang": "en", "base_url": BASE, "proxy_images": False}
    github = GitHubCommentsKey(BLOG, POST, MediaType.FULL, page=1, per_page=PAGE, since=None)
    return {
        "first page": CommentsKey(BLOG, POST, Order.OLDEST, 30, None),
        "newest first": CommentsKey(BLOG, POST, Order.NEWEST, 30, None, base_url=BASE),
        "by reactions": CommentsKey(BLOG, POST, Order.REACTIONS, 100, None),
        "last page": CommentsKey(BLOG, POST, Order.OLDEST, 100, cursor),
        "fragment": FragmentKey(BLOG, POST, Order.NEWEST, 50, None, full_page=False, **feeds),
        "feed": ThreadFeedKey(BLOG, POST, FeedFormat.ATOM, **feeds),
        "post": PostKey(BLOG, POST),
        "GitHub, first page": github,
        "GitHub, last page": replace(github, page=50),
        "counts": CountsKey(BLOG, (1, 2, 3)),
        "newest": NewestKey(BLOG, 10, None),
        "site feed": SiteFeedKey(BLOG, FeedFormat.ATOM, **feeds),
    }


class Ground:
    """The service, and what it does while it is measured."""

    def __init__(self, application: Any, world: World) -> None:
        self.application = application
        self.world = world
        self.figures: dict[str, Any] = {}
        self.lateness = Lateness()
        self.keys: dict[str, Key] = {}
        self._at: list[tuple[Key, float]] = []
        self._committed_at = self._cpu_at_commit = 0.0
        cache = application.cache
        put = cache.put

        def recorded_put(key: Key, document: Document) -> None:
            put(key, document)
            self._at.append((key, time.perf_counter()))

        cache.put = recorded_put

    async def commit(self, **change: Any) -> None:
        """Commit a change, and let it be served."""
        numbers = await self.application.mirror.apply(Change(repo=BLOG, at=NOW(), **change))
        self._committed_at, self._cpu_at_commit = time.perf_counter(), time.process_time()
        self._at.clear()
        if numbers:
            await self.application.updater.update(BLOG, numbers)

    @asynccontextmanager
    async def phase(self, name: str) -> AsyncIterator[None]:
        """Measure time, processor time, and how late the event loop is."""
        gc.collect()
        self.lateness.take()
        start, cpu, at = time.perf_counter(), time.process_time(), time.monotonic()
        yield
        late = self.lateness.take()
        self.figures[name] = self.figures.get(name, {}) | {
            "time": round((time.perf_counter() - start) * 1000, 1),
            "cpu": round((time.process_time() - cpu) * 1000, 1),
            "late p99": part(late, 0.99),
            "late max": part(late, 1),
            "span": (at, time.monotonic()),
        }

    async def import_all(self) -> None:
        """Commit everything as a backfill does, a hundred comments at a time."""
        site = SiteRecord(BLOG, 1, BLOG.full_name, issues_listed_at=NOW(), checked_at=NOW())
        site = replace(site, since="2026-01-01T00:00:00Z", reconciled_at=NOW())
        await self.commit(site=site)
        for issues in batched(list(self.world.issues.values())):
            await self.commit(issues=issues)
        for comments in batched(self.world.comments):
            await self.commit(comments=comments)

    async def read_pages(self) -> str | None:
        """Read all pages of the long thread, the first one and the feeds; return the last cursor."""
        cursor, last = None, None
        while True:
            key = CommentsKey(BLOG, POST, Order.OLDEST, PAGE, cursor)
            document = await self.application.documents.current(key)
            cursor = orjson.loads(document.bodies["identity"])["next"]
            if cursor is None:
                return last
            last = cursor

    async def change(self, name: str, make: Callable[[int], dict[str, Any]]) -> None:
        """Commit some changes and note when each document is served."""
        served: defaultdict[str, list[float]] = defaultdict(list)
        names = {key: name for name, key in self.keys.items()}
        async with self.phase(name):
            for count in range(CHANGES):
                for key in self.keys.values():
                    await self.application.documents.current(key)
                await self.read_pages()
                await self.commit(**make(count))
                done = time.perf_counter()
                for key, at in self._at:
                    served[names.get(key, "other")].append((at - self._committed_at) * 1000)
                served["all"].append((done - self._committed_at) * 1000)
                served["all, processor time"].append((time.process_time() - self._cpu_at_commit) * 1000)
                await asyncio.sleep(0.05)
        self.figures[name]["served"] = {name: part(sorted(times), 0.5) for name, times in served.items()}

    def issue(self, count: int) -> Issue:
        """Return the issue of the long thread with another count of comments."""
        source = dict(self.world.issues[POST].source) | {"comments": count}
        self.world.issues[POST] = payloads.issue(source)
        return self.world.issues[POST]

    def new_comment(self, _: int) -> dict[str, Any]:
        """Add a comment at the end."""
        source = dict(self.world.comments[7].source)
        page = source["html_url"].rpartition("-")[0]
        changes = {"id": self.world.next_id, "html_url": f"{page}-{self.world.next_id}"}
        self.world.next_id += 1
        count = self.world.issues[POST].comment_count + 1
        return {"comments": (payloads.comment(source | changes),), "issues": (self.issue(count),)}

    def middle(self, count: int, **changes: Any) -> dict[str, Any]:
        """Change a comment in the middle."""
        comments = self.world.comments
        position = [i for i, comment in enumerate(comments) if comment.number == POST]
        place = position[len(position) // 2 + count]
        source = dict(comments[place].source)
        if "text" in changes:
            source |= {"body": changes["text"], "body_html": f"<p>{changes['text']}</p>", "updated_at": LATER}
        else:
            source |= {"reactions": {"total_count": count + 1, "+1": count + 1}}
        comments[place] = payloads.comment(source)
        return {"comments": (comments[place],)}

    def removed(self, count: int) -> dict[str, Any]:
        """Remove a comment in the middle."""
        ids = [comment.id for comment in self.world.comments if comment.number == POST]
        number = self.world.issues[POST].comment_count - 1
        return {"removed_comments": frozenset([ids[len(ids) // 3 + count]]), "issues": (self.issue(number),)}

    async def repeat(self, name: str, work: Callable[[], Any], times: int = 15) -> None:
        """Note the median of the time and of the processor time of some work."""
        spans, costs = [], []
        await work()
        for _ in range(times):
            start, cpu = time.perf_counter(), time.process_time()
            await work()
            spans.append((time.perf_counter() - start) * 1000)
            costs.append((time.process_time() - cpu) * 1000)
        self.figures[name] = {"time": part(sorted(spans), 0.5), "cpu": part(sorted(costs), 0.5)}


LATER = "2027-01-01T00:00:00Z"


async def run_long(ground: Ground) -> None:
    """Measure one long thread."""
    async with ground.phase("pages"):
        cursor = await ground.read_pages()
    ground.application.documents.discard([ThreadRef(BLOG, POST)])
    ground.keys = keys(cursor)
    await ground.change("new comment", ground.new_comment)
    await ground.change("edit", lambda count: ground.middle(count, text=f"Edited {count}"))
    await ground.change("reaction", ground.middle)
    await ground.change("removal", ground.removed)


async def run_wide(ground: Ground) -> None:
    """Measure polls and reads of a blog of many posts."""
    documents, poller = ground.application.documents, ground.application.poller

    order: dict[str, Any] = {"state": "open", "labels": (), "sort": "created", "direction": "desc"}
    issues = GitHubIssuesKey(BLOG, MediaType.FULL, page=1, per_page=30, since=None, creator=None, **order)
    await ground.repeat("poll", lambda: poller.poll(BLOG))
    reads: dict[str, Key] = {
        "comments": CommentsKey(BLOG, OTHER, Order.OLDEST, 30, None),
        "counts of 3": CountsKey(BLOG, (1, 2, 3)),
        "newest": NewestKey(BLOG, 10, None),
        "GitHub's issues": issues,
        "all counts": CountsKey(BLOG, None),
    }
    for name, key in reads.items():
        await ground.repeat(name, partial(documents.document, key))


async def measure(posts: int, comments: int, announce: Callable[[str], object]) -> dict[str, Any]:
    """Return the figures."""
    world = World(posts, comments)
    github = QuietGitHub()
    github.repository = world.repository
    vars(bootstrap)["HttpGitHub"] = lambda *_, **__: github
    sys.setswitchinterval(0.001)
    async with bootstrap.open_application(load({}), lambda *_: None, SystemClock(), random) as application:
        ground = Ground(application, world)
        gc.collect()
        gc.freeze()
        with bind("127.0.0.1", 0) as server_socket:
            server = run_server(application.web, server_socket)
            async with run_in_background(server), run_in_background(ground.lateness.run()):
                announce(f"{base_url(server_socket)}/api/v1/posts/{OTHER}/comments?limit=30")
                async with ground.phase("import"):
                    await ground.import_all()
                await (run_long(ground) if comments > LONG else run_wide(ground))
    return ground.figures


def main() -> None:
    """Measure one size."""
    posts, comments, urls = int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"AFTERWORD_REPO": SAMPLE_REPO, "AFTERWORD_STORE": f"sqlite:///{folder}/afterword.db"}
        os.environ |= {"AFTERWORD_CACHE_MB": "200"}
        sys.stdout.buffer.write(orjson.dumps(uvloop.run(measure(posts, comments, urls.write_text))))


if __name__ == "__main__":
    main()
