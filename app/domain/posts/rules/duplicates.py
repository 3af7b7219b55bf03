"""Numbers that several pages name: their readers see one thread."""

from collections.abc import Iterator, Sequence
from itertools import combinations

from app.domain.posts.findings import Finding, Severity
from app.domain.posts.posts import Post, PostCatalog
from app.domain.posts.rules import pages, titles
from app.domain.posts.rules.facts import SiteFacts
from app.domain.records import ThreadRef

_MOST_NAMES = 5


def posts_by_thread(catalog: PostCatalog) -> dict[ThreadRef, list[Post]]:
    """Return the pages that name each issue, in the order of the catalog."""
    groups: dict[ThreadRef, list[Post]] = {}
    for post in catalog.posts:
        for thread in post.threads:
            groups.setdefault(thread, []).append(post)
    return groups


def duplicate_numbers(catalog: PostCatalog, facts: Sequence[SiteFacts]) -> Iterator[Finding]:
    """Find issues that several pages name; the finding stands at the page that fits the issue least."""
    titles_by_thread = {ThreadRef(site.repo, n): issue.title for site in facts for n, issue in site.issues.items()}
    for thread, posts in posts_by_thread(catalog).items():
        if len(posts) > 1:
            yield _finding(thread, posts, titles_by_thread.get(thread))


def _finding(thread: ThreadRef, posts: Sequence[Post], title: str | None) -> Finding:
    are_related = all(_are_related(post, other) for post, other in combinations(posts[:50], 2))
    published = [post for post in posts if post.unpublished is None]
    strangers = [post for post in posts if title is not None and not pages.fits(post, title)]
    suspect = next((post for post in reversed(posts) if post in strangers), posts[-1])
    names = _names([post for post in posts if post is not suspect])
    message = f"Issue {thread.number} of {thread.repo} is named by {names}, too."
    if are_related:
        advice = "If the pages are one post, as translations are, leave it; else give each its own issue."
        return _at(suspect, thread, Severity.NOTE, message, advice)
    if title is not None and strangers and len(strangers) < len(posts):
        fitting = _names([post for post in posts if post not in strangers])
        message += f" Its title, {titles.quote(title)}, is that of {fitting}."
    advice = "Their readers see the same comments: give one of the pages an issue of its own."
    return _at(suspect, thread, Severity.ERROR if len(published) > 1 else Severity.WARNING, message, advice)


def _at(post: Post, thread: ThreadRef, severity: Severity, message: str, advice: str) -> Finding:
    return Finding("duplicate-number", severity, message, advice, post.source, post.line, thread)


def _are_related(post: Post, other: Post) -> bool:
    """Return True for one title, and for pages of two languages."""
    if post.title is not None and other.title is not None and titles.agree(post.title, other.title):
        return True
    return pages.language(post) != pages.language(other)


def _names(posts: Sequence[Post]) -> str:
    names = [post.source for post in posts[:_MOST_NAMES]]
    if len(posts) > _MOST_NAMES:
        names.append(f"{len(posts) - _MOST_NAMES} more")
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
