"""Every language is whole: the same texts, the plurals that CLDR asks for, and every place for a value."""

import re
from pathlib import Path
from typing import Any

import brotli
import orjson
import pytest
from babel import Locale
from babel.core import get_locale_identifier, parse_locale

FOLDER = Path("app/widget/languages")
TAGS = sorted(file.stem for file in FOLDER.iterdir())
OTHERS = [tag for tag in TAGS if tag != "en"]
CATEGORIES = ("zero", "one", "two", "few", "many", "other")
COUNTS = ("comments", "more", "new")
PLACE = re.compile(r"\{(\w+)\}")


def texts(tag: str) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads((FOLDER / f"{tag}.json").read_bytes())
    return found


def strings(tag: str) -> dict[str, str]:
    """All texts by their path: `comments.one`."""
    found: dict[str, str] = {}
    for key, text in texts(tag).items():
        found |= {f"{key}.{name}": form for name, form in text.items()} if isinstance(text, dict) else {key: text}
    return found


ENGLISH = texts("en")
ENGLISH_STRINGS = strings("en")


def locale(tag: str) -> Locale:
    return Locale.parse(tag, sep="-")


def categories(tag: str) -> list[str]:
    known = set(locale(tag).plural_form.tags) | {"other"}
    return [category for category in CATEGORIES if category in known]


def says_its_number(tag: str, category: str) -> bool:
    """Whether a category is for one number alone, as Arabic's `two` is; Russian's `one` is for 21 too."""
    plural = locale(tag).plural_form
    return category in {"zero", "one", "two"} and sum(plural(number) == category for number in range(1_000)) == 1


def places(text: str) -> list[str]:
    return sorted(PLACE.findall(text))


def test_there_are_many_and_some_are_read_from_the_right() -> None:
    assert len(TAGS) >= 40
    assert sum(texts(tag)["dir"] == "rtl" for tag in TAGS) >= 4


def test_the_folder_holds_languages_and_nothing_else() -> None:
    assert {file.suffix for file in FOLDER.iterdir()} == {".json"}


@pytest.mark.parametrize("tag", TAGS)
def test_a_tag_is_written_as_its_authority_writes_it(tag: str) -> None:
    assert get_locale_identifier(parse_locale(tag, sep="-"), sep="-") == tag
    assert locale(tag).language == tag.partition("-")[0]  # "iw" would be read as Hebrew, whose tag is "he"


@pytest.mark.parametrize("tag", TAGS)
def test_a_language_has_the_texts_of_english_in_its_order_and_no_others(tag: str) -> None:
    assert list(texts(tag)) == list(ENGLISH)
    assert list(texts(tag)["reasons"]) == list(ENGLISH["reasons"])


@pytest.mark.parametrize("tag", TAGS)
def test_a_text_is_of_the_kind_that_it_is_in_english(tag: str) -> None:
    assert [type(text) for text in texts(tag).values()] == [type(text) for text in ENGLISH.values()]
    assert {type(text) for text in strings(tag).values()} == {str}


@pytest.mark.parametrize("tag", TAGS)
def test_a_language_runs_as_its_script_does(tag: str) -> None:
    order = {"left-to-right": "ltr", "right-to-left": "rtl"}[locale(tag).character_order]
    assert texts(tag)["dir"] == order == locale(tag).text_direction


@pytest.mark.parametrize("tag", TAGS)
@pytest.mark.parametrize("key", COUNTS)
def test_a_count_has_just_the_plurals_of_its_language(tag: str, key: str) -> None:
    assert list(texts(tag)[key]) == categories(tag)


@pytest.mark.parametrize("tag", TAGS)
def test_every_place_for_a_value_is_there_once(tag: str) -> None:
    for path, text in strings(tag).items():
        key, _, category = path.partition(".")
        english = ENGLISH_STRINGS.get(path) or ENGLISH_STRINGS[f"{key}.other"]
        wanted = places(english)
        if key in COUNTS and says_its_number(tag, category) and not places(text):
            wanted = []  # "two comments" needs no figure
        assert places(text) == wanted, path
        assert not set(PLACE.sub("", text)) & set("{}"), path


@pytest.mark.parametrize("tag", TAGS)
def test_a_text_is_clean(tag: str) -> None:
    for path, text in strings(tag).items():
        assert text, path
        assert text == text.strip(), path
        assert not set(text) & set("<>&\n\t"), path


@pytest.mark.parametrize("tag", OTHERS)
def test_a_language_is_not_a_copy_of_english(tag: str) -> None:
    same = [path for path, text in strings(tag).items() if ENGLISH_STRINGS.get(path) == text and path != "dir"]
    assert len(same) <= 2, same


@pytest.mark.parametrize("tag", TAGS)
def test_a_language_is_light(tag: str) -> None:
    assert (FOLDER / f"{tag}.json").stat().st_size < 4_000
    assert len(brotli.compress(orjson.dumps(texts(tag)), quality=11)) <= 1_300
