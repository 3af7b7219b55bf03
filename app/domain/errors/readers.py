"""Requests of readers without a document."""

from dataclasses import dataclass

from app.domain.errors.root import AfterwordError


class ReadError(AfterwordError):
    """A reader's request without a document."""


@dataclass(eq=False)
class InvalidParameter(ReadError):
    """A parameter with an invalid value."""

    name: str
    allowed: str

    template = "The parameter `{name}` must be {allowed}."


class InvalidCursor(ReadError):
    """A cursor that is not ours, or that belongs to a list in another order."""

    template = (
        "The parameter `cursor` must be the `next` of an earlier answer to the same list in the same order. "
        "Start again without it."
    )


@dataclass(eq=False)
class NotServed(ReadError):
    """A repository that is not configured."""

    repo: str

    template = "The repository {repo} is not served here."


@dataclass(eq=False)
class CommentNotFound(ReadError):
    """A comment that is in no served thread."""

    comment_id: int

    template = "There is no comment {comment_id} here."


@dataclass(eq=False)
class ThreadNotFound(ReadError):
    """A term, labels or a marker that no post of a repository has; `query` names them."""

    repo: str
    query: str

    template = (
        "No post of {repo} has {query}. The first comment makes its thread: open an issue with that title or label."
    )


@dataclass(eq=False)
class ThreadUndecided(ReadError):
    """A term or labels that several posts have, so that none of them is served.

    `candidates` are their numbers, and `names` the same as text.
    """

    repo: str
    query: str
    names: str
    candidates: tuple[int, ...]

    template = (
        "Several posts of {repo} could be meant by {query}: {names}. "
        "Give only one of these issues exactly that title or label, or name its number in the page."
    )


class ImageNotFound(ReadError):
    """An image that is in nothing served."""

    template = "There is no such picture here."


@dataclass(eq=False)
class ImageRejected(ReadError):
    """An image that is not fetched or not served, for this `reason`; `address` is its own, without its query.

    Both are for the owner's log only: a redirect may lead to internal host names.
    """

    address: str
    reason: str

    template = "This picture is not shown here: its source is not allowed, or gives none. Look at it on GitHub."


@dataclass(eq=False)
class NotReady(ReadError):
    """Cold, and GitHub did not respond in time; `retry_after` is in seconds."""

    resource: str
    retry_after: int

    template = "{resource} is not mirrored yet, and GitHub has not answered. Ask again in {retry_after} s."


@dataclass(eq=False)
class Overloaded(ReadError):
    """Too many readers wait for documents that have to be made; `retry_after` is in seconds."""

    retry_after: int

    template = "Too many readers ask for pages that are not in memory. Ask again in {retry_after} s."
