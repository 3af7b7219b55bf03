"""Requests to GitHub's REST API: one frozen value per request, and its headers.

A request's URL is the same byte for byte each time: GitHub's ETags belong to (URL, Accept, token).
Follows https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from urllib.parse import quote, urlencode, urlsplit

FULL = "application/vnd.github.full+json"
"""The media type of a response with a body's Markdown, text and HTML."""
MARKDOWN = "application/vnd.github+json"
"""The media type of a response with a body's Markdown alone, for requests that need no more."""
SHA = "application/vnd.github.sha"
"""The media type of a commit's id alone. https://docs.github.com/rest/commits/commits#get-a-commit"""
API_VERSION = "2022-11-28"
USER_AGENT = "afterword"
PER_PAGE = 100
_LATEST_DELIVERIES = 30
_DEFAULT_PORTS: Mapping[str, int] = {"http": 80, "https": 443}
_MAX_URL_LENGTH = 8192
_PRINTABLE_URL = re.compile(r"https?://[!-\[\]-~]+", re.IGNORECASE)
"""Printable ASCII without the backslash."""
_OLDEST_CHANGE_FIRST: Mapping[str, str | int] = {"sort": "updated", "direction": "asc", "per_page": PER_PAGE}


class Body(Enum):
    """What the response to a request contains."""

    JSON = "json"
    COMMIT_ID = "commit id"
    """The 40 or 64 hexadecimal digits of a commit, as text."""
    LOCATION = "location"
    """Nothing: it is a redirect to an address that needs no token, perhaps on another host."""


@dataclass(frozen=True, slots=True)
class Request:
    """One GET request: safe to repeat. `many` says whether its response is a list or one object."""

    url: str
    many: bool
    accept: str = FULL
    body: Body = Body.JSON

    @property
    def path(self) -> str:
        """Return path and query for messages: they contain no host, and headers are never part of them."""
        try:
            parts = urlsplit(self.url)
        except ValueError:
            return "an address that cannot be read"
        return f"{parts.path}?{parts.query}" if parts.query else parts.path


