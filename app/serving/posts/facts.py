"""What the mirror knows of the issues of a repository, for the rules about posts. No request to GitHub."""

from collections.abc import Iterable

from app.domain.posts.rules.facts import IssueFacts, SiteFacts
from app.domain.records import Tombstone
from app.domain.sites import Repository
from app.ports.mirror import Mirror


async def mirrored_facts(mirror: Mirror, repo: Repository, numbers: Iterable[int]) -> SiteFacts:
    """Return the facts of all issues of a repository, and of those `numbers` that have no issue there.

    Raises `StoreError`.
    """
    snapshot = await mirror.site_snapshot(repo)
    issues = {
        summary.number: IssueFacts("", is_pull_request=True)
        for summary in snapshot.summaries
        if summary.is_pull_request
    }
    issues |= {record.issue.number: IssueFacts.of(record.issue) for record in await mirror.threads(repo)}
    tombstones: dict[int, Tombstone] = {}
    for number in sorted(set(numbers) - issues.keys()):
        thread = await mirror.snapshot(repo, number, with_comments=False)
        tombstone = thread.hops[0].tombstone
        if tombstone is not None:
            tombstones[number] = tombstone
    return SiteFacts(repo, issues, tombstones, is_listed=snapshot.is_listed, record=snapshot.site)
