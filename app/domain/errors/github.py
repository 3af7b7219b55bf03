"""Requests to GitHub without a valid response."""

from dataclasses import dataclass
from typing import ClassVar

from app.domain.errors.root import AfterwordError


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
