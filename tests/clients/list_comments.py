"""List the comments of an issue with each Python client of GitHub's API, in the way of its own README.

`list_comments.py URL HTTPS_URL` prints for each client its name and the ids, or how it failed. agithub knows HTTPS only.
"""

# ruff: noqa: PLC0415 - a client that cannot be imported must not keep the others from being tried

import asyncio
import json
import sys
import traceback
from collections.abc import Callable
from urllib.parse import urlsplit

OWNER, REPO, NUMBER = "ada", "blog", 41
NAME = f"{OWNER}/{REPO}"


def pygithub(url: str, _https_url: str) -> list[int]:
    from github import Github

    with Github(base_url=url, seconds_between_requests=None) as github:
        issue = github.get_repo(NAME).get_issue(number=NUMBER)
        assert issue.get_comments().totalCount == issue.comments
        newest = github.get_repo(NAME).get_issues_comments(sort="created", direction="desc")[0]
        assert newest.id == issue.get_comments().reversed[0].id
        return [comment.id for comment in issue.get_comments()]


def pygithub_enterprise(url: str, _https_url: str) -> list[int]:
    from github import Github

    with Github(base_url=f"{url}/api/v3", seconds_between_requests=None) as github:
        comments = github.get_repo(NAME).get_issue(number=NUMBER).get_comments()
        return [comment.id for comment in comments]


def github3(url: str, _https_url: str) -> list[int]:
    from github3 import GitHub

    github = GitHub()
    github.session.base_url = url
    assert github.repository(OWNER, REPO).full_name == NAME
    assert github.rate_limit()["resources"]["core"]["remaining"]
    return [comment.id for comment in github.issue(OWNER, REPO, NUMBER).comments()]


def github3_enterprise(url: str, _https_url: str) -> list[int]:
    from github3 import GitHubEnterprise

    github = GitHubEnterprise(url)
    return [comment.id for comment in github.repository(OWNER, REPO).issue(NUMBER).comments()]


def ghapi(url: str, _https_url: str) -> list[int]:
    from ghapi.all import GhApi, sync_paged

    api = GhApi(owner=OWNER, repo=REPO, gh_host=url, authenticate=False, sync=True)  # type: ignore[no-untyped-call]
    assert api.repos.get().full_name == NAME
    pages = sync_paged(api.issues.list_comments, NUMBER)  # type: ignore[no-untyped-call]
    return [comment.id for page in pages for comment in page]


def gidgethub(url: str, _https_url: str) -> list[int]:
    import httpx2
    from gidgethub.httpx import GitHubAPI

    async def read() -> list[int]:
        async with httpx2.AsyncClient() as client:
            github = GitHubAPI(client, "requester", base_url=url)
            issue = await github.getitem(f"/repos/{NAME}/issues/{NUMBER}")
            return [comment["id"] async for comment in github.getiter(issue["comments_url"])]

    return asyncio.run(read())


def githubkit(url: str, _https_url: str) -> list[int]:
    from githubkit import GitHub

    with GitHub(base_url=url, http_cache=False) as github:
        issues = github.rest.issues
        pages = github.rest.paginate(issues.list_comments, owner=OWNER, repo=REPO, issue_number=NUMBER)
        assert github.rest.repos.get(OWNER, REPO).parsed_data.full_name == NAME
        return [comment.id for comment in pages]


def agithub(_url: str, https_url: str) -> list[int]:
    from agithub.GitHub import GitHub

    github = GitHub(paginate=True, api_url=urlsplit(https_url).netloc)
    status, comments = github.repos[OWNER][REPO].issues[NUMBER].comments.get()
    assert status == 200, comments
    return [comment["id"] for comment in comments]


CLIENTS: tuple[Callable[[str, str], list[int]], ...] = (
    pygithub,
    pygithub_enterprise,
    github3,
    github3_enterprise,
    ghapi,
    gidgethub,
    githubkit,
    agithub,
)


def main(url: str, https_url: str) -> None:
    """Try every client."""
    for client in CLIENTS:
        try:
            ids: object = client(url, https_url)
        except Exception:  # noqa: BLE001 - the test shows it
            ids = traceback.format_exc()
        sys.stdout.write(json.dumps([client.__name__, ids]) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
