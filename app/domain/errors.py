"""Every failure that Afterword names, drawn as a tree; each carries what the edge needs to say it well.

AfterwordError
├── SettingRefused            a setting is missing, malformed or contradicts another
├── CannotStart               the machine does not give what serving needs (a port, an address)
├── StoreError
│   ├── StoreUnusable         the place of the store cannot be read or written
│   └── StoreTooNew           written by a later version of Afterword
├── GitHubError               an ask brought no answer that may be believed
│   ├── Unreachable           no connection, a time-out, or 5xx after all retries
│   ├── BrokenAnswer          cut off, not JSON, of the wrong type, HTML with status 200
│   ├── Limited               a limit of GitHub's, or our own budget; until when is known
│   ├── TokenRefused          401: the token is wrong, expired or revoked
│   ├── AskRefused            403 or 4xx that is no limit and not told apart below
│   ├── NotVisible            404: absent, or not to be seen with this token
│   ├── PrivateRepository     seen with the token, but nobody said that everyone may see it
│   ├── Gone                  410: deleted, or issues are switched off
│   ├── Moved                 301/302/307/308 to an address that may not be followed silently
│   └── TooFar                422: GitHub pages a list no further than 10,000 items
├── ReadError                 a reader's request that has no document
│   ├── BadParameter          named, with what is allowed
│   ├── BadCursor             a cursor that is not ours or belongs to another list
│   ├── NotServed             a repository that is not among the configured ones
│   ├── NoSuchComment         a comment that no served thread holds
│   ├── ImageNotFound         an image that stands in nothing that is served
│   ├── PictureRefused        a picture whose source is not allowed, or that is none
│   └── NotYet                cold, and GitHub did not answer in time; when to ask again is known
└── DeliveryError             a webhook delivery that is not taken: `app.domain.webhook_errors`
"""

from dataclasses import dataclass


class AfterwordError(Exception):
    """The root of the tree; `str()` of each is one sentence on what happened, then what to do."""


@dataclass(eq=False)
class InvalidSetting(AfterwordError):
    """A setting cannot be used; `name` is its environment variable."""

    name: str
    reason: str

    def __str__(self) -> str:
        return f"{self.name}: {self.reason}"


@dataclass(eq=False)
class CannotStart(AfterwordError):
    """The machine does not give what serving needs."""

    reason: str

    def __str__(self) -> str:
        return self.reason


class StoreError(AfterwordError):
    """The mirror cannot be read or written."""


@dataclass(eq=False)
class StoreUnusable(StoreError):
    """The place of the store cannot be used; `reason` is the database's or system's own word."""

    place: str
    reason: str

    def __str__(self) -> str:
        return (
            f"The store {self.place} cannot be used ({self.reason}). "
            "Make its folder writable and see that the file is a store of Afterword's, "
            "or name another place with AFTERWORD_STORE=sqlite:///path/to/afterword.db."
        )


@dataclass(eq=False)
class StoreTooNew(StoreError):
    """The store was written by a later version; nothing in it was touched."""

    place: str
    found: int
    known: int

    def __str__(self) -> str:
        return (
            f"The store {self.place} has schema {self.found}, and this version knows {self.known} at most. "
            "Start the version that wrote it, or name another store with AFTERWORD_STORE."
        )


@dataclass(eq=False)
class GitHubError(AfterwordError):
    """An ask brought no answer that may be believed; the mirror stays as it is."""

    path: str
    """The path and query that were asked; never a header."""


@dataclass(eq=False)
class Unreachable(GitHubError):
    """No connection, a time-out, or a 5xx after all retries."""

    reason: str

    def __str__(self) -> str:
        return f"GitHub cannot be reached ({self.reason}, asked for {self.path}). The mirror stays as it is."


@dataclass(eq=False)
class InvalidResponse(GitHubError):
    """A half answer: cut off, not JSON, of the wrong type, or HTML with status 200."""

    reason: str

    def __str__(self) -> str:
        return f"GitHub's answer to {self.path} is broken ({self.reason}). Nothing in the mirror was changed by it."


@dataclass(eq=False)
class RateLimited(GitHubError):
    """Over a limit; `until` is in epoch seconds, `kind` one of primary, secondary, budget."""

    until: float
    kind: str

    def __str__(self) -> str:
        return (
            f"GitHub's {self.kind} limit is reached (asked for {self.path}). "
            "Asking goes on by itself; without a token 60 asks an hour are allowed, "
            "with one in AFTERWORD_GITHUB_TOKEN 5,000."
        )


