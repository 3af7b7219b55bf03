"""Reads the widget's language files, and CLDR's rules for their languages."""

import re
from pathlib import Path
from typing import Any

import orjson
from babel import Locale

FOLDER = Path("app/widget/languages")
TAGS = sorted(file.stem for file in FOLDER.iterdir())
PLACEHOLDER = re.compile(r"\{(\w+)\}")
_CATEGORIES = ("zero", "one", "two", "few", "many", "other")


def load_texts(tag: str) -> dict[str, Any]:
    texts: dict[str, Any] = orjson.loads((FOLDER / f"{tag}.json").read_bytes())
    return texts


def flat_texts(tag: str) -> dict[str, str]:
    """Return all texts by their path: `comments.one`."""
    flat: dict[str, str] = {}
    for key, text in load_texts(tag).items():
        flat |= {f"{key}.{name}": form for name, form in text.items()} if isinstance(text, dict) else {key: text}
    return flat


def locale(tag: str) -> Locale:
    return Locale.parse(tag, sep="-")


def plural_categories(tag: str) -> list[str]:
    """Return CLDR's plural categories of a language, in the order of the language files."""
    used = set(locale(tag).plural_form.tags) | {"other"}
    return [category for category in _CATEGORIES if category in used]


def is_single_number(tag: str, category: str) -> bool:
    """Return whether a plural category is for one number only, as Arabic's `two` is; Russian's `one` is for 21 too."""
    plural = locale(tag).plural_form
    return category in {"zero", "one", "two"} and sum(plural(number) == category for number in range(1_000)) == 1


def placeholders(text: str) -> list[str]:
    return sorted(PLACEHOLDER.findall(text))
