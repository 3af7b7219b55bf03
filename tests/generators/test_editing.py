"""A number is written into front matter, and nothing else changes: each dialect, irregularity and refusal."""

from pathlib import PurePosixPath

import pytest

from app.generators.editing import repository_in, set_number

FENCE = "---\ntitle: A\n{}---\nText\n"

FILLED = [
    ("ghissueid:\n", "ghissueid: 41\n"),
    ("ghissueid: \n", "ghissueid: 41\n"),
    ("ghissueid:   # soon\n", "ghissueid: 41  # soon\n"),
    ("ghissueid: # soon\n", "ghissueid: 41 # soon\n"),
    ("ghissueid : # soon\n", "ghissueid : 41 # soon\n"),
    ("ghissueid: ~  # soon\n", "ghissueid: 41  # soon\n"),
    ("ghissueid: null\n", "ghissueid: 41\n"),
    ("ghissueid: [] # soon\n", "ghissueid: 41 # soon\n"),
    ('ghissueid: ""\n', 'ghissueid: "41"\n'),
    ("'ghissueid': '' # soon\n", "'ghissueid': '41' # soon\n"),
    ("ghissueid:\nlast: 1\n", "ghissueid: 41\nlast: 1\n"),
]


@pytest.mark.parametrize(
    "generator", ["hugo", "jekyll", "eleventy", "astro", "hexo", "material", "nikola", "gatsby", None]
)
@pytest.mark.parametrize(("before", "after"), FILLED)
def test_an_empty_field_is_filled_in_place(generator: str | None, before: str, after: str) -> None:
    assert _set(FENCE.format(before), generator) == FENCE.format(after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("---\ntitle: A\n---\n", "---\ntitle: A\nghissueid: 41\n---\n"),
        ("---\r\ntitle: A # c\r\n---\r\nText", "---\r\ntitle: A # c\r\nghissueid: 41\r\n---\r\nText"),
        ("\ufeff---\ntitle: A\n---", "\ufeff---\ntitle: A\nghissueid: 41\n---"),
        ("---\ntags:\n- a\n- b\n# end\n---\n", "---\ntags:\n- a\n- b\n# end\nghissueid: 41\n---\n"),
        ("---\n  title: A\n  b: 1\n---\n", "---\n  title: A\n  b: 1\n  ghissueid: 41\n---\n"),
        ("---\nbase: &b {x: 1}\n<<: *b\n---\n", "---\nbase: &b {x: 1}\n<<: *b\nghissueid: 41\n---\n"),
        ("---\nnested:\n  ghissueid: 7\n---\n", "---\nnested:\n  ghissueid: 7\nghissueid: 41\n---\n"),
        ("---\n# only a comment\n---\n", None),
        ("---\n---\nText", "---\nghissueid: 41\n---\nText"),
    ],
)
@pytest.mark.parametrize("generator", ["hugo", "jekyll", "eleventy", "astro", "nikola"])
def test_a_line_is_added_at_the_end_of_yaml(generator: str, before: str, after: str | None) -> None:
    result = _try(before, generator)
    if after is not None and result is not None:
        assert result == after
    if generator in {"hugo", "jekyll"}:
        assert result is not None


