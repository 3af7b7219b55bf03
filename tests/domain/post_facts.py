"""Posts and issues for the rules about posts, and findings in short."""

from collections.abc import Sequence

from app.domain.posts.findings import Finding
from app.domain.posts.posts import Post, PostCatalog, PostProblem
from app.domain.posts.rules.check import post_findings
from app.domain.posts.rules.facts import IssueFacts, SiteFacts
from app.domain.records import SiteRecord, ThreadRef, Tombstone
from app.domain.sites import repository

BLOG, OTHER = repository("ada/blog"), repository("ada/other")
Short = tuple[str, str, str | None, int | None]
"""Rule, severity, source and number of a finding."""


def post(source: str, *numbers: int, title: str | None = None, **fields: str | None) -> Post:
    """Return a page that names issues of the blog."""
    return Post(source, frozenset(ThreadRef(BLOG, number) for number in numbers), title, **fields)  # type: ignore[arg-type]


def site(issues: dict[int, IssueFacts | str], *tombstones: Tombstone, is_listed: bool = True) -> SiteFacts:
    """Return the facts of the blog; a text stands for an open issue of that title."""
    facts = {number: IssueFacts(issue) if isinstance(issue, str) else issue for number, issue in issues.items()}
    graves = {tombstone.number: tombstone for tombstone in tombstones}
    return SiteFacts(BLOG, facts, graves, is_listed, SiteRecord(BLOG, 7, "ada/blog"))


def findings(
    posts: Sequence[Post], facts: SiteFacts | None, *problems: PostProblem, label: str | None = None
) -> tuple[Finding, ...]:
    """Return the findings of posts."""
    other = SiteFacts(OTHER, {}, record=SiteRecord(OTHER, 8, "ada/other"))
    sites = [facts, other] if facts is not None else []
    return post_findings(PostCatalog(tuple(posts), problems), sites, label=label)


def short(some_findings: Sequence[Finding]) -> list[Short]:
    """Return what identifies findings."""
    return [
        (finding.rule, str(finding.severity), finding.source, finding.thread.number if finding.thread else None)
        for finding in some_findings
    ]


def transfer(address: str) -> Tombstone:
    """Return the tombstone of issue 9, which was transferred."""
    return Tombstone(9, gone=True, checked_at=0.0, transferred_to=address)