@dataclass(frozen=True, slots=True)
class RepositoryRequests:
    """The requests for one repository; `api` is the base URL of GitHub's API without a trailing slash."""

    api: str
    full_name: str

    def repository(self) -> Request:
        """Return the request for the repository: its existence, id and current name."""
        return self._request("", many=False)

    def repository_by_id(self, repository_id: int) -> Request:
        """Return the request for a repository by its id, which survives a rename."""
        return Request(f"{self.api}/repositories/{repository_id}", many=False)

    def issues(self) -> Request:
        """Return the request for all issues and pull requests, newest first.

        In this order an issue that is opened between two pages repeats another on the next page and hides none.
        """
        return self._request("/issues", many=True, state="all", sort="created", direction="desc", per_page=PER_PAGE)

    def issues_since(self, since: str) -> Request:
        """Return the request for the issues changed in the second `since` or later, oldest change first."""
        return self._request("/issues", many=True, state="all", **_OLDEST_CHANGE_FIRST, since=since)

    def issue(self, number: int) -> Request:
        """Return the request for one issue."""
        return self._request(f"/issues/{number}", many=False)

    def comments(self, number: int, *, since: str | None = None) -> Request:
        """Return the request for an issue's comments by ascending id; `since` selects those changed since then."""
        return self._request(f"/issues/{number}/comments", many=True, per_page=PER_PAGE, since=since)

    def comment(self, comment_id: int) -> Request:
        """Return the request for one comment."""
        return self._request(f"/issues/comments/{comment_id}", many=False)

    def comment_reactions(self, comment_id: int, content: str) -> Request:
        """Return the request for the reactions of one kind to a comment, the oldest first.

        https://docs.github.com/rest/reactions/reactions#list-reactions-for-an-issue-comment
        """
        return self._request(f"/issues/comments/{comment_id}/reactions", many=True, content=content, per_page=PER_PAGE)

    def all_comments(self, *, newest_first: bool) -> Request:
        """Return the request for all comments of the repository, including those on pull requests."""
        sort, direction = ("created", "desc") if newest_first else ("updated", "asc")
        return self._request("/issues/comments", many=True, sort=sort, direction=direction, per_page=PER_PAGE)

    def all_comments_since(self, since: str) -> Request:
        """Return the request for all comments changed in the second `since` or later, oldest change first."""
        return self._request("/issues/comments", many=True, **_OLDEST_CHANGE_FIRST, since=since)

    def hooks(self) -> Request:
        """Return the request for the webhooks of the repository, which only its owner may list."""
        return self._request("/hooks", many=True, per_page=PER_PAGE)

    def hook_deliveries(self, hook_id: int) -> Request:
        """Return the request for the latest deliveries of a webhook, the newest first."""
        return self._request(f"/hooks/{hook_id}/deliveries", many=True, per_page=_LATEST_DELIVERIES)

    def deploy_keys(self) -> Request:
        """Return the request for the deploy keys, which needs the right to administer the repository."""
        return self._request("/keys", many=True, per_page=1)

    def secrets(self) -> Request:
        """Return the request for the names of the secrets of workflows, which needs the right to read them."""
        return self._request("/actions/secrets", many=False, per_page=1)

    def commit_id(self, ref: str) -> Request:
        """Return the request for the id of a branch's commit; it may be sent with the id as ETag."""
        return Request(f"{self._url}/commits/{quote(ref)}", many=False, accept=SHA, body=Body.COMMIT_ID)

    def archive(self, ref: str) -> Request:
        """Return the request for the address of the archive (tar.gz) of a branch.

        https://docs.github.com/rest/repos/contents#download-a-repository-archive-tar
        """
        return Request(f"{self._url}/tarball/{quote(ref)}", many=False, body=Body.LOCATION)

    @property
    def _url(self) -> str:
        return f"{self.api}/repos/{self.full_name}"

    def _request(self, path: str, *, many: bool, **parameters: str | int | None) -> Request:
        query = urlencode({name: value for name, value in parameters.items() if value is not None})
        url = f"{self._url}{path}"
        return Request(f"{url}?{query}" if query else url, many)


def rate_limit(api: str) -> Request:
    """Return the request for the rate limit, which GitHub does not count."""
    return Request(f"{api}/rate_limit", many=False)


def next_page(request: Request, url: str) -> Request:
    """Return the request for the next page, whose URL the response's Link header names."""
    return replace(request, url=url)


def same_host(url: str, api: str) -> bool:
    """Return True if `url` has the API's scheme, host and port: a token may be sent only there.

    `url` must contain the host letter for letter. User names, backslashes, control characters and other alphabets are
    rejected: two URL parsers could read them in two ways.
    """
    try:
        target, base = urlsplit(url), urlsplit(api)
        ports = {parts.port or _DEFAULT_PORTS.get(parts.scheme) for parts in (target, base)}
    except ValueError:
        return False
    if len(url) > _MAX_URL_LENGTH or _PRINTABLE_URL.fullmatch(url) is None or "@" in target.netloc:
        return False
    return target.scheme == base.scheme and target.hostname == base.hostname and len(ports) == 1


def headers(request: Request, *, api: str, token: str | None, etag: str | None = None) -> Mapping[str, str]:
    """Return the headers of a request; token and ETag are left out for any host but the API's."""
    fields = {"Accept": request.accept, "User-Agent": USER_AGENT, "X-GitHub-Api-Version": API_VERSION}
    if same_host(request.url, api):
        if token:
            fields["Authorization"] = f"Bearer {token}"
        if etag:
            fields["If-None-Match"] = etag
    return fields


def validator_key(request: Request, token: str | None) -> str:
    """Return a digest of what an ETag belongs to, URL, Accept and token; it does not reveal the token."""
    parts = "\n".join((request.url, request.accept, token or ""))
    return hashlib.sha256(parts.encode()).hexdigest()


def secret_digest(text: str) -> str:
    """Return a digest that identifies a token, or an address that may contain one, without revealing it."""
    return hashlib.sha256(f"known by {text}".encode()).hexdigest()
