"""What pages are given from elsewhere: files that cannot be followed are said, hostile ones do no harm."""

import json
import re
from fnmatch import fnmatchcase
from itertools import zip_longest
from pathlib import PurePosixPath

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.domain.posts.posts import ProblemKind
from app.generators.dialects import JEKYLL
from app.generators.formats.script_literals import exported_literal, literal
from app.generators.inherited.configuration import Configuration, python_values
from app.generators.inherited.eleventy import EleventyInheritance
from app.generators.inherited.globs import parse_glob
from app.generators.read import DialectReader
from tests.generators.agreement import FilesTree, problem_kinds, read_blog_inheritance, read_catalog
from tests.generators.cases import page
from tests.generators.glob_expressions import glob_expression

PLAIN = page("plain")
OWN = page("plain", "ghissueid: 41")
_NAMES = st.sampled_from(["ghissueid", "a", "a-b", "$x"])
_LITERALS = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**50), 2**50) | st.text(max_size=20),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(_NAMES, children, max_size=3),
    max_leaves=10,
)


@pytest.mark.parametrize(
    ("generator", "content", "files"),
    [
        ("hugo", "content", {"content/a/_index.md": b"---\ncascade: [\n---\n", "content/a/x.md": PLAIN}),
        (
            "hugo",
            "content",
            {
                "content/a/_index.md": b"---\ncascade: {ghissueid: 7, target: {sites: x}}\n---\n",
                "content/a/x.md": PLAIN,
            },
        ),
        ("eleventy", ".", {"a/a.json": b'{"ghissueid": ', "a/x.md": PLAIN}),
        ("eleventy", ".", {"a/x.11tydata.js": b"export default () => ({ ghissueid: 1 });", "a/x.md": PLAIN}),
        ("eleventy", ".", {"_data/eleventyComputed.js": b"export default { ghissueid: (d) => d.n };", "a/x.md": OWN}),
        (
            "eleventy",
            ".",
            {"eleventy.config.js": b"export default (c) => c.addGlobalData('ghissueid', 7);", "a/x.md": PLAIN},
        ),
        ("nikola", ".", {"posts/x.md": b"text", "posts/x.meta": b"---\ntitle: [\n---\n"}),
        (
            "pelican",
            "content",
            {"pelicanconf.py": b"import os\nDEFAULT_METADATA = dict(os.environ)", "content/x.md": PLAIN},
        ),
        ("material", "docs", {"mkdocs.yml": b"plugins: [blog, meta]", "docs/.meta.yml": b"a: [", "docs/x.md": PLAIN}),
        (
            "jekyll",
            ".",
            {
                "_config.yml": b"defaults:\n- scope: {path: '*/[z-a]'}\n  values: {a: 1}",
                "_posts/2020-07-01-x.md": PLAIN,
            },
        ),
    ],
)
def test_files_that_cannot_be_followed_are_said(generator: str, content: str, files: dict[str, bytes]) -> None:
    source = next(path for path in files if PurePosixPath(path).name in {"x.md", "2020-07-01-x.md"}).removeprefix(
        f"{content}/"
    )
    assert (ProblemKind.VALUE_FROM_ELSEWHERE, source) in problem_kinds(files, content, generator)


@pytest.mark.parametrize(
    ("generator", "content", "files"),
    [
        ("hugo", "content", {"hugo.toml": b"baseURL = ["}),
        ("jekyll", ".", {"_config.yml": b"defaults: ["}),
        ("pelican", "content", {"pelicanconf.py": b"DEFAULT_METADATA = {"}),
        ("hugo", "content", {"content/made/_content.gotmpl": b"{{ .AddPage }}"}),
    ],
)
def test_files_that_concern_all_pages_are_said(generator: str, content: str, files: dict[str, bytes]) -> None:
    source = next(iter(files)).removeprefix(f"{content}/")
    assert source in {name for _, name in problem_kinds(files, content, generator)}


def test_scripts_without_a_number_are_not_said() -> None:
    files = {"a/a.11tydata.js": b"export default { layout: post(), tags: ['a'] };", "a/x.md": PLAIN}
    assert not problem_kinds(files, ".", "eleventy")


def test_own_number_is_not_doubted_for_a_script() -> None:
    files = {"a/x.11tydata.js": b"export default () => ({ ghissueid: 1 });", "a/x.md": OWN}
    assert not problem_kinds(files, ".", "eleventy")


@pytest.mark.parametrize(
    ("generator", "content", "given_by", "other"),
    [
        ("hugo", "content", "content/a/_index.md", "content/b/_index.md"),
        ("eleventy", ".", "content/a/a.json", "content/b/b.json"),
        ("nikola", ".", "content/a/x.meta", "content/a/y.meta"),
    ],
)
def test_key_changes_only_with_what_is_given(generator: str, content: str, given_by: str, other: str) -> None:
    path = PurePosixPath("content/a/x.md")
    files = {"content/a/x.md": PLAIN, given_by: b"---\na: 1\n---\n", other: b"---\na: 1\n---\n"}
    key = read_blog_inheritance(files, generator, content).key_for(path)
    assert read_blog_inheritance({**files, other: b"{}"}, generator, content).key_for(path) == key
    assert read_blog_inheritance({**files, given_by: b"{}"}, generator, content).key_for(path) != key


