"""Limits on wrong tokens."""

from collections.abc import Iterator

import pytest

from app.domain.errors import TooManyRequests
from app.serving.clients.addresses import client_key
from app.serving.clients.limits import Bucket
from app.serving.owner.attempts import Attempts
from tests.fakes import FakeClock

TOKEN = "a-token-that-only-the-owner-knows"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def attempts(clock: FakeClock) -> Attempts:
    return Attempts(TOKEN, clock.now)


def _is_limited(attempts: Attempts, client: str, device: str | None = None) -> bool:
    try:
        attempts.check("wrong", client, device)
    except TooManyRequests:
        return True
    return False


def _addresses(count: int) -> Iterator[str]:
    return (f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}" for n in range(count))


@pytest.mark.parametrize("token", ["", "wrong", TOKEN[:-1], TOKEN + "x", TOKEN.upper(), "\ud800", "é" * 50])
def test_only_the_token_passes(attempts: Attempts, token: str) -> None:
    assert attempts.check(TOKEN, "8.8.8.8")
    assert not attempts.check(token, "8.8.8.8")


def test_right_tokens_are_not_counted(attempts: Attempts) -> None:
    assert all(attempts.check(TOKEN, "8.8.8.8") for _ in range(100))


def test_no_token_is_compared_over_the_limit(attempts: Attempts, clock: FakeClock) -> None:
    assert [_is_limited(attempts, "8.8.8.8") for _ in range(6)] == [False] * 5 + [True]
    with pytest.raises(TooManyRequests) as refusal:
        attempts.check(TOKEN, "8.8.8.8")
    assert refusal.value.retry_after == 15
    clock.advance(refusal.value.retry_after)
    assert attempts.check(TOKEN, "8.8.8.8")


def test_refused_attempts_prolong_nothing(attempts: Attempts, clock: FakeClock) -> None:
    for _ in range(500):
        _is_limited(attempts, "8.8.8.8")
    clock.advance(15)
    assert attempts.check(TOKEN, "8.8.8.8")


def test_many_clients_are_limited_together(attempts: Attempts, clock: FakeClock) -> None:
    assert sum(not _is_limited(attempts, address) for address in _addresses(5000)) == 50
    with pytest.raises(TooManyRequests) as refusal:
        attempts.check(TOKEN, "8.8.8.8")
    assert refusal.value.retry_after == 1
    assert attempts.check(TOKEN, "8.8.8.8", device="known")
    clock.advance(1)
    assert attempts.check(TOKEN, "8.8.8.8")


def test_old_guessers_take_no_place_of_new_clients(attempts: Attempts) -> None:
    guessers = list(_addresses(20))
    for _ in range(30):
        for address in guessers:
            _is_limited(attempts, address)
    assert attempts.check(TOKEN, "8.8.8.8")


def test_memory_is_bounded(attempts: Attempts, clock: FakeClock) -> None:
    for address in _addresses(5_000):
        _is_limited(attempts, address)
        clock.advance(1)
    assert len(attempts._clients) <= 4096


def test_known_browser_guesses_no_more_than_others(attempts: Attempts) -> None:
    assert [_is_limited(attempts, "8.8.8.8", "known") for _ in range(6)] == [False] * 5 + [True]


def test_clock_set_back_locks_nobody_out_for_longer(clock: FakeClock) -> None:
    bucket = Bucket(5, 15.0)
    for _ in range(5):
        bucket.add(clock.now())
    clock.advance(-1_000_000)
    assert bucket.wait(clock.now()) == 15.0


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8::1", "2001:db8::/64"),
        ("2001:db8::ffff:1", "2001:db8::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", "unknown"),
        ("x" * 9999, "unknown"),
    ],
)
def test_client_is_an_address_or_a_network(address: str, key: str) -> None:
    assert client_key(address) == key