@pytest.mark.parametrize(
    ("generator", "name", "before", "after"),
    [
        ("jekyll", "a.md", "---\ntitle: A\n...\n", "---\ntitle: A\nghissueid: 41\n...\n"),
        ("hugo", "a.md", "\n---\ntitle: A\n---x\n", "\n---\ntitle: A\nghissueid: 41\n---x\n"),
        ("hugo", "a.md", "---\rtitle: A\r---\r", "---\rtitle: A\rghissueid: 41\r---\r"),
        ("hugo", "a.md", "---\nGHissueID:  # c\n---\n", "---\nGHissueID: 41 # c\n---\n"),
        (
            "hugo",
            "a.md",
            "---\ntitle: A\nparams:\n  x: 1\n  ghissueid:\n---\n",
            "---\ntitle: A\nparams:\n  x: 1\n  ghissueid: 41\n---\n",
        ),
        ("hugo", "a.md", "---\na: |+\n  b\n\n\n---\n", "---\na: |+\n  b\n\n\nghissueid: 41\n---\n"),
        ("astro", "a.md", "---\na: |+\n  b\n\n\n---\n", "---\na: |+\n  b\n\n\nghissueid: 41\n---\n"),
        ("gatsby", "a.md", "---\na: |+\n  b\n\n\n---\n", "---\na: |+\n  b\n\nghissueid: 41\n\n---\n"),
        ("hugo", "a.md", "---\nt: |\n  ghissueid:\n---\n", "---\nt: |\n  ghissueid:\nghissueid: 41\n---\n"),
        ("nikola", "a.md", "---\nt: |\n  b\n---\n", "---\nghissueid: 41\nt: |\n  b\n---\n"),
        ("hugo", "a.md", "text only\n", "---\nghissueid: 41\n---\ntext only\n"),
        ("hugo", "a.org", "#+title: A\n#+date: 2020\n\nText", "#+title: A\n#+date: 2020\n#+ghissueid: 41\n\nText"),
        ("hugo", "a.org", "#+ghissueid:\n#+title: A\nText", "#+ghissueid: 41\n#+title: A\nText"),
        ("hugo", "a.org", "Text\n", "#+ghissueid: 41\nText\n"),
        ("eleventy", "a.md", "\ufefftext\r\n", "\ufeff---\r\nghissueid: 41\r\n---\r\ntext\r\n"),
        ("eleventy", "a.md", '---json\n{"title": "A"}\n---\n', '---json\n{"title": "A", "ghissueid": 41}\n---\n'),
        (
            "hugo",
            "a.md",
            '{\n\t"title": "A",\n\t"b": [1]\n}\nText',
            '{\n\t"title": "A",\n\t"b": [1],\n\t"ghissueid": 41\n}\nText',
        ),
        ("hugo", "a.md", '{"title":"A","b":2}', '{"title":"A","b":2,"ghissueid":41}'),
        ("hugo", "a.md", '{"ghissueid": null, "b": 2}', '{"ghissueid": 41, "b": 2}'),
        ("hugo", "a.md", '{"ghissueid": "", "b": 2}', '{"ghissueid": "41", "b": 2}'),
        ("hugo", "a.md", '{"params": {"x": 1, "ghissueid": ""}}', '{"params": {"x": 1, "ghissueid": "41"}}'),
        ("hugo", "a.md", "{\n}\n", '{\n  "ghissueid": 41\n}\n'),
        ("hexo", "a.md", '"title": "A",\n"b": 2\n;;;\nText', '"title": "A",\n"b": 2,\n"ghissueid": 41\n;;;\nText'),
        ("hexo", "a.md", ';;;\n"title": "A"\n;;;\nText', ';;;\n"title": "A", "ghissueid": 41\n;;;\nText'),
        ("hexo", "a.md", "title: A\n---\nText", "title: A\nghissueid: 41\n---\nText"),
        ("hugo", "a.md", '+++\ntitle = "A"\n+++\n', '+++\ntitle = "A"\nghissueid = 41\n+++\n'),
        (
            "hugo",
            "a.md",
            '+++\ntitle = "A"\nx = [\n  [1],\n]\n\n# more\n[menu]\na = 1\n+++\n',
            '+++\ntitle = "A"\nx = [\n  [1],\n]\nghissueid = 41\n\n# more\n[menu]\na = 1\n+++\n',
        ),
        ("hugo", "a.md", '+++\r\nghissueid = "" # c\r\n+++', '+++\r\nghissueid = "41" # c\r\n+++'),
        ("hugo", "a.md", "+++\n[a]\nb = 1\n+++\n", "+++\nghissueid = 41\n[a]\nb = 1\n+++\n"),
        ("hugo", "a.md", '+++\nt = """\n[x]\n"""\n+++\n', '+++\nt = """\n[x]\n"""\nghissueid = 41\n+++\n'),
        ("zola", "a.md", '+++\ntitle = "A"\n+++\n', '+++\ntitle = "A"\n\n[extra]\nghissueid = 41\n+++\n'),
        (
            "zola",
            "a.md",
            '+++\ntitle = "A"\n[extra]\nx = 1\n[extra.y]\nz = 1\n+++\n',
            '+++\ntitle = "A"\n[extra]\nx = 1\nghissueid = 41\n[extra.y]\nz = 1\n+++\n',
        ),
        ("zola", "a.md", "+++\n[extra]\n+++\n", "+++\n[extra]\nghissueid = 41\n+++\n"),
        ("zola", "a.md", "+++\nextra.x = 1\n+++\n", "+++\nextra.x = 1\nextra.ghissueid = 41\n+++\n"),
        (
            "zola",
            "a.md",
            "---\ntitle: A\nextra:\n    x: 1\n---\n",
            "---\ntitle: A\nextra:\n    ghissueid: 41\n    x: 1\n---\n",
        ),
        ("zola", "a.md", "---\ntitle: A\n---\n", "---\ntitle: A\nextra:\n  ghissueid: 41\n---\n"),
        ("zola", "a.md", "---\nextra:\n  ghissueid: # c\n---\n", "---\nextra:\n  ghissueid: 41 # c\n---\n"),
        (
            "nikola",
            "a.rst",
            ".. title: A\n.. date: 2020\n\nText",
            ".. title: A\n.. date: 2020\n.. ghissueid: 41\n\nText",
        ),
        ("nikola", "a.md", "<!--\n.. title: A\n-->\n\nText", "<!--\n.. title: A\n.. ghissueid: 41\n-->\n\nText"),
        (
            "pelican",
            "a.rst",
            "A\n#\n\n:date: 2020\n:tags: a,\n  b\n\nText",
            "A\n#\n\n:date: 2020\n:tags: a,\n  b\n:ghissueid: 41\n\nText",
        ),
        ("pelican", "a.rst", "A\n#\n\n:ghissueid:\n:date: 2020\n\nText", "A\n#\n\n:ghissueid: 41\n:date: 2020\n\nText"),
        (
            "pelican",
            "a.md",
            "Title: A\nSummary: one\n    two\n\nText: x",
            "Title: A\nSummary: one\n    two\nghissueid: 41\n\nText: x",
        ),
        ("pelican", "a.md", "---\nTitle: A\n---\nText", "---\nTitle: A\nghissueid: 41\n---\nText"),
        ("pelican", "a.md", "Title: A\r\nGHIssueID:\r\n\r\nText", "Title: A\r\nGHIssueID: 41\r\n\r\nText"),
        (
            "pelican",
            "a.html",
            '<html><head>\n  <meta name="date" content="2020">\n</head></html>',
            '<html><head>\n  <meta name="date" content="2020">\n  <meta name="ghissueid" content="41" />\n</head></html>',
        ),
        (
            "pelican",
            "a.html",
            '<head><meta name="a" content="b"></head>',
            '<head><meta name="a" content="b"><meta name="ghissueid" content="41" /></head>',
        ),
        (
            "pelican",
            "a.html",
            "<head><meta name='GHissueid' content=''></head>",
            "<head><meta name='GHissueid' content='41'></head>",
        ),
        ("material", "a.md", "---\ndate: 2020-07-01\n---\n", "---\ndate: 2020-07-01\nghissueid: 41\n---\n"),
        ("material", "a.md", "Title: A\nx: 1\n\nText", "Title: A\nx: 1\nghissueid: 41\n\nText"),
        ("nikola", "a.meta", ".. title: A\n.. slug: a", ".. title: A\n.. slug: a\n.. ghissueid: 41"),
        ("ablog", "a.md", "---\nghissueid:\n---\n", "---\nghissueid: 41\n---\n"),
        ("vfile-matter", "a.md", "---\n---\n", "---\nghissueid: 41\n---\n"),
    ],
)
def test_each_dialect_has_its_line(generator: str, name: str, before: str, after: str) -> None:
    assert _set(before, generator, name) == after


