"""The posts of a repository on GitHub: one request for the archive of the branch, and again after a push.

| when                      | requests                                                                              |
|---------------------------|---------------------------------------------------------------------------------------|
| the first read            | one for the archive                                                                   |
| a push webhook            | one for the archive                                                                   |
| now and then              | one for the id of the branch's commit, which says "unchanged"; if not, the archive    |
| the date of a page comes  | one for the archive: the page appears, or expires                                     |
| a start with stored posts | none until the next check is due                                                      |

What was read last is stored: the commit, the push that it answered, and a digest of the posts that it belongs to. An
archive that is cut off, damaged or empty changes nothing, and is requested again after a growing pause.
"""

import asyncio
import hashlib
import json
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, BinaryIO

from typing_extensions import override

from app.domain.errors import AfterwordError, GitHubError, RateLimited, StoreError
from app.domain.posts.content_repository import ContentRepository
from app.domain.posts.posts import PostCatalog
from app.domain.posts.stored import to_json
from app.domain.priority import Priority
from app.domain.times import is_ahead, is_within
from app.github.requests import RepositoryRequests
from app.outbound.content.archives.archive_tree import ArchiveTree
from app.outbound.content.archives.download import download_archive
from app.outbound.content.archives.tar_members import InvalidArchiveError
from app.outbound.content.problem_log import NOTHING_LEFT, ProblemLog
from app.outbound.content.reading import SiteReader, keep_unreadable
from app.ports.clock import Clock
from app.ports.github import BudgetedGitHub
from app.ports.key_values import KeyValues
from app.ports.post_source import ContentPushes, PostSource

EVERY_WITH_TOKEN, EVERY_WITHOUT_TOKEN = 900.0, 3600.0
"""Seconds between two checks of the branch. With a token an unchanged branch costs nothing."""
_FIRST_RETRY = 60.0
"""Seconds after a failure; each further one doubles them, up to the time between two checks."""
_AFTER_EARLY_PUSH = 30.0
"""Seconds after a push whose commit GitHub did not show yet."""
_AT_LEAST = 60.0
"""Seconds between two reads for the dates of pages."""
_MOST_WITH_TOKEN, _MOST_WITHOUT_TOKEN, _WINDOW = 10, 3, 600.0
"""So many archives are requested for pushes within these seconds: the latest push is answered later then."""
_LISTEN_EVERY = 0.5
"""Seconds; whether a push came is one small read of the store."""


@dataclass(frozen=True, slots=True)
class GitHubAccess:
    """What the source needs of GitHub and the store."""

    github: BudgetedGitHub
    key_values: KeyValues
    pushes: ContentPushes
    state_key: str
    """The key of what was read last; another for each version of Afterword and each way to read the posts."""


@dataclass(frozen=True, slots=True)
class _State:
    """What was read last."""

    commit: str | None = None
    etag: str | None = None
    push: str | None = None
    """The push that the last read has seen."""
    checked_at: float | None = None
    catalog: str | None = None
    """The digest of the posts."""
    changes_at: float | None = None
    """When a page appears or expires by its date, without a push."""


