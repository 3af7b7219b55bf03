"""What every store promises about key-value pairs."""

import asyncio

from app.ports.key_values import KeyValues


async def test_value_is_found_by_its_key(key_values: KeyValues) -> None:
    assert await key_values.get("fact") is None
    await key_values.put("fact", "one")
    await key_values.put("other", "\U0001f600\x00")
    await key_values.put("fact", "two")
    assert (await key_values.get("fact"), await key_values.get("other")) == ("two", "\U0001f600\x00")
    await key_values.put("fact", None)
    await key_values.put("fact", None)
    assert await key_values.get("fact") is None


async def test_first_value_of_a_key_stays(key_values: KeyValues) -> None:
    values = await asyncio.gather(*(key_values.put_first("secret", f"one of {number}") for number in range(4)))
    assert set(values) == {await key_values.get("secret")}
    assert await key_values.put_first("secret", "another") == values[0]


async def test_updates_at_the_same_moment_all_count(key_values: KeyValues) -> None:
    def count(text: str | None) -> str:
        return str(int(text or "0") + 1)

    await asyncio.gather(*(key_values.update("count", count) for _ in range(20)))
    assert await key_values.get("count") == "20"
