"""Words and texts for the tests of words that hold a comment back."""

import unicodedata
from collections.abc import Callable

from hypothesis import strategies as st

letters = st.characters(categories=("Ll", "Lu", "Lo", "Nd"), exclude_characters="ıſẞß").filter(
    lambda char: unicodedata.normalize("NFKC", char) == char and unicodedata.normalize("NFKD", char)[0].isalnum()
)
"""Letters that the forms of Unicode only compose and decompose."""
spaced_letters = letters.filter(lambda char: not 0xE00 <= ord(char) <= 0x3FFFF or char in "ẽỹ")
"""Letters of scripts that separate words."""
plain_words = st.text(spaced_letters, min_size=1, max_size=8)
forms = st.sampled_from(("NFC", "NFD", "NFKC", "NFKD"))


def normalize_form(form: str, text: str) -> str:
    """Return a text in one of Unicode's forms."""
    forms: dict[str, Callable[[str], str]] = {
        "NFC": lambda value: unicodedata.normalize("NFC", value),
        "NFD": lambda value: unicodedata.normalize("NFD", value),
        "NFKC": lambda value: unicodedata.normalize("NFKC", value),
        "NFKD": lambda value: unicodedata.normalize("NFKD", value),
    }
    return forms[form](text)
