"""The texts of the interface in the reader's language, with CLDR's plurals and dates. The widget loads the same files.

Language tags are matched by RFC 4647, section 3.4 (lookup). Plurals and dates follow https://cldr.unicode.org.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any
from unicodedata import bidirectional

import orjson
from babel import Locale
from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal

ENGLISH = "en"
_MAX_TAG_LENGTH = 35
"""Characters that an implementation must accept: https://www.rfc-editor.org/rfc/rfc5646#section-4.4.1."""
_ALIASES = {"no": "nb", "nn": "nb", "iw": "he", "in": "id", "tl": "fil"}
_ALIASES |= dict.fromkeys(("zh-hant", "zh-hk", "zh-mo"), "zh-TW")
"""Tags for which lookup by truncation would find none or the wrong language."""

_MAYBE_STRONG = re.compile(r"[A-Za-z]|[^\x00-\x7f]")
_DIRECTIONS = {"L": "ltr", "R": "rtl", "AL": "rtl"}


@dataclass(frozen=True, slots=True)
class Translation:
    """The texts of one language. English replaces a text that is missing."""

    lang: str
    texts: Mapping[str, Any]
    locale: Locale

    @property
    def dir(self) -> str:
        """Return `ltr` or `rtl`."""
        return self.text("dir")

    def text(self, key: str, **values: str) -> str:
        """Return a text with `{name}` placeholders replaced by the values."""
        return _interpolate(str(self._lookup(key)), values)

    def plural(self, key: str, number: int) -> str:
        """Return the plural form of a text for a number, with the number in it."""
        forms = self._lookup(key)
        form = forms.get(self.locale.plural_form(number), forms["other"])
        return _interpolate(str(form), {"n": format_decimal(number, locale=self.locale)})

    def hidden_reason(self, reason: str) -> str:
        """Return why a comment is hidden; a reason without a translation is returned as GitHub names it."""
        return str(self._lookup("reasons").get(reason, reason))

    def date(self, time: str) -> str:
        """Return the date of a time (RFC 3339, UTC) in long form: `July 1, 2020`."""
        return str(format_date(datetime.fromisoformat(time), format="long", locale=self.locale))

    def date_time(self, time: str) -> str:
        """Return date and time (UTC) of a time (RFC 3339, UTC) in long form."""
        return str(format_datetime(datetime.fromisoformat(time), format="long", locale=self.locale))

    def _lookup(self, key: str) -> Any:
        return self.texts.get(key) or _texts(ENGLISH)[key]


def languages() -> tuple[str, ...]:
    """Return the tags of all languages, sorted."""
    return tuple(sorted(_tags_by_lower_case().values()))


@lru_cache(maxsize=1024)
def translation(tag: str) -> Translation:
    """Return the best translation for a language tag; English if none matches."""
    lang = _match_language(tag)
    return Translation(lang, _texts(lang), Locale.parse(lang, sep="-"))


def _match_language(tag: str) -> str:
    tags = _tags_by_lower_case()
    subtags = tag[:_MAX_TAG_LENGTH].lower().replace("_", "-").split("-")
    while subtags:
        name = "-".join(subtags)
        if name in _ALIASES and _ALIASES[name].lower() in tags:
            return _ALIASES[name]
        if name in tags:
            return tags[name]
        subtags.pop()
    return ENGLISH


@cache
def _tags_by_lower_case() -> Mapping[str, str]:
    tags = (file.name.removesuffix(".json") for file in _folder().iterdir() if file.name.endswith(".json"))
    return {tag.lower(): tag for tag in tags}


@cache
def _texts(lang: str) -> Mapping[str, Any]:
    texts: Mapping[str, Any] = orjson.loads(_folder().joinpath(f"{lang}.json").read_bytes())
    return texts


def _folder() -> Traversable:
    return files("app").joinpath("widget", "languages")


def _interpolate(text: str, values: Mapping[str, str]) -> str:
    """Replace all placeholders in one pass, so that a value that looks like a placeholder stays as it is."""
    head, *parts = text.split("{")
    result = [head]
    for part in parts:
        name, brace, rest = part.partition("}")
        result.append(values[name] + rest if brace and name in values else "{" + part)
    return "".join(result)


def direction(text: str) -> str | None:
    """Return `ltr` or `rtl` for a text, None if no character of it has a direction.

    As with `dir=auto` the first one decides: https://www.unicode.org/reports/tr9/#P2
    """
    for match in _MAYBE_STRONG.finditer(text):
        found = _DIRECTIONS.get(bidirectional(match[0]))
        if found:
            return found
    return None
