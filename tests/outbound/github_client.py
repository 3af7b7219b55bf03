"""What the tests of the GitHub client share: requests, the factory's type, and the expected error."""

from collections.abc import Callable

import pytest

from app.domain.errors import GitHubError
from app.github.requests import RepositoryRequests, Request
from app.outbound.github import ExchangeOutcome, HttpGitHub
from tests.github.objects import API

NOW = 1_600_000_000.0
TOKEN = "ghp_s3cretS3cret"
ISSUE = RepositoryRequests(API, "octo/blog").issue(41)
LIST = RepositoryRequests(API, "octo/blog").issues()

MakeGitHub = Callable[..., HttpGitHub]
Exchanges = list[tuple[str, ExchangeOutcome]]


async def send_expecting_error(github: HttpGitHub, request: Request = ISSUE) -> GitHubError:
    """Return the error of a request."""
    with pytest.raises(GitHubError) as caught:
        await github.send(request)
    return caught.value
