"""Where front matter and its fields stand in the bytes of a file."""

import pytest

from app.generators.fences import (
    Format,
    Splitter,
    split_gray_matter,
    split_hexo,
    split_hugo,
    split_nikola,
    split_pelican,
    split_rst,
)
from app.generators.front_matter import find_fields, find_front_matter


@pytest.mark.parametrize(
    ("data", "split", "form", "value", "line"),
    [
        (b"---\ntitle: T\nghissueid: 41 # old\n---\nText", split_hugo, Format.YAML, b"41", 3),
        (b"\xef\xbb\xbf---\r\n\"ghissueid\": '41'\r\n---\r\nText", split_hugo, Format.YAML, b"'41'", 2),
        ("---\ntitle: Größe\nghissueid:\nx: 1\n---\n".encode(), split_hugo, Format.YAML, b"", 3),
        (b"---\ntitle: \xff\nghissueid: 41\n---\n", split_gray_matter, Format.YAML, b"41", 3),
        (b"+++\nghissueid = 41 # x\n[params]\nghissueid = 42\n+++\n", split_hugo, Format.TOML, b"41", 2),
        (b'{"a": {"ghissueid": 1},\n "ghissueid": "41"}\nText', split_hugo, Format.JSON, b'"41"', 2),
        (b'"title": "T",\n"ghissueid": 41\n;;;\nText', split_hexo, Format.JSON_MEMBERS, b"41", 2),
        (b"#+title: T\n#+ghissueid: 41\n\nText", split_hugo, Format.ORG, b"41", 2),
        (b"T\n=\n\n:ghissueid: 41\n\nText", split_rst, Format.RST, b"41", 4),
        (b".. title: T\n.. ghissueid: 41\n\nText", split_nikola, Format.NIKOLA, b"41", 2),
        (b"Title: T\nghissueid: 41\n\nText", split_pelican, Format.META_LINES, b"41", 2),
    ],
)
def test_field_is_found_in_the_bytes(data: bytes, split: Splitter, form: Format, value: bytes, line: int) -> None:
    front_matter = find_front_matter(data, split)
    assert front_matter is not None
    assert front_matter.format is form
    (place,) = find_fields(front_matter, "ghissueid")
    assert data[place.value_start : place.value_end] == value
    assert data[place.start :].lstrip(b"\"'").startswith(b"ghissueid")
    assert place.line == line


@pytest.mark.parametrize("newline", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("split", [split_hugo, split_gray_matter])
def test_line_can_be_inserted_before_the_end(newline: bytes, split: Splitter) -> None:
    if newline == b"\r" and split is split_gray_matter:
        return
    data = newline.join([b"---", "title: Größe".encode(), b"---", b"Text"])
    front_matter = find_front_matter(data, split)
    assert front_matter is not None
    assert front_matter.newline.encode() == newline
    assert data[front_matter.insert_at :] == newline.join([b"---", b"Text"])


def test_field_of_any_case_is_found_with_its_spelling() -> None:
    front_matter = find_front_matter(b"---\nGHissueID: 41\n---\n", split_hugo)
    assert front_matter is not None
    assert find_fields(front_matter, "ghissueid") == ()
    assert [place.name for place in find_fields(front_matter, "ghissueid", any_case=True)] == ["GHissueID"]
