"""The rules about posts: each with what it finds, and what it leaves alone."""

from dataclasses import replace

import pytest

from app.domain.posts.posts import PostProblem, ProblemKind
from app.domain.posts.rules.check import RULES
from app.domain.posts.rules.facts import IssueFacts
from app.domain.records import Tombstone
from tests.domain.post_facts import Short, findings, post, short, site, transfer

TITLE = "The Best Interview is No Interview"


def test_posts_with_their_threads_have_no_finding() -> None:
    posts = [post("a.md", 1, title="One Fine Day"), post("b.md", 2, title="Two of Them", date="2020-07-01")]
    assert findings(posts, site({1: "One Fine Day", 2: "two of them 🎉"})) == ()


@pytest.mark.parametrize(
    ("kind", "severity"),
    [
        (ProblemKind.EMPTY_NUMBER, "warning"),
        (ProblemKind.NOT_A_NUMBER, "error"),
        (ProblemKind.UNKNOWN_REPOSITORY, "error"),
        (ProblemKind.UNREADABLE, "error"),
        (ProblemKind.GENERATORS_DIFFER, "warning"),
        (ProblemKind.VALUE_FROM_ELSEWHERE, "warning"),
        (ProblemKind.UNSUPPORTED_FILE, "warning"),
        (ProblemKind.UNREADABLE_FOLDER, "error"),
    ],
)
def test_each_problem_of_a_page_is_a_finding(kind: ProblemKind, severity: str) -> None:
    problem = PostProblem(kind, "a.md", "it is 33 in Hugo and 41 in Eleventy", "Write 41.", line=4)
    (finding,) = findings([], site({}), problem)
    assert (finding.rule, finding.severity, finding.line) == (kind, severity, 4)
    assert finding.message == "It is 33 in Hugo and 41 in Eleventy."
    assert finding.advice == "Write 41."
    assert finding.rule in RULES


def test_finding_about_a_draft_is_milder() -> None:
    draft = post("a.md", 9, title=TITLE, unpublished="draft: true")
    problem = PostProblem(ProblemKind.EMPTY_NUMBER, "b.md", "ghissueid is empty", "Write it.")
    assert short(findings([draft, post("b.md", unpublished="draft: true")], site({}), problem)) == [
        ("missing-issue", "warning", "a.md", 9),
        ("empty-number", "note", "b.md", None),
    ]


@pytest.mark.parametrize(
    ("tombstones", "expected"),
    [
        ((), ("missing-issue", "error", "a.md", 9)),
        ((Tombstone(9, gone=False, checked_at=0.0),), ("missing-issue", "error", "a.md", 9)),
        ((Tombstone(9, gone=True, checked_at=0.0),), ("deleted-issue", "error", "a.md", 9)),
        (
            (transfer("https://api.github.com/repos/eve/x/issues/3"),),
            ("transferred-issue", "error", "a.md", 9),
        ),
        (
            (transfer("https://api.github.com/repositories/8/issues/3"),),
            ("transferred-issue", "warning", "a.md", 9),
        ),
    ],
)
def test_number_without_issue_says_why(tombstones: tuple[Tombstone, ...], expected: Short) -> None:
    assert short(findings([post("a.md", 9)], site({}, *tombstones))) == [expected]


def test_served_target_of_a_transfer_is_named() -> None:
    grave = transfer("https://api.github.com/repositories/8/issues/3")
    (finding,) = findings([post("a.md", 9)], site({}, grave))
    assert finding.advice == "Write ghissueid: 3 and ghrepo: ada/other."


def test_unknown_issues_have_no_finding() -> None:
    assert findings([post("a.md", 9)], site({}, is_listed=False)) == ()
    assert findings([post("a.md", 9)], None) == ()


@pytest.mark.parametrize(
    ("issue", "rules"),
    [
        (IssueFacts(TITLE, is_pull_request=True), ["pull-request"]),
        (IssueFacts(TITLE, is_closed=True), ["closed-issue"]),
        (IssueFacts(TITLE, is_locked=True), ["locked-issue"]),
        (IssueFacts(TITLE, is_locked=True, is_closed=True), ["closed-issue", "locked-issue"]),
        (IssueFacts("Serverless in the Wild"), ["title-mismatch"]),
        (IssueFacts("posts/hello/"), []),
        (IssueFacts("hello"), []),
        (IssueFacts("https://blog.example.com/posts/hello/"), []),
        (IssueFacts("Say hello"), []),
        (IssueFacts("🎉"), []),
        (IssueFacts("Лучшее собеседование"), []),
    ],
)
def test_issue_of_a_post_is_judged(issue: IssueFacts, rules: list[str]) -> None:
    page = post("posts/hello.md", 41, title=TITLE)
    assert [finding.rule for finding in findings([page], site({41: issue}))] == rules


def test_label_of_posts_is_required() -> None:
    facts = site({1: IssueFacts(TITLE, labels=("Post",)), 2: IssueFacts("Second One", labels=("bug",))})
    posts = [post("a.md", 1, title=TITLE), post("b.md", 2, title="Second One")]
    assert short(findings(posts, facts, label="post")) == [("issue-without-label", "error", "b.md", 2)]


