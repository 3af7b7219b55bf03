"""A blog is read as a whole: with and without a known generator, again after changes, and whatever its files are."""

import pytest

from app.domain.posts.posts import PostCatalog, ProblemKind
from app.domain.sites import repository
from app.generators.read import KnownPages, read_site
from tests.generators.memory_blog import Blog

_BLOG, _NOTES = repository("ada/blog"), repository("eve/notes")
_SITES = (_BLOG, _NOTES)
_NOW = 1_795_000_000.0


def _read(text: str | bytes, generator: str | None = None, path: str = "2020-07-01-a.md") -> PostCatalog:
    return read_site(Blog({path: text}), _SITES, now=_NOW, generator=generator)


def _page(*lines: str) -> str:
    return "\n".join(["---", "title: T", "date: 2020-07-01", *lines, "---", "Text", ""])


@pytest.mark.parametrize(
    ("lines", "numbers", "words"),
    [
        (["ghissueid: 41"], {41}, []),
        (['ghissueid: "41"'], {41}, []),
        (["ghissueid: 041"], set(), ["33 in Hugo", "41 in Eleventy"]),
        (["GHissueID: 41"], {41}, ["41 in Hugo", "nothing in Jekyll"]),
        (["ghissueid: 41", "draft: true"], set(), ["no page in Hugo", "41 in Jekyll"]),
        (["extra:", "  ghissueid: 41"], {41}, ["41 in Zola", "nothing in Hugo"]),
        (["ghissueid: many"], set(), ["ghissueid is 'many'"]),
        (["ghissueid:"], set(), ["ghissueid is empty"]),
        (["subtitle: a: b", "ghissueid: 41"], set(), ["mapping values are not allowed"]),
        (["other: 1"], set(), []),
    ],
    ids=str,
)
def test_unknown_generator_is_what_all_agree_on(lines: list[str], numbers: set[int], words: list[str]) -> None:
    catalog = _read(_page(*lines))
    assert catalog.generator is None
    assert catalog.served(_SITES)[_BLOG] == numbers
    messages = " ".join(problem.message for problem in catalog.problems)
    assert all(word in messages for word in words)
    assert bool(messages) is bool(words)


@pytest.mark.parametrize(
    ("generator", "path", "text", "number"),
    [
        ("hugo", "a.org", "#+title: T\n#+ghissueid: 201\n\nText", 201),
        ("pelican", "a.rst", "Title\n=====\n\n:date: 2020-07-01\n:ghissueid: 202\n\nText", 202),
        ("pelican", "a.md", "Title: T\nDate: 2020-07-01\nGhIssueId: 203\n\nText", 203),
        (
            "pelican",
            "a.html",
            '<head><title>T</title><meta name="date" content="2020-07-01"><meta name="ghissueid" content="204"></head>',
            204,
        ),
        ("nikola", "posts/a.rst", ".. title: T\n.. date: 2020-07-01\n.. ghissueid: 205\n\nText", 205),
        ("zola", "a.md", '+++\ntitle = "T"\n[extra]\nghissueid = 206\n+++\n', 206),
        ("ablog", "a.md", "---\ntitle: T\nghissueid: 207\n---\n", 207),
        ("ablog", "a.rst", "T\n=\n\n:ghissueid: 208\n", 208),
        ("eleventy", "a.njk", "---\ntitle: T\nghissueid: 209\n---\n", 209),
        ("hexo", "source/_posts/a.md", '"title": "T",\n"ghissueid": 210\n;;;\nText', 210),
        ("gatsby", "a.mdx", "---\ntitle: T\nghissueid: 0b11010011\n---\n", 211),
        ("hugo", "a.md", f"---\ntitle: T\npicture: {'a' * 70_000}\nghissueid: 212\n---\n", 212),
    ],
)
def test_every_kind_of_file_is_read(generator: str, path: str, text: str, number: int) -> None:
    catalog = _read(text, generator, path)
    assert catalog.served(_SITES)[_BLOG] == {number}
    assert not catalog.problems
    assert catalog.posts[0].title in {"T", "Title"}


@pytest.mark.parametrize(
    ("generator", "path", "text", "kind"),
    [
        ("eleventy", "a.11ty.js", "export const data = { ghissueid: 41 };", ProblemKind.UNSUPPORTED_FILE),
        ("eleventy", "a.md", "---js\n{ghissueid: number()}\n---\n", ProblemKind.VALUE_FROM_ELSEWHERE),
        ("jekyll", "a.md", "\n---\ntitle: T\nghissueid: 41\n---\n", ProblemKind.GENERATORS_DIFFER),
        ("zola", "a.md", "+++\nghissueid = 41\n+++\n", ProblemKind.GENERATORS_DIFFER),
        ("hugo", "a.md", f"---\ntitle: {'x' * (1 << 20)}\nghissueid: 41\n---\n", ProblemKind.UNREADABLE),
        ("jekyll", "a.md", "---\nghissueid: 41.0\n---\n", ProblemKind.NOT_A_NUMBER),
        ("jekyll", "a.md", "---\nghissueid: [41, 42]\n---\n", ProblemKind.NOT_A_NUMBER),
        ("hugo", "a.md", '{"ghissueid": 1234567}', ProblemKind.NOT_A_NUMBER),
        ("hugo", "a.md", "---\nghissueid: 41\nrepo: x/y\n---\n", ProblemKind.UNKNOWN_REPOSITORY),
        ("hugo", "_content.gotmpl", "{{ dict }} ghissueid", ProblemKind.VALUE_FROM_ELSEWHERE),
    ],
)
def test_number_that_is_not_served_is_named(generator: str, path: str, text: str, kind: ProblemKind) -> None:
    catalog = _read(text, generator, path)
    assert kind in {problem.kind for problem in catalog.problems}
    assert all(problem.message and not problem.message.endswith(".") for problem in catalog.problems)


