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
│   ├── ThreadNotFound          a term, labels or a marker that no post has
│   ├── ThreadUndecided         a term or labels that several posts have; says which
│   ├── ImageNotFound           an image that is in nothing served
│   ├── ImageRejected           its source is not allowed, or returns no image
│   ├── NotReady                cold, and GitHub did not respond in time; says when to retry
│   └── Overloaded              too many readers wait for documents; says when to retry
├── OwnerError                  a request to the owner's page that is refused
│   ├── SignInRequired          no session and no token
│   ├── WrongToken              the token is not the owner's
│   ├── TooManyAttempts         wrong tokens came too often; says when to retry
│   └── ForeignForm             a form that another site sent, or one of another session
└── WebhookError                a webhook delivery that is rejected: `app.domain.webhook_errors`
"""

from dataclasses import dataclass
from typing import ClassVar


class AfterwordError(Exception):
    """The root of the hierarchy; `str()` says what happened, then what to do: `template` with the failure's fields."""

    template: ClassVar[str] = ""

    def __str__(self) -> str:
        return self.template.format(**vars(self))


@dataclass(eq=False)
class InvalidSetting(AfterwordError):
    """A setting cannot be used; `name` is its environment variable."""

    name: str
    reason: str

    template = "{name}: {reason}"


@dataclass(eq=False)
class CannotStart(AfterwordError):
    """The machine lacks what serving needs."""

    reason: str

    template = "{reason}"


class StoreError(AfterwordError):
    """The store cannot be read or written."""


@dataclass(eq=False)
class StoreUnusable(StoreError):
    """The store cannot be used; `reason` is the database's or system's own message."""

    path: str
    reason: str

    template = (
        "The store {path} cannot be used ({reason}). "
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

    template = (
        "The store {path} has schema {version}, and this version knows {newest} at most. "
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

    template = "GitHub cannot be reached ({reason}, asked for {path}). The mirror stays as it is."


@dataclass(eq=False)
class InvalidResponse(GitHubError):
    """A response that is cut off, not JSON, of the wrong type, or HTML with status 200."""

    reason: str

    template = "GitHub's answer to {path} is broken ({reason}). Nothing in the mirror was changed by it."


@dataclass(eq=False)
class RateLimited(GitHubError):
    """A limit is exceeded; `until` is in epoch seconds, `kind` one of primary, secondary, budget."""

    until: float
    kind: str

    limits: ClassVar = {
        "primary": "GitHub's hourly limit is reached",
        "secondary": "GitHub's limit for requests in quick succession is reached",
        "budget": "The hour's requests to GitHub are used up",
    }
    template = (
        "{what} (asked for {path}). Requests resume when the limit ends; without a token GitHub allows 60 requests "
        "an hour, with one in AFTERWORD_GITHUB_TOKEN 5,000."
    )

    def __str__(self) -> str:
        return self.template.format(what=self.limits.get(self.kind, "GitHub's limit is reached"), path=self.path)


class TokenRejected(GitHubError):
    """401: the token is wrong, expired or revoked."""

    template = (
        "GitHub refuses the token (401 Bad credentials). "
        "Put a valid one into AFTERWORD_GITHUB_TOKEN, or unset it to go without."
    )


@dataclass(eq=False)
class RequestRejected(GitHubError):
    """A 4xx that is no limit: `status` and GitHub's own `message`."""

    status: int
    message: str

    template = "GitHub refuses {path} with {status} ({message}). Check that the token may read the repository's issues."


class NotVisible(GitHubError):
    """404: absent, or invisible with this token; GitHub does not say which."""

    template = (
        "GitHub shows nothing at {path} (404): it does not exist, or the token cannot see it. "
        "Check the spelling, and for a private repository set AFTERWORD_GITHUB_TOKEN to a token that may read it."
    )


class PrivateRepository(GitHubError):
    """The token sees a private repository; serving it would publish it."""

    template = (
        "The repository at {path} is private, and serving its issues would publish them to everyone. "
        "To publish those of the blog's own posts and no others, set AFTERWORD_ALLOW_PRIVATE=true, "
        "AFTERWORD_SERVE=posts, and AFTERWORD_POSTS to the blog's content folder or its published list."
    )


@dataclass(eq=False)
class Gone(GitHubError):
    """410: an issue was deleted, or issues are switched off in the repository."""

    message: str

    template = "GitHub says that {path} is gone (410: {message}). If issues are off, switch them on."


@dataclass(eq=False)
class InvalidRedirect(GitHubError):
    """A redirect that must not be followed: to another host, without an address, or in a loop."""

    location: str

    def __str__(self) -> str:
        return f"GitHub redirects {self.path} to {self.location or 'nowhere'}, which is not followed."


class PaginationLimitReached(GitHubError):
    """422: GitHub has no further pages of this list."""

    template = "GitHub does not page {path} any further (422)."


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


class OwnerError(AfterwordError):
    """A request to the owner's page or API that is refused."""


class SignInRequired(OwnerError):
    """Neither a session nor a token."""

    template = (
        "This is for the owner of the blog. Send AFTERWORD_OWNER_TOKEN as Authorization: Bearer, or sign in at /owner."
    )


class WrongToken(OwnerError):
    """A token that is not the owner's."""

    template = "This is not the owner's token. Use the value of AFTERWORD_OWNER_TOKEN."


@dataclass(eq=False)
class TooManyAttempts(OwnerError):
    """Wrong tokens came too often; `retry_after` is in seconds."""

    retry_after: int

    template = "Wrong tokens were sent too often. Try again in {retry_after} s."


class ForeignForm(OwnerError):
    """A form that another site sent, or that belongs to another session."""

    template = "This form is not from the page that you are signed in to. Open /owner again and repeat it there."
