"""What GitHub says of a repository itself: its present name, and whether it, and by everyone, may be seen."""

import logging
from dataclasses import dataclass
from json import dumps, loads

from app.domain.errors import NotVisible, PrivateRepository
from app.domain.sites import Repository
from app.github import responses
from app.github.payloads import RepositoryInfo
from app.github.requests import RepositoryRequests
from app.ports.jobs import THE_REPOSITORY, Priority, Shared
from app.ports.mirror import Change, Clock, Mirror, Notify, SiteRecord
from app.sync.commit import commit
from app.sync.rate_budget import Budget

_log = logging.getLogger(__name__)
_UNSEEN_TIMES = 3
_UNSEEN_FOR = 3600.0
"""A repository that GitHub does not show counts as private after so many looks in a row over so many seconds."""
_CONFIRMED_FOR = 60.0
"""Seconds for which a name that was looked up counts as the repository's."""


@dataclass(frozen=True, slots=True)
class _Unseen:
    """That GitHub did not show a repository: since when, and how many looks in a row."""

    since: float
    times: int


class Repositories:
    """Keeps the sites' records true to their repositories, which are known for ever by their ids."""

    def __init__(
        self,
        *,
        api: str,
        allow_private: bool,
        budget: Budget,
        mirror: Mirror,
        shared: Shared,
        clock: Clock,
        announce: Notify,
    ) -> None:
        self._api = api
        self._allow_private = allow_private
        self._budget = budget
        self._mirror = mirror
        self._shared = shared
        self._clock = clock
        self._announce = announce
        self._confirmed: dict[Repository, float] = {}
        """When a repository was last seen under the name that it is asked by."""

    def asks(self, site: SiteRecord) -> RepositoryRequests:
        """The questions about a site under its present name."""
        return RepositoryRequests(self._api, site.full_name)

    async def site(self, repo: Repository, purpose: Priority) -> SiteRecord:
        """The record of a site, asked for where the mirror has none; one ask then.

        Raises `PrivateRepository` where it is private and nobody said that its issues may be published.
        """
        known = await self._mirror.site(repo)
        if known is not None:
            if known.private and not self._allow_private:
                await self.look(known, purpose)  # public again, or refused
            return known
        ask = RepositoryRequests(self._api, repo.full_name).repository()
        facts = responses.repository(await self._budget.ask(ask, purpose))
        if facts.private and not self._allow_private:
            raise PrivateRepository(ask.path)
        site = SiteRecord(repo, facts.id, facts.full_name, private=facts.private)
        await self._mirror.apply(Change(repo=repo, at=self._clock.now(), site=site))
        self._confirmed[repo] = self._clock.now()
        return site

    async def confirmed_name(self, site: SiteRecord, purpose: Priority, *, anew: bool) -> str:
        """The present name, for which GitHub is asked at most once a minute unless `anew`; raises what `look` does."""
        if anew or not 0 <= self._clock.now() - self._confirmed.get(site.repo, 0.0) < _CONFIRMED_FOR:
            return (await self.look(site, purpose)).full_name
        return site.full_name

    async def seen(self, site: SiteRecord) -> None:
        """GitHub has shown the repository's lists: what it did not show before was no privacy."""
        if await self._shared.recall(_unseen_name(site.repo)) is not None:
            await self._shared.remember(_unseen_name(site.repo), None)

    async def look(self, site: SiteRecord, purpose: Priority, *, told: bool = False) -> RepositoryInfo:
        """Asks for the repository again, notes its name and whether it is private; one ask, or two after a renaming.

        Raises `PrivateRepository` where it has become private and nobody said that it may be published all the same,
        and `NotVisible` where GitHub does not show it at all: without a token, or with one that lost its access, that
        is how a private repository looks, and a deleted one. `told` means that GitHub said so by webhook: then one look
        is enough to stop serving it; else it takes several over an hour, because GitHub has had hours in which it
        showed nothing of anything.
        """
        try:
            facts = await self._facts(site, purpose)
        except NotVisible:
            await self._note_unseen(site, told=told)
            raise
        await self.seen(site)
        await self._note(site, full_name=facts.full_name, private=facts.private)
        self._confirmed[site.repo] = self._clock.now()
        if facts.private and not self._allow_private:
            raise PrivateRepository(self.asks(site).repository().path)
        return facts

    async def _facts(self, site: SiteRecord, purpose: Priority) -> RepositoryInfo:
        asks = self.asks(site)
        try:
            facts = responses.repository(await self._budget.ask(asks.repository(), purpose))
        except NotVisible:
            return responses.repository(await self._budget.ask(asks.repository_by_id(site.id), purpose))
        if facts.id == site.id:
            return facts
        # the name belongs to another repository now
        return responses.repository(await self._budget.ask(asks.repository_by_id(site.id), purpose))

    async def _note_unseen(self, site: SiteRecord, *, told: bool) -> None:
        now = self._clock.now()
        name = _unseen_name(site.repo)
        kept = await self._shared.recall(name)
        before = _Unseen(**loads(kept)) if kept else _Unseen(now, 0)
        unseen = _Unseen(min(before.since, now), before.times + 1)
        await self._shared.remember(name, dumps({"since": unseen.since, "times": unseen.times}))
        if told or (unseen.times >= _UNSEEN_TIMES and now - unseen.since >= _UNSEEN_FOR):
            await self._note(site, full_name=site.full_name, private=True)

    async def _note(self, site: SiteRecord, *, full_name: str, private: bool) -> None:
        known = await self._mirror.site(site.repo) or site
        if (known.full_name, known.private) == (full_name, private):
            return
        if private and not known.private and not self._allow_private:
            _log.warning("%s cannot be seen by everyone any more: its comments are served no longer.", site.repo)
        noted = {"full_name": full_name, "private": private}
        change = Change(repo=site.repo, at=self._clock.now(), noted=noted)
        await commit(self._mirror, change, self._announce, besides=frozenset([THE_REPOSITORY]))


def _unseen_name(repo: Repository) -> str:
    return f"unseen {repo.key}"
