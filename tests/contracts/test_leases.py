"""What every store promises about leases."""

from app.ports.leases import Leases


async def test_lease_has_one_holder_who_may_extend(leases: Leases) -> None:
    assert await leases.acquire("poll", worker_id="me", at=0.0, until=10.0)
    assert not await leases.acquire("poll", worker_id="you", at=9.9, until=20.0)
    assert await leases.acquire("poll", worker_id="me", at=9.9, until=20.0)
    assert not await leases.acquire("poll", worker_id="you", at=15.0, until=30.0)
    assert await leases.acquire("other", worker_id="you", at=15.0, until=30.0)


async def test_worker_of_a_lease_is_known(leases: Leases) -> None:
    assert await leases.worker("poll") is None
    await leases.acquire("poll", worker_id="me", at=0.0, until=10.0)
    await leases.acquire("poll", worker_id="you", at=5.0, until=15.0)
    assert await leases.worker("poll") == "me"
    await leases.release("poll", worker_id="me")
    assert await leases.worker("poll") is None


async def test_expired_lease_is_available(leases: Leases) -> None:
    await leases.acquire("poll", worker_id="me", at=0.0, until=10.0)
    assert await leases.acquire("poll", worker_id="you", at=10.0, until=20.0)
    assert not await leases.acquire("poll", worker_id="me", at=10.0, until=20.0)


async def test_lease_expires_if_the_clock_is_set_back(leases: Leases) -> None:
    await leases.acquire("poll", worker_id="me", at=990.0, until=1000.0)
    assert not await leases.acquire("poll", worker_id="you", at=980.0, until=990.0)
    assert await leases.acquire("poll", worker_id="you", at=979.0, until=989.0)
    assert not await leases.acquire("poll", worker_id="me", at=980.0, until=990.0)


async def test_only_its_holder_releases_a_lease(leases: Leases) -> None:
    await leases.acquire("poll", worker_id="me", at=0.0, until=10.0)
    await leases.release("poll", worker_id="you")
    assert not await leases.acquire("poll", worker_id="you", at=1.0, until=10.0)
    await leases.release("poll", worker_id="me")
    await leases.release("poll", worker_id="me")
    assert await leases.acquire("poll", worker_id="you", at=1.0, until=10.0)