@pytest.mark.parametrize(
    ("others", "severity"),
    [
        ([post("b.md", 41, title="Serverless in the Wild")], "error"),
        ([post("b.md", 41, title=f"{TITLE}!")], "note"),
        ([post("es/la-mejor.md", 41, title="La mejor entrevista")], "note"),
        ([post("a.de.md", 41, title="Kein Gespräch")], "note"),
        ([post("b.md", 41, title="Serverless in the Wild", unpublished="draft: true")], "warning"),
        ([post("b.md", 41, title=TITLE), post("c.md", 41, title="Serverless in the Wild")], "error"),
    ],
)
def test_number_of_several_pages_is_found_once(others: list[object], severity: str) -> None:
    pages = [post("a.md", 41, title=TITLE), *others]
    (finding,) = findings(pages, site({41: TITLE}))  # type: ignore[arg-type]
    assert (finding.rule, finding.severity) == ("duplicate-number", severity)


def test_duplicate_stands_at_the_stranger() -> None:
    pages = [post("a.md", 41, title="Serverless in the Wild"), replace(post("b.md", 41, title=TITLE), line=4)]
    (finding,) = findings(pages, site({41: TITLE}))
    assert finding.source == "a.md"
    assert finding.message.endswith(f"Its title, “{TITLE}”, is that of b.md.")


def test_translations_with_their_own_titles_are_right() -> None:
    pages = [
        post("en/best.md", 41, title=TITLE),
        post("en/b.md", 1, title="B c"),
        post("es/b.md", 2, title="Otra cosa"),
    ]
    assert findings(pages, site({41: TITLE, 1: "B c", 2: "Some other thing"})) == ()


def test_page_beside_others_with_numbers_lacks_one() -> None:
    pages = [
        post("posts/a/index.md", 1, title="First Things"),
        post("posts/b/index.md", title="Second Things"),
        post("about.md", title="About"),
        post("posts/c/index.md", title="Later", unpublished="draft: true"),
    ]
    assert short(findings(pages, site({1: "First Things"}))) == [
        ("post-without-number", "warning", "posts/b/index.md", None),
        ("post-without-number", "note", "about.md", None),
    ]


def test_unused_thread_is_named_to_its_page() -> None:
    pages = [post("a.md", 1, title="First Things"), post("b.md", title="Second Things of All")]
    without, unused = findings(pages, site({1: "First Things", 7: "second things of all"}))
    assert (without.rule, without.source) == ("post-without-number", "b.md")
    assert without.advice == "Write ghissueid: 7 if “second things of all” is its thread."
    assert short([unused]) == [("unused-thread", "warning", None, 7)]


def test_blog_without_numbers_has_notes_and_ambiguous_pages() -> None:
    pages = [
        post("a.md", title="First Things"),
        post("b.md", title="Second Things of All"),
        post("c.md", title="Third"),
    ]
    fourth = IssueFacts("Fourth One", labels=("Gitalk", "0a1b"))
    found = findings(
        pages, site({3: "First Things", 7: "second things of all", 9: "Second Things – of all", 11: fourth})
    )
    assert short(found) == [
        ("ambiguous-term", "warning", "b.md", 7),
        *(("post-without-number", "note", source, None) for source in ("a.md", "b.md", "c.md")),
        *(("unused-thread", "note", None, number) for number in (3, 7, 9, 11)),
    ]
    assert found[0].message == "Several issues of ada/blog have the title or path of this page: #7, #9."
    assert all(finding.advice.startswith("Do nothing if") for finding in found[1:])


@pytest.mark.parametrize(
    ("issue", "count"),
    [
        (IssueFacts("posts/hello/", labels=("Gitalk", "0a1b")), 1),
        (IssueFacts("Something", labels=("💬 comments",)), 1),
        (IssueFacts("Something", labels=("Post",)), 1),
        (IssueFacts("First Things"), 1),
        (IssueFacts("Crash on start", labels=("bug",)), 0),
        (IssueFacts("Crash on start"), 0),
        (IssueFacts("First Things", is_pull_request=True), 0),
    ],
)
def test_issue_that_looks_like_a_thread_is_found(issue: IssueFacts, count: int) -> None:
    pages = [post("a.md", 1, title="First Things"), post("b.md", 2, title="Second One")]
    issues = {1: IssueFacts("First Things", labels=("post",)), 2: IssueFacts("Second One", labels=("post", "bug"))}
    rules = [finding.rule for finding in findings(pages, site({**issues, 7: issue}))]
    assert rules == ["unused-thread"] * count


def test_long_titles_are_cut_in_messages() -> None:
    (finding,) = findings([post("a.md", 1, title="x" * 5000)], site({1: "y" * 5000}))
    assert len(finding.message) < 300


def test_five_thousand_posts_are_judged_quickly() -> None:
    words = [f"word{number}" for number in range(700)]
    pages = [post(f"p/{n}.md", n, title=f"{words[n % 700]} {words[n * 7 % 700]} number {n}") for n in range(1, 5001)]
    facts = site({n: f"{words[n % 700]} {words[n * 7 % 700]} number {n}" for n in range(1, 6_001)})
    assert {finding.rule for finding in findings(pages, facts)} <= {"unused-thread"}
