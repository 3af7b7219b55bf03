"""Whom requests come from, and what each client may ask for."""

import pytest

from app.domain.errors import TooManyRequests
from app.serving.clients.addresses import TrustedProxies, client_key, parse_address
from app.serving.clients.limits import Bucket, Buckets, ClientLimits, OpenSubscriptions
from app.settings.addresses import split_networks

PROXY, CDN, READER = "10.0.0.2", "203.0.113.7", "198.51.100.4"


@pytest.mark.parametrize(
    ("peer", "x_forwarded_for", "forwarded", "client"),
    [
        (READER, None, None, READER),
        (READER, "192.0.2.1", "for=192.0.2.1", READER),
        (PROXY, None, None, PROXY),
        (PROXY, READER, None, READER),
        (PROXY, f"192.0.2.1, {READER}", None, READER),
        (PROXY, f"192.0.2.1, {READER}, {CDN}", None, READER),
        (PROXY, f"{READER},10.9.9.9 ,\t{CDN}", None, READER),
        (PROXY, f"10.0.0.3, {CDN}", None, "10.0.0.3"),
        (PROXY, f"{READER}, unknown, {CDN}", None, CDN),
        (PROXY, "unknown", None, PROXY),
        (PROXY, "", None, PROXY),
        (PROXY, f"{READER}:4711", None, f"{READER}:4711"),
        (PROXY, "[2001:db8::7]:443", None, "[2001:db8::7]:443"),
        (PROXY, None, f"for=192.0.2.1;proto=https, For={READER};by=x", READER),
        (PROXY, None, f'for="{READER}:80", for="[2001:db8:cd::1]:8080"', "[2001:db8:cd::1]:8080"),
        (PROXY, None, "for=_hidden", PROXY),
        (PROXY, READER, "for=192.0.2.1", READER),
        (None, READER, None, READER),
        ("fe80::1%eth0", READER, None, READER),
        ("::ffff:10.0.0.2", READER, None, READER),
        (PROXY, ",".join([READER] + [CDN] * 100), None, CDN),
    ],
)
def test_client_is_the_last_that_no_trusted_proxy_is(
    peer: str | None, x_forwarded_for: str | None, forwarded: str | None, client: str
) -> None:
    proxies = TrustedProxies(split_networks(f"private, {CDN}/32"))
    assert proxies.client(peer, x_forwarded_for, forwarded).strip() == client


def test_nothing_is_believed_without_trusted_proxies() -> None:
    assert TrustedProxies(split_networks("none")).client(PROXY, READER, f"for={READER}") == PROXY


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("192.0.2.1:80", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("[2001:db8:1:2::9]:443", "2001:db8:1:2::/64"),
        ("x", "unknown"),
        ("", "unknown"),
    ],
)
def test_networks_of_64_bits_are_one_client(address: str, key: str) -> None:
    assert client_key(address) == key


@pytest.mark.parametrize("text", ["1.2.3.4.5", "[::1", "::1]:80", "1.2.3.4:x", "1" * 10_000, "[" * 1_000, "\0"])
def test_no_address_is_found_in_other_text(text: str) -> None:
    assert parse_address(text) is None


@pytest.mark.parametrize("text", ["10.0.0.1/8", "example.com", "10.0.0.0/99", "private loopback"])
def test_wrong_network_says_how_to_write_one(text: str) -> None:
    with pytest.raises(ValueError, match="networks as"):
        split_networks(text)


def test_bucket_fills_leaks_and_knows_its_client() -> None:
    buckets = Buckets(3, 2.0, "Something was asked for")
    for _ in range(3):
        buckets.take("a", 100.0)
    for _ in range(5):
        with pytest.raises(TooManyRequests, match=r"asked for too often. Try again in 2 s\."):
            buckets.take("a", 100.0)
    buckets.take("b", 100.0)
    buckets.take("a", 102.0)
    with pytest.raises(TooManyRequests):
        buckets.take("a", 103.0)
    with pytest.raises(TooManyRequests):
        buckets.take("a", 50.0)


def test_clients_of_one_network_have_a_limit_together() -> None:
    buckets, subscriptions = Buckets(3, 2.0, "Something was asked for"), OpenSubscriptions(3)
    keys = [client_key(f"2001:db8:1:{number:x}::1") for number in range(20)]
    for key in keys[:12]:
        buckets.take(key, 100.0)
        assert subscriptions.open(key, 1)
    for key in keys:
        with pytest.raises(TooManyRequests, match=r"Try again in 1 s\."):
            buckets.take(key, 100.0)
        assert not subscriptions.open(key, 1)
    assert len(buckets._buckets) == 13
    other = client_key("2001:db8:2::1")
    buckets.take(other, 100.0)
    assert subscriptions.open(other, 1)
    for key in (*keys[:12], other):
        subscriptions.close(key, 1)
    assert not [*subscriptions._counts]


def test_memory_of_many_clients_is_bounded() -> None:
    buckets = Buckets(3, 2.0, "x")
    for number in range(10_000):
        buckets.take(str(number), 0.0)
    assert len(buckets._buckets) == 4_096


def test_subscriptions_of_a_client_are_counted_until_they_end() -> None:
    open_subscriptions = OpenSubscriptions(5)
    assert open_subscriptions.open("a", 3)
    assert not open_subscriptions.open("a", 3)
    assert open_subscriptions.open("b", 5)
    open_subscriptions.close("a", 3)
    open_subscriptions.close("b", 5)
    assert open_subscriptions.open("a", 5)
    assert [*open_subscriptions._counts] == ["a"]


def test_limits_let_a_whole_office_pass() -> None:
    limits = ClientLimits()
    for _ in range(2_000):
        limits.cold_reads.take("office", 0.0)
    assert limits.subscriptions.open("office", 2_000)


def test_clock_set_back_delays_no_client() -> None:
    bucket = Bucket(1, 10.0)
    bucket.add(5_000.0)
    assert bucket.wait(1_000.0) == 10.0
    assert bucket.wait(1_010.0) == 0.0