@pytest.mark.parametrize(
    "files",
    [
        {"a/a.json": b"[" * 100_000},
        {"a/a.11tydata.js": b"export default " + b"[" * 100_000},
        {"a/a.11tydata.js": b"export default { a: '" + b"\\" * 100_001},
        {"eleventy.config.js": b"/*" * 200_000 + b"'" * 100_000},
        {"_includes/p.njk": b"---\nlayout: p.njk\n---\n", "a/a.json": b'{"layout": "p.njk"}'},
        {"a/a.json": b"\xff\xfe", "_data/ghissueid.json": b"9" * 100_000},
    ],
)
def test_hostile_data_does_no_harm(files: dict[str, bytes]) -> None:
    catalog = read_catalog({**files, "a/x.md": OWN}, ".", "eleventy")
    assert [post.source for post in catalog.posts] == ["a/x.md"]


@pytest.mark.parametrize(
    "source", ["(" * 5000, "x = " + "-" * 5000 + "1", "x = " + "[" * 500 + "]" * 500, "\0", "x = 9" * 9]
)
def test_hostile_settings_do_no_harm(source: str) -> None:
    files = {"pelicanconf.py": source.encode(), "content/x.md": OWN}
    assert [post.source for post in read_catalog(files, "content", "pelican").posts] == ["x.md"]


def test_settings_are_not_executed() -> None:
    values, opaque = python_values("import os\nA = 1\nB = os.getcwd()\nif A:\n    C: int = 2\nA = A + 1\n")
    assert values == {"C": 2}
    assert opaque == {"A", "B"}


@given(_LITERALS)
@settings(max_examples=100, deadline=None)
def test_json_is_a_literal_of_a_script(value: object) -> None:
    assert literal(json.dumps(value)) == value
    assert exported_literal(f"// a comment\nmodule.exports = {json.dumps(value)};\n") == value


@pytest.mark.parametrize("number", ["041", "-07", "0_1"])
def test_octal_number_of_a_script_is_not_followed(number: str) -> None:
    with pytest.raises(ValueError, match="begins with 0"):
        literal(f"{{ ghissueid: {number} }}")


@given(st.text(alphabet="{}[]:,'\"`\\ax10.-/*\n", max_size=40))
@settings(max_examples=300, deadline=None)
def test_any_script_is_a_literal_or_an_error(text: str) -> None:
    try:
        literal(text)
    except ValueError:
        return


@given(st.text(alphabet="*?a/.", max_size=8), st.text(alphabet="a/.", max_size=8))
@settings(max_examples=300, deadline=None)
def test_wildcards_stop_at_a_slash(glob: str, path: str) -> None:
    glob = re.sub(r"\*+", "*", glob)
    pattern = parse_glob(glob)
    assert pattern is not None
    parts = list(zip_longest(path.split("/"), glob.split("/")))
    matches = all(each is not None and wanted is not None and fnmatchcase(each, wanted) for each, wanted in parts)
    assert pattern.matches(path) == matches


@given(st.text(alphabet="*?[]{},!^-a/\\.", max_size=20))
@example("[.**]")
@example("[!!][a]")
@example("[---]")
@settings(max_examples=300, deadline=None)
def test_any_glob_is_a_pattern_or_none(glob: str) -> None:
    for folders_only in (False, True):
        pattern = parse_glob(glob, folders_only=folders_only)
        assert pattern is None or not pattern.matches("b/" * 20) or set(glob) & set("*?[{")


@given(st.text(alphabet="*?[]{},!a/.", max_size=12), st.text(alphabet="a/.,]", max_size=9))
@example("{a,b*}/**/[!a]?", "a/a/,.")
@example("*{a,{b,**/c},}d", "xa/cd")
@example("**/*", ".a/b")
@example("****/", ",/.")
@settings(max_examples=300, deadline=None)
def test_globs_match_as_expressions_do(text: str, path: str) -> None:
    for folders_only in (False, True):
        glob, pattern = parse_glob(text, folders_only=folders_only), glob_expression(text, folders_only=folders_only)
        assert (glob is None) == (pattern is None)
        assert glob is None or pattern is None or glob.matches(path) == bool(pattern.fullmatch(path))


def test_globs_with_many_wildcards_never_go_back() -> None:
    path = "a" * 3000
    for text in ("*a" * 50 + "b", "**a" * 50 + "b", "{*a,**a}" * 20 + "b", "**/" * 50 + "b"):
        glob = parse_glob(text, folders_only=text.startswith("**/"))
        assert glob is not None
        assert not glob.matches(path)
        assert not glob.matches("a/" * 1500)


def test_data_cascade_without_files_keeps_the_fields() -> None:
    tree = FilesTree({"x.md": PLAIN}, PurePosixPath())
    fields = {"ghissueid": 41}
    cascade = EleventyInheritance(tree, Configuration("eleventy"), DialectReader(JEKYLL))
    assert cascade.merge(PurePosixPath("x.md"), fields) is fields
