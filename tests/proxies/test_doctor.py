"""What the doctor finds at public addresses: a real service behind a real nginx with one mistake each."""

from collections.abc import AsyncIterator, Iterator, Mapping

import pytest

from app.outbound.clock import SystemClock
from app.outbound.github import HttpGitHub
from app.simulator.http.server import run_simulator
from app.simulator.world.sample import sample_world
from tests.proxies.doctor_visits import ORIGINS, check_address
from tests.proxies.misconfigured_nginx import names, run_nginx
from tests.proxies.proxied_service import free_port, free_ports, run_service

HOLDERS = ("buffering", "compressing")
"""Those that hold events back."""
OTHER_LINKS = "public-links"
"""The service has the address of one of the servers only."""


@pytest.fixture(scope="module")
def addresses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    """Run the service, and nginx in front of it; return the public addresses by name."""
    folder = tmp_path_factory.mktemp("doctor")
    port, *server_ports = free_ports(1 + len(names()))
    ports = dict(zip(names(), server_ports, strict=True))
    urls = {name: f"http://127.0.0.1:{port}/comments" for name, port in ports.items()}
    settings = {"PUBLIC_URL": urls["good"], "ORIGINS": ORIGINS}
    with (
        run_simulator(sample_world(SystemClock().now)) as simulator,
        run_service(folder, simulator, port, **settings),
        run_nginx(folder / "nginx", port, ports),
    ):
        yield urls


@pytest.fixture
async def github() -> AsyncIterator[HttpGitHub]:
    """Return a client that nothing is asked with."""
    client = HttpGitHub("http://127.0.0.1:1", None, SystemClock(), lambda: 0.0)
    yield client
    await client.aclose()


@pytest.mark.parametrize(
    ("server", "rules"),
    [
        ("good", []),
        ("buffering", [OTHER_LINKS, "events-buffered"]),
        ("stripping", ["caching-headers", "vary-dropped", OTHER_LINKS, "etag-dropped"]),
        ("slow copies", ["caching-headers", OTHER_LINKS]),
        ("compressing", [OTHER_LINKS, "etag-ignored", "events-compressed"]),
        ("two origins", ["cors-duplicate", OTHER_LINKS, "cors-preflight", "cors-too-open"]),
        ("no origin", ["cors-missing", OTHER_LINKS, "cors-preflight"]),
        ("only GET", [OTHER_LINKS, "cors-preflight", "webhook-blocked"]),
        ("redirecting", ["public-address-redirected"]),
        ("other prefix", ["public-address-prefix"]),
        ("other program", ["public-address-wrong"]),
        ("kept prefix", ["public-address-prefix"]),
        ("no backend", ["public-address-wrong"]),
        ("password", ["public-address-wrong"]),
        ("login", ["public-address-wrong"]),
        ("circle", ["public-address-wrong"]),
        ("no readiness", ["readiness-hidden", OTHER_LINKS]),
        ("no queries", [OTHER_LINKS, "query-dropped"]),
        ("one copy", [OTHER_LINKS, "vary-ignored"]),
        ("own errors", [OTHER_LINKS, "errors-replaced"]),
        ("errors without CORS", [OTHER_LINKS, "cors-missing"]),
        ("one Vary", ["vary-dropped", OTHER_LINKS]),
        ("password for GitHub", [OTHER_LINKS, "webhook-blocked"]),
    ],
)
async def test_each_mistake_of_a_proxy_is_found(
    addresses: Mapping[str, str], github: HttpGitHub, server: str, rules: list[str]
) -> None:
    wait = 0.7 if server in HOLDERS else 20.0
    result = await check_address(addresses[server], github, event_wait=wait)
    assert [finding.rule for finding in result.findings] == rules
    assert all(finding.message.endswith(".") and finding.advice.endswith(".") for finding in result.findings)


@pytest.mark.parametrize(
    ("server", "part"),
    [
        ("no backend", "Start Afterword"),
        ("password", "Let the proxy ask for no password"),
        ("kept prefix", "Let the proxy take /comments away"),
        ("login", "without a redirect"),
    ],
)
async def test_advice_follows_the_status(
    addresses: Mapping[str, str], github: HttpGitHub, server: str, part: str
) -> None:
    (finding,) = (await check_address(addresses[server], github)).findings
    assert part in finding.advice


async def test_service_of_another_repository_is_named(addresses: Mapping[str, str], github: HttpGitHub) -> None:
    (finding,) = (await check_address(addresses["good"], github, repo="eve/diary")).findings
    assert finding.rule == "public-address-wrong"
    assert "does not serve eve/diary" in finding.message


async def test_origin_that_the_service_lacks_is_found(addresses: Mapping[str, str], github: HttpGitHub) -> None:
    result = await check_address(addresses["good"], github, origins="https://*.example.net")
    assert [finding.rule for finding in result.findings] == ["cors-missing", "cors-preflight"]


async def test_address_without_a_server_is_unreachable(github: HttpGitHub) -> None:
    (finding,) = (await check_address(f"http://127.0.0.1:{free_port()}", github)).findings
    assert finding.rule == "public-address-unreachable"


async def test_https_where_none_is_spoken_is_said(addresses: Mapping[str, str], github: HttpGitHub) -> None:
    (finding,) = (await check_address(addresses["good"].replace("http:", "https:"), github)).findings
    assert finding.advice.startswith("Set up https at this port")
