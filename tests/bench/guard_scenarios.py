"""Put the application into the situations in which the guard records it."""

import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tests.bench import guard_corpus as corpus
from tests.bench import guard_worlds as worlds
from tests.bench.guard_ground import BLOG, NOTES, SECRET, Answer, Request, Service, Status, World, serving, simulation

Exchanges = AsyncIterator[tuple[Request, Answer]]
_HOOK = "/webhooks/github"
_ETAGS = (
    *("/api/v1/posts/103", "/api/v1/posts/103/comments", "/api/v1/counts", "/api/v1/comments", "/posts/103.html"),
    *("/comments.atom", f"/repos/{BLOG}/issues/103/comments", "/widget.js", "/", "/start.js", "/avatars/10137"),
)


@dataclass(frozen=True)
class Scenario:
    """A world, settings, and what is done with them; `posts` are front matter files by name."""

    name: str
    act: Callable[[Service], Exchanges]
    world: Callable[[], World] = worlds.small_world
    settings: dict[str, Any] = field(default_factory=dict)
    posts: tuple[str, ...] = ()

    async def run(self, folder: Path | None, scratch: Path) -> Exchanges:
        """Yield every exchange; the store is in memory without a folder."""
        settings = dict(self.settings)
        if self.posts:
            content = scratch / self.name
            content.mkdir(exist_ok=True)
            for number, text in enumerate(self.posts):
                (content / f"{number}.md").write_text(text, encoding="utf-8")
            settings["posts"] = str(content)
        with simulation(self.world()) as simulator:
            async with AsyncExitStack() as stack:
                service = await stack.enter_async_context(serving(simulator, folder, **settings))
                async for exchange in self.act(service):
                    yield exchange


async def exchanges(service: Service, requests: Iterable[Request]) -> Exchanges:
    """Yield the answer to each request."""
    for request in requests:
        yield request, await service.send(request)
        await service.settle()


async def everything(service: Service) -> Exchanges:
    """Record the whole corpus over a mirror that is complete."""
    yield await _probe(service, "before")
    await service.mirror()
    service.clock.advance(100)
    numbers = (*worlds.SAMPLE_POSTS, *worlds.SIZES, worlds.MIXED, worlds.SPAM, *corpus.ANY_STATE)
    hostile = (worlds.HOSTILE, worlds.MARKDOWN, worlds.SOUP)
    for requests in (
        *(corpus.threads(numbers), corpus.threads(hostile, ("en",)), corpus.languages(), corpus.parameters()),
        *(corpus.compatible(), corpus.transport(), corpus.assets(await corpus.version(service))),
    ):
        async for exchange in exchanges(service, requests):
            yield exchange
    for target in corpus.lists([*worlds.SIZES, *hostile]):
        async for exchange in corpus.walk(service, target):
            yield exchange
    for request in await corpus.pictures(service):
        yield request, await service.send(request)
    etags = {target: (await service.get(target)).header("etag") for target in _ETAGS}
    async for exchange in exchanges(service, corpus.conditions({key: etag for key, etag in etags.items() if etag})):
        yield exchange
    async for exchange in exchanges(service, [Request("/readyz", note="after"), Request("/metrics")]):
        yield exchange


async def _probe(service: Service, note: str) -> tuple[Request, Answer]:
    request = Request("/readyz", note=note)
    return request, await service.send(request)


async def settings_matter(service: Service) -> Exchanges:
    """Record what depends on the settings."""
    await service.mirror()
    service.clock.advance(100)
    numbers = (7, 41, 42, 100, 103, *corpus.ANY_STATE)
    origins = [("origin", origin) for origin in ("https://blog.example.com", "https://evil.example")]
    cross = [
        Request(target, method, (origin,)) for target in _ETAGS for origin in origins for method in ("GET", "OPTIONS")
    ]
    queries = ("", "per_page=2", "per_page=2&page=2")
    pages = corpus.each([f"/repos/{BLOG}/issues/103/comments", f"/repos/{BLOG}/issues"], queries)
    page = [Request("/", headers=(("accept", "text/html"),)), Request("/"), Request("/readyz"), Request("/metrics")]
    for requests in (corpus.threads(numbers), corpus.other_site(), cross, pages, page):
        async for exchange in exchanges(service, requests):
            yield exchange
    pictures = await corpus.pictures(service)
    ping = delivery("ping", {"zen": "Keep it logically awesome.", "hook_id": 1})
    async for exchange in exchanges(service, [*pictures, ping]):
        yield exchange


