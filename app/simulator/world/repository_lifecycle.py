"""The life of repositories: renamed, given away, hidden, archived, deleted."""

from dataclasses import replace

from app.simulator.world.records import Repository
from app.simulator.world.webhook_events import EventPublisher


class RepositoryLifecycle(EventPublisher):
    """What owners do to repositories; an unknown one raises KeyError, a name that is taken ValueError."""

    def rename_repository(self, full_name: str, new_name: str) -> Repository:
        """Give a repository another `owner/name`; the old one answers 301 from now on.

        Another owner is told as a transfer, another name as a renaming.
        """
        with self.lock:
            was = self.repository(full_name)
            owner, name = new_name.split("/")
            if self.repository_ids.get(new_name.lower(), was.id) != was.id:
                raise ValueError(f"{new_name} is taken: choose another name")
            self.user(owner)
            self.former_names[full_name.lower()] = self.repository_ids.pop(full_name.lower())
            self.former_names.pop(new_name.lower(), None)
            self.repository_ids[new_name.lower()] = was.id
            renamed = self._put_repository(replace(was, owner=owner, name=name))
            if owner != was.owner:
                former = self.repository_payload(was)["owner"]
                self._tell_repository("transferred", renamed, changes={"owner": {"from": {"user": former}}})
            if name != was.name:
                self._tell_repository("renamed", renamed, changes={"repository": {"name": {"from": was.name}}})
            return renamed

    def transfer_repository(self, full_name: str, new_owner: str) -> Repository:
        """Give a repository to another owner, under the same name; the old address answers 301 from now on."""
        return self.rename_repository(full_name, f"{new_owner}/{self.repository(full_name).name}")

    def make_private(self, full_name: str, *, private: bool = True) -> Repository:
        """Hide a repository from everybody but its owner and those associated with it."""
        with self.lock:
            was = self.repository(full_name)
            made = self._put_repository(replace(was, private=private))
            if was.private is private:
                return made
            return self._tell_repository("privatized" if private else "publicized", made)

    def archive_repository(self, full_name: str, *, archived: bool = True) -> Repository:
        """Mark a repository as read-only; the acts of a test are not refused for it."""
        with self.lock:
            was = self.repository(full_name)
            made = self._put_repository(replace(was, archived=archived))
            if was.archived is archived:
                return made
            return self._tell_repository("archived" if archived else "unarchived", made)

    def disable_issues(self, full_name: str) -> Repository:
        """Switch a repository's issues off: its list is 410 from now on. No webhook tells."""
        return self._put_repository(replace(self.repository(full_name), has_issues=False))

    def delete_repository(self, full_name: str) -> None:
        """Delete a repository with all its issues: 404 by every name it had and by id; its name is free."""
        with self.lock:
            gone = self.repository(full_name)
            self._tell_repository("deleted", gone)
            for issue_id in self.issue_ids.pop(gone.id).values():
                del self.issues[issue_id]
                for comment_id in self.comment_ids.pop(issue_id):
                    del self.comments[comment_id]
            del self.repositories[gone.id], self.labels[gone.id], self.repository_ids[full_name.lower()]
            self.former_names = {name: home for name, home in self.former_names.items() if home != gone.id}
            self._changed_people()
