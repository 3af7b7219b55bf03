"""What is put to GitHub: one frozen value per question, and the headers that go with it.

URLs are built the same way every time, byte for byte, because GitHub's ETags belong to (URL, Accept, token).
Follows https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode, urlsplit

FULL = "application/vnd.github.full+json"
"""The media type that brings Markdown, text and HTML of a body in one answer."""
API_VERSION = "2022-11-28"
USER_AGENT = "afterword"
PER_PAGE = 100
_USUAL_PORTS: Mapping[str, int] = {"http": 80, "https": 443}
_LONGEST_URL = 8192
_PLAIN = re.compile(r"https?://[!-\[\]-~]+", re.IGNORECASE)
"""Printable ASCII without the backslash."""
_CHANGES: Mapping[str, str | int] = {"sort": "updated", "direction": "asc", "per_page": PER_PAGE}


@dataclass(frozen=True, slots=True)
class Request:
    """One question: always GET, and so always safe to repeat. `many` says whether a list is due or one object."""

    url: str
    many: bool
    accept: str = FULL

    @property
    def path(self) -> str:
        """Path and query, for people to read; never a host or a header."""
        try:
            parts = urlsplit(self.url)
        except ValueError:
            return "an address that cannot be read"
        return f"{parts.path}?{parts.query}" if parts.query else parts.path


@dataclass(frozen=True, slots=True)
class RepositoryRequests:
    """The questions about one repository; `api` is the base of GitHub's API without a trailing slash."""

    api: str
    full_name: str

    def _ask(self, path: str, *, many: bool, **query: str | int | None) -> Request:
        given = {name: value for name, value in query.items() if value is not None}
        suffix = f"?{urlencode(given)}" if given else ""
        return Request(f"{self.api}/repos/{self.full_name}{path}{suffix}", many)

    def repository(self) -> Request:
        """The repository itself: does it exist, what is its id and its present name."""
        return self._ask("", many=False)

    def repository_by_id(self, repository_id: int) -> Request:
        """A repository by what survives its renaming."""
        return Request(f"{self.api}/repositories/{repository_id}", many=False)

    def issues(self) -> Request:
        """All issues and pull requests, newest first: one that is opened meanwhile shifts nothing out of sight."""
        return self._ask("/issues", many=True, state="all", sort="created", direction="desc", per_page=PER_PAGE)

    def issues_since(self, since: str) -> Request:
        """What changed among the issues since a time, that second included, in the order of change."""
        return self._ask("/issues", many=True, state="all", **_CHANGES, since=since)

    def issue(self, number: int) -> Request:
        """One issue."""
        return self._ask(f"/issues/{number}", many=False)

    def comments(self, number: int, *, since: str | None = None) -> Request:
        """The comments of one issue by ascending id; with `since` only those changed from that second on."""
        return self._ask(f"/issues/{number}/comments", many=True, per_page=PER_PAGE, since=since)

    def all_comments(self, *, newest_first: bool) -> Request:
        """The comments of the whole repository, those on pull requests among them."""
        sort, direction = ("created", "desc") if newest_first else ("updated", "asc")
        return self._ask("/issues/comments", many=True, sort=sort, direction=direction, per_page=PER_PAGE)

    def all_comments_since(self, since: str) -> Request:
        """What changed among all comments since a time, that second included, in the order of change."""
        return self._ask("/issues/comments", many=True, **_CHANGES, since=since)


def next_page(ask: Request, url: str) -> Request:
    """The page that an answer's Link header names."""
    return replace(ask, url=url)


def same_host(url: str, api: str) -> bool:
    """True where `url` is on the very host, port and scheme of the API: only there may a token go.

    The host must stand in `url` letter for letter. Whatever two readers of URLs could understand in two ways (user
    names, backslashes, control characters, other alphabets) is no address of GitHub's.
    """
    try:
        one, other = urlsplit(url), urlsplit(api)
        ports = one.port, other.port
    except ValueError:
        return False
    plain = len(url) <= _LONGEST_URL and _PLAIN.fullmatch(url) is not None and "@" not in one.netloc
    hosts = one.hostname, other.hostname
    usual = _USUAL_PORTS.get(one.scheme)
    return plain and one.scheme == other.scheme and hosts[0] == hosts[1] and (ports[0] or usual) == (ports[1] or usual)


def headers(ask: Request, *, api: str, token: str | None, etag: str | None = None) -> Mapping[str, str]:
    """The headers of an ask; the token and the ETag are left out for any host but the API's."""
    given = {
        "Accept": ask.accept,
        "User-Agent": USER_AGENT,
        "X-GitHub-Api-Version": API_VERSION,
    }
    if same_host(ask.url, api):
        if token:
            given["Authorization"] = f"Bearer {token}"
        if etag:
            given["If-None-Match"] = etag
    return given


def validator_key(ask: Request, token: str | None) -> str:
    """What an ETag belongs to, URL + Accept + token, as one digest from which no token can be had back."""
    parts = "\n".join((ask.url, ask.accept, token or ""))
    return hashlib.sha256(parts.encode()).hexdigest()


def secret_digest(text: str) -> str:
    """What a token, or an address that may hold one, is known by where it must not be given away."""
    return hashlib.sha256(f"known by {text}".encode()).hexdigest()
