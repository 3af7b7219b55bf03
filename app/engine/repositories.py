"""What GitHub says of a repository itself: its present name, and whether it, and by everyone, may be seen."""

from dataclasses import replace

from app.domain.errors import PrivateRepository
from app.domain.sites import Repository
from app.engine.budget import Budget, Purpose
from app.engine.ports import Announce, Change, Clock, Mirror, SiteRecord
from app.github import answers
from app.github.asks import Asks
from app.github.payloads import RepositoryFacts


class Repositories:
    """Keeps the sites' records true to their repositories, which are known for ever by their ids."""

    def __init__(
        self, *, api: str, allow_private: bool, budget: Budget, mirror: Mirror, clock: Clock, announce: Announce
    ) -> None:
        self._api = api
        self._allow_private = allow_private
        self._budget = budget
        self._mirror = mirror
        self._clock = clock
        self._announce = announce

    def asks(self, site: SiteRecord) -> Asks:
        """The questions about a site under its present name."""
        return Asks(self._api, site.full_name)

    async def site(self, repo: Repository, purpose: Purpose) -> SiteRecord:
        """The record of a site, asked for where the mirror has none; one ask then.

        Raises `PrivateRepository` where it is private and nobody said that its issues may be published.
        """
        known = await self._mirror.site(repo)
        if known is not None:
            if known.private and not self._allow_private:
                await self.look(known, purpose)  # public again, or refused
            return known
        ask = Asks(self._api, repo.full_name).repository()
        facts = answers.repository(await self._budget.ask(ask, purpose))
        if facts.private and not self._allow_private:
            raise PrivateRepository(ask.path)
        site = SiteRecord(repo, facts.id, facts.full_name, private=facts.private)
        await self._mirror.apply(Change(repo=repo, at=self._clock.now(), site=site))
        return site

    async def look(self, site: SiteRecord, purpose: Purpose) -> RepositoryFacts:
        """Asks for the repository again, notes its name and whether it is private; one ask, or two after a renaming.

        Raises `PrivateRepository` where it has become private and nobody said that it may be published all the same.
        """
        ask = self.asks(site).repository()
        facts = answers.repository(await self._budget.ask(ask, purpose))
        if facts.id != site.id:  # the name belongs to another repository now
            ask = self.asks(site).repository_by_id(site.id)
            facts = answers.repository(await self._budget.ask(ask, purpose))
        known = await self._mirror.site(site.repo) or site
        noted = replace(known, full_name=facts.full_name, private=facts.private)
        if noted != known:
            await self._mirror.apply(Change(repo=site.repo, at=self._clock.now(), site=noted))
            numbers = frozenset(tally.number for tally in await self._mirror.tallies(site.repo))
            await self._announce(site.repo, numbers)
        if facts.private and not self._allow_private:
            raise PrivateRepository(ask.path)
        return facts
