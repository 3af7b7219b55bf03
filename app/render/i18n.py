"""The interface's words in the reader's language: the same files that the widget loads, with CLDR's plurals and dates.

Follows RFC 4647 (section 3.4, lookup) for which language answers a tag, and https://cldr.unicode.org for the rest.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import orjson
from babel import Locale
from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal

ENGLISH = "en"
_LONGEST_TAG = 35
"""Characters that an implementation must be able to hold: https://www.rfc-editor.org/rfc/rfc5646#section-4.4.1."""
_SAME = {
    "no": "nb",
    "nn": "nb",
    "iw": "he",
    "in": "id",
    "tl": "fil",
    "zh-hant": "zh-TW",
    "zh-hk": "zh-TW",
    "zh-mo": "zh-TW",
}
"""Tags whose readers are better served by another than by what truncating them would find."""


@dataclass(frozen=True, slots=True)
class Words:
    """One language. A text that it lacks is English's."""

    lang: str
    texts: Mapping[str, Any]
    locale: Locale

    @property
    def dir(self) -> str:
        """`ltr` or `rtl`."""
        return self.say("dir")

    def say(self, key: str, **values: str) -> str:
        """A text with these values in their places."""
        return _filled(str(self._text(key)), values)

    def count(self, key: str, number: int) -> str:
        """A text that depends on a number, in the plural that goes with it."""
        forms = self._text(key)
        form = forms.get(self.locale.plural_form(number), forms["other"])
        return _filled(str(form), {"n": format_decimal(number, locale=self.locale)})

    def reason(self, reason: str) -> str:
        """Why a comment is hidden; GitHub's own word for a reason that has no name here."""
        return str(self._text("reasons").get(reason, reason))

    def day(self, time: str) -> str:
        """The date of a time (RFC 3339, UTC) as people write it: `July 1, 2020`."""
        return str(format_date(datetime.fromisoformat(time), format="long", locale=self.locale))

    def moment(self, time: str) -> str:
        """Date and time, UTC."""
        return str(format_datetime(datetime.fromisoformat(time), format="long", locale=self.locale))

    def _text(self, key: str) -> Any:
        return self.texts.get(key) or _texts(ENGLISH)[key]


def languages() -> tuple[str, ...]:
    """The tags of all languages that there are, sorted."""
    return tuple(sorted(_by_lower().values()))


@lru_cache(maxsize=1024)
def words(tag: str) -> Words:
    """The words that go best with a language tag; English where none does."""
    lang = _language(tag)
    return Words(lang, _texts(lang), Locale.parse(lang, sep="-"))


def _language(tag: str) -> str:
    known = _by_lower()
    parts = tag[:_LONGEST_TAG].lower().replace("_", "-").split("-")
    while parts:
        name = "-".join(parts)
        if name in _SAME and _SAME[name].lower() in known:
            return _SAME[name]
        if name in known:
            return known[name]
        parts.pop()
    return ENGLISH


@cache
def _by_lower() -> Mapping[str, str]:
    names = (file.name.removesuffix(".json") for file in _folder().iterdir() if file.name.endswith(".json"))
    return {name.lower(): name for name in names}


@cache
def _texts(lang: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = orjson.loads(_folder().joinpath(f"{lang}.json").read_bytes())
    return found


def _folder() -> Traversable:
    return files("app").joinpath("widget", "languages")


def _filled(text: str, values: Mapping[str, str]) -> str:
    """Places are filled in one go, so that a value which looks like a place stays what it is."""
    parts = text.split("{")
    filled = [parts[0]]
    for part in parts[1:]:
        name, closed, rest = part.partition("}")
        filled.append(values[name] + rest if closed and name in values else "{" + part)
    return "".join(filled)
