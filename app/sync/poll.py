"""The poll: one round of asking GitHub what changed. `app.jobs.poll_schedule` decides when it runs.

Two lists tell of everything that was written or edited, whatever the size of the blog. What they cannot tell,
deletions, shows in the counts: a thread whose counts differ is read completely.
"""

from app.domain.errors import NotVisible, RateLimited
from app.domain.priority import Priority
from app.domain.records import SiteRecord
from app.domain.sites import Repository
from app.ports.mirror import Mirror, SiteSnapshot
from app.sync.backfill import Backfill
from app.sync.change_lists import ChangeLists, PolledChanges
from app.sync.reconcile import Reconcile, Reconciler
from app.sync.refresh import Refresher
from app.sync.repositories import Repositories
from app.sync.unreported_changes import WebhookHealth


class Poller:
    """Brings a whole site up to date."""

    def __init__(
        self,
        *,
        repositories: Repositories,
        refresher: Refresher,
        backfill: Backfill,
        change_lists: ChangeLists,
        reconciler: Reconciler,
        mirror: Mirror,
    ) -> None:
        self._repositories = repositories
        self._refresher = refresher
        self._backfill = backfill
        self._change_lists = change_lists
        self._reconciler = reconciler
        self._mirror = mirror
        self._complete: dict[Repository, bool] = {}
        """Whether the last poll found the mirror complete."""

    async def poll(self, repo: Repository, *, reconcile: Reconcile = Reconcile.NEVER) -> WebhookHealth:
        """Backfill what is missing, then apply what changed; return what it shows of the webhook.

        Raises `GitHubError`; what was committed before stays, and the next poll begins where this one did. If the rate
        limit stops the backfill, what changed is applied before `RateLimited` is raised.
        """
        try:
            return await self._poll(repo, reconcile)
        except RateLimited as limit:
            if not self._complete.get(repo):
                await self._backfill.report(repo, limit)
            raise

    async def _poll(self, repo: Repository, reconcile: Reconcile) -> WebhookHealth:
        snapshot = await self._mirror.unsettled_snapshot(repo)
        site, limit = await self._site(snapshot, repo), None
        if snapshot.needs_backfill:
            self._complete[repo] = False
            limit = await self._run_backfill(site)
            snapshot = await self._mirror.unsettled_snapshot(repo)
            site = await self._site(snapshot, repo)
        if limit is None:
            await self._repositories.ensure_object(site, Priority.POLL)
        # right after a backfill there is nothing to compare with
        reconciles = limit is None and site.checked_at is not None and self._reconciler.is_due(site, reconcile)
        changes = await self._apply_changes(site, with_repository=reconciles)
        if reconciles:
            await self._reconciler.reconcile(site, since=changes.began_at)
        snapshot = await self._mirror.unsettled_snapshot(repo)  # jobs may have run during the requests
        await self._read_mismatches(repo, snapshot, with_incomplete=limit is None)
        if limit is not None:
            raise limit
        was_complete, self._complete[repo] = self._complete.get(repo), not snapshot.needs_backfill
        if not (was_complete and self._complete[repo]):
            await self._backfill.report(repo)
        return changes.webhook

    async def _site(self, snapshot: SiteSnapshot, repo: Repository) -> SiteRecord:
        priority = Priority.BACKFILL if snapshot.site is None else Priority.POLL
        return await self._repositories.site(repo, priority, record=snapshot.site)

    async def _run_backfill(self, site: SiteRecord) -> RateLimited | None:
        """Return the limit that stops the backfill; raise it if there is nothing yet that could be kept up to date."""
        try:
            await self._backfill.run(site)
        except RateLimited as limit:
            record = await self._mirror.site(site.repo)
            if limit.kind != "budget" or record is None or record.issues_listed_at is None:
                raise
            return limit
        return None

    async def _apply_changes(self, site: SiteRecord, *, with_repository: bool) -> PolledChanges:
        try:
            if with_repository:
                await self._repositories.refresh(site, Priority.POLL)
            return await self._change_lists.apply(site)
        except NotVisible:
            await self._repositories.refresh(site, Priority.POLL)  # is it the repository that is not visible?
            raise

    async def _read_mismatches(self, repo: Repository, snapshot: SiteSnapshot, *, with_incomplete: bool) -> None:
        """Read the posts whose counts say that the mirror lacks comments, or has too many."""
        numbers = [
            summary.number
            for summary in snapshot.threads
            if (summary.count_mismatch if summary.complete else with_incomplete)
        ]
        if numbers:
            await self._refresher.read_each(repo, numbers, Priority.POLL)
