"""The service behind real proxies, with the configurations of the README."""

import hashlib
import hmac
import json
import math
import subprocess
import threading
import time
from collections.abc import Mapping

import httpx
import pytest

from app.simulator.world.sample import SAMPLE_REPO
from tests.proxies.event_listener import EventListener
from tests.proxies.proxied_service import SECRET, Stage, stage
from tests.proxies.proxies import CACHES_THAT_SERVE_STALE, COMMANDS, PATH, PUBLIC_URL
from tests.widget.stage import TALK

__all__ = ["stage"]

pytestmark = pytest.mark.untraced  # others cover the code; here it is the proxies that are tested

COMMENTS = f"/api/v1/posts/{TALK}/comments?limit=100"
_SEEN_WITHIN = 12.0


def _ids(response: httpx.Response) -> list[int]:
    assert response.status_code == 200, response.text
    return [comment["id"] for comment in response.json()["comments"]]


@pytest.mark.parametrize("name", COMMANDS)
def test_documents_name_the_public_address(stage: Stage, name: str) -> None:
    proxy = stage.proxies[name]
    page = proxy.get(f"/api/v1/posts/{TALK}/comments").json()
    assert page["comments"][0]["author"]["avatar_url"].startswith(f"{PUBLIC_URL}/avatars/")
    assert (
        proxy.get(f"/repos/{SAMPLE_REPO}/issues/{TALK}/comments?per_page=5").links["next"]["url"].startswith(PUBLIC_URL)
    )
    assert proxy.get("/", Accept="application/json").json()["documentation"] == f"{PATH}/docs"
    assert proxy.get("/openapi.json").json()["servers"] == [{"url": PUBLIC_URL}]


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("coding", ["identity", "gzip", "br"])
def test_own_etag_is_answered_with_304(stage: Stage, name: str, coding: str) -> None:
    proxy = stage.proxies[name]
    for path in (COMMENTS, f"/posts/{TALK}.html", f"/posts/{TALK}.atom", "/widget.js"):
        first = proxy.get(path, **{"Accept-Encoding": coding})
        again = proxy.get(path, **{"Accept-Encoding": coding, "If-None-Match": first.headers["etag"]})
        assert (first.status_code, again.status_code) == (200, 304), path


@pytest.fixture(scope="module")
def seconds_until_seen(stage: Stage) -> Mapping[str, float]:
    """Read a post through each proxy until a comment is visible that a webhook reports; return the seconds."""
    for proxy in stage.proxies.values():
        proxy.get(COMMENTS)
    comment_id, start = stage.write("Seen through every cache"), time.monotonic()
    seen: dict[str, float] = {}
    while len(seen) < len(stage.proxies) and time.monotonic() - start < 2 * _SEEN_WITHIN:
        for name in stage.proxies.keys() - seen.keys():
            if comment_id in _ids(stage.proxies[name].get(COMMENTS)):
                seen[name] = time.monotonic() - start
        threading.Event().wait(0.25)
    return seen


@pytest.mark.parametrize("name", COMMANDS)
def test_comment_is_visible_within_twelve_seconds(seconds_until_seen: Mapping[str, float], name: str) -> None:
    assert seconds_until_seen.get(name, math.inf) <= _SEEN_WITHIN


@pytest.fixture(scope="module")
def live_updates(stage: Stage) -> Mapping[str, list[bool]]:
    """Listen through each proxy while two comments come 4 s apart; return whether the read after each event shows it."""
    listeners = {name: EventListener(proxy, TALK, COMMENTS) for name, proxy in stage.proxies.items()}
    for listener in listeners.values():
        listener.wait_for("current")
    updates: dict[str, list[bool]] = {name: [] for name in listeners}
    for body in ("The first of two", "The second of two"):
        comment_id = stage.write(body)
        for name, listener in listeners.items():
            updates[name].append(comment_id in _ids(listener.read_after("changed")))
        threading.Event().wait(4)
    for listener in listeners.values():
        listener.close()
    return updates


@pytest.mark.parametrize("name", COMMANDS)
def test_both_of_two_comments_are_shown_live(live_updates: Mapping[str, list[bool]], name: str) -> None:
    assert live_updates[name] == [True, True]


@pytest.mark.parametrize("name", COMMANDS)
def test_delivery_of_three_megabytes_is_accepted(stage: Stage, name: str) -> None:
    proxy = stage.proxies[name]
    body = json.dumps({"zen": "x" * 3_000_000}).encode()
    headers = {
        "Content-Type": "application/json",
        "X-GitHub-Event": "ping",
        "X-GitHub-Delivery": f"delivery-by-{name}",
        "X-Hub-Signature-256": f"sha256={hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()}",
    }
    prefix = "" if name == "squid" else PATH
    url = f"{proxy.origin}{prefix}/webhooks/github"
    assert proxy.client.post(url, content=body, headers=proxy.headers(headers)).status_code == 200
    tampered = proxy.client.post(url, content=body + b" ", headers=proxy.headers(headers))
    assert tampered.status_code == 401


def test_comments_are_served_over_http_2(stage: Stage) -> None:
    url = f"{stage.proxies['caddy'].origin}{PATH}{COMMENTS}"
    arguments = ["curl", "--silent", "--insecure", "--http2", "--output", "/dev/null"]
    result = subprocess.run(
        [*arguments, "--write-out", "%{http_version} %{http_code}", url], capture_output=True, text=True, check=True
    )
    assert result.stdout == "2 200"


@pytest.mark.parametrize("name", ["nginx", "httpd", "squid", "trafficserver"])
def test_first_read_after_hours_is_current(stage: Stage, name: str) -> None:
    proxy = stage.proxies[name]
    proxy.get(COMMENTS)
    comment_id = stage.write(f"Written in a quiet hour before {name}")
    stage.wait_until_served(comment_id)
    stage.clock.set_ahead(hours=1 + list(COMMANDS).index(name))
    assert comment_id in _ids(proxy.get(COMMENTS))


@pytest.fixture(scope="module")
def stopped(stage: Stage) -> Stage:
    """Stop the service after a last read through each proxy; the proxies' clock is 12 hours later then."""
    for proxy in stage.proxies.values():
        assert proxy.get(COMMENTS).status_code == 200
    stage.service.terminate()
    assert stage.service.wait(20) == 0
    stage.clock.set_ahead(hours=12)
    threading.Event().wait(11)  # Varnish has the real clock: its copy is no longer fresh then
    return stage


@pytest.mark.parametrize("name", CACHES_THAT_SERVE_STALE)
def test_comments_outlive_the_service_by_hours(stopped: Stage, name: str) -> None:
    for _ in range(3):
        response = stopped.proxies[name].get(COMMENTS)
        assert len(_ids(response)) > 16
        if name in {"squid", "trafficserver"}:  # the others show no Age that they count
            assert int(response.headers["age"]) > 11 * 3600
        threading.Event().wait(0.5)
