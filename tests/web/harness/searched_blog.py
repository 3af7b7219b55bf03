"""The web application over the fake reader, with threads that are searched for."""

from app.domain.records import SiteRecord
from app.domain.sites import PostFilter
from app.ports.mirror import Change
from app.serving.access_policy import AccessPolicy
from app.serving.terms.terms import Terms
from app.store.memory import MemoryMirror
from tests.contracts.mirrors import issue
from tests.web.harness.blog import POST, SITE, Blog

TITLES = {POST: "posts/hello/", 42: "Git | Blog", 43: "Blog – Git", 44: "posts/hello-world"}


class SearchedBlog(Blog):
    """A blog whose posts have the titles above, and the labels `Gitalk` and their title."""

    def __init__(self) -> None:
        super().__init__()
        self._mirror = MemoryMirror()
        self.terms = Terms(self._mirror, AccessPolicy(PostFilter(), allow_private=False))
        self.serve(terms=self.terms)

    async def fill(self) -> None:
        """Mirror the issues."""
        site = SiteRecord(SITE, 1, SITE.full_name, issues_listed_at=1.0)
        await self._mirror.apply(Change(repo=SITE, at=1.0, site=site))
        for number, title in TITLES.items():
            await self.retitle(number, title)

    async def retitle(self, number: int, title: str, updated_at: str = "2026-01-01T00:00:00Z") -> None:
        """Mirror an issue with another title."""
        labels = [{"name": "Gitalk"}, {"name": title}]
        opened = issue(number, repo=SITE, title=title, labels=labels, updated_at=updated_at)
        await self._mirror.apply(Change(repo=SITE, at=1.0, issues=(opened,)))
        await self.terms.update(SITE, frozenset({number}))
