"""Open issues over HTTP.

A request is repeated only if it certainly did nothing: if no connection could be made, or if GitHub redirects it.
Without a usable response the caller must look for the issue before it tries again.
"""

from collections.abc import Callable
from dataclasses import replace

from typing_extensions import override

from app.domain.errors import InvalidRedirect, InvalidResponse, Unreachable
from app.domain.sites import Repository
from app.github import requests
from app.github.new_issues import NewIssue, OpenedIssue, creation_request, decipher_creation
from app.github.requests import Request
from app.github.responses import Redirect, single_line
from app.outbound.github import FIRST_BACKOFF, MAX_ATTEMPTS, MAX_REDIRECTS, mask_token, valid_token
from app.outbound.http import HttpClient, HttpResponse
from app.ports.clock import Clock
from app.ports.writing.issues import IssueWriter, OutcomeUnknown


class HttpIssueWriter(IssueWriter):
    """The port `IssueWriter` over HTTP; `api` is the base URL of GitHub's API without a trailing slash."""

    def __init__(self, api: str, token: str | None, clock: Clock, random: Callable[[], float]) -> None:
        self._api = api
        self._token = valid_token(token)
        self._clock = clock
        self._random = random
        self._http = HttpClient(api, connections=1)

    def __repr__(self) -> str:
        return f"<HttpIssueWriter {self._api}>"

    @override
    async def create(self, repo: Repository, issue: NewIssue) -> OpenedIssue:
        request = creation_request(self._api, repo.full_name)
        url = request.url
        for _ in range(MAX_REDIRECTS + 1):
            result = await self._post(replace(request, url=url), issue)
            if not isinstance(result, Redirect):
                return result
            url = result.url
        raise InvalidRedirect(request.path, single_line(url))

    async def aclose(self) -> None:
        """Close all connections; no request may follow."""
        await self._http.aclose()

    async def _post(self, request: Request, issue: NewIssue) -> OpenedIssue | Redirect:
        response = mask_token(await self._send(request, issue.content), self._token)
        try:
            return decipher_creation(request, *response, now=self._clock.now())
        except (Unreachable, InvalidResponse) as error:
            raise OutcomeUnknown(error.reason) from None

    async def _send(self, request: Request, content: bytes) -> HttpResponse:
        """Return the response; connect several times if no connection can be made."""
        fields = requests.headers(request, api=self._api, token=self._token)
        headers = {**fields, "Content-Type": "application/json"}
        for attempt in range(1, MAX_ATTEMPTS + 1):
            try:
                return await self._http.post(request, headers, content)
            except Unreachable:
                if attempt == MAX_ATTEMPTS:
                    raise
                await self._clock.sleep(self._random() * FIRST_BACKOFF * 2.0 ** (attempt - 1))
            except InvalidResponse as error:
                raise OutcomeUnknown(error.reason) from None
        raise AssertionError(request.path)
