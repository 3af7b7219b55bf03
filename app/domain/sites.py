"""A site: one blog's repository, and which of its issues are posts."""

import re
from collections.abc import Mapping
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
class PostFilter:
    """Which issues of a repository are posts: all, those that carry `label`, or, with `listed_only`, those in `posts`.

    A change of the posts is another `PostFilter`.
    """

    label: str | None = None
    listed_only: bool = False
    posts: Mapping[Repository, frozenset[int]] | None = None
    """The numbers that the blog's pages name; None while they were never read: then it cannot be said of any issue."""

    @property
    def includes_all(self) -> bool:
        """True where every issue is a post."""
        return self.label is None and not self.listed_only

    @property
    def is_known(self) -> bool:
        """False while nobody can say which issues are posts."""
        return not self.listed_only or self.posts is not None

    def includes(self, repo: Repository, number: int, labels: tuple[str, ...]) -> bool:
        """True where this issue, with these labels, is a post; labels compare without regard to case."""
        if self.listed_only:
            return self.posts is not None and number in self.posts.get(repo, ())
        return self.label is None or self.label.casefold() in {name.casefold() for name in labels}

    def changed_posts(self, posts: Mapping[Repository, frozenset[int]] | None) -> Mapping[Repository, frozenset[int]]:
        """The numbers, by repository, that become posts or cease to be once `posts` are the posts; none if none do."""
        before, after = self.posts or {}, posts or {}
        turned = {repo: before.get(repo, frozenset()) ^ after.get(repo, frozenset()) for repo in {*before, *after}}
        return {repo: numbers for repo, numbers in turned.items() if numbers}
