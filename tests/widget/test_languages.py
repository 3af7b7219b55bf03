"""Every language is complete: the same keys, CLDR's plural categories, and every placeholder."""

import brotli
import orjson
import pytest
from babel.core import get_locale_identifier, parse_locale

from tests.widget.language_files import (
    FOLDER,
    PLACEHOLDER,
    TAGS,
    flat_texts,
    is_single_number,
    load_texts,
    locale,
    placeholders,
    plural_categories,
)

OTHERS = [tag for tag in TAGS if tag != "en"]
COUNTS = ("comments", "more", "new")
ENGLISH = load_texts("en")
ENGLISH_STRINGS = flat_texts("en")


def test_many_languages_exist_also_right_to_left() -> None:
    assert len(TAGS) >= 40
    assert sum(load_texts(tag)["dir"] == "rtl" for tag in TAGS) >= 4


def test_folder_contains_only_languages() -> None:
    assert {file.suffix for file in FOLDER.iterdir()} == {".json"}


@pytest.mark.parametrize("tag", TAGS)
def test_tag_is_canonical(tag: str) -> None:
    assert get_locale_identifier(parse_locale(tag, sep="-"), sep="-") == tag
    assert locale(tag).language == tag.partition("-")[0]  # "iw" would be parsed as Hebrew, whose tag is "he"


@pytest.mark.parametrize("tag", TAGS)
def test_language_has_the_keys_of_english_in_order(tag: str) -> None:
    assert list(load_texts(tag)) == list(ENGLISH)
    assert list(load_texts(tag)["reasons"]) == list(ENGLISH["reasons"])


@pytest.mark.parametrize("tag", TAGS)
def test_value_types_are_those_of_english(tag: str) -> None:
    assert [type(text) for text in load_texts(tag).values()] == [type(text) for text in ENGLISH.values()]
    assert {type(text) for text in flat_texts(tag).values()} == {str}


@pytest.mark.parametrize("tag", TAGS)
def test_direction_is_that_of_the_script(tag: str) -> None:
    order = {"left-to-right": "ltr", "right-to-left": "rtl"}[locale(tag).character_order]
    assert load_texts(tag)["dir"] == order == locale(tag).text_direction


@pytest.mark.parametrize("tag", TAGS)
@pytest.mark.parametrize("key", COUNTS)
def test_plural_categories_are_those_of_the_language(tag: str, key: str) -> None:
    assert list(load_texts(tag)[key]) == plural_categories(tag)


@pytest.mark.parametrize("tag", TAGS)
def test_every_placeholder_occurs_once(tag: str) -> None:
    for path, text in flat_texts(tag).items():
        key, _, category = path.partition(".")
        english = ENGLISH_STRINGS.get(path) or ENGLISH_STRINGS[f"{key}.other"]
        expected = placeholders(english)
        if key in COUNTS and is_single_number(tag, category) and not placeholders(text):
            expected = []  # "two comments" needs no digits
        assert placeholders(text) == expected, path
        assert not set(PLACEHOLDER.sub("", text)) & set("{}"), path


@pytest.mark.parametrize("tag", TAGS)
def test_texts_contain_no_markup(tag: str) -> None:
    for path, text in flat_texts(tag).items():
        assert text, path
        assert text == text.strip(), path
        assert not set(text) & set("<>&\n\t"), path


@pytest.mark.parametrize("tag", OTHERS)
def test_language_is_not_a_copy_of_english(tag: str) -> None:
    copies = [path for path, text in flat_texts(tag).items() if ENGLISH_STRINGS.get(path) == text and path != "dir"]
    assert len(copies) <= 2, copies


@pytest.mark.parametrize("tag", TAGS)
def test_language_file_is_small(tag: str) -> None:
    assert (FOLDER / f"{tag}.json").stat().st_size < 4_000
    assert len(brotli.compress(orjson.dumps(load_texts(tag)), quality=11)) <= 1_300


def test_serbian_is_the_same_in_both_scripts() -> None:
    cyrillic = "абвгдђежзијклмнопрстћуфхцчш"
    latin = "abvgdđežzijklmnoprstćufhcčš"
    letters = dict(zip(cyrillic, latin, strict=True)) | {"љ": "lj", "њ": "nj", "џ": "dž"}
    letters |= {letter.upper(): other.capitalize() for letter, other in letters.items()}
    expected = {
        path: "".join(letters.get(letter, letter) for letter in text) for path, text in flat_texts("sr").items()
    }
    assert flat_texts("sr-Latn") == expected
