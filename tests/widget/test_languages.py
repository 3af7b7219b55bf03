"""Every language is whole: the same texts, the plurals that CLDR asks for, and every place for a value."""

import re
from pathlib import Path
from typing import Any

import brotli
import orjson
import pytest
from babel import Locale

FOLDER = Path("app/widget/languages")
TAGS = sorted(file.stem for file in FOLDER.iterdir())
CATEGORIES = ("zero", "one", "two", "few", "many", "other")
RIGHT_TO_LEFT = {"ar", "he", "fa", "ur"}
PLACE = re.compile(r"\{(\w*)\}")


def texts(tag: str) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads((FOLDER / f"{tag}.json").read_bytes())
    return found


ENGLISH = texts("en")


def strings(tag: str) -> dict[str, str]:
    """All texts by their path: `comments.one`."""
    found: dict[str, str] = {}
    for key, text in texts(tag).items():
        found |= {f"{key}.{name}": form for name, form in text.items()} if isinstance(text, dict) else {key: text}
    return found


def categories(tag: str) -> list[str]:
    known = set(Locale.parse(tag, sep="-").plural_form.tags) | {"other"}
    return [category for category in CATEGORIES if category in known]


def test_there_are_many_and_some_are_read_from_the_right() -> None:
    assert len(TAGS) >= 40
    assert {tag for tag in TAGS if texts(tag)["dir"] == "rtl"} == RIGHT_TO_LEFT


@pytest.mark.parametrize("tag", TAGS)
def test_a_language_has_the_texts_of_english_and_no_others(tag: str) -> None:
    assert list(texts(tag)) == list(ENGLISH)
    assert list(texts(tag)["reasons"]) == list(ENGLISH["reasons"])
    assert all(isinstance(text, str) for text in strings(tag).values())


@pytest.mark.parametrize("tag", TAGS)
@pytest.mark.parametrize("key", ["comments", "more", "new"])
def test_a_count_has_just_the_plurals_of_its_language(tag: str, key: str) -> None:
    assert list(texts(tag)[key]) == categories(tag)


@pytest.mark.parametrize("tag", TAGS)
def test_every_place_for_a_value_is_there(tag: str) -> None:
    for path, text in strings(tag).items():
        key, _, category = path.partition(".")
        english = (
            ENGLISH[key] if isinstance(ENGLISH[key], str) else ENGLISH[key].get(category, ENGLISH[key].get("other"))
        )
        wanted, found = set(PLACE.findall(english or "")), set(PLACE.findall(text))
        if category in {"zero", "one", "two"} and found == set():
            continue  # "one comment" needs no number
        assert found == wanted, path


@pytest.mark.parametrize("tag", TAGS)
def test_a_text_is_clean(tag: str) -> None:
    for path, text in strings(tag).items():
        assert text, path
        assert text == text.strip(), path
        assert not set(text) & set("<>&\n\t"), path


@pytest.mark.parametrize("tag", TAGS)
def test_a_tag_is_written_as_its_authority_writes_it(tag: str) -> None:
    assert re.fullmatch(r"[a-z]{2,3}(-[A-Z]{2})?", tag)
    assert Locale.parse(tag, sep="-").language == tag[:2]


@pytest.mark.parametrize("tag", [tag for tag in TAGS if tag != "en"])
def test_a_language_is_not_a_copy_of_english(tag: str) -> None:
    same = [path for path, text in strings(tag).items() if strings("en").get(path) == text and path != "dir"]
    assert len(same) <= 4, same


@pytest.mark.parametrize("tag", TAGS)
def test_a_language_is_light(tag: str) -> None:
    assert len(brotli.compress(orjson.dumps(texts(tag)))) <= 1_300
