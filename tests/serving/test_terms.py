"""Terms in step with the mirror: what is found, how long that holds, and what the owner is told."""

import pytest

from app.domain.errors import NotReady, NotServed, ThreadNotFound, ThreadUndecided
from app.domain.posts.posts import Post
from app.domain.records import SiteRecord, ThreadRef
from app.domain.sites import PostFilter, Repository
from app.domain.terms.index import TermOf, ThreadQuery
from app.ports.mirror import Change
from app.render.keys import NoThreadKey, TermCountsKey
from app.serving.terms.findings import TermFindings
from tests.contracts.mirrors import issue
from tests.serving.document_setup import BLOG, NOTES
from tests.serving.terms_setup import TERM, Setup


@pytest.fixture
async def setup() -> Setup:
    setup = Setup()
    await setup.fill()
    return setup


async def test_search_follows_changes(setup: Setup) -> None:
    assert await setup.found() is None
    await setup.open(8, "posts/a", "Gitalk")
    number, edition = await setup.terms.number(BLOG, TERM)
    await setup.open(9, "posts/b")
    assert (number, edition.is_current, await setup.found()) == (8, False, 8)
    assert await setup.found(ThreadQuery(labels=("gitalk",))) == 8
    _, edition = await setup.terms.number(BLOG, TERM)
    await setup.open(8, "posts/a", "Gitalk", updated_at="2026-03-01T00:00:00Z")
    assert edition.is_current  # neither title nor labels have changed
    await setup.open(8, "Another title", updated_at="2026-04-01T00:00:00Z")
    assert (edition.is_current, await setup.found()) == (False, None)
    assert await setup.found(ThreadQuery(labels=("gitalk",))) is None
    with pytest.raises(ThreadNotFound, match="No post of ada/blog has the term 'posts/a'"):
        await setup.terms.required_number(BLOG, TERM)


async def test_sites_are_searched_apart(setup: Setup) -> None:
    await setup.open(8, "posts/a", repo=NOTES)
    assert (await setup.found(repo=NOTES), await setup.found()) == (8, None)


async def test_only_posts_are_found_and_told_of() -> None:
    setup = Setup(PostFilter(listed_only=True))
    await setup.fill()
    with pytest.raises(NotReady):
        await setup.found()
    await setup.open(8, "posts/a")
    await setup.open(9, "Comments on posts/a")
    await setup.publish(Post("b.md", frozenset({ThreadRef(BLOG, 9)})))
    assert await setup.found() == 9
    await setup.publish(Post("a.md", frozenset({ThreadRef(BLOG, 8)})))
    assert await setup.found() == 8
    await setup.publish()
    assert await setup.found() is None
    assert [finding.thread for finding in await TermFindings(setup.terms).findings()] == [None]


async def test_labels_decide_which_issues_are_posts() -> None:
    setup = Setup(PostFilter(label="comments"))
    await setup.fill()
    await setup.open(8, "posts/a")
    assert await setup.found() is None
    await setup.open(8, "posts/a", "Comments", updated_at="2026-03-01T00:00:00Z")
    assert await setup.found() == 8


async def test_hidden_repository_shows_nothing(setup: Setup) -> None:
    await setup.open(8, "posts/a")
    _, edition = await setup.terms.number(BLOG, TERM)
    await setup.hide(BLOG)
    await setup.report_change(BLOG, 0)
    assert not edition.is_current
    with pytest.raises(NotServed):
        await setup.found()


async def test_unlisted_site_is_not_ready(setup: Setup) -> None:
    other = Repository("ada/new", "ada/new")
    with pytest.raises(NotReady):
        await setup.found(repo=other)
    site = SiteRecord(other, 9, "ada/new")
    await setup.mirror.apply(Change(repo=other, at=1.0, site=site, issues=(issue(1, repo=other, title="posts/a"),)))
    with pytest.raises(NotReady):
        await setup.found(repo=other)
    await setup._updater.update(other, frozenset({1}))
    await setup.mirror.apply(Change(repo=other, at=2.0, site_update={"issues_listed_at": 2.0}))
    assert await setup.found(repo=other) == 1


