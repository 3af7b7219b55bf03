"""What `serve` prints when it serves: the mode and three addresses to try."""

from collections.abc import Iterator

from app.domain.errors import GitHubError
from app.ports.mirror import Mirror
from app.settings import Settings


async def welcome_lines(settings: Settings, mirror: Mirror, url: str, failure: GitHubError | None) -> list[str]:
    """Return the lines; `failure` is why GitHub could not be asked for a new repository."""
    snapshot = await mirror.site_snapshot(settings.repo[0])
    posts = [summary for summary in snapshot.summaries if not summary.is_pull_request]
    busiest = max(posts, key=lambda summary: summary.comment_count, default=None)
    return list(_lines(settings, url, failure, None if busiest is None else busiest.number))


def _lines(settings: Settings, url: str, failure: GitHubError | None, number: int | None) -> Iterator[str]:
    yield f"Afterword serves {', '.join(str(repo) for repo in settings.repo)} at {url}"
    yield describe_mode(settings)
    if failure is not None:
        yield f"{failure} Afterword tries again automatically."
    yield "Try:"
    yield f"  {url}/api/v1/comments" if number is None else f"  {url}/api/v1/posts/{number}/comments"
    yield f"  {url}/api/v1/counts"
    yield f"  {url}/repos/{settings.repo[0]}/issues" + ("" if number is None else f"/{number}/comments")


def describe_mode(settings: Settings) -> str:
    """Return which of GitHub's rate limits applies, how often GitHub is polled, and what the next better mode needs."""
    polls = f"Afterword asks GitHub what changed every {settings.poll_seconds:g} s"
    webhook = "GitHub's webhook reports changes within seconds."
    if settings.github_token and settings.secrets:
        return f"Mode: token and webhook (5,000 requests an hour). {polls}, and more rarely once {webhook}"
    if settings.github_token:
        return f"Mode: token (5,000 requests an hour). {polls}; with AFTERWORD_WEBHOOK_SECRET, {webhook}"
    if settings.secrets:
        return f"Mode: webhook without a token (60 requests an hour). {polls}, and more rarely once {webhook}"
    return f"Mode: no token (60 requests an hour). {polls}; a token in AFTERWORD_GITHUB_TOKEN allows 5,000 requests."
