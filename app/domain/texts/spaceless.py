"""Scripts that put no space between words, so that a word may end anywhere: Thai, Lao, Burmese, Khmer, Han and Kana."""

_RANGES = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Burmese
    (0x1780, 0x17FF),  # Khmer
    (0x2E80, 0x9FFF),  # Han, Kana, and their marks
    (0xF900, 0xFAFF),
    (0x20000, 0x3FFFF),
)


def is_spaceless(char: str) -> bool:
    """Return True for a character of such a script."""
    return any(first <= ord(char) <= last for first, last in _RANGES)
