"""Published pages without an issue, and issues that look like threads of no page.

If no page at all names a number, the pages may find their threads by a term or a label. Then both are only notes, and
several issues that a page may find are a warning.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet

from app.domain.posts.findings import Finding, Severity
from app.domain.posts.posts import Post, PostCatalog, ProblemKind
from app.domain.posts.rules import pages, titles
from app.domain.posts.rules.facts import IssueFacts, SiteFacts
from app.domain.records import ThreadRef
from app.domain.sites import Repository
from app.domain.transfers import transfer_target

_ABOUT_NUMBERS = frozenset(
    {
        ProblemKind.EMPTY_NUMBER,
        ProblemKind.NOT_A_NUMBER,
        ProblemKind.UNKNOWN_REPOSITORY,
        ProblemKind.UNREADABLE,
        ProblemKind.VALUE_FROM_ELSEWHERE,
    }
)
"""Problems that say already why a page has no issue."""
_TOOLS = frozenset({"gitalk", "gitment", "utterances", "utterance", "vssue", "giscus", "comment", "comments"})
"""Words in labels that other comment systems give their threads."""
_WORK = frozenset({"bug", "enhancement", "question", "documentation", "duplicate", "wontfix", "invalid", "feature"})
"""Labels of GitHub's own for issues that are no threads."""
_COMMON = 200
"""A word in so many titles tells nothing."""
_LEAST_LABELLED = 2
_LEAST_WORDS = 2
_MOST_NAMED = 10


class SuggestedThreads:
    """The unused issues, and the pages that seem to be theirs by title or path."""

    def __init__(self, catalog: PostCatalog, facts: Sequence[SiteFacts]) -> None:
        named_threads = catalog.threads | _transfer_targets(facts, catalog.threads)
        self.free_issues: dict[ThreadRef, IssueFacts] = {
            ThreadRef(site.repo, number): issue
            for site in facts
            for number, issue in site.issues.items()
            if not issue.is_pull_request and ThreadRef(site.repo, number) not in named_threads
        }
        self._catalog = catalog
        self._posts_by_word = _index(catalog.posts)
        matches = ((thread, self._post(issue)) for thread, issue in self.free_issues.items())
        self.posts = {thread: post for thread, post in matches if post is not None}
        self.has_numbers = bool(catalog.threads)
        self.threads: dict[str, list[ThreadRef]] = {}
        """By source, the unused issues that seem to be a page's, the lowest numbers first."""
        for thread, post in sorted(self.posts.items(), key=lambda item: item[0].number):
            self.threads.setdefault(post.source, []).append(thread)

    def advice(self, source: str) -> str | None:
        """Return what to write into a page, if an issue seems to be its thread."""
        if source not in self.threads:
            return None
        thread = self.threads[source][0]
        return f"Write ghissueid: {thread.number} if {titles.quote(self.free_issues[thread].title)} is its thread."

    def certain_numbers(self, repo: Repository) -> dict[str, int]:
        """Return by source the numbers that published pages without one may be given without a doubt.

        The titles have the same words, at least two, and no other page or unused issue of `repo` has them.
        """
        titled_posts: dict[frozenset[str], list[Post]] = {}
        for post in self._catalog.posts:
            titled_posts.setdefault(titles.words(post.title or ""), []).append(post)
        titled_issues: dict[frozenset[str], list[ThreadRef]] = {}
        for thread, issue in self.free_issues.items():
            titled_issues.setdefault(titles.words(issue.title), []).append(thread)
        numbers = {}
        for some_words, posts in titled_posts.items():
            threads = titled_issues.get(some_words, [])
            is_certain = len(some_words) >= _LEAST_WORDS and len(posts) == len(threads) == 1
            if is_certain and threads[0].repo == repo and not posts[0].threads and posts[0].unpublished is None:
                numbers[posts[0].source] = threads[0].number
        return numbers

    def _post(self, issue: IssueFacts) -> Post | None:
        """Return the page that an issue seems to belong to; first those without an issue of their own."""
        some_words = titles.words(issue.title)
        candidates = {post.source: post for word in some_words for post in self._posts_by_word.get(word, ())}
        matches = [post for post in candidates.values() if _seems_the_thread(post, issue.title)]
        return min(matches, key=lambda post: (bool(post.threads), post.source), default=None)


def _transfer_targets(facts: Sequence[SiteFacts], named_threads: AbstractSet[ThreadRef]) -> set[ThreadRef]:
    """Return the threads that named numbers were transferred to: their comments are shown."""
    sites = [(site.repo, site.record) for site in facts]
    addresses = [
        tombstone.transferred_to
        for site in facts
        for number, tombstone in site.tombstones.items()
        if ThreadRef(site.repo, number) in named_threads and tombstone.transferred_to is not None
    ]
    return {target for address in addresses if (target := transfer_target(address, sites)) is not None}


