"""A change applied to the mirror in memory: to a copy of the site, which then replaces the site."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from app.domain.records import SiteRecord, ThreadRecord, Tombstone
from app.domain.threads import Comment, Issue
from app.ports.mirror import Change
from app.store.normalized_change import NormalizedChange, is_newer, site_after, with_known_closer


@dataclass(frozen=True, slots=True)
class ThreadData:
    """An issue with its comments by id; never changed, only replaced."""

    issue: Issue
    complete: bool = False
    count_offset: int = 0
    """GitHub's count less the comments it listed at the last complete read."""
    checked_at: float | None = None
    comments: Mapping[int, Comment] = field(default_factory=dict)

    def record(self, version: int) -> ThreadRecord:
        """Return the thread's record."""
        mirrored_count = len(self.comments)
        has_mismatch = self.issue.comment_count != mirrored_count + self.count_offset
        return ThreadRecord(self.issue, mirrored_count, self.complete, has_mismatch, self.checked_at, version)

    def visible_state(self) -> tuple[Any, ...]:
        """Return all that a reader can see: GitHub's data and the completeness."""
        return self.complete, self.issue.source, {key: comment.source for key, comment in self.comments.items()}


@dataclass(slots=True)
class SiteData:
    """All data of one repository."""

    record: SiteRecord | None = None
    threads: dict[int, ThreadData] = field(default_factory=dict)
    numbers: dict[int, int] = field(default_factory=dict)
    """The thread number of each comment id."""
    tombstones: dict[int, Tombstone] = field(default_factory=dict)

    @property
    def is_complete(self) -> bool:
        """Return True if all issues are listed and complete."""
        is_listed = self.record is not None and self.record.issues_listed_at is not None
        return is_listed and all(thread.complete or thread.issue.is_pull_request for thread in self.threads.values())

    def copy(self) -> "SiteData":
        """Return a copy that may be changed."""
        return SiteData(self.record, dict(self.threads), dict(self.numbers), dict(self.tombstones))

    def comment(self, comment_id: int | None) -> Comment | None:
        """Return one comment."""
        if comment_id is None or comment_id not in self.numbers:
            return None
        return self.threads[self.numbers[comment_id]].comments[comment_id]

    def replace_comment(self, comment: Comment) -> None:
        """Replace a comment that is here by one of the same id and number."""
        thread = self.threads[comment.number]
        self.threads[comment.number] = replace(thread, comments={**thread.comments, comment.id: comment})

    def comments_of(self, number: int) -> tuple[Comment, ...]:
        """Return the comments of a thread by ascending id."""
        thread = self.threads.get(number)
        return () if thread is None else tuple(thread.comments[key] for key in sorted(thread.comments))


class ChangeWriter:
    """Applies one change to `site`, by the rules of `Change`."""

    def __init__(self, site: SiteData, change: Change, normalized_change: NormalizedChange) -> None:
        self.site = site
        self.written_numbers: set[int] = set()
        self._change = change
        self._normalized_change = normalized_change
        self._current_issues: set[int] = set()
        """The numbers whose stored issue was not newer."""
        self._own_comments: dict[int, dict[int, Comment]] = {}
        """The comments by thread number that this change may modify in place."""

    def apply(self) -> None:
        """Apply the rules of `Change` in their order."""
        self._put_issues()
        self._put_tombstone()
        self._put_comments()
        self._complete_listed_threads()
        self._remove_comments(self._change.removed_comments)
        self._complete_by_count()
        self._check_threads()
        self.site.record = site_after(self._change, self.site.record)

    def is_visible_change(self, before: SiteData, number: int) -> bool:
        """Return True if a reader can tell the thread from what it was before."""
        threads = self.site.threads.get(number), before.threads.get(number)
        states = [thread and thread.visible_state() for thread in threads]
        return states[0] != states[1]

    def _put_issues(self) -> None:
        for number, issue in self._normalized_change.issues.items():
            self.site.tombstones.pop(number, None)
            thread = self.site.threads.get(number)
            if thread is not None and not is_newer(issue.updated_at, thread.issue.updated_at):
                continue
            self._current_issues.add(number)
            current_issue = issue if thread is None else with_known_closer(issue, thread.issue.source)
            if thread is not None and issue.is_pull_request:
                self._remove_comments(thread.comments)
                thread = None
            self._put(number, replace(thread or ThreadData(issue), issue=current_issue))

    def _put_tombstone(self) -> None:
        tombstone = self._change.tombstone
        if tombstone is None:
            return
        thread = self.site.threads.get(tombstone.number)
        if thread is not None:
            self._remove_comments(thread.comments)
            del self.site.threads[tombstone.number]
            self.written_numbers.add(tombstone.number)
        self.site.tombstones[tombstone.number] = tombstone

    def _put_comments(self) -> None:
        for comment in self._normalized_change.comments.values():
            stored_comment = self.site.comment(comment.id)
            is_current = stored_comment is None or is_newer(comment.updated_at, stored_comment.updated_at)
            if not is_current or not self._is_thread(comment.number):
                continue
            self._remove_comments((comment.id,))  # it may belong to another thread now
            if stored_comment is not None:
                sizes, approval = stored_comment.image_sizes, stored_comment.approval
                comment = replace(comment, image_sizes=sizes, approval=approval)  # noqa: PLW2901 - with what was learnt
            self._comments_to_modify(comment.number)[comment.id] = comment
            self.site.numbers[comment.id] = comment.number

    def _complete_listed_threads(self) -> None:
        for number, ids in self._normalized_change.listed_ids.items():
            if self._is_thread(number):
                self._remove_comments(self.site.threads[number].comments.keys() - ids)
                self._complete(number, self.site.threads[number].issue.comment_count - len(ids))

    def _remove_comments(self, comment_ids: Iterable[int]) -> None:
        for comment_id in tuple(comment_ids):
            number = self.site.numbers.pop(comment_id, None)
            if number is not None:
                del self._comments_to_modify(number)[comment_id]

    def _complete_by_count(self) -> None:
        """Complete threads by their counts; a thread without comments is checked by each response about its issue."""
        for number in tuple(self.written_numbers):
            thread = self.site.threads.get(number)
            if thread is None or thread.issue.is_pull_request or thread.issue.comment_count != len(thread.comments):
                continue
            if not thread.complete or (number in self._current_issues and not thread.comments):
                self._complete(number, 0)

    def _check_threads(self) -> None:
        for number in self._change.checked_threads:
            thread = self.site.threads.get(number)
            if thread is not None and thread.complete:
                self._complete(number, thread.count_offset)

    def _comments_to_modify(self, number: int) -> dict[int, Comment]:
        """Return the comments of a thread as this change's own copy, made when first needed."""
        if number not in self._own_comments:
            thread = self.site.threads[number]
            self._own_comments[number] = dict(thread.comments)
            self._put(number, replace(thread, comments=self._own_comments[number]))
        return self._own_comments[number]

    def _is_thread(self, number: int) -> bool:
        thread = self.site.threads.get(number)
        return thread is not None and not thread.issue.is_pull_request

    def _complete(self, number: int, count_offset: int) -> None:
        thread, at = self.site.threads[number], self._change.at
        self._put(number, replace(thread, complete=True, count_offset=count_offset, checked_at=at))

    def _put(self, number: int, thread: ThreadData) -> None:
        self.written_numbers.add(number)
        self.site.threads[number] = thread
