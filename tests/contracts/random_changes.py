"""Random changes, applied to every store, whose reads must be equal."""

import asyncio
import tempfile
from collections.abc import Coroutine, Mapping
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from app.domain.records import REPOSITORY_NUMBER, SiteRecord, Tombstone
from app.domain.sites import Repository, repository
from app.domain.threads import Approval, ImageSize
from app.ports.mirror import Change, Mirror
from app.ports.store import Store
from tests.contracts.mirrors import API, comment, issue, select_all, summaries, tombstone_of
from tests.contracts.stores import OTHER, REPO, STORES

REPOS = (REPO, OTHER)
NUMBERS = range(1, 5)
IDS = range(1, 9)
KEYS = ("a", "b")

numbers = st.sampled_from(NUMBERS)
moments = st.sampled_from(["2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z"])
ats = st.integers(0, 5).map(float) | st.just(1e7)
words = st.sampled_from(["a", "b", "\x00\U0001f600"])
comments = st.builds(
    lambda comment_id, number, text, moment: comment(comment_id, number, text, updated_at=moment),
    st.sampled_from(IDS),
    numbers,
    words,
    moments,
)
pins = st.none() | comments.map(lambda item: dict(item.source))
issues = st.builds(
    lambda number, comments, pull, title, moment, pin: issue(
        number, comments, pull=pull, title=title, updated_at=moment, pinned_comment=pin
    ),
    numbers,
    st.integers(0, 4),
    st.sampled_from([False, False, False, True]),
    words,
    moments,
    pins,
)
texts = st.none() | st.just("https://api.github.com/next")
names = st.sampled_from(["jane/blog", "jane/essays"])
sites = st.builds(
    SiteRecord,
    st.sampled_from(REPOS),
    st.integers(1, 2**40) | st.just(7),
    names,
    private=st.booleans(),
    issues_next_url=texts,
    issues_listed_at=st.none() | ats,
    comments_next_url=texts,
    since=st.none() | moments,
    checked_at=st.none() | ats,
    reconciled_at=st.none() | ats,
    missed_by_webhook_at=st.none() | ats,
    not_visible_since=st.none() | ats,
    not_visible_count=st.integers(0, 5),
)
addresses = st.builds(
    lambda repo, number: f"{API}/{repo}/issues/{number}",
    st.sampled_from(["repos/jane/blog", "repos/John/Diary", "repos/jane/essays", "repositories/7", "repos/no/body"]),
    numbers,
)
tombstones = st.builds(Tombstone, numbers, gone=st.booleans(), checked_at=ats, transferred_to=texts | addresses)
changes = st.builds(
    Change,
    repo=st.sampled_from(REPOS),
    at=ats,
    issues=st.lists(issues, max_size=5).map(tuple),
    comments=st.lists(comments, max_size=8).map(tuple),
    complete_threads=st.just(frozenset()) | st.frozensets(numbers, max_size=2),
    base_versions=st.dictionaries(numbers, st.integers(0, 20), max_size=2),
    site_update=st.just({})
    | st.fixed_dictionaries({}, optional={"since": moments, "private": st.booleans(), "full_name": names}),
    checked_threads=st.frozensets(numbers, max_size=2),
    removed_comments=st.just(frozenset()) | st.frozensets(st.sampled_from(IDS), max_size=2),
    tombstone=st.none() | tombstones,
    etags=st.dictionaries(st.sampled_from(KEYS), words, max_size=2),
)
image_sizes = st.dictionaries(
    st.sampled_from(IDS),
    st.dictionaries(st.sampled_from(["a", "b"]), st.tuples(st.integers(1, 2), st.just(9)), max_size=2),
    max_size=3,
)
approvals = st.dictionaries(
    st.sampled_from(IDS),
    st.builds(Approval, words, st.integers(0, 2), moments, ats, st.none() | moments, st.none() | words),
    max_size=3,
)


async def read_all(mirror: Mirror) -> list[object]:
    """Return the results of all reads about these few numbers and ids."""
    some = frozenset([1, 3])
    return [
        await mirror.etags(KEYS),
        await mirror.latest_version(),
        await mirror.changes(after=0),
        await mirror.changes(after=7),
        await mirror.lookup(REPOS, 3),
        *[
            [
                await mirror.site(repo),
                await mirror.site_snapshot(repo),
                await mirror.part_snapshot(repo, some),
                await mirror.unsettled_snapshot(repo),
                await mirror.threads(repo),
                await mirror.newest_comments(repo, limit=99, before=None, numbers=None, select=select_all),
                await mirror.newest_comments(repo, limit=2, before=6, numbers=some, select=select_all),
                [await mirror.thread(repo, number) for number in NUMBERS],
                [await mirror.snapshot(repo, number) for number in (0, *NUMBERS)],
                [await mirror.snapshot(repo, number, with_comments=False) for number in NUMBERS],
                [await mirror.comments(repo, number) for number in NUMBERS],
                [await mirror.latest_update(repo, number) for number in NUMBERS],
                [await mirror.comment(repo, comment_id) for comment_id in IDS],
                await mirror.comments_by_id(repo, IDS),
                await mirror.issue_ids(repo, NUMBERS),
                await mirror.transferred(repo, NUMBERS),
                [await mirror.avatar(repo, user_id, numbers=some) for user_id in (583231, 1)],
            ]
            for repo in REPOS
        ],
    ]