@pytest.mark.parametrize(
    ("generator", "before", "reason"),
    [
        ("hugo", "---\nghissueid: 7\n---\n", "it has ghissueid already. Correct that field"),
        ("hugo", "---\nghissueid: soon\n---\n", "it has ghissueid already"),
        ("hugo", "---\nghissueid: [1]\n---\n", "it has ghissueid already"),
        ("hugo", "---\nparams: {ghissueid: 7}\n---\n", "it has ghissueid already"),
        ("jekyll", "---\nghissueid:\nghissueid:\n---\n", "its empty ghissueid is written in a way that"),
        ("jekyll", "---\nghissueid: &n\n---\n", "its empty ghissueid is written in a way that"),
        ("jekyll", "---\nghissueid:\n  7\n---\n", "it has ghissueid already"),
        ("hugo", "---\nbase: &b {ghissueid: 7}\n<<: *b\n---\n", "it has ghissueid already"),
        ("hugo", "---\ntitle: a: b\n---\n", "its front matter cannot be read"),
        ("hugo", "---\ntitle: A\n", "its front matter cannot be read"),
        ("hugo", "---\n{title: A}\n---\n", "by hand"),
        ("hugo", "---\n- a\n- b\n---\n", "its front matter cannot be read"),
        ("zola", "+++\nextra = {a = 1}\n+++\n", "by hand"),
        ("zola", "text", "its front matter cannot be read"),
        ("jekyll", "text", "it has no front matter. Write some, with a title and the number"),
        ("eleventy", "---js\n{title: 'A'}\n---\n", "its front matter is a script. Write the number by hand"),
        ("hugo", '{"title": "A",}', "cannot be read"),
        ("hugo", "+++\n" + "[[a]]\n" * 300 + "+++\n", "too many tables"),
        (None, "text", "its front matter cannot be read"),
        ("unknown", "---\n---\n", "is no generator that is known"),
    ],
)
def test_a_page_that_cannot_be_written_is_refused(generator: str | None, before: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        _set(before, generator)


def test_large_numbers_of_json_are_texts_in_hugo() -> None:
    path = PurePosixPath("a.md")
    assert set_number(b'{"title": "A"}', path, "hugo", 1_234_567) == b'{"title": "A", "ghissueid": "1234567"}'
    assert (
        set_number(b'---json\n{"a": 1}\n---\n', path, "eleventy", 1_234_567)
        == b'---json\n{"a": 1, "ghissueid": 1234567}\n---\n'
    )


def test_bytes_that_are_no_text_stay() -> None:
    content = b"---\ntitle: A\n---\n\xff\xfe\x00"
    assert set_number(content, PurePosixPath("a.md"), "hugo", 41) == content.replace(b"A\n", b"A\nghissueid: 41\n")


@pytest.mark.parametrize(
    ("generator", "before", "name"),
    [
        ("hugo", "---\nGHRepo: ada/notes\n---\n", "ada/notes"),
        ("hugo", "---\nrepo: ada/a\nghrepo: ada/b\n---\n", "ada/b"),
        ("zola", '+++\n[extra]\nrepo = "ada/notes"\n+++\n', "ada/notes"),
        ("jekyll", "---\nrepo:\n---\n", None),
    ],
)
def test_the_repository_of_a_page_is_known(generator: str, before: str, name: str | None) -> None:
    assert repository_in(before.encode(), PurePosixPath("a.md"), generator) == name


def _set(before: str, generator: str | None, name: str = "a.md") -> str:
    return set_number(before.encode(), PurePosixPath(name), generator, 41).decode()


def _try(before: str, generator: str) -> str | None:
    try:
        return _set(before, generator)
    except ValueError:
        return None