@pytest.mark.parametrize(
    ("lines", "repo"),
    [(["repo: Eve/Notes"], _NOTES), (["ghrepo: eve/notes", "repo: https://x"], _NOTES), (["repo:"], _BLOG)],
)
def test_page_selects_its_repository(lines: list[str], repo: object) -> None:
    (post,) = _read(_page("ghissueid: 41", *lines), "hugo").posts
    assert {thread.repo for thread in post.threads} == {repo}


def test_page_keeps_what_it_says_of_itself() -> None:
    text = _page("ghissueid: 41", "description: Two  words", "url: /a/b/")
    (post,) = _read(text, "hugo").posts
    assert (post.title, post.date, post.description, post.line) == ("T", "2020-07-01", "Two words", 4)
    (post,) = _read(text).posts
    assert post.url == "/a/b/"


def test_unchanged_pages_are_not_read_again() -> None:
    known = KnownPages()
    files = {f"{name}.md": _page(f"ghissueid: {number}") for number, name in enumerate("abc", start=1)}
    read_site(Blog(files), _SITES, now=_NOW, generator="eleventy", known=known)
    files |= {"b.md": _page("ghissueid: 22"), "d.md": _page("ghissueid: 4")}
    del files["c.md"]
    blog = Blog(files)
    catalog = read_site(blog, _SITES, now=_NOW, generator="eleventy", known=known)
    assert catalog.served(_SITES)[_BLOG] == {1, 22, 4}
    assert blog.reads == ["b.md", "d.md"]
    assert read_site(blog, _SITES, now=_NOW, generator="hugo", known=known).generator == "hugo"
    assert blog.reads[2:] == ["a.md", "b.md", "d.md"]


def test_page_whose_build_fails_keeps_its_number() -> None:
    known = KnownPages()
    for text in (
        _page("ghissueid: 41"),
        _page("ghissueid: 42", "subtitle: a: b"),
        _page("ghissueid: 42", "subtitle: a: b"),
    ):
        catalog = read_site(Blog({"a.md": text}), _SITES, now=_NOW, generator="hugo", known=known)
        assert catalog.served(_SITES)[_BLOG] == {41}
    assert "its build fails" in catalog.problems[0].message
    catalog = read_site(Blog({"a.md": _page("x: 1")}), _SITES, now=_NOW, generator="hugo", known=known)
    assert not catalog.served(_SITES)[_BLOG]


def test_page_that_is_left_out_keeps_no_number() -> None:
    known = KnownPages()
    for lines in (["ghissueid: 41"], ["ghissueid: 42", "subtitle: a: b"]):
        catalog = read_site(Blog({"source/a.md": _page(*lines)}), _SITES, now=_NOW, generator="hexo", known=known)
    assert not catalog.served(_SITES)[_BLOG]
    assert "it leaves the page out" in catalog.problems[0].message


def test_page_that_cannot_be_opened_keeps_its_number() -> None:
    known = KnownPages()
    read_site(Blog({"a.md": _page("ghissueid: 41")}), _SITES, now=_NOW, generator="hugo", known=known)
    catalog = read_site(Blog({"a.md": PermissionError(13, "denied")}), _SITES, now=_NOW, generator="hugo", known=known)
    assert catalog.served(_SITES)[_BLOG] == {41}
    assert catalog.problems[0].message == "it cannot be read (denied)"


@pytest.mark.parametrize("generator", ["hugo", "eleventy", "jekyll"])
def test_front_matter_of_over_a_megabyte_is_named(generator: str) -> None:
    text = f"---\ntitle: T\nghissueid: 41\npicture: {'x' * (1 << 20)}\n---\n"
    catalog = _read(text, generator)
    assert not catalog.served(_SITES)[_BLOG]
    assert "longer than 1 MB" in catalog.problems[0].message
    assert not _read("x" * (2 << 20), generator).problems


def test_unknown_generator_name_is_refused() -> None:
    with pytest.raises(ValueError, match="'wordpress' is no generator that is known"):
        _read("", "wordpress")


@pytest.mark.parametrize(
    ("generator", "number", "other"), [("hugo", 33, "41 in Eleventy"), ("eleventy", 41, "33 in Hugo")]
)
def test_value_that_other_generators_read_differently_is_named(generator: str, number: int, other: str) -> None:
    catalog = _read(_page("ghissueid: 041"), generator)
    assert catalog.served(_SITES)[_BLOG] == {number}
    assert [problem.kind for problem in catalog.problems] == [ProblemKind.GENERATORS_DIFFER]
    assert f"ghissueid is {number} in" in catalog.problems[0].message
    assert other in catalog.problems[0].message
    assert not _read(_page("ghissueid: 41 # since 2020"), generator).problems
