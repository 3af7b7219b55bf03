"""The hierarchy of all failures; each carries the data that a good message and its HTTP status need.

AfterwordError
├── InvalidSetting              a setting is missing, malformed or contradicts another
├── CannotStart                 the machine lacks what serving needs (a port, an address)
├── StoreError
│   ├── StoreUnusable           the store cannot be read or written
│   └── StoreTooNew             a later version of Afterword wrote it
├── GitHubError                 a request has no valid response
│   ├── Unreachable             no connection, a time-out, or 5xx after all retries
│   ├── InvalidResponse         cut off, not JSON, of the wrong type, HTML with status 200
│   ├── RateLimited             GitHub's limit or our own budget, with its end
│   ├── TokenRejected           401: the token is wrong, expired or revoked
│   ├── RequestRejected         403 or another 4xx that is no limit and has no type below
│   ├── NotVisible              404: absent, or invisible with this token
│   ├── PrivateRepository       visible with the token, but no setting allows its publication
│   ├── Gone                    410: deleted, or issues are switched off
│   ├── InvalidRedirect         301/302/307/308 to an address that must not be followed
│   └── PaginationLimitReached  422: GitHub pages a list only to 10,000 items
├── ReadError                   a reader's request without a document
│   ├── InvalidParameter        its name, and what is allowed
│   ├── InvalidCursor           a cursor that is not ours or belongs to another list
│   ├── NotServed               a repository that is not configured
│   ├── CommentNotFound         a comment that is in no served thread
│   ├── ImageNotFound           an image that is in nothing served
│   ├── ImageRejected           its source is not allowed, or returns no image
│   └── NotReady                cold, and GitHub did not respond in time; says when to retry
└── WebhookError                a webhook delivery that is rejected: `app.domain.webhook_errors`
"""

from dataclasses import dataclass


class AfterwordError(Exception):
    """The root of the hierarchy; `str()` says what happened, then what to do."""


@dataclass(eq=False)
class InvalidSetting(AfterwordError):
    """A setting cannot be used; `name` is its environment variable."""

    name: str
    reason: str

    def __str__(self) -> str:
        return f"{self.name}: {self.reason}"


@dataclass(eq=False)
class CannotStart(AfterwordError):
    """The machine lacks what serving needs."""

    reason: str

    def __str__(self) -> str:
        return self.reason


class StoreError(AfterwordError):
    """The store cannot be read or written."""


@dataclass(eq=False)
class StoreUnusable(StoreError):
    """The store cannot be used; `reason` is the database's or system's own message."""

    path: str
    reason: str

    def __str__(self) -> str:
        return (
            f"The store {self.path} cannot be used ({self.reason}). "
            "Make its folder writable and see that the file is a store of Afterword's, "
            "or name another place with AFTERWORD_STORE=sqlite:///path/to/afterword.db."
        )


@dataclass(eq=False)
class StoreTooNew(StoreError):
    """A later version wrote the store; it was not changed."""

    path: str
    version: int
    newest: int
    """The newest schema that this version of Afterword can open."""

    def __str__(self) -> str:
        return (
            f"The store {self.path} has schema {self.version}, and this version knows {self.newest} at most. "
            "Start the version that wrote it, or name another store with AFTERWORD_STORE."
        )


@dataclass(eq=False)
class GitHubError(AfterwordError):
    """A request has no valid response; the mirror stays as it is."""

    path: str
    """Path and query of the request; never a header."""


@dataclass(eq=False)
class Unreachable(GitHubError):
    """No connection, a time-out, or a 5xx after all retries."""

    reason: str

    def __str__(self) -> str:
        return f"GitHub cannot be reached ({self.reason}, asked for {self.path}). The mirror stays as it is."


@dataclass(eq=False)
class InvalidResponse(GitHubError):
    """A response that is cut off, not JSON, of the wrong type, or HTML with status 200."""

    reason: str

    def __str__(self) -> str:
        return f"GitHub's answer to {self.path} is broken ({self.reason}). Nothing in the mirror was changed by it."


@dataclass(eq=False)
class RateLimited(GitHubError):
    """A limit is exceeded; `until` is in epoch seconds, `kind` one of primary, secondary, budget."""

    until: float
    kind: str

    def __str__(self) -> str:
        return (
            f"GitHub's {self.kind} limit is reached (asked for {self.path}). "
            "Requests resume when it ends; without a token GitHub allows 60 requests an hour, "
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
    """A 4xx that is no limit: `status` and GitHub's own `message`."""

    status: int
    message: str

    def __str__(self) -> str:
        return (
            f"GitHub refuses {self.path} with {self.status} ({self.message}). "
            "Check that the token may read the repository's issues."
        )


@dataclass(eq=False)
class NotVisible(GitHubError):
    """404: absent, or invisible with this token; GitHub does not say which."""

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
    """A redirect that must not be followed: to another host, without an address, or in a loop."""

    location: str

    def __str__(self) -> str:
        return f"GitHub redirects {self.path} to {self.location or 'nowhere'}, which is not followed."


@dataclass(eq=False)
class PaginationLimitReached(GitHubError):
    """422: GitHub has no further pages of this list."""

    def __str__(self) -> str:
        return f"GitHub does not page {self.path} any further (422)."


class ReadError(AfterwordError):
    """A reader's request without a document."""


@dataclass(eq=False)
class InvalidParameter(ReadError):
    """A parameter with an invalid value."""

    name: str
    allowed: str

    def __str__(self) -> str:
        return f"The parameter `{self.name}` must be {self.allowed}."


@dataclass(eq=False)
class InvalidCursor(ReadError):
    """A cursor that is not ours, or that belongs to a list in another order."""

    def __str__(self) -> str:
        return (
            "The parameter `cursor` must be the `next` of an earlier answer to the same list in the same order. "
            "Start again without it."
        )


@dataclass(eq=False)
class NotServed(ReadError):
    """A repository that is not configured."""

    repo: str

    def __str__(self) -> str:
        return f"The repository {self.repo} is not served here."


@dataclass(eq=False)
class CommentNotFound(ReadError):
    """A comment that is in no served thread."""

    comment_id: int

    def __str__(self) -> str:
        return f"There is no comment {self.comment_id} here."


@dataclass(eq=False)
class ImageNotFound(ReadError):
    """An image that is in nothing served."""

    def __str__(self) -> str:
        return "There is no such picture here."


@dataclass(eq=False)
class ImageRejected(ReadError):
    """An image that is not fetched or not served, for this `reason`; `address` is its own, without its query.

    Both are for the owner's log only: a redirect may lead to internal host names.
    """

    address: str
    reason: str

    def __str__(self) -> str:
        return "This picture is not shown here: its source is not allowed, or gives none. Look at it on GitHub."


@dataclass(eq=False)
class NotReady(ReadError):
    """Cold, and GitHub did not respond in time; `retry_after` is in seconds."""

    resource: str
    retry_after: int

    def __str__(self) -> str:
        return f"{self.resource} is not mirrored yet, and GitHub has not answered. Ask again in {self.retry_after} s."
