"""A page is published exactly where its generator was seen to make one, and is never served otherwise."""

from pathlib import PurePosixPath

import pytest

from app.domain.posts.posts import ProblemKind
from app.generators.read import KnownPages, read_site
from tests.generators.memory_blog import Blog
from tests.generators.publication_cases import NOW, SITES, Case, cases, catalog_of

_DAY = 86_400


@pytest.mark.parametrize("case", cases(), ids=str)
def test_only_published_pages_are_served(case: Case) -> None:
    catalog = catalog_of(case)
    served = catalog.served(SITES)[SITES[0]]
    posts = [post for post in catalog.posts if post.source == case.path]
    problems = [problem for problem in catalog.problems if problem.source == case.path]
    assert served == ({41} if case.outcome == "page" or "published: true" in case.line else set())
    if case.outcome == "page":
        assert not problems
    elif case.outcome == "no":
        assert posts[0].unpublished
    elif case.outcome == "fails":
        assert [problem.kind for problem in problems][:1] == [ProblemKind.UNREADABLE]
    else:
        assert not posts


@pytest.mark.parametrize("line", ["draft: yes", "published: false", "build: {render: false}"])
def test_page_that_one_version_leaves_out_is_named(line: str) -> None:
    catalog = catalog_of(Case("hugo", "content/a.md", line, "no"))
    assert not catalog.served(SITES)[SITES[0]]
    differing = [problem.message for problem in catalog.problems if problem.kind is ProblemKind.GENERATORS_DIFFER]
    assert (
        "there is no page in Hugo before 0.152 and Hugo 0.111" in differing[0] or "Hugo 0.152 and later" in differing[0]
    )


def test_page_appears_and_expires_with_time() -> None:
    text = "---\ntitle: T\ndate: 2026-12-01T10:00:00+02:00\nexpiryDate: 2026-12-03\nghissueid: 41\n---\n"
    blog, known, start = Blog({"a.md": text}), KnownPages(), 1_796_112_000.0  # 08:00 UTC
    served = [
        read_site(blog, SITES, now=start + seconds, generator="hugo", known=known).served(SITES)[SITES[0]]
        for seconds in (-_DAY, -1, 0, _DAY, 2 * _DAY)
    ]
    assert served == [set(), set(), {41}, {41}, set()]


@pytest.mark.parametrize(
    ("configuration", "line"),
    [
        ("buildFuture = true", "date: 2099-01-01"),
        ("builddrafts = true", "draft: true"),
        ("buildExpired = true", "expiryDate: 2020-01-01"),
    ],
)
def test_configuration_of_hugo_publishes_more(configuration: str, line: str) -> None:
    blog = Blog({"hugo.toml": configuration, "content/a.md": f"---\ntitle: T\n{line}\nghissueid: 41\n---\n"}, "content")
    assert read_site(blog, SITES, now=NOW).served(SITES)[SITES[0]] == {41}


def test_configuration_of_jekyll_is_followed() -> None:
    configuration = "future: true\nunpublished: true\nexclude: [old/]\ncollections:\n  notes:\n    output: true\n"
    page = "---\ntitle: T\nghissueid: {}\n---\n"
    blog = Blog(
        {
            "_config.yml": configuration,
            "_posts/2099-01-01-a.md": page.format(1),
            "hidden.md": page.format("2\npublished: false"),
            "old/a.md": page.format(3),
            "_notes/a.md": page.format(4),
            "_other/a.md": page.format(5),
        }
    )
    assert read_site(blog, SITES, now=NOW).served(SITES)[SITES[0]] == {1, 2, 4}


def test_draft_that_code_may_leave_out_is_named() -> None:
    blog = Blog({"src/content/blog/a.md": "---\ntitle: T\ndraft: true\nghissueid: 41\n---\n"}, "src/content")
    catalog = read_site(blog, SITES, now=NOW, generator="astro")
    assert not catalog.served(SITES)[SITES[0]]
    assert [problem.kind for problem in catalog.problems] == [ProblemKind.VALUE_FROM_ELSEWHERE]


def test_time_zone_of_the_site_counts() -> None:
    text = "---\ntitle: T\ndate: 2026-12-01 10:00:00\nghissueid: 41\n---\n"
    blog = Blog({"hugo.toml": 'timeZone = "America/New_York"', "content/a.md": text}, "content")
    ten_in_london, ten_in_new_york = 1_796_119_200.0, 1_796_137_200.0
    assert not read_site(blog, SITES, now=ten_in_london).served(SITES)[SITES[0]]
    assert read_site(blog, SITES, now=ten_in_new_york).served(SITES)[SITES[0]] == {41}


def test_source_is_relative_to_the_content_folder() -> None:
    blog = Blog({"hugo.toml": "", "content/en/a.md": "---\ntitle: T\nghissueid: 41\n---\n"}, "content/en")
    (post,) = read_site(blog, SITES, now=NOW).posts
    assert (post.source, post.line, post.title) == ("a.md", 3, "T")
    assert PurePosixPath(post.source).suffix == ".md"
