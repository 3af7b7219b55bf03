"""The head of one response of each route, for a golden file.

`python -m tests.integration.response_heads` writes `golden_responses.txt` again after an intended change.
"""

import asyncio
from pathlib import Path

from tests.bench.guard_ground import BLOG, Answer, Request, serving, simulation
from tests.bench.guard_scenarios import delivery
from tests.bench.guard_worlds import small_world

GOLDEN = Path(__file__).parent / "golden_responses.txt"
_FIELDS = ("content-type", "cache-control", "vary")
_ISSUES = f"/repos/{BLOG}/issues"
_TARGETS = (
    *("/", "/docs", "/openapi.json", "/start.js", "/start.css", "/healthz", "/readyz", "/metrics"),
    *("/docs.js", "/docs.css", "/status", "/feed", "/posts?ghissueid=103", "/posts"),
    *("/widget.js", "/widget.css", "/page.css", "/assets/0/more.js", "/assets/0/languages/de.json", "/assets/0/x"),
    *("/api/v1/posts/103", "/api/v1/posts/103/comments", "/api/v1/counts", "/api/v1/comments"),
    *("/api/v1/posts/99", "/api/v1/posts/133", "/api/v1/posts/0", "/api/v1/posts/103/comments?limit=0"),
    *("/posts/103.html", "/posts/103.html?view=page", "/posts/103.atom", "/posts/103.json", "/posts/133.atom"),
    *("/comments.atom", "/comments.json", "/avatars/10137", "/avatars/1", "/images/1/000000000000000000000000"),
    *(_ISSUES, f"{_ISSUES}/103", f"{_ISSUES}/103/comments", f"{_ISSUES}/comments/3100000001", f"{_ISSUES}/133"),
    *("/api/v1/posts", "/api/v1/posts?term=absent", "/api/v1/posts/comments?term=absent", "/posts.html?term=absent"),
    *("/client.js", "/npm/gitalk@1/dist/gitalk.min.js", "/npm/gitalk@1/dist/gitalk.css", "/gitment.js"),
    *("/repos/other/else/issues", "/nothing", "/webhooks/github"),
)


def list_requests() -> list[Request]:
    """Return one request of each route and method, and those that are refused."""
    stream = Request("/api/v1/posts/103/events", "HEAD", (("accept", "text/event-stream"),))
    page = Request("/", headers=(("accept", "text/html"),))
    ping = delivery("ping", {"zen": "Keep it logically awesome."})
    unsigned = Request("/webhooks/github", "POST", note="unsigned")
    others = [Request("/api/v1/counts", method) for method in ("HEAD", "OPTIONS", "POST", "PUT", "DELETE")]
    return [*map(Request, _TARGETS), *others, stream, page, ping, unsigned]


def describe(request: Request, answer: Answer) -> str:
    """Return the head of an answer in one line."""
    kind = f" {request.headers[0][1]}" if request.method == "GET" and request.headers else ""
    etag = "etag" if answer.header("etag") else "no etag"
    fields = [answer.header(name) or "-" for name in _FIELDS]
    return " | ".join([f"{request.method} {request.target}{kind}", str(answer.status), etag, *fields])


async def read_heads() -> list[str]:
    """Return the head of every answer."""
    with simulation(small_world(), fixed=False) as simulator:
        async with serving(simulator, None) as service:
            await service.mirror()
            service.clock.advance(100)
            return [describe(request, await service.send(request)) for request in list_requests()]


if __name__ == "__main__":
    GOLDEN.write_text("\n".join([*asyncio.run(read_heads()), ""]), encoding="utf-8")
