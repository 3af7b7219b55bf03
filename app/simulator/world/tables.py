"""The ground of a simulated GitHub: accounts, tokens, repositories with their labels and numbers."""

import threading
from collections.abc import Callable
from dataclasses import replace
from itertools import count

from app.simulator.world.records import Comment, Issue, Label, Repository, Token, User, When, seconds

Clock = Callable[[], float]

_COLORS = ("d73a4a", "0075ca", "cfd3d7", "a2eeef", "7057ff", "008672", "e4e669", "d876e3")


class WorldTables:
    """The tables of a world, and what people do to accounts and repositories.

    `revision` grows with every change, `accounts_revision` remembers the last one that shows in objects of others.
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.lock = threading.RLock()
        self.revision = 0
        self.accounts_revision = 0
        self.users: dict[int, User] = {}
        self.tokens: dict[str, Token] = {}
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
        self.associations: dict[tuple[int, int], str] = {}
        self._logins: dict[str, int] = {}
        self._user_ids = count(583_231)
        self._repository_ids = count(132_935_648)
        self._label_ids = count(1_362_934_389)
        self._issue_ids = count(2_500_000_001)
        self._comment_ids = count(3_100_000_001)

    def user(self, login: str) -> User:
        """Find the user of a login, making one at the first mention; a login ending in `[bot]` is a bot's."""
        with self.lock:
            known = self._logins.get(login.lower())
            if known is not None:
                return self.users[known]
            made = User(next(self._user_ids), login, "Bot" if login.endswith("[bot]") else "User")
            self.users[made.id] = made
            self._logins[login.lower()] = made.id
            return made

    def delete_account(self, login: str) -> None:
        """Delete an account: `user` is null from now on, the comments stay."""
        with self.lock:
            gone = self.user(login)
            self.users[gone.id] = replace(gone, deleted=True)
            self._changed_people()

    def add_token(self, text: str, login: str) -> Token:
        """Issue a token of a user; it sees that user's private repositories."""
        with self.lock:
            token = Token(text, self.user(login).id)
            self.tokens[text] = token
            return token

    def revoke_token(self, text: str) -> None:
        """Make a token unknown, which is 401 from now on."""
        with self.lock:
            del self.tokens[text]

    def set_association(self, repo: str, login: str, association: str) -> None:
        """Say what somebody is to a repository: `MEMBER`, `COLLABORATOR`, `CONTRIBUTOR` and so on."""
        with self.lock:
            self.associations[self.repository(repo).id, self.user(login).id] = association
            self._changed_people()

    def add_repository(self, full_name: str, *, private: bool = False, created_at: When = None) -> Repository:
        """Make a repository; an old name that led elsewhere belongs to it from now on."""
        with self.lock:
            owner, name = full_name.split("/")
            self.user(owner)
            made = Repository(next(self._repository_ids), owner, name, self._moment(created_at), private)
            self.repositories[made.id] = made
            self.repository_ids[full_name.lower()] = made.id
            self.former_names.pop(full_name.lower(), None)
            self.labels[made.id] = {}
            self.issue_ids[made.id] = {}
            self._changed_people()
            return made

    def repository(self, full_name: str) -> Repository:
        """Find a repository by its present name."""
        return self.repositories[self.repository_ids[full_name.lower()]]

    def _moment(self, when: When) -> int:
        return seconds(self.clock() if when is None else when)

    def _changed(self) -> int:
        self.revision += 1
        return self.revision

    def _changed_people(self) -> None:
        self.accounts_revision = self._changed()

    def _put_repository(self, repository: Repository) -> Repository:
        with self.lock:
            self.repositories[repository.id] = repository
            self._changed_people()
            return repository

    def _free_number(self, repository_id: int, wanted: int | None) -> int:
        taken = self.issue_ids[repository_id]
        lost = (number for home, number in (*self.deleted_issues, *self.transferred_issues) if home == repository_id)
        highest = max([next(reversed(taken), 0), *lost])
        if wanted is not None and wanted <= highest:
            raise ValueError(f"number {wanted} is not free: the next one is {highest + 1}")
        return wanted or highest + 1

    def _label(self, repository_id: int, name: str) -> str:
        known = self.labels[repository_id]
        if name not in known:
            known[name] = Label(next(self._label_ids), name, _COLORS[len(known) % len(_COLORS)])
        return name