class EqualStores(RuleBasedStateMachine):
    """The mirror in memory and the one in a file, with the same changes."""

    names: tuple[str, ...] = ("memory", "sqlite")

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.runner = asyncio.Runner()
        self.last_version = 0
        self.stores: list[Store] = [self.wait_for(self._open(name)) for name in self.names]
        self.mirrors = [store.mirror for store in self.stores]
        self.memory, *self.others = self.mirrors

    async def _open(self, name: str) -> Store:
        return await STORES[name](Path(self.folder.name))

    def wait_for(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return self.runner.run(coroutine)

    @rule(change=changes)
    def changed_numbers_are_equal_and_true(self, change: Change) -> None:
        before = self.wait_for(self._visible_state(change))
        self.last_version = self.wait_for(self.memory.latest_version())
        results = [self.wait_for(mirror.apply(change)) for mirror in self.mirrors]
        after = self.wait_for(self._visible_state(change))
        changed_numbers = {number for number in NUMBERS if before[number] != after[number]}
        assert results == [changed_numbers] * len(results)

        assert self._recorded_numbers(change) >= changed_numbers
        assert self._recorded_numbers(change) - changed_numbers <= {REPOSITORY_NUMBER}

    @rule(site=sites)
    def site_records_are_equal(self, site: SiteRecord) -> None:
        before = self.wait_for(self.memory.site(site.repo))
        change = Change(repo=site.repo, at=0.0, site=site)
        self.last_version = self.wait_for(self.memory.latest_version())
        assert [self.wait_for(mirror.apply(change)) for mirror in self.mirrors] == [frozenset()] * len(self.mirrors)
        assert self._recorded_numbers(change) == ({REPOSITORY_NUMBER} if before is None else set())

    @rule(repo=st.sampled_from(REPOS), sizes=image_sizes)
    def learnt_image_sizes_are_equal(self, repo: Repository, sizes: Mapping[int, Mapping[str, ImageSize]]) -> None:
        learn = [mirror.learn_image_sizes(repo, sizes) for mirror in self.mirrors]
        in_memory, *elsewhere = map(self.wait_for, learn)
        assert elsewhere == [in_memory] * len(elsewhere)

    @rule(repo=st.sampled_from(REPOS), some=approvals)
    def recorded_approvals_are_equal(self, repo: Repository, some: Mapping[int, Approval]) -> None:
        record = [mirror.record_approvals(repo, some) for mirror in self.mirrors]
        in_memory, *elsewhere = map(self.wait_for, record)
        assert elsewhere == [in_memory] * len(elsewhere)

    @rule(repo=st.sampled_from(REPOS))
    def new_versions_are_equal(self, repo: Repository) -> None:
        renew = [mirror.renew_versions(repo) for mirror in self.mirrors]
        in_memory, *elsewhere = map(self.wait_for, renew)
        assert elsewhere == [in_memory] * len(elsewhere)

    @invariant()
    def all_reads_are_equal(self) -> None:
        expected = self.wait_for(read_all(self.memory))
        for mirror in self.others:
            assert self.wait_for(read_all(mirror)) == expected

    @invariant()
    def records_are_consistent(self) -> None:
        for repo in REPOS:
            for mirror in self.others:
                self.wait_for(_check_consistency(mirror, repo.full_name))

    def _recorded_numbers(self, change: Change) -> set[int]:
        mirror_changes = self.wait_for(self.memory.changes(after=self.last_version))
        assert all(mirror_change.repo == change.repo for mirror_change in mirror_changes)
        return {mirror_change.number for mirror_change in mirror_changes}

    async def _visible_state(self, change: Change) -> dict[int, object]:
        """Return what a reader can tell of each number."""
        states: dict[int, object] = {}
        for number in NUMBERS:
            record = await self.memory.thread(change.repo, number)
            state = None if record is None else (record.issue, record.complete)
            states[number] = (state, await self.memory.comments(change.repo, number))
        return states

    def teardown(self) -> None:
        for store in self.stores:
            self.wait_for(store.close())
        self.runner.close()
        self.folder.cleanup()


class EqualStoresOnServer(EqualStores):
    """The same of the mirror in a database."""

    names = ("memory", "postgres")


async def _check_consistency(mirror: Mirror, name: str) -> None:
    repo = repository(name)
    for summary in await summaries(mirror, repo):
        assert summary.mirrored_count == len(await mirror.comments(repo, summary.number))
        assert not (summary.is_pull_request and (summary.complete or summary.mirrored_count))
        assert summary.complete or summary.is_pull_request or summary.mirrored_count != summary.comment_count
        assert await tombstone_of(mirror, repo, summary.number) is None
