"""The life of a repository: rename, transfer, change of visibility, archive, deletion."""

from dataclasses import replace
from typing import Any

from app.simulator.world.records import Repository
from app.simulator.world.repository_content import RepositoryContent


class RepositoryLifecycle(RepositoryContent):
    """The changes that owners make to repositories.

    An unknown repository raises KeyError, the name of another repository ValueError.
    """

    def rename_repository(self, full_name: str, new_name: str) -> Repository:
        """Give a repository another `owner/name`; requests by the old name get 301 from now on.

        A new owner causes the event `transferred`, a new name `renamed`.
        """
        with self.lock:
            before = self.repository(full_name)
            owner, name = new_name.split("/")
            if self.repository_ids.get(new_name.lower(), before.id) != before.id:
                raise ValueError(f"{new_name} is taken: choose another name")
            self.user(owner)
            self.former_names[full_name.lower()] = self.repository_ids.pop(full_name.lower())
            self.former_names.pop(new_name.lower(), None)
            self.repository_ids[new_name.lower()] = before.id
            after = self._store_repository(replace(before, owner=owner, name=name))
            if owner != before.owner:
                former_owner = self.repository_payload(before)["owner"]
                self._publish_repository("transferred", after, changes={"owner": {"from": {"user": former_owner}}})
            if name != before.name:
                self._publish_repository("renamed", after, changes={"repository": {"name": {"from": before.name}}})
            return after

    def transfer_repository(self, full_name: str, new_owner: str) -> Repository:
        """Give a repository to another owner under the same name; requests by the old name get 301 from now on."""
        return self.rename_repository(full_name, f"{new_owner}/{self.repository(full_name).name}")

    def make_private(self, full_name: str, *, private: bool = True) -> Repository:
        """Make a repository private: only its owner, members and collaborators can read it."""
        return self._set_flag("privatized" if private else "publicized", full_name, private=private)

    def archive_repository(self, full_name: str, *, archived: bool = True) -> Repository:
        """Mark a repository as read-only; the simulator still accepts the changes of a test."""
        return self._set_flag("archived" if archived else "unarchived", full_name, archived=archived)

    def disable_issues(self, full_name: str) -> Repository:
        """Disable a repository's issues: requests for them get 410 from now on. This causes no event."""
        return self._store_repository(replace(self.repository(full_name), has_issues=False))

    def delete_repository(self, full_name: str) -> None:
        """Delete a repository and its issues: 404 by id and by every name it had. Its name is free again."""
        with self.lock:
            repository = self.repository(full_name)
            self._publish_repository("deleted", repository)
            for issue_id in self.issue_ids.pop(repository.id).values():
                self._delete_issue_record(issue_id)
            del self.repositories[repository.id], self.labels[repository.id], self.repository_ids[full_name.lower()]
            self.former_names = {name: key for name, key in self.former_names.items() if key != repository.id}
            self._record_account_change()

    def _set_flag(self, action: str, full_name: str, **flag: Any) -> Repository:
        """Set a flag of a repository, and publish `action` if it had the other value."""
        with self.lock:
            before = self.repository(full_name)
            after = self._store_repository(replace(before, **flag))
            return after if after == before else self._publish_repository(action, after)
