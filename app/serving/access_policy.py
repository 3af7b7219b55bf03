"""What readers are shown of comments and people, so that nothing else has its pictures fetched."""

from app.domain.sites import Repository
from app.domain.threads import Comment
from app.ports.mirror import Mirror, ThreadRecord
from app.serving.views import Publisher


class AccessPolicy:
    """Looks through the served repositories; both methods raise `NotReady` while nobody knows which issues are posts."""

    def __init__(self, mirror: Mirror, publisher: Publisher, sites: tuple[Repository, ...]) -> None:
        self._mirror = mirror
        self._publisher = publisher
        self._sites = sites

    async def comment(self, comment_id: int) -> Comment | None:
        """A comment as readers may see it; None where no served thread shows its text."""
        for repo in await self._seen():
            comment = await self._mirror.comment(repo, comment_id)
            record = await self._mirror.thread(repo, comment.number) if comment else None
            if comment is not None and record is not None and comment.hidden is None and self._shows(repo, record):
                return comment
        return None

    async def avatar(self, user_id: int) -> str | None:
        """Where GitHub has the picture of somebody who wrote in a thread that is served; None for everybody else."""
        publisher = self._publisher
        for repo in await self._seen():
            numbers = None
            if not publisher.serve.includes_all:
                numbers = await publisher.posts(repo) | publisher.followed_from(repo).keys()
            address = await self._mirror.avatar(repo, user_id, numbers=numbers)
            if address is not None:
                return address
        return None

    async def _seen(self) -> list[Repository]:
        """The repositories that everyone may see."""
        self._publisher.refuse_unknown_posts()
        return [repo for repo in self._sites if not self._publisher.is_withheld(await self._mirror.site(repo))]

    def _shows(self, repo: Repository, record: ThreadRecord) -> bool:
        """Whether readers see a thread, under its own number or under one that it was moved from."""
        number = record.issue.number
        places = ((repo, number), *self._publisher.followed_from(repo).get(number, ()))
        return any(self._publisher.is_post(*place, record.issue) for place in places)
