"""The issues that the pages name: whether they are there, and whether they are the pages' threads."""

import re
from collections.abc import Iterator, Mapping, Sequence

from app.domain.posts.findings import Finding, Severity
from app.domain.posts.posts import Post, PostCatalog
from app.domain.posts.rules import pages, titles
from app.domain.posts.rules.duplicates import posts_by_thread
from app.domain.posts.rules.facts import IssueFacts, SiteFacts
from app.domain.records import ThreadRef
from app.domain.sites import Repository
from app.domain.transfers import transfer_target

_RIGHT_NUMBER = "Write the number of the post's issue, or open one for it."
_NAMED_TARGET = re.compile(r"/repos/([^/]+/[^/]+)/issues/([0-9]+)$")


def named_issues(catalog: PostCatalog, facts: Sequence[SiteFacts], *, label: str | None) -> Iterator[Finding]:
    """Judge each issue that a page names."""
    by_repo = {site.repo: site for site in facts}
    main_language = pages.main_language(catalog.posts)
    for thread, posts in posts_by_thread(catalog).items():
        site = by_repo.get(thread.repo)
        if site is None:
            continue
        issue = site.issues.get(thread.number)
        if issue is None:
            yield from _without_issue(thread, posts, site, by_repo)
        elif issue.is_pull_request:
            message = f"{thread.number} is a pull request of {thread.repo}, which has no comments of a post."
            yield from _at_each(posts, "pull-request", Severity.ERROR, message, _RIGHT_NUMBER, thread)
        else:
            yield from _with_issue(thread, posts, issue, label)
            yield from _mismatch(thread, posts, issue, main_language)


def _without_issue(
    thread: ThreadRef, posts: Sequence[Post], site: SiteFacts, by_repo: Mapping[Repository, SiteFacts]
) -> Iterator[Finding]:
    tombstone, (repo, number) = site.tombstones.get(thread.number), thread
    if tombstone is not None and tombstone.transferred_to is not None:
        yield from _transferred(thread, posts, tombstone.transferred_to, by_repo)
    elif tombstone is not None and tombstone.gone:
        message = f"Issue {number} of {repo} was deleted."
        yield from _at_each(posts, "deleted-issue", Severity.ERROR, message, _RIGHT_NUMBER, thread)
    elif tombstone is not None or site.is_listed:
        message = f"There is no issue {number} in {repo}."
        yield from _at_each(posts, "missing-issue", Severity.ERROR, message, _RIGHT_NUMBER, thread)


def _transferred(
    thread: ThreadRef, posts: Sequence[Post], address: str, by_repo: Mapping[Repository, SiteFacts]
) -> Iterator[Finding]:
    target = transfer_target(address, [(site.repo, site.record) for site in by_repo.values()])
    if target is not None:
        message = (
            f"Issue {thread.number} of {thread.repo} was transferred: it is issue {target.number} of {target.repo}."
        )
        advice = f"Write ghissueid: {target.number}"
        advice += "." if target.repo == thread.repo else f" and ghrepo: {target.repo}."
        yield from _at_each(posts, "transferred-issue", Severity.WARNING, message, advice, thread)
        return
    match = _NAMED_TARGET.search(address)
    target_name = f"{match[1]}#{match[2]}" if match else "another repository"
    message = f"Issue {thread.number} of {thread.repo} was transferred to {target_name}, which is not served."
    advice = "Add that repository to AFTERWORD_REPO, or transfer the issue back."
    yield from _at_each(posts, "transferred-issue", Severity.ERROR, message, advice, thread)


def _with_issue(thread: ThreadRef, posts: Sequence[Post], issue: IssueFacts, label: str | None) -> Iterator[Finding]:
    name = f"Issue {thread.number} of {thread.repo}"
    if label is not None and label.casefold() not in {each_label.casefold() for each_label in issue.labels}:
        message = f"{name} lacks the label “{label}”, and is not served."
        advice = "Add the label on GitHub, or set AFTERWORD_SERVE to posts."
        yield from _at_each(posts, "issue-without-label", Severity.ERROR, message, advice, thread)
    if issue.is_closed:
        advice = "Reopen the issue if the discussion goes on: many readers take a closed one for the end."
        yield from _at_each(posts, "closed-issue", Severity.WARNING, f"{name} is closed.", advice, thread)
    if issue.is_locked:
        message = f"{name} is locked: readers cannot comment."
        yield from _at_each(posts, "locked-issue", Severity.WARNING, message, "Unlock the issue on GitHub.", thread)


def _mismatch(
    thread: ThreadRef, posts: Sequence[Post], issue: IssueFacts, main_language: str | None
) -> Iterator[Finding]:
    """Compare titles: one page that fits is enough, and translations cannot be compared."""
    if any(pages.fits(post, issue.title) or pages.language(post) != main_language for post in posts):
        return
    for post in posts:
        own_title = titles.quote(post.title or "")
        message = f"Issue {thread.number} of {thread.repo} is called {titles.quote(issue.title)}, the post {own_title}."
        advice = "See whether the number is right. If it is, give the issue the title of the post."
        yield from _at_each([post], "title-mismatch", Severity.WARNING, message, advice, thread)


def _at_each(
    posts: Sequence[Post], rule: str, severity: Severity, message: str, advice: str, thread: ThreadRef
) -> Iterator[Finding]:
    for post in posts:
        yield Finding(rule, severity, message, advice, post.source, post.line, thread)
