"""What GitHub says of a repository itself: its names, and who may see it.

GitHub's id is its identity. A site's record (`SiteRecord`) has these names, all as `owner/name`:

| name | at first | later |
|---|---|---|
| configured (`repo`) | that of the settings | stays: another one is another site |
| current (`full_name`) | GitHub's | GitHub's |
| `feed_name` | the configured one | stays |
| `entry_name` | the configured one if GitHub redirects it, else GitHub's | stays |
| `link_name` | as `entry_name` | GitHub's once it redirects no more |
| `former_names` | those of earlier sites with the same id | gains each current name that ends |

A new site with the id of an earlier one takes over its three names for feeds. Only this module changes the names; the
mirror stores them, `app.serving.repository_names` finds repositories by them, and `app.render.feeds` writes them.
"""

import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import orjson

from app.domain.errors import NotVisible, PrivateRepository
from app.domain.priority import Priority
from app.domain.records import REPOSITORY_NUMBER, SiteRecord, repository_object_key
from app.domain.sites import Repository
from app.domain.times import is_within
from app.github import responses
from app.github.payloads import RepositoryInfo
from app.ports.clock import Clock
from app.ports.key_values import KeyValues
from app.ports.mirror import Change, Mirror, Notify
from app.sync.commit import commit
from app.sync.rate_budget import RateBudget

_log = logging.getLogger(__name__)
_PRIVATE_AFTER_COUNT = 3
_PRIVATE_AFTER_SECONDS = 3600.0
"""A repository that GitHub does not show counts as private after this many requests in a row over this many seconds."""
VISIBLE: Mapping[str, Any] = {"not_visible_since": None, "not_visible_count": 0}
"""The update of a site's record after GitHub has shown the repository."""
_CONFIRMATION_SECONDS = 60.0
"""Seconds for which a name that GitHub confirmed counts as the repository's."""


