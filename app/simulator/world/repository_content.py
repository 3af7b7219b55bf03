"""The files of a repository: branches, the commits that pushes make, and the event that each push causes."""

from collections.abc import Mapping
from hashlib import sha1
from typing import Any

from app.simulator.world.records import Commit, Repository, rfc3339
from app.simulator.world.webhook_events import EventPublisher

DEFAULT_BRANCH = "main"
_NO_COMMIT = "0" * 40


class RepositoryContent(EventPublisher):
    """The pushes that people make; an unknown repository raises KeyError."""

    def push(
        self,
        full_name: str,
        files: Mapping[str, str | bytes | None],
        *,
        branch: str = DEFAULT_BRANCH,
        links: Mapping[str, str] | None = None,
    ) -> Commit:
        """Commit files to a branch, by path; None removes one. Others stay as they are. `links` are symbolic links."""
        with self.lock:
            repository = self.repository(full_name)
            before = self.branches.get((repository.id, branch))
            contents = dict(self.commits[before].files) if before else {}
            contents |= {path: text.encode() if isinstance(text, str) else text or b"" for path, text in files.items()}
            for path in [path for path, text in files.items() if text is None]:
                del contents[path]
            all_links = {**(self.commits[before].links if before else {}), **(links or {})}
            commit_id = sha1(repr((before, sorted(contents.items()), sorted(all_links.items()))).encode()).hexdigest()  # noqa: S324 - as git does
            commit = self.commits[commit_id] = Commit(
                commit_id, repository.id, self._timestamp(None), contents, all_links
            )
            self.branches[repository.id, branch] = commit_id
            self._publish_push(repository, f"refs/heads/{branch}", before, commit)
            return commit

    def commit_of(self, repository: Repository, ref: str) -> Commit | None:
        """Return the commit of a branch, `HEAD` or commit id; None if there is none."""
        branch = DEFAULT_BRANCH if ref == "HEAD" else ref.removeprefix("heads/")
        commit = self.commits.get(self.branches.get((repository.id, branch), ref))
        return commit if commit is not None and commit.repository_id == repository.id else None

    def _publish_push(self, repository: Repository, ref: str, before: str | None, commit: Commit) -> None:
        if not self._subscribers:
            return
        head: dict[str, Any] = {
            "id": commit.id,
            "message": "Write",
            "timestamp": rfc3339(commit.created_at),
            "added": [],
            "removed": [],
            "modified": sorted(commit.files),
        }
        parts: dict[str, Any] = {
            "ref": ref,
            "before": before or _NO_COMMIT,
            "after": commit.id,
            "created": before is None,
            "deleted": False,
            "forced": False,
            "base_ref": None,
            "commits": [head],
            "head_commit": head,
            "pusher": {"name": repository.owner, "email": None},
        }
        self._publish("push", None, repository, None, **parts)
