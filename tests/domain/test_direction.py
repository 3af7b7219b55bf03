"""The direction of a text is that of its first letter."""

import pytest

from app.domain.texts.direction import direction


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", None),
        ("1, 2: 👍 —", None),
        ("3 × Straße", "ltr"),
        ("«مرحبا» hello", "rtl"),
        ("@ada שלום", "ltr"),
        ("… שלום @ada", "rtl"),
        ("漢字", "ltr"),
        ("1\n" * 50_000, None),
    ],
)
def test_first_letter_decides_the_direction(text: str, expected: str | None) -> None:
    assert direction(text) == expected