class RepositoryPosts(PostSource):
    """The posts on a branch of a repository."""

    def __init__(
        self,
        content: ContentRepository,
        reader: SiteReader,
        access: GitHubAccess,
        clock: Clock,
        *,
        posts: PostCatalog | None = None,
    ) -> None:
        """Begin with `posts`, those of the last read in an earlier process."""
        self._content = content
        self._reader = reader
        self._access = access
        self._clock = clock
        self._posts = posts
        self._problems = ProblemLog()
        self._every = EVERY_WITH_TOKEN if access.github.has_token else EVERY_WITHOUT_TOKEN
        self._state: _State | None = None
        self._next_at: float | None = None
        self._tried_push: str | None = None
        self._failures = 0
        self._archive_times: deque[float] = deque(maxlen=_MOST_WITH_TOKEN)

    @override
    async def read(self) -> PostCatalog | None:
        state = self._state = self._state or await self._load_state()
        push = await self._access.pushes.latest()
        if not (self._is_due() or self._is_news(state, push)):
            return self._posts
        self._tried_push = push
        try:
            await self._update(state, push)
        except RateLimited as limit:
            self._retry_at(max(limit.until, self._clock.now() + _FIRST_RETRY))
            self._fail(str(limit))
        except Exception as error:
            self._failures += 1
            self._retry_at(self._clock.now() + _FIRST_RETRY * 2 ** min(self._failures - 1, 10))
            if not isinstance(error, GitHubError | InvalidArchiveError | OSError):
                raise  # an internal error must not request the archive each second
            self._fail(_reason(error))
        else:
            self._failures = 0
        self._problems.end_read()
        return self._posts

    @property
    @override
    def failure(self) -> str | None:
        return self._problems.failure

    @override
    async def wait_for_change(self) -> None:
        while not self._is_due():
            with suppress(StoreError):  # then only the time counts
                push = await self._access.pushes.latest()
                if self._state is not None and self._is_news(self._state, push):
                    return
            await self._clock.sleep(_LISTEN_EVERY)

    @override
    async def aclose(self) -> None:
        pass  # no connection is open between two reads

    def _is_news(self, state: _State, push: str | None) -> bool:
        """Return whether a push deserves a read now; many in a row could use up the hour's requests."""
        now = self._clock.now()
        most = _MOST_WITH_TOKEN if self._access.github.has_token else _MOST_WITHOUT_TOKEN
        recent = [at for at in self._archive_times if is_within(_WINDOW, at, now=now)]
        return push not in {state.push, self._tried_push} and len(recent) < most

    def _is_due(self) -> bool:
        return not is_ahead(self._next_at, now=self._clock.now(), at_most=self._every)

    def _schedule(self, since: float, pause: float, changes_at: float | None) -> None:
        """Set the time of the next check, or that of the page whose date comes earlier."""
        self._next_at = since + pause if changes_at is None else min(since + pause, max(changes_at, since + _AT_LEAST))

    def _retry_at(self, at: float) -> None:
        self._next_at = min(at, self._clock.now() + self._every)

    async def _update(self, state: _State, push: str | None) -> None:
        """Read the branch if it changed; a push says that it did. Raises `GitHubError` and others."""
        requests = self._access.github.requests(self._content.repo.full_name)
        etag, commit = state.etag, None
        is_by_date = state.changes_at is not None and state.changes_at <= self._clock.now()
        if self._posts is not None and state.commit is not None and push == state.push and not is_by_date:
            request = requests.commit_id(self._content.ref)
            response = await self._access.github.send(request, self._priority, etag=etag or f'"{state.commit}"')
            etag, commit = response.etag, state.commit if response.unchanged else str(response.data)
        changes_at = state.changes_at
        if commit is None or commit != state.commit:
            commit, etag = await self._read_archive(requests, commit), etag if commit else None
            changes_at = self._reader.changes_at
        else:
            self._problems.repeat()
        now = self._clock.now()
        is_early = push != state.push and commit == state.commit
        self._schedule(now, _AFTER_EARLY_PUSH if is_early else self._every, changes_at)
        digest = await asyncio.to_thread(_digest, self._posts)
        await self._store_state(_State(commit, etag, push, now, digest, changes_at))

    @property
    def _priority(self) -> Priority:
        """Nothing can be served before the first read; later ones can wait."""
        return Priority.POLL if self._posts is None else Priority.BACKFILL

    async def _read_archive(self, requests: RepositoryRequests, commit: str | None) -> str | None:
        """Read the posts at a commit, or at the branch's latest; return the commit, if the archive names it."""
        request = requests.archive(commit or self._content.ref)
        self._archive_times.append(self._clock.now())
        response = await self._access.github.send(request, self._priority)
        with await download_archive(str(response.data)) as archive:
            catalog, archived_commit = await asyncio.to_thread(self._read, archive)
        if not catalog.posts and self._posts is not None and self._posts.posts:
            raise InvalidArchiveError(NOTHING_LEFT.format("page"))
        self._posts = catalog
        self._problems.add_problems(catalog.problems)
        if not any(post.threads for post in catalog.posts):
            self._problems.add(f"None of the {len(catalog.posts)} pages in {self._content} names its issue.")
        return commit or archived_commit

    def _read(self, archive: BinaryIO) -> tuple[PostCatalog, str | None]:
        with ArchiveTree(archive, self._content.folder) as tree:
            catalog = self._reader.read(tree, self._clock.now())
            return keep_unreadable(catalog, self._posts), tree.commit

    def _fail(self, reason: str) -> None:
        reason = reason.replace(self._content.repo.full_name, "…")  # the name may be private, and the reason is shown
        self._problems.fail(f"{self._content} cannot be read", reason, has_posts=self._posts is not None)

    async def _load_state(self) -> _State:
        """Return what was stored, if it belongs to the posts that this process has."""
        text = await self._access.key_values.get(self._access.state_key)
        state = _state_of(text)
        if self._posts is None or state.catalog != await asyncio.to_thread(_digest, self._posts):
            return _State()
        if state.checked_at is not None:
            self._schedule(state.checked_at, self._every, state.changes_at)
        return state

    async def _store_state(self, state: _State) -> None:
        """Store what was read; if that fails, the next start reads the branch again."""
        self._state = state
        fields = {name: getattr(state, name) for name in state.__slots__}
        with suppress(StoreError):
            await self._access.key_values.put(self._access.state_key, json.dumps(fields))


def _digest(catalog: PostCatalog | None) -> str | None:
    return None if catalog is None else hashlib.sha256(to_json(catalog).encode()).hexdigest()


def _state_of(text: str | None) -> _State:
    try:
        data: Any = json.loads(text or "{}")
        texts = {name: data[name] for name in ("commit", "etag", "push", "catalog") if isinstance(data.get(name), str)}
        times = {name: data[name] for name in ("checked_at", "changes_at") if isinstance(data.get(name), float)}
        return _State(**texts, **times)
    except (ValueError, AttributeError):
        return _State()


def _reason(error: Exception) -> str:
    """Return what failed; a `GitHubError` with a reason has a text about comments."""
    reason = getattr(error, "reason", None)
    if isinstance(reason, str):
        return reason
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    if isinstance(error, AfterwordError):
        return f"{text} For a private repository the token needs the right to read its contents"
    return text
