"""The texts of the interface in the reader's language, with CLDR's plurals and dates. The widget loads the same files.

Here alone a language tag chooses a language: the widget loads the file of its page's tag and takes the tag that the
file names. Language, script and region of a tag are tried in the manner of RFC 4647, section 3.4 (lookup); its spelling
is forgiven (`zh_CN`), and its variants and extensions do not count. Plurals and dates follow https://cldr.unicode.org.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import islice, takewhile
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from babel import Locale  # 1 MB, for those who read HTML: each function imports what it needs

ENGLISH = "en"
_MAX_SUBTAGS = 16
"""So many are read of a tag; what chooses a language are the first five at most."""
_SUBTAG = re.compile(r"[A-Za-z0-9]+")
_SCRIPT, _REGION = re.compile(r"[a-z]{4}"), re.compile(r"[a-z]{2}|[0-9]{3}")
_LANGUAGES = {
    "no": "nb",
    "nn": "nb",
    "iw": "he",
    "in": "id",
    "mo": "ro",
    "cmn": "zh",
    "yue": "zh",
    "sh": "sr",
    "cnr": "sr",
}
"""The languages that are read as another: older codes, members of a macrolanguage, and Nynorsk, which has no texts."""
_LIKELY_SCRIPTS = dict.fromkeys(("zh-tw", "zh-hk", "zh-mo", "yue"), "hant") | dict.fromkeys(
    ("sr-me", "sh", "cnr"), "latn"
)
"""The scripts that a language or a region implies (CLDR, likely subtags), if the language has another file, too."""
_NAMES = {"zh-TW": "zh-hant"}
"""The files that are found by another name than theirs."""
_EXTENDED_LANGUAGES = frozenset({"zh-cmn", "zh-yue"})
_FORMATS = ("ca-gregory", "nu-latn")
"""The extensions of a tag (RFC 6067) that count for dates and digits: both can be read in every language."""
UNKNOWN_TO_CHROMIUM = {
    **dict.fromkeys(("be", "eo", "ka", "kk"), "cs"),
    **dict.fromkeys(("az", "eu", "gl", "is"), "de"),
}
"""The languages for which Chromium's `Intl` has no data, each with one that writes numbers alike.

In their place a browser would use the language of its own interface, or abbreviations: `-2 d`.
"""
_ZEROS = {
    "arab": "\N{ARABIC-INDIC DIGIT ZERO}",
    "arabext": "\N{EXTENDED ARABIC-INDIC DIGIT ZERO}",
    "beng": "\N{BENGALI DIGIT ZERO}",
}
"""The zero of each numbering system that a language here has by default: babel writes `latn` in place of the others."""
_MOST_TIMES = 2_000
"""Times whose texts are kept: a page is made again with each new comment, and most of it stays."""


@dataclass(frozen=True, slots=True)
class Translation:
    """The texts of one language. English replaces a text that is missing."""

    lang: str
    texts: Mapping[str, Any]
    locale: "Locale"

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
        return _interpolate(str(form), {"n": self._number(number)})

    def hidden_reason(self, reason: str) -> str:
        """Return why a comment is hidden; a reason without a translation is returned as GitHub names it."""
        return str(self._lookup("reasons").get(reason, reason))

    def date(self, time: str) -> str:
        """Return the date of a time (RFC 3339, UTC) in long form: `July 1, 2020`."""
        return _date(str(self.locale), time)

    def date_time(self, time: str) -> str:
        """Return date and time (UTC) of a time (RFC 3339, UTC) in long form."""
        return _date_time(str(self.locale), time)

    def _number(self, number: int) -> str:
        """Return a number in the language's own digits, as a browser writes it."""
        from babel.numbers import format_decimal  # noqa: PLC0415 - see above

        zero = ord(_ZEROS.get(self.locale.default_numbering_system, "0"))
        text = format_decimal(number, locale=self.locale, numbering_system="default")
        return text.translate({ord("0") + digit: zero + digit for digit in range(10)})

    def _lookup(self, key: str) -> Any:
        return self.texts.get(key) or _texts(ENGLISH)[key]


@lru_cache(_MOST_TIMES)
def _date(locale: str, time: str) -> str:
    from babel import Locale  # noqa: PLC0415 - see above
    from babel.dates import format_date  # noqa: PLC0415 - see above

    return str(format_date(datetime.fromisoformat(time), format="long", locale=Locale.parse(locale)))


