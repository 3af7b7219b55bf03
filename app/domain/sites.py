"""A site: one blog's repository, and which of its issues are posts."""

import re
from dataclasses import dataclass

_OWNER = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,37}[A-Za-z0-9])?(?:_[A-Za-z0-9]+)?"
"""GitHub's rule for logins; the underscore is that of Enterprise Managed Users."""
_NAME = r"(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}"
_REPOSITORY = re.compile(rf"({_OWNER})/({_NAME})")


@dataclass(frozen=True, slots=True, order=True)
class Repository:
    """`owner/name`, kept in the spelling given and compared without regard to case, as GitHub does."""

    key: str
    """Lower case; what stores and catalogues are keyed by."""
    full_name: str
    """As the owner wrote it."""

    def __str__(self) -> str:
        return self.full_name

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Repository) and other.key == self.key

    def __hash__(self) -> int:
        return hash(self.key)


def repository(text: str) -> Repository:
    """`owner/name` as a value; ValueError with what is wrong and what to write."""
    match = _REPOSITORY.fullmatch(text.strip())
    if match is None:
        raise ValueError(
            f"{text.strip()!r} is not a repository. Write it as owner/name, as in the address of its page on GitHub."
        )
    full_name = f"{match[1]}/{match[2]}"
    return Repository(full_name.lower(), full_name)


@dataclass(frozen=True, slots=True)
class Serve:
    """Which issues of a repository are posts: all (`label` None), or those that carry a label."""

    label: str | None = None

    def serves(self, labels: tuple[str, ...]) -> bool:
        """True where an issue with these labels is a post; labels compare without regard to case."""
        return self.label is None or self.label.casefold() in {name.casefold() for name in labels}
