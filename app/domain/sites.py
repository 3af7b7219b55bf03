"""A site: one blog's repository, and which of its issues are posts."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_OWNER = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,37}[A-Za-z0-9])?(?:_[A-Za-z0-9]+)?"
"""GitHub's rule for logins; Enterprise Managed Users have an underscore."""
_NAME = r"(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}"
_REPOSITORY = re.compile(rf"({_OWNER})/({_NAME})")


@dataclass(frozen=True, slots=True, order=True)
class Repository:
    """`owner/name`: it keeps its spelling and compares without regard to case, as GitHub does."""

    key: str
    """In lower case; the key of stores and caches."""
    full_name: str
    """In the owner's spelling."""

    def __str__(self) -> str:
        return self.full_name

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Repository) and other.key == self.key

    def __hash__(self) -> int:
        return hash(self.key)


@dataclass(frozen=True, slots=True)
class FeedIdentity:
    """What a repository's feeds are known by, so that no entry looks new after a rename."""

    feed_name: str
    """The `owner/name` in the ids of feeds, which never changes."""
    entry_name: str
    """The `owner/name` in the ids of entries, which never changes."""
    link_name: str
    """The `owner/name` in the links of entries: some feed readers tell entries by them.

    It is the oldest name that GitHub redirects to the repository.
    """
    current_name: str
    """GitHub's current `owner/name`."""
    created_at: str | None = None
    """When the repository was created, RFC 3339; None if it is not known yet."""


def repository(text: str) -> Repository:
    """Return the repository `owner/name`; raise a ValueError with the problem and its solution."""
    match = _REPOSITORY.fullmatch(text.strip())
    if match is None:
        raise ValueError(
            f"{text.strip()!r} is not a repository. Write it as owner/name, as in the address of its page on GitHub."
        )
    full_name = f"{match[1]}/{match[2]}"
    return Repository(full_name.lower(), full_name)


@dataclass(frozen=True, slots=True)
class PostFilter:
    """Which issues of a repository are posts: all, those with `label`, or, with `listed_only`, those in `posts`."""

    label: str | None = None
    listed_only: bool = False
    posts: Mapping[Repository, frozenset[int]] | None = None
    """The numbers that the blog's pages name; None before their first read: no issue passes then."""

    @property
    def includes_all(self) -> bool:
        """Return True if every issue is a post."""
        return self.label is None and not self.listed_only

    @property
    def is_known(self) -> bool:
        """Return False before the first read of the posts."""
        return not self.listed_only or self.posts is not None

    def includes(self, repo: Repository, number: int, labels: tuple[str, ...]) -> bool:
        """Return True if an issue with these labels is a post; labels compare without regard to case."""
        if self.listed_only:
            return self.posts is not None and number in self.posts.get(repo, ())
        return self.label is None or self.label.casefold() in {name.casefold() for name in labels}

    def changed_posts(self, posts: Mapping[Repository, frozenset[int]] | None) -> Mapping[Repository, frozenset[int]]:
        """Return the numbers by repository that `posts` adds or removes, without empty sets."""
        before, after = self.posts or {}, posts or {}
        changes = {repo: before.get(repo, frozenset()) ^ after.get(repo, frozenset()) for repo in {*before, *after}}
        return {repo: numbers for repo, numbers in changes.items() if numbers}
