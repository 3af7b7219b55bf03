"""Who gets in: sessions, their cookies, forms of other sites, and guesses."""

import re
from collections.abc import AsyncIterator
from http.cookies import Morsel
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.simulator.http.server import run_simulator
from app.simulator.world.world import World
from tests.fakes import FakeClock
from tests.integration.local_service import run_service
from tests.integration.owner.owner_client import BASE_URL, BEARER, OwnedService, run_owned_service, set_cookies

PROXIED: dict[str, Any] = {"origin": "https://a.example", "sec_fetch_site": "same-origin"}
OWNER_PATHS = ("/owner", "/owner/events", "/owner.css", "/owner.js", "/api/v1/owner/status", "/api/v1/owner/counts")


@pytest.fixture
async def owned(world: World, clock: FakeClock) -> AsyncIterator[OwnedService]:
    with run_simulator(world) as simulator:
        async with run_owned_service(simulator, clock) as owned:
            yield owned


def _cookie(response: httpx.Response, name: str = "afterword-owner") -> Morsel[str]:
    return next(cookie for cookie in set_cookies(response) if cookie.key == name)


async def test_without_a_token_there_is_no_page(world: World) -> None:
    with run_simulator(world) as simulator:
        async with run_service(simulator) as service:
            unknown = await service.get("/nothing", origin="https://blog.example.com")
            for path in OWNER_PATHS:
                response = await service.get(path, origin="https://blog.example.com", **BEARER)
                assert (response.status_code, response.content) == (404, unknown.content)
                assert {*response.headers} == {*unknown.headers}
            document = (await service.get("/openapi.json")).json()
            assert not [path for path in document["paths"] if "/owner" in path and not path.startswith("/repos/")]
            assert "Owner" not in [tag["name"] for tag in document["tags"]]
            assert 'href="owner"' not in (await service.get("/status")).text


async def test_strangers_see_a_form_and_nothing_else(owned: OwnedService) -> None:
    response = await owned.stranger().request("/owner")
    assert response.status_code == 200
    assert "ada/blog" not in response.text
    assert 'type="password"' in response.text
    for path in OWNER_PATHS[1:2] + OWNER_PATHS[4:]:
        refusal = await owned.stranger().request(path)
        assert refusal.status_code == 401, path
    assert refusal.headers["www-authenticate"] == 'Bearer realm="Afterword"'
    assert refusal.headers["content-type"] == "application/problem+json"


async def test_session_opens_the_page_and_no_api(owned: OwnedService) -> None:
    response = await owned.owner.sign_in()
    assert (response.status_code, response.headers["location"]) == (303, "owner")
    page = await owned.owner.request("/owner")
    assert "<h1>ada/blog</h1>" in page.text
    assert (await owned.owner.request("/api/v1/owner/status")).status_code == 401


@pytest.mark.parametrize("path", ["/owner", "/api/v1/owner/status"])
async def test_bearer_opens_page_and_api(owned: OwnedService, path: str) -> None:
    assert (await owned.owner.request(path, authorization=BEARER["authorization"])).status_code == 200
    assert (await owned.owner.request(path, authorization="bearer  " + BEARER["authorization"][7:])).status_code == 200
    wrong = await owned.stranger().request(path, authorization="Bearer a-token-that-only-the-owner-knowz")
    assert wrong.status_code == 401
    assert "not the owner's token" in wrong.text.replace("&#39;", "'")


async def test_nothing_of_the_owner_is_cached_or_shared(owned: OwnedService) -> None:
    await owned.owner.sign_in()
    evil: dict[str, Any] = {"origin": "https://evil.example"}
    for response in (
        await owned.owner.request("/owner", **evil),
        await owned.stranger().request("/owner", **evil),
        await owned.owner.api("status", origin="https://evil.example"),
        await owned.stranger().request("/api/v1/owner/status", **evil),
        await owned.stranger().sign_in("wrong-token-of-a-stranger"),
    ):
        assert "no-store" in response.headers["cache-control"]
        assert not [name for name in response.headers if name.startswith("access-control-")]
    preflight = await owned.owner.request("/api/v1/owner/status", method="OPTIONS", **evil)
    assert not [name for name in preflight.headers if name.startswith("access-control-")]
    policy = (await owned.owner.request("/owner")).headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize(
    ("settings", "headers", "name", "path", "secure"),
    [
        ({}, {"origin": BASE_URL}, "afterword-owner", "/owner", False),
        ({"public_url": "https://a.example/talk"}, {"origin": "https://a.example"}, "__Secure-afterword-owner", "/talk/owner", True),
        ({"public_url": "https://a.example"}, {}, "__Secure-afterword-owner", "/owner", True),
        ({"public_url": "https://a.example/talk"}, {"origin": BASE_URL}, "afterword-owner", "/owner", False),
        ({}, {"origin": BASE_URL, "x_forwarded_for": "203.0.113.1"}, "afterword-owner", "", False),
        ({}, {"origin": "https://a.example", "sec_fetch_site": "same-origin"}, "__Secure-afterword-owner", "", True),
    ],
)  # fmt: skip
async def test_cookie_fits_the_address(
    world: World, settings: dict[str, Any], headers: dict[str, Any], name: str, path: str, *, secure: bool
) -> None:
    with run_simulator(world) as simulator:
        async with run_owned_service(simulator, **settings) as owned:
            cookie = _cookie(await owned.owner.sign_in(**headers), name)
            assert (cookie["path"], bool(cookie["secure"])) == (path, secure)
            assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Strict", str(7 * 86_400))
            assert "ada/blog" in (await owned.owner.request("/owner")).text


