"""Which posts need a thread."""

from app.domain.posts.markers import page_digests
from app.domain.posts.posts import Post, PostCatalog, PostProblem, ProblemKind
from app.domain.records import ThreadRef
from app.domain.sites import repository
from app.sync.new_threads.plan import SkippedPost, plan_threads

REPO = repository("ada/blog")


def test_published_posts_without_a_number_come_by_date() -> None:
    posts = (
        Post("new.md", title="New", date="2021-01-01"),
        Post("undated.md", title="Undated"),
        Post("old.md", title="Old", date="2020-01-01"),
        Post("numbered.md", frozenset({ThreadRef(REPO, 41)}), "Numbered"),
        Post("draft.md", title="Draft", unpublished="draft: true"),
        Post("untitled.md"),
    )
    plan = plan_threads(PostCatalog(posts))
    assert [candidate.post.source for candidate in plan.candidates] == ["old.md", "new.md", "undated.md"]
    assert plan.omissions == (
        SkippedPost("draft.md", "it is not published: draft: true"),
        SkippedPost("untitled.md", "it has no title. Give it one", is_problem=True),
    )
    assert plan.threads_in_use == {ThreadRef(REPO, 41)}


def test_problems_of_a_number_prevent_a_thread() -> None:
    posts = (
        Post("wrong.md", title="Wrong"),
        Post("empty.md", title="Empty"),
        Post("given.md", title="Given"),
        Post("omitted.md", title="Omitted", unpublished="its front matter cannot be read"),
    )
    problems = (
        PostProblem(ProblemKind.NOT_A_NUMBER, "wrong.md", "ghissueid is 'x'", "Write a number."),
        PostProblem(ProblemKind.EMPTY_NUMBER, "empty.md", "ghissueid is empty", "Write it."),
        PostProblem(ProblemKind.VALUE_FROM_ELSEWHERE, "given.md", "a script may give it ghissueid", "Write it."),
        PostProblem(ProblemKind.UNREADABLE, "broken.md", "it cannot be read", "Correct it."),
        PostProblem(ProblemKind.UNREADABLE, "omitted.md", "Jekyll leaves it out", "Correct it."),
    )
    plan = plan_threads(PostCatalog(posts, problems))
    assert [candidate.post.source for candidate in plan.candidates] == ["empty.md"]
    assert plan.omissions == (
        SkippedPost("given.md", "a script may give it ghissueid. Write it.", is_doubt=True),
        SkippedPost("omitted.md", "Jekyll leaves it out. Correct it.", is_problem=True),
        SkippedPost("wrong.md", "ghissueid is 'x'. Write a number.", is_problem=True),
        SkippedPost("broken.md", "it cannot be read. Correct it.", is_problem=True),
    )


def test_pages_at_one_address_are_told_by_source() -> None:
    posts = (
        Post("a.de.md", title="A", url="/a/"),
        Post("a.en.md", title="A", url="/a"),
        Post("b.md", title="B", url="/b"),
    )
    plan = plan_threads(PostCatalog(posts))
    assert [len(candidate.digests) for candidate in plan.candidates] == [1, 1, 2]
    assert plan.candidates[0].digests == page_digests(Post("a.de.md"))
