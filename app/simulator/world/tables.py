"""The tables of the simulated GitHub: accounts, tokens, repositories, issues and comments, with the ids they get."""

import threading
from collections.abc import Callable
from dataclasses import replace
from itertools import count

from app.simulator.world.records import Comment, Commit, Issue, Label, Repository, User, When, to_timestamp

Clock = Callable[[], float]

_LABEL_COLORS = ("d73a4a", "0075ca", "cfd3d7", "a2eeef", "7057ff", "008672", "e4e669", "d876e3")


class WorldTables:
    """All records by id, and the changes that people make to accounts and repositories.

    `lock` guards every table. `revision` grows with every change. `accounts_revision` is the revision of the last
    change to an account or a repository: such a change shows in the objects of other records too.

    | table | key | value |
    |---|---|---|
    | `tokens` | token | user id |
    | `repository_ids`, `former_names` | full name in lower case | repository id |
    | `labels` | repository id | label name -> label |
    | `issue_ids` | repository id | issue number -> issue id |
    | `comment_ids` | issue id | comment ids in the order of writing |
    | `deleted_issues` | (repository id, issue number) | |
    | `transferred_issues` | (repository id, issue number) | issue id in the target repository |
    | `branches` | (repository id, branch) | commit id |
    | `commits` | commit id | commit |
    | `associations` | (repository id, user id) | `MEMBER`, `COLLABORATOR` and so on |
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.lock = threading.RLock()
        self.revision = 0
        self.accounts_revision = 0
        self.users: dict[int, User] = {}
        self.tokens: dict[str, int] = {}
        self.repositories: dict[int, Repository] = {}
        self.repository_ids: dict[str, int] = {}
        self.former_names: dict[str, int] = {}
        self.labels: dict[int, dict[str, Label]] = {}
        self.issues: dict[int, Issue] = {}
        self.issue_ids: dict[int, dict[int, int]] = {}
        self.deleted_issues: set[tuple[int, int]] = set()
        self.transferred_issues: dict[tuple[int, int], int] = {}
        self.comments: dict[int, Comment] = {}
        self.comment_ids: dict[int, list[int]] = {}
        self.branches: dict[tuple[int, str], str] = {}
        self.commits: dict[str, Commit] = {}
        self.associations: dict[tuple[int, int], str] = {}
        self._user_ids_by_login: dict[str, int] = {}
        self._next_user_id = count(583_231)
        self._next_repository_id = count(132_935_648)
        self._next_label_id = count(1_362_934_389)
        self._next_issue_id = count(2_500_000_001)
        self._next_comment_id = count(3_100_000_001)

    def user(self, login: str) -> User:
        """Return the user of a login, creating it at the first mention; a login ending in `[bot]` belongs to a bot."""
        with self.lock:
            user_id = self._user_ids_by_login.get(login.lower())
            if user_id is not None:
                return self.users[user_id]
            user = User(next(self._next_user_id), login, "Bot" if login.endswith("[bot]") else "User")
            self.users[user.id] = user
            self._user_ids_by_login[login.lower()] = user.id
            return user

    def delete_account(self, login: str) -> None:
        """Delete an account: `user` is null from now on, the comments stay."""
        with self.lock:
            user = self.user(login)
            self.users[user.id] = replace(user, deleted=True)
            self._record_account_change()

    def add_token(self, token: str, login: str) -> None:
        """Issue a token of a user; it reads that user's private repositories. A user's tokens share one rate limit."""
        with self.lock:
            self.tokens[token] = self.user(login).id

    def revoke_token(self, token: str) -> None:
        """Revoke a token: requests with it get 401 from now on."""
        with self.lock:
            del self.tokens[token]

    def set_association(self, repo: str, login: str, association: str) -> None:
        """Set a user's association with a repository: `MEMBER`, `COLLABORATOR`, `CONTRIBUTOR` and so on."""
        with self.lock:
            self.associations[self.repository(repo).id, self.user(login).id] = association
            self._record_account_change()

    def add_repository(self, full_name: str, *, private: bool = False, created_at: When = None) -> Repository:
        """Create a repository. A name that redirected to another repository no longer does."""
        with self.lock:
            owner, name = full_name.split("/")
            self.user(owner)
            created = self._timestamp(created_at)
            repository = Repository(next(self._next_repository_id), owner, name, created, private)
            self.repositories[repository.id] = repository
            self.repository_ids[full_name.lower()] = repository.id
            self.former_names.pop(full_name.lower(), None)
            self.labels[repository.id] = {}
            self.issue_ids[repository.id] = {}
            self._record_account_change()
            return repository

    def repository(self, full_name: str) -> Repository:
        """Return a repository by its present name; raise KeyError if no repository has it."""
        return self.repositories[self.repository_ids[full_name.lower()]]

    def _timestamp(self, when: When) -> int:
        return to_timestamp(self.clock() if when is None else when)

    def _next_revision(self) -> int:
        self.revision += 1
        return self.revision

    def _record_account_change(self) -> None:
        self.accounts_revision = self._next_revision()

    def _store_repository(self, repository: Repository) -> Repository:
        with self.lock:
            self.repositories[repository.id] = repository
            self._record_account_change()
            return repository

    def _delete_issue_record(self, issue_id: int) -> None:
        """Delete an issue and its comments."""
        del self.issues[issue_id]
        for comment_id in self.comment_ids.pop(issue_id):
            del self.comments[comment_id]

    def _allocate_number(self, repository_id: int, number: int | None) -> int:
        """Return the requested issue number, or the next one; raise ValueError for a number that is not free.

        GitHub never reuses the number of a deleted or transferred issue.
        """
        numbers = self.issue_ids[repository_id]
        former = (other for key, other in (*self.deleted_issues, *self.transferred_issues) if key == repository_id)
        highest = max([next(reversed(numbers), 0), *former])
        if number is not None and number <= highest:
            raise ValueError(f"number {number} is not free: the next one is {highest + 1}")
        return number or highest + 1

    def _ensure_label(self, repository_id: int, name: str) -> str:
        labels = self.labels[repository_id]
        if name not in labels:
            labels[name] = Label(next(self._next_label_id), name, _LABEL_COLORS[len(labels) % len(_LABEL_COLORS)])
        return name