async def test_cookie_goes_to_the_page_that_the_browser_names(owned: OwnedService) -> None:
    paths = {
        "https://a.example/owner?page=2": "/owner",
        "https://a.example/talk/owner": "/talk/owner",
        "https://b.example/talk/owner": "",
        "https://a.example/x;Domain=example/owner": "",
        "https://a.example/": "",
        "https://[/owner": "",
    }
    for referer, path in paths.items():
        response = await owned.owner.sign_in(**PROXIED, referer=referer)
        assert [cookie["path"] for cookie in set_cookies(response)] == [path] * 2, referer


async def test_session_expires(owned: OwnedService, clock: FakeClock) -> None:
    await owned.owner.sign_in()
    clock.advance(7 * 86_400 - 10)
    assert "ada/blog" in (await owned.owner.request("/owner")).text
    clock.advance(10)
    assert "ada/blog" not in (await owned.owner.request("/owner")).text


async def test_signing_out_ends_the_session(owned: OwnedService) -> None:
    await owned.owner.sign_in()
    copy = dict(owned.owner.cookies)
    other = owned.stranger()
    await other.sign_in()
    response = await owned.owner.submit(do="sign-out")
    assert (_cookie(response).value, _cookie(response)["max-age"]) == ("", "0")
    owned.owner.cookies = copy
    assert "ada/blog" not in (await owned.owner.request("/owner")).text
    assert "ada/blog" in (await other.request("/owner")).text


async def test_session_survives_a_restart_but_no_other_token(world: World, tmp_path: Path) -> None:
    settings: dict[str, Any] = {"store": f"sqlite:///{tmp_path}/afterword.db"}
    with run_simulator(world) as simulator:
        async with run_owned_service(simulator, **settings) as owned:
            await owned.owner.sign_in()
            cookies = owned.owner.cookies
        for token, is_in in ((None, True), ("another-token-of-the-owner", False)):
            changed = settings if token is None else {**settings, "owner_token": token}
            async with run_owned_service(simulator, **changed) as owned:
                owned.owner.cookies = dict(cookies)
                assert ("ada/blog" in (await owned.owner.request("/owner")).text) is is_in


async def test_forged_cookies_open_nothing(owned: OwnedService) -> None:
    await owned.owner.sign_in()
    value, device = owned.owner.cookies["afterword-owner"], owned.owner.cookies["afterword-owner-device"]
    expiry, identity, signature = value.split(".")
    forgeries = [
        f"{int(expiry) + 1}.{identity}.{signature}",
        f"{expiry}.{'0' * 32}.{signature}",
        f"{expiry}.{identity}.{'0' * 64}",
        device,
        *("", "x", "é" * 9, f"{value}x", "9" * 5000),
    ]
    for forgery in forgeries:
        owned.owner.cookies = {"afterword-owner": forgery.encode("ascii", "replace").decode()}
        assert "ada/blog" not in (await owned.owner.request("/owner")).text, forgery


async def test_stale_cookie_hides_no_session(owned: OwnedService) -> None:
    await owned.owner.sign_in()
    value, device = owned.owner.cookies["afterword-owner"], owned.owner.cookies["afterword-owner-device"]
    stranger = owned.stranger()
    for stale in (f"afterword-owner={value}x", "__Secure-afterword-owner=", "afterword-owner=;a;=b", 'x="a; b"'):
        for header in (f"{stale}; afterword-owner={value}", f"afterword-owner={value}; {stale}"):
            assert "ada/blog" in (await stranger.request("/owner", cookie=header)).text, header
    for n in range(6):
        response = await stranger.sign_in(f"a-guess-of-a-stranger-{n}")
    assert response.status_code == 429
    header = f"afterword-owner-device={device}; afterword-owner-device=x"
    assert (await stranger.sign_in(cookie=header)).status_code == 303