async def cold(service: Service) -> Exchanges:
    """Record reads of threads that are not mirrored."""
    numbers = (103, 41, worlds.PULL, worlds.DELETED, worlds.MISSING, worlds.MOVED, worlds.MOVED_AWAY)
    targets = [f"/api/v1/posts/{number}/comments" for number in numbers]
    targets += [f"/posts/{numbers[0]}.html", f"/repos/{BLOG}/issues/102", f"/repos/{BLOG}/issues/101/comments"]
    targets += ["/api/v1/posts/100", "/posts/130.atom", "/api/v1/counts", "/api/v1/comments", f"/repos/{BLOG}/issues"]
    async for exchange in exchanges(service, [Request(target) for target in (*targets, *targets, "/readyz")]):
        yield exchange


async def down(service: Service) -> Exchanges:
    """Record reads while GitHub does not answer and nothing is mirrored, then while something is."""
    targets = ["/api/v1/posts/103", "/api/v1/posts/103/comments", "/api/v1/counts", "/api/v1/comments"]
    targets += ["/posts/103.html", "/posts/103.atom", "/comments.json", f"/repos/{BLOG}/issues"]
    targets += [f"/repos/{BLOG}/issues/103", f"/repos/{BLOG}/issues/comments/3100000001", "/readyz", "/healthz"]
    service.simulator.faults.add(Status(503), times=None)
    async for exchange in exchanges(service, _with_note(targets, "down")):
        yield exchange
    service.simulator.faults.clear()
    service.clock.advance(4_000)
    await service.mirror()
    service.simulator.faults.add(Status(503), times=None)
    for seconds in (100, 400, 4_000):
        service.clock.advance(seconds)
        for turn in ("first", "second"):
            async for exchange in exchanges(service, _with_note(targets, f"mirrored, {seconds} s later, {turn}")):
                yield exchange
            await service.poll()


def _with_note(targets: Iterable[str], note: str) -> list[Request]:
    return [Request(target, note=note) for target in targets]


async def changes(service: Service) -> Exchanges:
    """Record what readers see of what happens on GitHub, by webhooks and by polls.

    No figures: a transfer has two threads refreshed at once, which may share the rendering of a list.
    """
    events: list[Any] = []
    service.world.on_event(events.append)
    await service.mirror()
    service.clock.advance(60)
    targets = ["/api/v1/posts/103", "/api/v1/posts/103/comments?limit=100", "/api/v1/counts?ids=102,103,41"]
    targets += ["/api/v1/comments?limit=3", "/comments.json", f"/repos/{BLOG}/issues?state=all", "/posts/41.html"]
    targets += ["/posts/103.atom", f"/repos/{BLOG}/issues/103", f"/repos/{BLOG}/issues/103/comments"]
    stream = Request("/api/v1/posts/103/events", headers=(("accept", "text/event-stream"),), messages=2)
    async for exchange in exchanges(service, [stream, *_with_note(targets, "before")]):
        yield exchange
    for number, (name, act) in enumerate(_acts(service.world)):
        act()
        for order, event in enumerate(events):
            request = delivery(event.name, event.payload, guid=f"{number}-{order}")
            yield request, await service.send(request)
            await service.refresh()
        events.clear()
        resumption = replace(stream, headers=(*stream.headers, ("last-event-id", "1")), note=f"after {name}")
        async for exchange in exchanges(service, [resumption, *_with_note(targets, f"after {name}")]):
            yield exchange
        service.clock.advance(90)
    await service.poll()
    async for exchange in exchanges(service, _with_note(targets, "after a poll")):
        yield exchange