class Repositories:
    """Keeps the sites' records true to their repositories, whose identity is GitHub's id."""

    def __init__(
        self,
        *,
        allow_private: bool,
        budget: RateBudget,
        mirror: Mirror,
        clock: Clock,
        notify: Notify,
        key_values: KeyValues,
    ) -> None:
        self._allow_private = allow_private
        self._budget = budget
        self._mirror = mirror
        self._clock = clock
        self._notify = notify
        self._key_values = key_values
        self._with_object: set[Repository] = set()
        """Repositories whose object the store is known to have."""
        self._names: dict[Repository, tuple[str, float]] = {}
        """The name under which GitHub last showed a repository, and when."""
        self._new_records: dict[Repository, SiteRecord] = {}
        """Records that the mirror does not have yet."""

    async def site(self, repo: Repository, priority: Priority, *, record: SiteRecord | None = None) -> SiteRecord:
        """Return the record of a site; request and store it, with one request, if the mirror has none.

        `record` is the mirror's, if the caller has read it. Raises `PrivateRepository` if the repository is private and
        no setting allows to publish it.
        """
        record = record or await self._mirror.site(repo)
        if record is not None:
            if record.private and not self._allow_private:
                await self.refresh(record, priority)  # public again, or refused
            return record
        record = await self.request_record(repo, priority)
        await self._mirror.apply(self.with_new_record(Change(repo=repo, at=self._clock.now())))
        return record

    async def request_record(self, repo: Repository, priority: Priority) -> SiteRecord:
        """Request the record of a site that the mirror lacks; the next commit stores it.

        Until then it is requested once, however often a refresh fails. Raises `PrivateRepository` as `site` does.
        """
        if repo in self._new_records:
            return self._new_records[repo]
        request = self._budget.requests(repo.full_name).repository()
        info = responses.repository(await self._budget.send(request, priority))
        if info.private and not self._allow_private:
            raise PrivateRepository(request.path)
        record = self._new_records[repo] = _new_record(repo, info, await self._mirror.records(info.id))
        await self._store_object(repo, info)
        self._names[repo] = info.full_name, self._clock.now()
        return record

    def with_new_record(self, change: Change) -> Change:
        """Return the change, with the site's record if that is not stored yet."""
        record = self._new_records.pop(change.repo, None)
        return change if record is None else replace(change, site=record)

    async def confirmed_name(self, site: SiteRecord, priority: Priority, *, force: bool) -> str:
        """Return the current name; request it at most once a minute unless `force`. Raises what `refresh` raises.

        If the site's record has another name than GitHub told this process, another process may know a later one.
        """
        name, at = self._names.get(site.repo, (site.full_name, None))
        if force or name != site.full_name or not is_within(_CONFIRMATION_SECONDS, at, now=self._clock.now()):
            return (await self.refresh(site, priority)).full_name
        return name

    async def refresh(self, site: SiteRecord, priority: Priority, *, reported: bool = False) -> RepositoryInfo:
        """Request the repository; store its names and visibility. One request, two after a rename.

        Raises `PrivateRepository` if it became private and no setting allows to publish it. Raises `NotVisible` if
        GitHub does not show it: a private repository without a valid token looks like a deleted one. With `reported`,
        a webhook said so: then one request is enough to stop serving it. Otherwise it takes several over an hour,
        because GitHub has had hours in which it showed nothing.
        """
        try:
            info, link_name = await self._request(site, priority)
        except NotVisible:
            await self._count_not_visible(site, reported=reported)
            raise
        record = await self._mirror.site(site.repo) or site
        former_names = await self._former_names(record, info.full_name)
        names = {"full_name": info.full_name, "link_name": link_name, "former_names": former_names}
        created_at = info.created_at or record.created_at
        await self._update(record, private=info.private, created_at=created_at, **names, **VISIBLE)
        await self._store_object(site.repo, info)
        self._names[site.repo] = info.full_name, self._clock.now()
        if info.private and not self._allow_private:
            raise PrivateRepository(self._budget.requests(site.full_name).repository().path)
        return info

    async def ensure_object(self, site: SiteRecord, priority: Priority) -> None:
        """Refresh a repository whose object the store lacks: an earlier version did not store it.

        Otherwise learn, once, the names that the repository had while another name was configured.
        """
        if site.repo in self._with_object:
            return
        if await self._key_values.get(repository_object_key(site.repo)) is None:
            await self.refresh(site, priority)
        else:
            await self._update(site, former_names=await self._former_names(site, site.full_name))
        self._with_object.add(site.repo)

    async def _former_names(self, record: SiteRecord, current_name: str) -> tuple[str, ...]:
        return _former_names(record, current_name, *reversed(await self._mirror.records(record.id)))

    async def _store_object(self, repo: Repository, info: RepositoryInfo) -> None:
        """Store what GitHub tells everyone of a repository, for readers who ask for it."""
        text = orjson.dumps({"at": self._clock.now(), "object": info.source}).decode()
        await self._key_values.put(repository_object_key(repo), text)
        self._with_object.add(repo)

    async def _request(self, site: SiteRecord, priority: Priority) -> tuple[RepositoryInfo, str]:
        """Return the repository, and the oldest name that leads to it."""
        link_name = site.feed_identity.link_name
        for name in dict.fromkeys((link_name, site.full_name)):
            with suppress(NotVisible):
                request = self._budget.requests(name).repository()
                info = responses.repository(await self._budget.send(request, priority))
                if info.id == site.id:  # otherwise the name belongs to another repository now
                    return info, name
        request = self._budget.requests(site.full_name).repository_by_id(site.id)
        info = responses.repository(await self._budget.send(request, priority))
        return info, info.full_name

    async def _count_not_visible(self, site: SiteRecord, *, reported: bool) -> None:
        now = self._clock.now()
        record = await self._mirror.site(site.repo) or site
        since, count = min(record.not_visible_since or now, now), record.not_visible_count + 1
        is_private = reported or (count >= _PRIVATE_AFTER_COUNT and now - since >= _PRIVATE_AFTER_SECONDS)
        await self._update(
            record, not_visible_since=since, not_visible_count=count, private=record.private or is_private
        )

    async def _update(self, record: SiteRecord, **fields: Any) -> None:
        """Store changed fields of a record; notify if readers can see the difference."""
        after = replace(record, **fields)
        if after == record:
            return
        if after.private and not record.private and not self._allow_private:
            _log.warning("%s is not visible to everyone any more: its comments are no longer served.", record.repo)
        change = self.with_new_record(Change(repo=record.repo, at=self._clock.now(), site_update=fields))
        besides = frozenset([REPOSITORY_NUMBER] if after.public_state != record.public_state else [])
        await commit(self._mirror, change, self._notify, besides=besides)


def _new_record(repo: Repository, info: RepositoryInfo, earlier_records: Sequence[SiteRecord]) -> SiteRecord:
    """Return the record of a site that has none; its feeds continue those under an earlier name.

    Without an earlier record a name in the settings that GitHub redirects is the oldest name that is known.
    """
    oldest_name = info.full_name if info.full_name.lower() == repo.key else repo.full_name
    record = SiteRecord(
        repo,
        info.id,
        info.full_name,
        private=info.private,
        feed_name=repo.full_name,
        entry_name=oldest_name,
        link_name=oldest_name,
        created_at=info.created_at,
    )
    if earlier_records:
        feeds = earlier_records[0].feed_identity
        record = replace(record, feed_name=feeds.feed_name, entry_name=feeds.entry_name, link_name=feeds.link_name)
    for earlier in reversed(earlier_records):
        record = replace(record, former_names=_former_names(record, info.full_name, earlier))
    return record


def _former_names(record: SiteRecord, current_name: str, *earlier_records: SiteRecord) -> tuple[str, ...]:
    """Return the names in these records that are neither configured nor GitHub's current one, the oldest first."""
    records = (*earlier_records, record)
    names = [name for old in records for name in (*old.former_names, old.repo.full_name, old.full_name)]
    return tuple(
        {name.lower(): name for name in names if name.lower() not in {record.repo.key, current_name.lower()}}.values()
    )