@dataclass(eq=False)
class TokenRejected(GitHubError):
    """401: the token is wrong, expired or revoked."""

    def __str__(self) -> str:
        return (
            "GitHub refuses the token (401 Bad credentials). "
            "Put a valid one into AFTERWORD_GITHUB_TOKEN, or unset it to go without."
        )


@dataclass(eq=False)
class RequestRejected(GitHubError):
    """A refusal that is no limit: `status` and GitHub's own `message`."""

    status: int
    message: str

    def __str__(self) -> str:
        return (
            f"GitHub refuses {self.path} with {self.status} ({self.message}). "
            "Check that the token may read the repository's issues."
        )


@dataclass(eq=False)
class NotVisible(GitHubError):
    """404: absent, or not to be seen with this token; GitHub does not tell which."""

    def __str__(self) -> str:
        return (
            f"GitHub shows nothing at {self.path} (404): it does not exist, or the token cannot see it. "
            "Check the spelling, and for a private repository set AFTERWORD_GITHUB_TOKEN to a token that may read it."
        )


@dataclass(eq=False)
class PrivateRepository(GitHubError):
    """The token sees a private repository; serving it would publish it."""

    def __str__(self) -> str:
        return (
            f"The repository at {self.path} is private, and serving its issues would publish them to everyone. "
            "To publish those of the blog's own posts and no others, set AFTERWORD_ALLOW_PRIVATE=true, "
            "AFTERWORD_SERVE=posts, and AFTERWORD_POSTS to the blog's content folder or its published list."
        )


@dataclass(eq=False)
class Gone(GitHubError):
    """410: an issue was deleted, or issues are switched off in the repository."""

    message: str

    def __str__(self) -> str:
        return f"GitHub says that {self.path} is gone (410: {self.message}). If issues are off, switch them on."


@dataclass(eq=False)
class InvalidRedirect(GitHubError):
    """A redirect that may not be followed silently: to another host, without an address, or in a circle."""

    location: str

    def __str__(self) -> str:
        return f"GitHub redirects {self.path} to {self.location or 'nowhere'}, which is not followed."


@dataclass(eq=False)
class PaginationLimitReached(GitHubError):
    """422: GitHub pages this list no further."""

    def __str__(self) -> str:
        return f"GitHub does not page {self.path} any further (422)."


class ReadError(AfterwordError):
    """A reader's request that has no document."""


@dataclass(eq=False)
class InvalidParameter(ReadError):
    """A parameter has a value that is not allowed."""

    name: str
    allowed: str

    def __str__(self) -> str:
        return f"The parameter `{self.name}` must be {self.allowed}."


@dataclass(eq=False)
class InvalidCursor(ReadError):
    """A cursor that is not one of ours, or that belongs to a list in another order."""

    def __str__(self) -> str:
        return (
            "The parameter `cursor` must be the `next` of an earlier answer to the same list in the same order. "
            "Start again without it."
        )


@dataclass(eq=False)
class NotServed(ReadError):
    """A repository that is not among the configured ones."""

    repo: str

    def __str__(self) -> str:
        return f"The repository {self.repo} is not served here."


@dataclass(eq=False)
class CommentNotFound(ReadError):
    """A comment that no served thread holds."""

    comment_id: int

    def __str__(self) -> str:
        return f"There is no comment {self.comment_id} here."


@dataclass(eq=False)
class ImageNotFound(ReadError):
    """A picture that stands in nothing that is served."""

    def __str__(self) -> str:
        return "There is no such picture here."


@dataclass(eq=False)
class ImageRejected(ReadError):
    """A picture that is not fetched or not passed on: `reason`; `address` is where it lies, without its query.

    Both are for the owner: a redirect may lead to names that nobody else needs to know.
    """

    address: str
    reason: str

    def __str__(self) -> str:
        return "This picture is not shown here: its source is not allowed, or gives none. Look at it on GitHub."


@dataclass(eq=False)
class NotReady(ReadError):
    """Cold, and GitHub did not answer in time; `retry_after` is in seconds."""

    what: str
    retry_after: int

    def __str__(self) -> str:
        return f"{self.what} is not mirrored yet, and GitHub has not answered. Ask again in {self.retry_after} s."