async def test_titles_of_the_blogs_pages_are_claimed(setup: Setup) -> None:
    await setup.open(8, "Learning Git")
    assert await setup.found(ThreadQuery("git")) == 8
    await setup.publish(Post("git.md", title="Learning git", url="https://blog.example/learning-git/"))
    assert await setup.found(ThreadQuery("git")) is None
    assert await setup.found(ThreadQuery("Learning Git", TermOf.TITLE)) == 8


async def test_replaced_store_is_read_again(setup: Setup) -> None:
    await setup.open(8, "posts/a")
    assert await setup.found() == 8
    renamed = issue(8, repo=BLOG, title="posts/b", updated_at="2026-05-01T00:00:00Z")
    await setup.mirror.apply(Change(repo=BLOG, at=2.0, issues=(renamed,)))
    setup.terms.forget()
    assert await setup.found() is None


async def test_failed_read_is_made_up_for(setup: Setup, caplog: pytest.LogCaptureFixture) -> None:
    await setup.open(8, "posts/a")
    _, edition = await setup.terms.number(BLOG, TERM)
    setup.mirror.fails = True
    await setup.open(8, "posts/b", updated_at="2026-05-01T00:00:00Z")
    setup.mirror.fails = False
    assert (edition.is_current, await setup.found()) == (False, None)
    assert "could not be read" in caplog.text


async def test_findings_name_ambiguous_and_missing_terms(setup: Setup) -> None:
    await setup.open(8, "posts/a")
    await setup.open(9, "POSTS/A/")
    await setup.open(10, "Git | Blog")
    await setup.open(11, "Blog – Git")
    await setup.open(12, "posts/c-d")
    git = ThreadQuery("Git", TermOf.TITLE)
    assert await setup.found() == 8
    with pytest.raises(ThreadUndecided, match="#10, #11"):
        await setup.found(git)
    for query in (ThreadQuery("posts/c"), ThreadQuery("posts/x"), ThreadQuery("posts/x"), ThreadQuery("posts/c-d")):
        await setup.found(query)
    findings = await TermFindings(setup.terms).findings()
    assert [(f.rule, f.severity.value, f.thread and f.thread.number) for f in findings] == [
        ("undecided-term", "error", 10),
        ("ambiguous-term", "warning", 8),
        ("missing-term", "warning", 12),
        ("missing-term", "note", None),
    ]
    assert findings[1].message == "Several posts of ada/blog have the term 'posts/a': #8, #9. #8 is shown."
    assert findings[2].message == "No post of ada/blog has the term 'posts/c'. Similar ones are #12."
    await setup.open(9, "Solved", updated_at="2026-05-01T00:00:00Z")
    assert [f.rule for f in await TermFindings(setup.terms).findings()][0:2] == ["undecided-term", "missing-term"]
    await setup.hide(BLOG)
    await setup.report_change(BLOG, 0)
    assert not await TermFindings(setup.terms).findings()


async def test_what_is_remembered_is_bounded(setup: Setup) -> None:
    for number in range(3_000):
        await setup.found(ThreadQuery(f"absent/{number}"))
    assert len(setup.terms.missing) == 500
    assert len(setup.terms._sites[BLOG].results) == 2_000


async def test_made_up_terms_push_out_no_pages_terms(setup: Setup) -> None:
    await setup.open(8, "Another title", "Gitalk")
    await setup.publish(Post("new.md", title="New", url="/posts/new/"))
    real = [ThreadQuery("posts/new/"), ThreadQuery(labels=("Gitalk", "/posts/new/")), ThreadQuery("often")]
    for query in (*real, real[-1]):
        await setup.found(query)
    for number in range(600):
        await setup.found(ThreadQuery(f"absent/{number}"))
        await setup.found(ThreadQuery("posts/new", labels=(f"absent {number}",)))
    assert {(BLOG, query) for query in real} <= set(setup.terms.missing)


async def test_counts_and_comments_of_terms(setup: Setup) -> None:
    await setup.comment(5)
    key = TermCountsKey(BLOG, ("posts/a", "posts/x", "gone"), (7, None, 99))
    assert await setup.body(key) == b'{"counts":{"posts/a":1,"posts/x":null,"gone":null}}'
    body = await setup.body(NoThreadKey(BLOG))
    assert b'"ghissueid":null,"repo":"ada/blog","status":"missing"' in body
    assert b'"comment_count":null' in body
