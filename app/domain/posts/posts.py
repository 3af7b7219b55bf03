"""Posts as the site generator sees them, and the catalog of all posts of a blog.

A page says `ghissueid: 41`. If several repositories are served, `ghrepo: owner/name` (or `repo`) selects one; without
it the first configured repository counts. A page that its generator does not publish stays in the catalog with the
reason, and is never served.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.domain.records import ThreadRef
from app.domain.sites import Repository

Posts = Mapping[Repository, frozenset[int]]
"""The issue numbers of the served posts by configured repository; an empty set for a repository without posts."""


NUMBER = re.compile(r"[1-9][0-9]{0,14}")
"""How an issue's number is written: without a leading zero, because generators disagree whether 041 is 41 or 33."""
NUMBER_ADVICE = "Write the number of the post's issue, as in ghissueid: 41."


class ProblemKind(StrEnum):
    """What is wrong with a page; the names are published in the doctor's reports."""

    EMPTY_NUMBER = "empty-number"
    """The field stands there without a value."""
    NOT_A_NUMBER = "not-a-number"
    UNKNOWN_REPOSITORY = "unknown-repository"
    UNREADABLE = "unreadable-front-matter"
    """The front matter cannot be read; a generator may read it, or fail."""
    GENERATORS_DIFFER = "generators-differ"
    """Generators, or versions of one, render different values: both stand in the message."""
    VALUE_FROM_ELSEWHERE = "value-from-elsewhere"
    """A template, script or data file that we cannot follow may set the number."""
    UNSUPPORTED_FILE = "unsupported-file"
    """The generator publishes this kind of file, but its fields cannot be read here."""
    UNREADABLE_FOLDER = "unreadable-folder"


@dataclass(frozen=True, slots=True)
class PostProblem:
    """Something wrong with a page, or with an entry of a list."""

    kind: ProblemKind
    source: str
    """As in `Post`."""
    message: str
    """What happened, without a full stop: a sentence begins with it or goes on after a colon."""
    advice: str
    """What to do, as a sentence."""
    line: int | None = None
    """The line in the file, from 1."""


@dataclass(frozen=True, slots=True)
class Post:
    """A page of the blog that has a title or names an issue."""

    source: str
    """The path in the content folder, with `/`, or `entry 3` of a published list."""
    threads: frozenset[ThreadRef] = frozenset()
    """The issues that it names; more than one only if the field is a list."""
    title: str | None = None
    url: str | None = None
    """Its address on the blog: absolute, or a path from the root, as `/posts/hello/`; None if it is not known."""
    date: str | None = None
    """RFC 3339, or a date alone, as `2020-07-01`."""
    description: str | None = None
    unpublished: str | None = None
    """Why the generator makes no page of it, as `draft: true`; None if it makes one."""
    line: int | None = None
    """The line of the field `ghissueid`, from 1; None if it has none, or its place is not known."""


@dataclass(frozen=True, slots=True)
class PostCatalog:
    """All posts of a blog at one moment, by source, and what is wrong with them."""

    posts: tuple[Post, ...] = ()
    problems: tuple[PostProblem, ...] = ()
    generator: str | None = None
    """The name of the generator whose rules were followed, as `hugo`; None for a published list."""
    address: str | None = None
    """The address of the blog in the generator's configuration, without a trailing slash."""

    @property
    def threads(self) -> frozenset[ThreadRef]:
        """Return all issues that pages name, published or not."""
        return frozenset(thread for post in self.posts for thread in post.threads)

    def served(self, sites: Sequence[Repository]) -> Posts:
        """Return the numbers of the published posts by repository."""
        published = (post for post in self.posts if post.unpublished is None)
        return group_by_repository((thread for post in published for thread in post.threads), sites)


def group_by_repository(posts: Iterable[tuple[Repository, int]], sites: Sequence[Repository]) -> Posts:
    """Return the numbers of the posts by repository."""
    distinct = set(posts)
    return {site: frozenset(number for repo, number in distinct if repo == site) for site in sites}