def _acts(world: World) -> list[tuple[str, Callable[[], object]]]:
    """Return what happens on GitHub, in order."""
    comments: list[Any] = []

    def write() -> None:
        comments.append(world.comment(BLOG, 103, body="A new comment.", author="eve"))

    return [
        ("a comment", write),
        ("an edit", lambda: world.edit_comment(comments[0], body="An edited comment.")),
        ("a deletion", lambda: world.delete_comment(comments[0])),
        ("a title", lambda: world.edit_issue(BLOG, 103, title="Another title")),
        ("a lock", lambda: world.lock_issue(BLOG, 103)),
        ("a closing", lambda: world.close_issue(BLOG, 41)),
        ("a new issue", lambda: world.open_issue(BLOG, title="A new post", author="ada")),
        ("a transfer", lambda: world.transfer_issue(BLOG, 102, NOTES)),
        ("a deleted issue", lambda: world.delete_issue(BLOG, 103)),
        ("a rename", lambda: world.rename_repository(BLOG, "ada/journal")),
        ("a private repository", lambda: world.make_private("ada/journal")),
        ("a public repository", lambda: world.make_private("ada/journal", private=False)),
    ]


async def webhooks(service: Service) -> Exchanges:
    """Record the answers to good and bad deliveries."""
    yield delivery("ping", {"zen": "x"}), await service.send(delivery("ping", {"zen": "x"}))
    await service.mirror()
    repository = service.world.repository_payload(service.world.repository(BLOG))
    comment = {"id": 5, "updated_at": "2025-06-15T10:00:00Z", "body": "*text*"}
    payload = {"action": "created", "issue": {"id": 5, "number": 103}, "comment": comment, "repository": repository}
    good = delivery("issue_comment", payload)
    signature = good.headers[3][1]
    requests = [
        *(good, replace(good, note="replayed"), delivery("push", {"repository": repository}, guid="2")),
        delivery("issue_comment", payload | {"repository": {"id": 1, "full_name": "other/else"}}, guid="3"),
        *(delivery("issues", payload | {"action": action}, guid=f"4{action}") for action in ("opened", "deleted", "x")),
        *(
            delivery("ping", {"repository": repository}, guid="5"),
            delivery("repository", {"action": "renamed"}, guid="6"),
        ),
        delivery("issue_comment", payload, guid="7", secret="another"),
        *(delivery("issue_comment", body, guid="8") for body in (b"", b"{", b"[]", b"null", b'{"action": 1}', b"\xff")),
        delivery("issue_comment", b"x" * 25_000_001, guid="9"),
        replace(good, pieces=(good.pieces[0][:40], good.pieces[0][40:]), note="in two pieces"),
    ]
    requests += [
        replace(good, headers=good.headers[:order] + good.headers[order + 1 :], note=f"without {order}")
        for order in range(4)
    ]
    for name, value in (("content-type", "text/plain"), ("content-length", "25000001"), ("x-hub-signature-256", "x")):
        others = tuple(each for each in good.headers if each[0] != name)
        requests.append(replace(good, headers=(*others, (name, value)), note=f"{name} {value}"))
    requests.append(replace(good, headers=(*good.headers[:3], ("x-hub-signature", signature[7:47])), note="SHA-1"))
    async for exchange in exchanges(service, [*requests, Request(_HOOK, note="GET"), Request("/metrics")]):
        yield exchange


def delivery(event: str, payload: object, *, guid: str = "1", secret: str = SECRET) -> Request:
    """Return a signed delivery."""
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    headers = (
        ("content-type", "application/json"),
        ("x-github-event", event),
        ("x-github-delivery", f"guid-{guid}"),
        ("x-hub-signature-256", f"sha256={digest}"),
    )
    return Request(_HOOK, "POST", headers, (body,), note=f"{len(body)} bytes")


_BOTH = f"{BLOG},{NOTES}"
SCENARIOS = (
    Scenario("everything", everything, worlds.full_world),
    Scenario("public", settings_matter, settings={"public_url": "https://c.example.com/talk", "pictures": False}),
    Scenario("origins", settings_matter, settings={"origins": "https://blog.example.com", "webhook_secret": None}),
    Scenario("several", settings_matter, settings={"repo": _BOTH}),
    Scenario("label", settings_matter, settings={"serve": "label:Life"}),
    Scenario(
        "posts",
        settings_matter,
        settings={"serve": "posts", "repo": _BOTH},
        posts=("---\nghissueid: 41\n---\n", "---\nghissueid: 103\n---\n", "---\nghissueid: 1\nrepo: ada/notes\n---\n"),
    ),
    Scenario("cold", cold, settings={"repo": _BOTH}),
    Scenario("down", down, settings={"cold_wait": 5}),
    Scenario("changes", changes, settings={"repo": _BOTH}),
    Scenario("webhooks", webhooks),
)
