"""Random changes put to both mirrors: whatever is asked then, both give the same answer."""

import asyncio
import tempfile
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from app.domain.sites import repository
from app.ports.jobs import THE_REPOSITORY
from app.ports.mirror import Change, Mirror, SiteRecord, Tombstone
from tests.contracts.mirrors import REPO, comment, issue, memory, sqlite

pytestmark = pytest.mark.untraced  # what others cover, at length

REPOS = (REPO, repository("john/diary"))
NUMBERS = range(1, 5)
IDS = range(1, 9)
KEYS = ("a", "b")

numbers = st.sampled_from(NUMBERS)
moments = st.sampled_from(["2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z"])
ats = st.integers(0, 5).map(float) | st.just(1e7)
words = st.sampled_from(["a", "b", "\x00\U0001f600"])
issues = st.builds(
    lambda number, comments, pull, title, moment: issue(number, comments, pull=pull, title=title, updated_at=moment),
    numbers,
    st.integers(0, 4),
    st.sampled_from([False, False, False, True]),
    words,
    moments,
)
comments = st.builds(
    lambda comment_id, number, text, moment: comment(comment_id, number, text, updated_at=moment),
    st.sampled_from(IDS),
    numbers,
    words,
    moments,
)
texts = st.none() | st.just("https://api.github.com/next")
sites = st.builds(
    SiteRecord,
    st.sampled_from(REPOS),
    st.integers(1, 2**40),
    st.sampled_from(["jane/blog", "jane/essays"]),
    private=st.booleans(),
    list_next=texts,
    listed_at=st.none() | ats,
    comments_next=texts,
    since=st.none() | moments,
    checked_at=st.none() | ats,
)
absences = st.builds(Tombstone, numbers, gone=st.booleans(), checked_at=ats, moved_to=texts)
changes = st.builds(
    Change,
    repo=st.sampled_from(REPOS),
    at=ats,
    issues=st.lists(issues, max_size=5).map(tuple),
    comments=st.lists(comments, max_size=8).map(tuple),
    whole=st.just(frozenset()) | st.frozensets(numbers, max_size=2),
    began=st.dictionaries(numbers, st.integers(0, 20), max_size=2),
    noted=st.just({}) | st.fixed_dictionaries({}, optional={"since": moments, "private": st.booleans()}),
    checked=st.frozensets(numbers, max_size=2),
    removed=st.just(frozenset()) | st.frozensets(st.sampled_from(IDS), max_size=2),
    absence=st.none() | absences,
    etags=st.dictionaries(st.sampled_from(KEYS), words, max_size=2),
)


async def all_of(mirror: Mirror) -> list[object]:
    """Every answer that a mirror can give about these few numbers and ids."""
    narrowed = frozenset([1, 3])
    return [
        [await mirror.etag(key) for key in KEYS],
        await mirror.latest(),
        await mirror.signals(after=0),
        await mirror.signals(after=7),
        *[
            [
                await mirror.site(repo),
                await mirror.threads(repo),
                await mirror.tallies(repo),
                await mirror.newest_comments(repo, limit=99, before=None, numbers=None),
                await mirror.newest_comments(repo, limit=2, before=6, numbers=narrowed),
                [await mirror.thread(repo, number) for number in NUMBERS],
                [await mirror.absence(repo, number) for number in NUMBERS],
                [await mirror.version(repo, number) for number in (0, *NUMBERS)],
                [await mirror.comments(repo, number) for number in NUMBERS],
                [await mirror.comment(repo, comment_id) for comment_id in IDS],
            ]
            for repo in REPOS
        ],
    ]


class Twins(RuleBasedStateMachine):
    """The mirror in memory and the one in a file, told the same."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.runner = asyncio.Runner()
        self.seen = 0
        self.memory: Mirror = self.run_async(memory(Path(self.folder.name)))
        self.sqlite: Mirror = self.run_async(sqlite(Path(self.folder.name)))

    def run_async(self, what: Coroutine[Any, Any, Any]) -> Any:
        return self.runner.run(what)

    @rule(change=changes)
    def the_same_change_is_told_alike_and_truly(self, change: Change) -> None:
        before = self.run_async(self._seen(change))
        self.seen = self.run_async(self.memory.latest())
        told = [self.run_async(mirror.apply(change)) for mirror in (self.memory, self.sqlite)]
        after = self.run_async(self._seen(change))
        differing = {number for number in NUMBERS if before[number] != after[number]}
        assert told == [differing, differing]

        assert self._signalled_since(change) >= differing
        assert self._signalled_since(change) - differing <= {THE_REPOSITORY}

    @rule(site=sites)
    def a_site_is_kept_alike(self, site: SiteRecord) -> None:
        before = self.run_async(self.memory.site(site.repo))
        change = Change(repo=site.repo, at=0.0, site=site)
        self.seen = self.run_async(self.memory.latest())
        assert [self.run_async(mirror.apply(change)) for mirror in (self.memory, self.sqlite)] == [frozenset()] * 2
        is_other = before is None or (before.full_name, before.private) != (site.full_name, site.private)
        assert self._signalled_since(change) == ({THE_REPOSITORY} if is_other else set())

    @invariant()
    def all_that_can_be_read_is_alike(self) -> None:
        assert self.run_async(all_of(self.memory)) == self.run_async(all_of(self.sqlite))

    @invariant()
    def nothing_that_is_kept_contradicts_itself(self) -> None:
        for repo in REPOS:
            self.run_async(self._is_sound(repo.full_name))

    async def _is_sound(self, name: str) -> None:
        repo = repository(name)
        for tally in await self.sqlite.tallies(repo):
            assert tally.mirrored == len(await self.sqlite.comments(repo, tally.number))
            assert not (tally.is_pull_request and (tally.complete or tally.mirrored))
            assert tally.complete or tally.is_pull_request or tally.mirrored != tally.comment_count
            assert await self.sqlite.absence(repo, tally.number) is None

    def _signalled_since(self, change: Change) -> set[int]:
        signals = self.run_async(self.memory.signals(after=self.seen))
        assert all(signal.repo == change.repo for signal in signals)
        return {signal.number for signal in signals}

    async def _seen(self, change: Change) -> dict[int, object]:
        """What a reader can tell of each number."""
        found: dict[int, object] = {}
        for number in NUMBERS:
            record = await self.memory.thread(change.repo, number)
            told = None if record is None else (record.issue, record.complete)
            found[number] = (told, await self.memory.comments(change.repo, number))
        return found

    def teardown(self) -> None:
        self.run_async(self.sqlite.close())
        self.run_async(self.memory.close())
        self.runner.close()
        self.folder.cleanup()


Twins.TestCase.settings = settings(
    max_examples=30, stateful_step_count=10, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestTwins = Twins.TestCase
