"""Front matter that is meant to do harm costs little, and names no issue."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.posts.posts import PostCatalog
from app.domain.sites import repository
from app.generators.dialects import GENERATORS
from app.generators.read import read_site
from tests.generators.memory_blog import Blog

pytestmark = pytest.mark.untraced  # large texts; others cover the readers

_BLOG, _NOTES = repository("ada/blog"), repository("eve/notes")
_SITES = (_BLOG, _NOTES)
_NOW = 1_795_000_000.0


def _read(text: str | bytes, generator: str | None = None, path: str = "2020-07-01-a.md") -> PostCatalog:
    return read_site(Blog({path: text}), _SITES, now=_NOW, generator=generator)


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [x, x]\n"
        + "".join(
            f"{name}: &{name} [*{last}, *{last}, *{last}]\n"
            for last, name in zip("abcdefghij", "bcdefghijk", strict=True)
        ),
        "a: &a {b: *a}\n",
        "a: " + "[" * 5000,
        "a: " + "{a: " * 5000,
        "".join(f"{' ' * depth}a:\n" for depth in range(300)),
        "a: !!python/object/apply:os.system [ls]\n",
        f"ghissueid: {'9' * 100_000}\n",
        f"ghissueid: [{', '.join(['41'] * 30_000)}]\n",
        "a: |\n" + "  x\n" * 30_000,
        "? " * 3000,
        "- " * 3000,
        "\n" * 60_000,
        "a: b\n" * 13_000,
        'a: "' + "\\" * 60_000,
        "<<: " * 2000,
        "&a " * 5000,
        "\x00\x01\x07\ufeff\u2028",
    ],
    ids=lambda text: text[:12],
)
def test_hostile_front_matter_is_harmless(text: str) -> None:
    for generator in (None, "material"):
        for page in (f"---\n{text}\n---\n", f"+++\n{text}\n+++\n", f"{{{text}"):
            assert not _read(page, generator).served(_SITES)[_BLOG]


@pytest.mark.parametrize(
    "text",
    ["<head>" * 10_000, '"""' * 20_000, "'''" * 20_000 + "}", '{"' + '\\"' * 30_000, "---" * 20_000, "\n---" * 15_000],
)
def test_delimiters_without_end_cost_little(text: str) -> None:
    for path in ("a.md", "a.html"):
        _read(text, None, path)
        _read(f"+++\nx = {text}\n+++\n", "hugo", path)


@settings(max_examples=80)
@given(
    st.binary(max_size=60) | st.text(max_size=60).map(str.encode),
    st.sampled_from(GENERATORS),
    st.sampled_from(["---\n", "+++\n", "{", ""]),
)
def test_any_bytes_give_a_catalog(data: bytes, generator: str, opening: str) -> None:
    catalog = _read(opening.encode() + data + b"\n" + opening.encode(), generator, "posts/a.md")
    assert all(number > 0 for number in catalog.served(_SITES)[_BLOG])
