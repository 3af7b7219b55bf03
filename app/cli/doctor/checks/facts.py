"""What is known of the issues: from the mirror if it is there and recent, else from GitHub's list of issues.

A number without an issue is asked for alone: only then GitHub says whether the issue was deleted or transferred.
"""

from collections.abc import Iterable
from dataclasses import replace

from app.bootstrap.stores.databases import open_existing_database
from app.cli.doctor.examination import Examination
from app.domain.errors import CannotStart, GitHubError, Gone, NotVisible, StoreError
from app.domain.posts.posts import Posts
from app.domain.posts.rules.facts import IssueFacts, SiteFacts
from app.domain.records import SiteRecord, Tombstone
from app.domain.sites import Repository
from app.domain.times import is_within, rfc3339
from app.github import responses
from app.github.requests import MARKDOWN, Request, next_page
from app.ports.metrics import DeliveryOutcome
from app.ports.owner.history import HistoryKind
from app.ports.store import Store
from app.serving.posts.facts import mirrored_facts
from app.store.sqlite import SqliteStore
from app.store.sqlite.inspection import inspect

_SUCCESSES = frozenset(
    {DeliveryOutcome.ACCEPTED, DeliveryOutcome.KNOWN, DeliveryOutcome.REPLAYED, DeliveryOutcome.IGNORED}
)
"""Of deliveries that the service took from a repository of its own."""
_RECENT = 86_400.0
_MOST_PAGES = 200
_MOST_SINGLE_REQUESTS = 50
_RESERVE = 5
"""Requests of the hour that are left to the service, if it shares the limit."""


async def mirror_facts(examination: Examination, numbers: Posts) -> dict[Repository, SiteFacts]:
    """Return the facts of those repositories that the mirror knew as a whole within a day; changes no store."""
    now, sites = examination.clock.now(), examination.settings.repo
    store = await _open_store(examination)
    if store is None:
        return {}
    try:
        facts = [await mirrored_facts(store.mirror, repo, numbers[repo]) for repo in sites]
    except StoreError:
        return {}
    finally:
        await store.close()
    return {
        site.repo: site
        for site in facts
        if site.is_listed and site.record is not None and is_within(_RECENT, site.record.checked_at, now=now)
    }


async def last_delivery_at(examination: Examination) -> float | None:
    """Return when the service took a delivery within a day; None if it did not, or serves several repositories.

    The store does not say from which repository a delivery came.
    """
    store = await _open_store(examination) if len(examination.settings.repo) == 1 else None
    if store is None:
        return None
    try:
        events = (await store.history.since(examination.clock.now() - _RECENT)).events
    except StoreError:
        return None
    finally:
        await store.close()
    times = (event.at for event in events if event.kind is HistoryKind.DELIVERY and event.outcome in _SUCCESSES)
    return max(times, default=None)


async def _open_store(examination: Examination) -> Store | None:
    """Return the service's store; None if there is none, or opening it could change it or fails."""
    settings = examination.settings
    try:
        if settings.database is not None:
            return await open_existing_database(settings.database, settings.repo, "doctor")
        path = settings.store_path
        inspection = None if path is None else inspect(path)
        if path is None or inspection is None or not (inspection.is_sound and inspection.is_writable):
            return None
        return await SqliteStore.open(path, process_id="doctor", sites=settings.repo)
    except (StoreError, CannotStart):
        return None


async def github_facts(examination: Examination, repo: Repository) -> SiteFacts:
    """Return the facts of all issues of a repository, from GitHub's list. Raises `GitHubError`, also for a part."""
    issues: dict[int, IssueFacts] = {}
    request: Request | None = replace(examination.requests(repo).issues(), accept=MARKDOWN)
    for _ in range(_MOST_PAGES):
        if request is None:
            break
        response = await examination.github.send(request)
        issues |= {issue.number: IssueFacts.of(issue) for issue in responses.issues(response)}
        request = next_page(request, response.next_url) if response.next_url else None
    info = examination.repositories.get(repo)
    record = SiteRecord(repo, info.id, info.full_name) if info else None
    return SiteFacts(repo, issues, is_listed=request is None, record=record)


async def request_missing(examination: Examination, site: SiteFacts, numbers: Iterable[int]) -> SiteFacts:
    """Return the facts with what GitHub answers for numbers that have no issue and no tombstone, as far as it does."""
    missing = sorted(number for number in numbers if number not in site.issues and number not in site.tombstones)
    for number in missing[:_MOST_SINGLE_REQUESTS]:
        limit = examination.github.rate_limit
        if limit is not None and limit.remaining <= _RESERVE:
            break
        try:
            site = await _request_issue(examination, site, number)
        except GitHubError:
            continue  # the list has no such issue: that is known already
    return site


async def _request_issue(examination: Examination, site: SiteFacts, number: int) -> SiteFacts:
    now = examination.clock.now()
    try:
        response = await examination.github.send(examination.requests(site.repo).issue(number))
    except (Gone, NotVisible) as error:
        tombstone = Tombstone(number, isinstance(error, Gone), now)
    else:
        issue = responses.issue(response)
        own_path = f"/repos/{site.record.full_name if site.record else site.repo.full_name}"
        if issue.number == number and issue.repository_url.lower().endswith(own_path.lower()):
            return replace(site, issues={**site.issues, number: IssueFacts.of(issue)})
        target = f"{issue.repository_url}/issues/{issue.number}"
        tombstone = Tombstone(number, gone=True, checked_at=now, transferred_to=target)
    return replace(site, tombstones={**site.tombstones, number: tombstone})


def describe_mirror(site: SiteFacts) -> str:
    """Return when the mirror was checked."""
    checked_at = site.record.checked_at if site.record else None
    return f"the mirror as of {rfc3339(checked_at)}" if checked_at is not None else "the mirror"
