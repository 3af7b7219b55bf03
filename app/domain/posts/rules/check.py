"""All findings of a blog's posts. Pure: the doctor and the owner's page call it with what they know.

| rule                    | severity        | what it says                                                          |
|-------------------------|-----------------|-----------------------------------------------------------------------|
| `empty-number`          | warning         | the field stands there without a value                                |
| `not-a-number`          | error           | the field has a value that is no number                               |
| `unknown-repository`    | error           | the page names a repository that is not served                        |
| `unreadable-front-matter`, `unreadable-folder` | error | the page or folder cannot be read                      |
| `generators-differ`, `value-from-elsewhere`, `unsupported-file` | warning | as the reader of the content says     |
| `duplicate-number`      | error           | unrelated pages name one issue; a note for translations and one title |
| `missing-issue`         | error           | there is no such issue                                                |
| `deleted-issue`         | error           | GitHub says that the issue was deleted                                |
| `transferred-issue`     | error           | the issue is in another repository; a warning if that is served       |
| `pull-request`          | error           | the number is that of a pull request                                  |
| `issue-without-label`   | error           | the issue lacks the label of `AFTERWORD_SERVE`                        |
| `closed-issue`, `locked-issue` | warning  | the thread is closed, or no reader can write                          |
| `title-mismatch`        | warning         | the issue's title is far from that of each page that names it         |
| `unused-thread`         | warning         | an issue looks like a thread, and no page names it                    |
| `post-without-number`   | warning         | a published page has no number, although pages beside it have one     |

A finding about a page that is not published is one degree milder: no reader sees it.
"""

from collections.abc import Iterable, Sequence

from app.domain.posts.findings import Finding, Severity
from app.domain.posts.posts import PostCatalog, PostProblem, ProblemKind
from app.domain.posts.rules.duplicates import duplicate_numbers
from app.domain.posts.rules.facts import SiteFacts
from app.domain.posts.rules.free_issues import (
    SuggestedThreads,
    posts_without_number,
    similar_threads,
    unused_threads,
)
from app.domain.posts.rules.named_issues import named_issues

RULES = (
    *(str(kind) for kind in ProblemKind),
    *("duplicate-number", "missing-issue", "deleted-issue", "transferred-issue", "pull-request"),
    *("issue-without-label", "closed-issue", "locked-issue", "title-mismatch", "unused-thread", "post-without-number"),
    "ambiguous-term",
)
"""The published names of the rules about posts."""
_SEVERITIES = {
    ProblemKind.EMPTY_NUMBER: Severity.WARNING,
    ProblemKind.GENERATORS_DIFFER: Severity.WARNING,
    ProblemKind.VALUE_FROM_ELSEWHERE: Severity.WARNING,
    ProblemKind.UNSUPPORTED_FILE: Severity.WARNING,
}
_FIELDS = frozenset({"ghissueid", "ghrepo", "repo"})
_MILDER = {Severity.ERROR: Severity.WARNING, Severity.WARNING: Severity.NOTE, Severity.NOTE: Severity.NOTE}
_ORDER = tuple(Severity)


def post_findings(catalog: PostCatalog, facts: Sequence[SiteFacts], *, label: str | None = None) -> tuple[Finding, ...]:
    """Return all findings of the posts and of the issues in `facts`, errors first, then by page and line.

    `label` is the label that makes an issue a post (`AFTERWORD_SERVE=label:NAME`). Without facts only the pages are
    judged: a number about which nothing is known has no finding.
    """
    draft_sources = {post.source for post in catalog.posts if post.unpublished is not None}
    suggestions = SuggestedThreads(catalog, facts)
    findings = [
        *(_problem(problem, suggestions) for problem in catalog.problems),
        *duplicate_numbers(catalog, facts),
        *named_issues(catalog, facts, label=label),
        *posts_without_number(catalog, suggestions),
        *similar_threads(catalog, suggestions),
        *unused_threads(catalog, facts, suggestions, label=label),
    ]
    return in_order(_weigh(finding, draft_sources) for finding in findings)


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings without repeats: errors first, then by page and line."""

    def key(finding: Finding) -> tuple[object, ...]:
        number = finding.thread.number if finding.thread else 0
        position = (finding.source is None, finding.source or "", finding.line or 0)
        return _ORDER.index(finding.severity), *position, number, finding.rule, finding.message

    return tuple(sorted(dict.fromkeys(findings), key=key))


def _problem(problem: PostProblem, suggestions: SuggestedThreads) -> Finding:
    severity = _SEVERITIES.get(problem.kind, Severity.ERROR)
    advice = problem.advice
    if problem.kind is ProblemKind.EMPTY_NUMBER:
        advice = suggestions.advice(problem.source) or advice
    message = f"{_sentence(problem.message)}."
    return Finding(problem.kind, severity, message, advice, problem.source, problem.line)


def _sentence(clause: str) -> str:
    """Return a clause with a capital letter, unless the name of a field begins it."""
    is_field = clause.partition(" ")[0].casefold() in _FIELDS
    return clause if is_field else f"{clause[:1].upper()}{clause[1:]}"


def _weigh(finding: Finding, draft_sources: frozenset[str] | set[str]) -> Finding:
    if finding.source not in draft_sources or finding.rule == "duplicate-number":
        return finding
    return Finding(
        finding.rule,
        _MILDER[finding.severity],
        finding.message,
        finding.advice,
        finding.source,
        finding.line,
        finding.thread,
    )
