"""The state of the simulated GitHub, and the changes that people make to issues and comments.

The world does no I/O, and its clock is an argument. One lock makes each change atomic for a server in another thread.
Changes move `updated_at` as on GitHub, as far as that was measured: deleting a comment moves nothing. Whether hiding,
pinning and reacting do is unknown, so `keep_updated_at` decides it per world.
Changes are published as webhook events to the callbacks of `on_event`.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from app.simulator.world.records import (
    HIDE_REASONS,
    LOCK_REASONS,
    REACTIONS,
    Comment,
    Issue,
    IssueOrComment,
    Pin,
    Reaction,
    When,
)
from app.simulator.world.repository_lifecycle import RepositoryLifecycle
from app.simulator.world.tables import Clock


class World(RepositoryLifecycle):
    """Repositories, users, issues, pull requests, comments and tokens; ids of comments and issues exceed 2^31.

    `keep_updated_at` names the changes (`hide`, `pin`, `react`) that do not move `updated_at`.
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
        """Open an issue; the author is the repository's owner by default.

        `number` must exceed all earlier numbers of the repository, else ValueError is raised.
        """
        with self.lock:
            repository = self.repository(repo)
            timestamp = self._timestamp(created_at)
            issue = Issue(
                id=next(self._next_issue_id),
                repository_id=repository.id,
                number=self._allocate_number(repository.id, number),
                title=title,
                author=self.user(author or repository.owner).id,
                body=body,
                created_at=timestamp,
                updated_at=timestamp,
                body_html=body_html,
                labels=tuple(self._ensure_label(repository.id, name) for name in labels),
                is_pull_request=is_pull_request,
            )
            self.issue_ids[repository.id][issue.number] = issue.id
            self.comment_ids[issue.id] = []
            issue = self._publish_issue("opened", self._store(issue), sender_id=issue.author)
            return self._publish_labels(issue, ())

    def open_pull_request(
        self, repo: str, *, title: str, body: str | None = None, author: str | None = None, created_at: When = None
    ) -> Issue:
        """Open a pull request, which takes the next number and appears among the issues."""
        return self.open_issue(repo, title=title, body=body, author=author, created_at=created_at, is_pull_request=True)

    def issue(self, repo: str, number: int) -> Issue:
        """Return an issue or pull request by its number."""
        return self.issues[self.issue_ids[self.repository(repo).id][number]]

    def close_issue(self, repo: str, number: int, *, by: str | None = None, reason: str = "completed") -> Issue:
        """Close an issue; comments remain possible."""
        with self.lock:
            now = self._timestamp(None)
            closer_id = self.user(by or self.repository(repo).owner).id
            before = self.issue(repo, number)
            after = replace(before, state="closed", state_reason=reason, closed_at=now, closed_by=closer_id)
            return self._publish_issue("closed", self._update(after, now), sender_id=closer_id)

    def reopen_issue(self, repo: str, number: int) -> Issue:
        """Reopen a closed issue."""
        fields = {"state": "open", "state_reason": "reopened", "closed_at": None, "closed_by": None}
        return self._change_issue("reopened", repo, number, **fields)

    def lock_issue(self, repo: str, number: int, reason: str | None = None) -> Issue:
        """Lock the conversation, with one of GitHub's four reasons or none; another reason raises ValueError."""
        if reason is not None and reason not in LOCK_REASONS:
            raise ValueError(f"{reason!r} is no reason to lock: choose one of {LOCK_REASONS}")
        return self._change_issue("locked", repo, number, locked=True, lock_reason=reason)

    def unlock_issue(self, repo: str, number: int) -> Issue:
        """Unlock the conversation."""
        return self._change_issue("unlocked", repo, number, locked=False, lock_reason=None)

    def set_labels(self, repo: str, number: int, *names: str) -> Issue:
        """Replace the labels of an issue."""
        with self.lock:
            before = self.issue(repo, number)
            labels = tuple(self._ensure_label(before.repository_id, name) for name in names)
            return self._publish_labels(self._update(replace(before, labels=labels)), before.labels)

    def edit_issue(self, repo: str, number: int, *, title: str | None = None, body: str | None = None) -> Issue:
        """Change the title or the body of an issue; None keeps it."""
        with self.lock:
            before = self.issue(repo, number)
            new_body = before.body if body is None else body
            after = self._update(replace(before, title=title or before.title, body=new_body, body_html=None))
            changes = {
                name: {"from": old}
                for name, old, new in (("title", before.title, after.title), ("body", before.body, after.body))
                if old != new
            }
            return self._publish_issue("edited", after, changes=changes)

    def delete_issue(self, repo: str, number: int) -> None:
        """Delete an issue with its comments: requests for it get 410 from now on."""
        with self.lock:
            issue = self.issue(repo, number)
            self._publish_issue("deleted", issue)
            self.deleted_issues.add((issue.repository_id, number))
            del self.issue_ids[issue.repository_id][number]
            self._delete_issue_record(issue.id)
            self._next_revision()

    def transfer_issue(self, repo: str, number: int, to_repo: str) -> Issue:
        """Move an issue with its comments to another repository, where it gets a new id and number.

        Requests for the old number get 301 from now on. Issues that were transferred before redirect to the new id.
        """
        with self.lock:
            before, target = self.issue(repo, number), self.repository(to_repo)
            payload_before = self._issue_payload(before)
            after = replace(
                before,
                id=next(self._next_issue_id),
                repository_id=target.id,
                number=self._allocate_number(target.id, None),
                labels=tuple(self._ensure_label(target.id, name) for name in before.labels),
            )
            del self.issue_ids[before.repository_id][number], self.issues[before.id]
            earlier = [key for key, issue_id in self.transferred_issues.items() if issue_id == before.id]
            self.transferred_issues |= dict.fromkeys([*earlier, (before.repository_id, number)], after.id)
            self.issue_ids[target.id][after.number] = after.id
            self.comment_ids[after.id] = self.comment_ids.pop(before.id)
            for comment_id in self.comment_ids[after.id]:
                self._store(replace(self.comments[comment_id], issue_id=after.id))
            return self._publish_transfer(payload_before, self.repositories[before.repository_id], self._update(after))

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
        """Write a comment; the issue's `updated_at` moves too. A user whom the owner blocked gets a PermissionError."""
        with self.lock:
            issue = self.issue(repo, number)
            owner = self.repositories[issue.repository_id].owner.lower()
            if self.user(author).id in self.blocked_users.get(owner, ()):
                raise PermissionError(f"{author} is blocked by {owner}")
            timestamp = self._timestamp(created_at)
            comment = Comment(
                id=next(self._next_comment_id),
                issue_id=issue.id,
                author=self.user(author).id,
                body=body,
                created_at=timestamp,
                updated_at=timestamp,
                body_html=body_html,
            )
            self.comment_ids[issue.id].append(comment.id)
            self._update(issue, timestamp)
            return self._publish_comment("created", self._store(comment), sender_id=comment.author)

    def edit_comment(self, comment: Comment, *, body: str | None = None, body_html: str | None = None) -> Comment:
        """Change a comment's text; its own and the issue's `updated_at` move."""
        with self.lock:
            before = self.comments[comment.id]
            self._update(self.issues[before.issue_id])
            after = self._update(replace(before, body=body, body_html=body_html))
            return self._publish_comment(
                "edited", after, sender_id=before.author, changes={"body": {"from": before.body}}
            )

    def delete_comment(self, comment: Comment) -> None:
        """Delete a comment: the issue's count falls, its `updated_at` stays."""
        with self.lock:
            before = self._publish_comment("deleted", self.comments[comment.id])
            del self.comments[before.id]
            self.comment_reactions.pop(before.id, None)
            self.comment_ids[before.issue_id].remove(before.id)
            issue = self.issues[before.issue_id]
            pinned_comment = None if issue.pinned_comment == before.id else issue.pinned_comment
            self._store(replace(issue, pinned_comment=pinned_comment))

    def hide_comment(self, comment: Comment, reason: str | None = "spam") -> Comment:
        """Minimize a comment for one of GitHub's reasons, or show it again with None; others raise ValueError."""
        if reason is not None and reason not in HIDE_REASONS:
            raise ValueError(f"{reason!r} is no reason to hide: choose one of {HIDE_REASONS}")
        with self.lock:
            return self._apply("hide", replace(self.comments[comment.id], minimized=reason))

    def pin_comment(self, comment: Comment, *, by: str | None = None) -> Comment:
        """Pin a comment to its issue, in place of another pinned comment."""
        with self.lock:
            before = self.comments[comment.id]
            issue = self.issues[before.issue_id]
            if issue.pinned_comment is not None:
                self.unpin_comment(self.comments[issue.pinned_comment])
            user_id = self.user(by or self.repositories[issue.repository_id].owner).id
            self._store(replace(self.issues[before.issue_id], pinned_comment=before.id))
            after = self._apply("pin", replace(self.comments[before.id], pin=Pin(self._timestamp(None), user_id)))
            return self._publish_comment("pinned", after, sender_id=user_id)

    def unpin_comment(self, comment: Comment) -> Comment:
        """Unpin a comment."""
        with self.lock:
            before = self.comments[comment.id]
            self._store(replace(self.issues[before.issue_id], pinned_comment=None))
            return self._publish_comment("unpinned", self._apply("pin", replace(before, pin=None)))

    def block_user(self, owner: str, login: str, *, hide_comments: str | None = None) -> None:
        """Let an owner block a user, who cannot comment any more. What the user wrote stays.

        GitHub offers to hide it for a reason.
        """
        with self.lock:
            self.blocked_users.setdefault(owner.lower(), set()).add(self.user(login).id)
            own = [comment for comment in self.comments.values() if comment.author == self.user(login).id]
            for comment in own if hide_comments is not None else ():
                repository = self.repositories[self.issues[comment.issue_id].repository_id]
                if repository.owner.lower() == owner.lower():
                    self.hide_comment(comment, hide_comments)

    def react(
        self, target: IssueOrComment, reaction: str, times: int = 1, *, by: str | None = None, at: When = None
    ) -> IssueOrComment:
        """React to an issue or a comment; any other than GitHub's eight reactions raises ValueError.

        `by` reacts once at most; without it, accounts that have been deleted since reacted.
        """
        if reaction not in REACTIONS:
            raise ValueError(f"{reaction!r} is no reaction: choose one of {REACTIONS}")
        with self.lock:
            before = self.comments[target.id] if isinstance(target, Comment) else self.issues[target.id]
            user_id = None if by is None else self.user(by).id
            if isinstance(before, Comment):
                reactions = self.comment_reactions.setdefault(before.id, [])
                if by is not None and any((r.user, r.content) == (user_id, reaction) for r in reactions):
                    return before
                ids = [next(self._next_reaction_id) for _ in range(times)]
                reactions += [Reaction(key, user_id, reaction, self._timestamp(at)) for key in ids]
            return self._apply("react", _with_reactions(before, reaction, times))

    def unreact(self, comment: Comment, reaction: str, *, by: str) -> Comment:
        """Withdraw the reaction of a user to a comment; raise KeyError if there is none."""
        with self.lock:
            user_id, reactions = self.user(by).id, self.comment_reactions.get(comment.id, [])
            own = [r for r in reactions if (r.user, r.content) == (user_id, reaction)]
            if not own:
                raise KeyError(f"{by} has not reacted with {reaction}")
            reactions.remove(own[0])
            return self._apply("react", _with_reactions(self.comments[comment.id], reaction, -1))

    # Inside --------------------------------------------------------------------------------------------

    def _change_issue(self, action: str, repo: str, number: int, **fields: Any) -> Issue:
        with self.lock:
            return self._publish_issue(action, self._update(replace(self.issue(repo, number), **fields)))

    def _store(self, record: IssueOrComment) -> IssueOrComment:
        """Store a record under a new version; `updated_at` stays."""
        record = replace(record, version=self._next_revision())
        if isinstance(record, Comment):
            self.comments[record.id] = record
        else:
            self.issues[record.id] = record
        return record

    def _update(self, record: IssueOrComment, timestamp: int | None = None) -> IssueOrComment:
        """Store a record with `updated_at` moved to `timestamp` (now by default), never back."""
        updated_at = max(record.updated_at, self._timestamp(timestamp))
        return self._store(replace(record, updated_at=updated_at))

    def _apply(self, change: str, record: IssueOrComment) -> IssueOrComment:
        return self._store(record) if change in self.keep_updated_at else self._update(record)


def _with_reactions(record: IssueOrComment, reaction: str, times: int) -> IssueOrComment:
    """Return the record with so many more reactions of a kind."""
    counts = dict(record.reactions)
    counts[reaction] = counts.get(reaction, 0) + times
    return replace(record, reactions=tuple(counts.items()))
