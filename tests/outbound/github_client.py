"""What the tests of the transport share: whom they ask, what for, and the failure that comes of it."""

from collections.abc import Callable

import pytest

from app.domain.errors import GitHubError
from app.github.requests import RepositoryRequests, Request
from app.outbound.github import HttpGitHub, Outcome
from tests.github.objects import API

NOW = 1_600_000_000.0
TOKEN = "ghp_s3cretS3cret"
ISSUE = RepositoryRequests(API, "octo/blog").issue(41)
LIST = RepositoryRequests(API, "octo/blog").issues()

Make = Callable[..., HttpGitHub]
Told = list[tuple[str, Outcome]]


async def failing(github: HttpGitHub, ask: Request = ISSUE) -> GitHubError:
    with pytest.raises(GitHubError) as caught:
        await github.send(ask)
    return caught.value
