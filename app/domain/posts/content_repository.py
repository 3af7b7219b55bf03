"""The content of a blog in a repository on GitHub, as the setting names it: `github:owner/name/path/in/it@branch`."""

import re
from dataclasses import dataclass

from app.domain.sites import Repository, repository

PREFIX = "github:"
DEFAULT_BRANCH = "HEAD"
"""What git calls the commit of the default branch."""
_EXAMPLE = "Write it as github:owner/name, github:owner/name@branch or github:owner/name/path/in/it@branch"
_NO_REF = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|//|@\{|(?:^|/)\.|\.lock(?:/|$)|^[-/@]|[/.]$")
"""What no name of a branch contains. https://git-scm.com/docs/git-check-ref-format"""
_NO_PATH = re.compile(r"[\x00-\x1f\x7f\\]")


@dataclass(frozen=True, slots=True)
class ContentRepository:
    """A folder on a branch of a repository."""

    repo: Repository
    folder: str = ""
    """The path of the content folder, without slashes around it; empty for the whole repository."""
    branch: str | None = None
    """The branch or tag; None for the default branch."""

    @property
    def ref(self) -> str:
        """Return the name of the commit in requests."""
        return self.branch or DEFAULT_BRANCH

    def is_changed_by(self, ref: str, default_branch: str | None) -> bool:
        """Return True if a push to `ref` (`refs/heads/main`) in this repository moves the branch.

        Without a configured branch, every push counts that does not name the repository's default branch.
        """
        branch = self.branch or default_branch
        return branch is None or ref in {f"refs/heads/{branch}", f"refs/tags/{branch}"}

    def __str__(self) -> str:
        folder = f"/{self.folder}" if self.folder else ""
        return f"{PREFIX}{self.repo}{folder}{f'@{self.branch}' if self.branch else ''}"


def is_content_repository(text: str) -> bool:
    """Return True if a setting names a repository, well or badly written."""
    return text.lower().startswith(PREFIX)


def content_repository(text: str) -> ContentRepository:
    """Return the value of `github:owner/name/path/in/it@branch`; the last `@` begins the branch.

    Raises `ValueError` with the problem and its solution.
    """
    name_and_folder, at, branch = text.strip()[len(PREFIX) :].rpartition("@")
    location = name_and_folder if at else branch
    branch = branch if at else ""
    owner, _, rest = location.strip("/").partition("/")
    name, _, folder = rest.partition("/")
    try:
        repo = repository(f"{owner}/{name}")
    except ValueError:
        raise ValueError(f"{text!r} names no repository. {_EXAMPLE}") from None
    if at and (not branch or _NO_REF.search(branch)):
        raise ValueError(f"{branch!r} is no branch. {_EXAMPLE}")
    parts = [part for part in folder.split("/") if part]
    if _NO_PATH.search(folder) or {".", ".."}.intersection(parts):
        raise ValueError(f"{folder!r} is no folder of a repository. {_EXAMPLE}")
    return ContentRepository(repo, "/".join(parts), branch or None)
