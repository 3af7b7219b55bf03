"""What happened to each post, and how to tell the owner about a failure."""

from dataclasses import dataclass, field
from enum import StrEnum

from app.domain.errors import Gone, InvalidResponse, NotVisible, RequestRejected, TokenRejected, Unreachable
from app.domain.posts.posts import Post
from app.domain.sites import Repository

_FORBIDDEN = 403
_UNPROCESSABLE = 422


class PostOutcome(StrEnum):
    """What was done for a post, or would be done; the values are published in JSON."""

    CREATED = "created"
    """An issue was opened, and its number written."""
    TO_CREATE = "to_create"
    """An issue would be opened, and its number written, without `--dry-run`."""
    FOUND = "found"
    """Its issue existed; only the number was written, or would be."""
    FAILED = "failed"
    REMAINING = "remaining"
    """Nothing was tried: the limit of the command or of GitHub came first."""


@dataclass(frozen=True, slots=True)
class PostResult:
    """The outcome for one post."""

    post: Post
    outcome: PostOutcome
    number: int | None = None
    """The issue's number; None if none is known."""
    reason: str | None = None
    """What failed and what to do, as sentences without a full stop at the end."""
    text: str | None = None
    """The text of the new issue, with its marker."""
    labels: tuple[str, ...] | None = None
    """The labels that were asked for; None without a new issue."""


@dataclass(slots=True)
class Report:
    """The outcomes in the order of the posts, and what the owner should know besides."""

    results: list[PostResult] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    waiting_until: float | None = None
    """When GitHub's limit ends, epoch seconds; None if no limit ended the run."""
    stopped_by: str | None = None
    """Why no issue can be opened at all, as a sentence."""

    def count(self, outcome: PostOutcome) -> int:
        """Return for how many posts this is the outcome."""
        return sum(result.outcome is outcome for result in self.results)


def explain_refusal(error: Exception, repo: Repository) -> str:
    """Return what a refused write means, and what to do, without a full stop at the end."""
    match error:
        case RequestRejected(status=403, message=message) if "archived" in message.lower():
            return f"{repo} is archived, and accepts no issue. Unarchive it on GitHub, or name another with --repo"
        case RequestRejected(status=403, message=message):
            return (
                f"The token may not open issues in {repo} (403: {message}). Give it the permission Issues: write, "
                "in a workflow with `permissions: issues: write`"
            )
        case RequestRejected(status=422, message=message):
            return f"GitHub refuses the issue ({message}). Correct the page or the template"
        case TokenRejected():
            return "GitHub refuses the token (401). Put a valid one into AFTERWORD_GITHUB_TOKEN"
        case NotVisible():
            return (
                f"GitHub shows no repository {repo} to this token (404). "
                "Check the spelling, and that the token may read and write its issues"
            )
        case Gone():
            return f"Issues are switched off in {repo} (410). Switch them on in its settings on GitHub, under Features"
        case Unreachable(reason=reason) | InvalidResponse(reason=reason):
            return f"GitHub gives no usable answer ({reason}). Run the command again later: it continues where it was"
    return str(error).rstrip(".")


def concerns_one_post(error: Exception) -> bool:
    """Return True if other posts may still get their issues after this error."""
    return isinstance(error, RequestRejected) and error.status == _UNPROCESSABLE