@lru_cache(_MOST_TIMES)
def _date_time(locale: str, time: str) -> str:
    from babel import Locale  # noqa: PLC0415 - see above
    from babel.dates import format_datetime  # noqa: PLC0415 - see above

    return str(format_datetime(datetime.fromisoformat(time), format="long", locale=Locale.parse(locale)))


def languages() -> tuple[str, ...]:
    """Return the tags of all languages, sorted."""
    return tuple(sorted(_tags_by_name().values()))


def translation(tag: str) -> Translation:
    """Return the best translation for a language tag; English if none matches."""
    return _translation(_match_language(_subtags(tag)))


@cache
def _translation(lang: str) -> Translation:
    from babel import Locale  # noqa: PLC0415 - see above

    return Translation(lang, _texts(lang), Locale.parse(lang, sep="-"))


def intl_locale(tag: str) -> str:
    """Return the locale for a browser's `Intl` that suits the texts for a language tag: `de-AT` for `DE_at`.

    A region counts if CLDR knows the language of the texts there; `sr-Cyrl-ME` gets `sr`.
    """
    subtags = _subtags(tag)
    lang = _match_language(subtags)
    if lang in UNKNOWN_TO_CHROMIUM:
        return UNKNOWN_TO_CHROMIUM[lang]
    region = _parse_tag(subtags)[2].upper()
    base = _with_region(lang, region) if region else lang
    extension = "-".join(subtags).partition("-u-")[2]
    formats = [keyword for keyword in _FORMATS if keyword in extension]
    return "-".join([base, "u", *formats]) if formats else base


def _with_region(lang: str, region: str) -> str:
    from babel import localedata  # noqa: PLC0415 - see above

    locale = _translation(lang).locale
    parts = [part for part in (locale.language, locale.script, region) if part]
    return "-".join(parts) if localedata.exists("_".join(parts)) else lang


def elapsed_times(lang: str) -> Mapping[str, Mapping[str, str]]:
    """Return how a language says how long ago something was, for one that Chromium lacks: by unit, forms of a plural.

    A number in place of a plural category is for that number only: `{"day": {"1": "yesterday", "one": "{n} day ago"}}`.
    """
    return _elapsed_times().get(lang, {})


@cache
def _elapsed_times() -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    """Return what CLDR says, from a file: babel takes a tenth of a second and 10 MB to find these few words."""
    times: Mapping[str, Any] = orjson.loads(files("app.render").joinpath("elapsed_times.json").read_bytes())
    return times


def _match_language(subtags: Sequence[str]) -> str:
    """Return the tag of the file for a language tag: that of its script, else of its region, else of its language."""
    name, script, region = _parse_tag(subtags)
    language = _LANGUAGES.get(name, name)
    script = script or _LIKELY_SCRIPTS.get(f"{language}-{region}", _LIKELY_SCRIPTS.get(name, ""))
    tags = _tags_by_name()
    names = (f"{language}-{script}", f"{language}-{region}", language)
    return next((tags[name] for name in names if name in tags), ENGLISH)


def _subtags(tag: str) -> Sequence[str]:
    """Return the subtags of a tag in lower case, at least one; anything but letters and digits separates them."""
    return [subtag[0].lower() for subtag in islice(_SUBTAG.finditer(tag), _MAX_SUBTAGS)] or [""]


def _parse_tag(subtags: Sequence[str]) -> tuple[str, str, str]:
    """Return a tag's language, script and region, empty if it has none (RFC 5646, section 2.1).

    An extended language (`zh-yue`) is returned as the language if it is known.
    """
    language, *others = subtags
    if others and f"{language}-{others[0]}" in _EXTENDED_LANGUAGES:
        language = others[0]
    script = region = ""
    for subtag in takewhile(lambda subtag: len(subtag) > 1, others):  # a single letter begins an extension
        if _SCRIPT.fullmatch(subtag):
            script = script or subtag
        elif _REGION.fullmatch(subtag):
            region = region or subtag
    return language, script, region


@cache
def _tags_by_name() -> Mapping[str, str]:
    tags = (file.name.removesuffix(".json") for file in _folder().iterdir() if file.name.endswith(".json"))
    return {_NAMES.get(tag, tag.lower()): tag for tag in tags}


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
