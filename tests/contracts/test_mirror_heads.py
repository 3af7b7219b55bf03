"""What every mirror promises about what its issues are found by."""

from typing import Any

from app.domain.sites import repository
from app.domain.terms.heads import IssueHead
from app.ports.mirror import Mirror
from tests.contracts.mirrors import REPO, issue, put
from tests.contracts.stores import OTHER

DIGEST = "a" * 40


def _head(number: int, **fields: Any) -> IssueHead:
    defaults: dict[str, Any] = {"title": f"Post {number}", "labels": (), "is_open": True, "is_pull_request": False}
    return IssueHead(number, created_at="2026-01-01T00:00:00Z", **(defaults | fields))


async def test_heads_of_issues(mirror: Mirror) -> None:
    labels = [{"name": "Gitalk"}, {"name": "/posts/a/"}]
    first = issue(1, title="posts/a", labels=labels, state="closed", body=f"Text <!-- afterword: {DIGEST} -->")
    await put(mirror, first, issue(2, body=None), issue(3, pull=True))
    await put(mirror, issue(9, repo=OTHER), repo=OTHER)
    found = await mirror.issue_heads(REPO)
    assert found.site == await mirror.site(REPO)
    assert sorted(found.heads, key=lambda head: head.number) == [
        _head(1, title="posts/a", labels=("Gitalk", "/posts/a/"), is_open=False, markers=frozenset({DIGEST})),
        _head(2),
        _head(3, is_pull_request=True),
    ]


async def test_heads_of_some_numbers(mirror: Mirror) -> None:
    await put(mirror, issue(1), issue(2), issue(3))
    found = await mirror.issue_heads(REPO, [3, 1, 99, 10**30])
    assert {head.number for head in found.heads} == {1, 3}
    assert (await mirror.issue_heads(REPO, [])).heads == ()
    nothing = await mirror.issue_heads(repository("ada/unknown"))
    assert (nothing.site, nothing.heads) == (None, ())