async def test_head_of_the_news_ends(owned: OwnedService) -> None:
    response = await owned.owner.request("/owner/events", method="HEAD", authorization=BEARER["authorization"])
    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["content-type"].startswith("text/event-stream")
    assert "no-store" in response.headers["cache-control"]
    assert (await owned.stranger().request("/owner/events", method="HEAD")).status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site", "origin": BASE_URL},
    ],
)
async def test_forms_of_other_sites_do_nothing(owned: OwnedService, headers: dict[str, Any]) -> None:
    assert (await owned.stranger().sign_in(**headers)).status_code == 403
    await owned.owner.sign_in()
    response = await owned.owner.submit(do="check", thread="all", headers=headers)
    assert response.status_code == 403
    assert "Open /owner again" in response.text


async def test_form_of_another_session_does_nothing(owned: OwnedService) -> None:
    other = owned.stranger()
    await other.sign_in()
    foreign = await other.form_token()
    await owned.owner.sign_in()
    for form_token in (foreign, "", "é", "0" * 64):
        assert (await owned.owner.submit(form_token, do="sign-out")).status_code == 403
    assert (await owned.owner.submit(await owned.owner.form_token(), do="sign-out")).status_code == 303
    assert (await owned.stranger().submit("x", do="sign-out")).status_code == 401


async def test_proxy_may_change_host_and_prefix(owned: OwnedService) -> None:
    same_origin: dict[str, Any] = {"origin": "https://blog.example.com", "sec_fetch_site": "same-origin"}
    response = await owned.owner.sign_in(**same_origin, x_forwarded_for="203.0.113.9")
    assert response.status_code == 303
    page = (await owned.owner.request("/owner")).text
    assert re.findall(r'(?:href|src|action)="(/[^"]*)"', page) == []


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"do=sign-in&token=" + b"x" * 5000, "application/x-www-form-urlencoded", 413),
        (b"do=sign-in", "text/plain", 415),
        (b"\xff\xfe", "application/x-www-form-urlencoded", 400),
        (b"a=1&" * 50, "application/x-www-form-urlencoded", 400),
        (b"do=sign-in&token=%ff%00", "application/x-www-form-urlencoded", 401),
        (b"", "application/x-www-form-urlencoded", 401),
    ],
)
async def test_malformed_forms_are_refused(owned: OwnedService, body: bytes, content_type: str, status: int) -> None:
    transport = httpx.ASGITransport(owned.application.web)
    async with httpx.AsyncClient(transport=transport, base_url=BASE_URL) as client:
        response = await client.post("/owner", content=body, headers={"content-type": content_type})
    assert response.status_code == status


async def test_guessing_locks_out_the_guesser_alone(owned: OwnedService, clock: FakeClock) -> None:
    known = owned.stranger("8.8.4.4")
    await known.sign_in()
    guesser = owned.stranger("8.8.4.4")
    statuses = [(await guesser.sign_in(f"a-guess-of-a-stranger-{n}")).status_code for n in range(7)]
    assert statuses == [401] * 5 + [429] * 2
    refusal = await guesser.sign_in()
    assert (refusal.status_code, refusal.headers["retry-after"]) == (429, "15")
    assert (await owned.owner.sign_in()).status_code == 303  # from another address
    assert (await known.sign_in()).status_code == 303  # a browser that was in before, from the guesser's address
    assert "ada/blog" in (await known.request("/owner")).text
    clock.advance(15)
    assert (await owned.stranger("8.8.4.4").sign_in()).status_code == 303


async def test_clients_behind_a_proxy_are_told_apart(owned: OwnedService) -> None:
    proxied = owned.stranger("127.0.0.1")
    for n in range(6):
        await proxied.sign_in(f"a-guess-of-a-stranger-{n}", x_forwarded_for="10.0.0.1, 203.0.113.66")
    assert (await proxied.sign_in(x_forwarded_for="203.0.113.66")).status_code == 429
    assert (await proxied.sign_in(x_forwarded_for="203.0.113.67")).status_code == 303
    direct = owned.stranger("1.1.1.1")
    for n in range(6):  # a client of the internet names other addresses in vain
        response = await direct.sign_in(f"a-guess-of-a-stranger-{n}", x_forwarded_for=f"192.0.2.{n}")
    assert response.status_code == 429
