"""The cache tags of a document: of the thread or site that it was requested for, and of what it was transferred to."""

from app.domain.cache_tags import CacheTags
from app.domain.records import ThreadRef
from app.render.keys import Key, ThreadKey
from app.serving.access_policy import AccessPolicy


class DocumentTags:
    """Finds the tags of documents, after they were made: by then the way of a transferred thread is known."""

    def __init__(self, tags: CacheTags, access: AccessPolicy) -> None:
        self._tags = tags
        self._access = access

    def of(self, key: Key) -> str:
        """Return the tags of a document, separated by spaces."""
        if isinstance(key, ThreadKey):
            targets = self._access.transfers_from(ThreadRef(key.repo, key.number))
            parts = [self._tags.part(*ref) for ref in sorted(targets, key=str)]
            own = self._tags.part(key.repo, key.number)
        else:
            repos = {target.repo for target in self._access.transfers_from_site(key.repo)} - {key.repo}
            parts = [self._tags.part(repo, None) for repo in sorted(repos, key=str)]
            own = self._tags.part(key.repo, None)
        return " ".join((self._tags.repository(key.repo), own, *parts))