def _seems_the_thread(post: Post, title: str) -> bool:
    return titles.are_the_same(post.title or "", title) or pages.is_called_by(post, title)


def _index(posts: Sequence[Post]) -> Mapping[str, Sequence[Post]]:
    index: dict[str, list[Post]] = {}
    for post in posts:
        for word in titles.words(post.title or "") | titles.words(pages.slug(post)):
            index.setdefault(word, []).append(post)
    return {word: found_posts for word, found_posts in index.items() if len(found_posts) <= _COMMON}


def posts_without_number(catalog: PostCatalog, suggestions: SuggestedThreads) -> Iterator[Finding]:
    """Find published pages without an issue; beside pages that have one it is a warning, else a note."""
    explained_sources = {problem.source for problem in catalog.problems if problem.kind in _ABOUT_NUMBERS}
    folders = {pages.folder(post) for post in catalog.posts if post.threads}
    for post in catalog.posts:
        if post.threads or post.unpublished is not None or post.source in explained_sources:
            continue
        severity = Severity.WARNING if pages.folder(post) in folders else Severity.NOTE
        name = titles.quote(post.title) if post.title else "A page"
        advice = suggestions.advice(post.source) or "Open an issue for it, and write its number, as in ghissueid: 41."
        message = f"{name} is published and names no issue."
        if not suggestions.has_numbers:
            advice = f"Do nothing if the page finds its thread by a term or a label. Otherwise: {advice}"
        yield Finding("post-without-number", severity, message, advice, post.source, post.line)


def similar_threads(catalog: PostCatalog, suggestions: SuggestedThreads) -> Iterator[Finding]:
    """Find pages of a blog without numbers that several issues seem to belong to."""
    sources = () if suggestions.has_numbers else suggestions.threads
    pages_by_source = {post.source: post for post in catalog.posts if post.source in sources}
    for source, post in pages_by_source.items():
        threads = suggestions.threads[source]
        if len(threads) == 1 or post.unpublished is not None:
            continue
        names = ", ".join(f"#{thread.number}" for thread in threads[:_MOST_NAMED])
        more = f" and {len(threads) - _MOST_NAMED} others" if len(threads) > _MOST_NAMED else ""
        message = f"Several issues of {threads[0].repo} have the title or path of this page: {names}{more}."
        advice = (
            f"Close and rename those of no page, or write the right one into the page: ghissueid: {threads[0].number}"
        )
        yield Finding("ambiguous-term", Severity.WARNING, message, advice, source, post.line, thread=threads[0])


def unused_threads(
    catalog: PostCatalog, facts: Sequence[SiteFacts], suggestions: SuggestedThreads, *, label: str | None
) -> Iterator[Finding]:
    """Find issues that look like threads, by title or label, although no page names them."""
    common_labels = _common_labels(catalog, facts) | ({label.casefold()} if label is not None else set())
    for thread, issue in suggestions.free_issues.items():
        post = suggestions.posts.get(thread)
        reason = _reason(issue, post, common_labels)
        if reason is None:
            continue
        number, count = thread.number, issue.comment_count
        comments = f"{count} comment{'' if count == 1 else 's'}"
        message = f"No page names issue {number} of {thread.repo}, {titles.quote(issue.title)} ({comments}): {reason}."
        severity, advice = Severity.WARNING, _advice(number, post)
        if not suggestions.has_numbers:
            severity = Severity.NOTE
            advice = f"Do nothing if a page finds it by a term or a label. Otherwise: {advice}"
        yield Finding("unused-thread", severity, message, advice, thread=thread)


def _reason(issue: IssueFacts, post: Post | None, common_labels: set[str]) -> str | None:
    if post is not None:
        return f"its title is that of {post.source}"
    for label in issue.labels:
        if label.casefold() in common_labels:
            return f"it has the label “{label}”, as threads have"
        if titles.words(label) & _TOOLS:
            return f"it has the label “{label}”, as other comment systems give it"
    return None


def _advice(number: int, post: Post | None) -> str:
    if post is None:
        return f"Write ghissueid: {number} into the page that it belongs to, or take the label off."
    if not post.threads:
        return f"Write ghissueid: {number} into that page, or rename the issue."
    return "Transfer its comments by hand if it is a second thread of that page, and close it; or rename the issue."


def _common_labels(catalog: PostCatalog, facts: Sequence[SiteFacts]) -> set[str]:
    """Return the labels, in small letters, that at least half of the threads of pages have."""
    issues = {ThreadRef(site.repo, number): issue for site in facts for number, issue in site.issues.items()}
    named_threads = [thread for thread in catalog.threads if thread in issues]
    counts = Counter(label for thread in named_threads for label in {name.casefold() for name in issues[thread].labels})
    least = max(_LEAST_LABELLED, len(named_threads) / 2)
    return {label for label, count in counts.items() if count >= least and label not in _WORK}
