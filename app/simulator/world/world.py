"""The state of a simulated GitHub, and what people do to it.

Pure but for the clock handed in. One lock makes a change whole for a server that reads in another thread.
What does and what does not move `updated_at` follows what people measured: a deleted comment moves
nothing; whether hiding, pinning and reacting do is not known, so `keep_updated_at` decides it per world.
What GitHub tells by webhook is told to whoever listens (`on_event`).
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import TypeVar

from app.simulator.world.tables import Clock
from app.simulator.world.records import HIDE_REASONS, LOCK_REASONS, REACTIONS, Comment, Issue, Pin, When
from app.simulator.world.repository_lifecycle import RepositoryLifecycle

Named = TypeVar("Named", Comment, Issue)


class World(RepositoryLifecycle):
    """Repositories, users, issues, pull requests, comments and tokens; ids of comments and issues exceed 2^31.

    `keep_updated_at` names the acts (`hide`, `pin`, `react`) that leave `updated_at` where it is.
    An unknown repository, number or id raises KeyError.
    """

    def __init__(self, clock: Clock, *, keep_updated_at: Iterable[str] = ("hide", "pin", "react")) -> None:
        super().__init__(clock)
        self.keep_updated_at = frozenset(keep_updated_at)

    # Issues --------------------------------------------------------------------------------------------

    def open_issue(
        self,
        repo: str,
        *,
        title: str,
        body: str | None = None,
        author: str | None = None,
        labels: Iterable[str] = (),
        created_at: When = None,
        number: int | None = None,
        body_html: str | None = None,
        is_pull_request: bool = False,
    ) -> Issue:
        """Open an issue as the repository's owner or another; `number` may leave a gap but not go back."""
        with self.lock:
            home = self.repository(repo)
            moment = self._moment(created_at)
            made = Issue(
                id=next(self._issue_ids),
                repository_id=home.id,
                number=self._free_number(home.id, number),
                title=title,
                author=self.user(author or home.owner).id,
                body=body,
                created_at=moment,
                updated_at=moment,
                version=0,
                body_html=body_html,
                labels=tuple(self._label(home.id, name) for name in labels),
                is_pull_request=is_pull_request,
            )
            self.issue_ids[home.id][made.number] = made.id
            self.comment_ids[made.id] = []
            return self._tell_labels(self._tell_issue("opened", self._put(made), sender=made.author), ())

    def open_pull_request(
        self, repo: str, *, title: str, body: str | None = None, author: str | None = None, created_at: When = None
    ) -> Issue:
        """Open a pull request, which takes the next number and appears among the issues."""
        return self.open_issue(repo, title=title, body=body, author=author, created_at=created_at, is_pull_request=True)

    def issue(self, repo: str, number: int) -> Issue:
        """Find an issue or pull request by its number."""
        return self.issues[self.issue_ids[self.repository(repo).id][number]]

    def close_issue(self, repo: str, number: int, *, by: str | None = None, reason: str = "completed") -> Issue:
        """Close an issue; writing stays possible."""
        with self.lock:
            now = self._moment(None)
            closer = self.user(by or self.repository(repo).owner).id
            was = self.issue(repo, number)
            done = replace(was, state="closed", state_reason=reason, closed_at=now, closed_by=closer)
            return self._tell_issue("closed", self._touch(done, now), sender=closer)

    def reopen_issue(self, repo: str, number: int) -> Issue:
        """Open a closed issue again."""
        with self.lock:
            was = self.issue(repo, number)
            opened = replace(was, state="open", state_reason="reopened", closed_at=None, closed_by=None)
            return self._tell_issue("reopened", self._touch(opened))

    def lock_issue(self, repo: str, number: int, reason: str | None = None) -> Issue:
        """Lock the conversation, with one of GitHub's four reasons or none; others raise ValueError."""
        if reason is not None and reason not in LOCK_REASONS:
            raise ValueError(f"{reason!r} is no reason to lock: choose one of {LOCK_REASONS}")
        with self.lock:
            locked = replace(self.issue(repo, number), locked=True, lock_reason=reason)
            return self._tell_issue("locked", self._touch(locked))

    def unlock_issue(self, repo: str, number: int) -> Issue:
        """Let people write again."""
        with self.lock:
            unlocked = replace(self.issue(repo, number), locked=False, lock_reason=None)
            return self._tell_issue("unlocked", self._touch(unlocked))

    def set_labels(self, repo: str, number: int, *names: str) -> Issue:
        """Put these labels, and no others, on an issue."""
        with self.lock:
            was = self.issue(repo, number)
            labels = tuple(self._label(was.repository_id, name) for name in names)
            return self._tell_labels(self._touch(replace(was, labels=labels)), was.labels)

    def edit_issue(self, repo: str, number: int, *, title: str | None = None, body: str | None = None) -> Issue:
        """Change the title or the body of an issue; None leaves it."""
        with self.lock:
            was = self.issue(repo, number)
            edited = self._touch(
                replace(was, title=title or was.title, body=was.body if body is None else body, body_html=None)
            )
            changes = {
                name: {"from": old}
                for name, old, new in (("title", was.title, edited.title), ("body", was.body, edited.body))
                if old != new
            }
            return self._tell_issue("edited", edited, changes=changes)

    def delete_issue(self, repo: str, number: int) -> None:
        """Delete an issue with its comments: 410 from now on."""
        with self.lock:
            gone = self.issue(repo, number)
            self._tell_issue("deleted", gone)
            self.deleted_issues.add((gone.repository_id, number))
            del self.issue_ids[gone.repository_id][number], self.issues[gone.id]
            for comment_id in self.comment_ids.pop(gone.id):
                del self.comments[comment_id]
            self._changed()

    def transfer_issue(self, repo: str, number: int, to_repo: str) -> Issue:
        """Move an issue with its comments: it gets a new id and number there, and answers 301 at the old number."""
        with self.lock:
            was, home = self.issue(repo, number), self.repository(to_repo)
            before = self._shown_issue(was)
            moved = replace(
                was,
                id=next(self._issue_ids),
                repository_id=home.id,
                number=self._free_number(home.id, None),
                labels=tuple(self._label(home.id, name) for name in was.labels),
            )
            del self.issue_ids[was.repository_id][number], self.issues[was.id]
            self.transferred_issues = {
                place: moved.id if issue_id == was.id else issue_id
                for place, issue_id in self.transferred_issues.items()
            } | {(was.repository_id, number): moved.id}
            self.issue_ids[home.id][moved.number] = moved.id
            self.comment_ids[moved.id] = self.comment_ids.pop(was.id)
            for comment_id in self.comment_ids[moved.id]:
                self._put(replace(self.comments[comment_id], issue_id=moved.id))
            return self._tell_transfer(before, self.repositories[was.repository_id], self._touch(moved))

    # Comments ------------------------------------------------------------------------------------------

    def comment(
        self,
        repo: str,
        number: int,
        *,
        body: str | None,
        author: str,
        created_at: When = None,
        body_html: str | None = None,
    ) -> Comment:
        """Write a comment; the issue's `updated_at` follows."""
        with self.lock:
            issue = self.issue(repo, number)
            moment = self._moment(created_at)
            made = Comment(
                id=next(self._comment_ids),
                issue_id=issue.id,
                author=self.user(author).id,
                body=body,
                created_at=moment,
                updated_at=moment,
                version=0,
                body_html=body_html,
            )
            self.comment_ids[issue.id].append(made.id)
            self._touch(issue, moment)
            return self._tell_comment("created", self._put(made), sender=made.author)

    def edit_comment(self, comment: Comment, *, body: str | None = None, body_html: str | None = None) -> Comment:
        """Change a comment's text; its own and the issue's `updated_at` follow."""
        with self.lock:
            was = self.comments[comment.id]
            self._touch(self.issues[was.issue_id])
            edited = self._touch(replace(was, body=body, body_html=body_html))
            changes = {"body": {"from": was.body}}
            return self._tell_comment("edited", edited, sender=was.author, changes=changes)

    def delete_comment(self, comment: Comment) -> None:
        """Delete a comment: the issue's count falls, its `updated_at` stays."""
        with self.lock:
            gone = self._tell_comment("deleted", self.comments[comment.id])
            del self.comments[gone.id]
            self.comment_ids[gone.issue_id].remove(gone.id)
            issue = self.issues[gone.issue_id]
            pinned = None if issue.pinned_comment == gone.id else issue.pinned_comment
            self._put(replace(issue, pinned_comment=pinned))

    def hide_comment(self, comment: Comment, reason: str | None = "spam") -> Comment:
        """Minimise a comment for one of GitHub's reasons (others raise ValueError), or show it again with None."""
        if reason is not None and reason not in HIDE_REASONS:
            raise ValueError(f"{reason!r} is no reason to hide: choose one of {HIDE_REASONS}")
        with self.lock:
            return self._settle("hide", replace(self.comments[comment.id], minimized=reason))

    def pin_comment(self, comment: Comment, *, by: str | None = None) -> Comment:
        """Pin a comment on top of its issue; another pinned one comes off."""
        with self.lock:
            was = self.comments[comment.id]
            issue = self.issues[was.issue_id]
            if issue.pinned_comment is not None:
                self.unpin_comment(self.comments[issue.pinned_comment])
            pinner = self.user(by or self.repositories[issue.repository_id].owner).id
            self._put(replace(self.issues[was.issue_id], pinned_comment=was.id))
            pinned = self._settle("pin", replace(self.comments[was.id], pin=Pin(self._moment(None), pinner)))
            return self._tell_comment("pinned", pinned, sender=pinner)

    def unpin_comment(self, comment: Comment) -> Comment:
        """Take a pinned comment down."""
        with self.lock:
            was = self.comments[comment.id]
            self._put(replace(self.issues[was.issue_id], pinned_comment=None))
            return self._tell_comment("unpinned", self._settle("pin", replace(was, pin=None)))

    def react(self, target: Named, reaction: str, times: int = 1) -> Named:
        """React to an issue or a comment; another reaction than GitHub's eight raises ValueError."""
        if reaction not in REACTIONS:
            raise ValueError(f"{reaction!r} is no reaction: choose one of {REACTIONS}")
        with self.lock:
            was = self._current(target)
            sums = dict(was.reactions)
            sums[reaction] = sums.get(reaction, 0) + times
            return self._settle("react", replace(was, reactions=tuple(sums.items())))

    # Inside --------------------------------------------------------------------------------------------

    def _current(self, target: Named) -> Named:
        if isinstance(target, Comment):
            return self.comments[target.id]
        return self.issues[target.id]

    def _put(self, record: Named) -> Named:
        put = replace(record, version=self._changed())
        if isinstance(put, Comment):
            self.comments[put.id] = put
        else:
            self.issues[put.id] = put
        return put

    def _touch(self, record: Named, moment: int | None = None) -> Named:
        at = self._moment(moment)
        return self._put(replace(record, updated_at=max(record.updated_at, at)))

    def _settle(self, act: str, record: Named) -> Named:
        return self._put(record) if act in self.keep_updated_at else self._touch(record)
