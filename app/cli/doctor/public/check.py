"""The check of the public address: whether readers' browsers get from it what Afterword sends.

It asks as a browser does, a few times. A proxy or CDN in front can lead elsewhere, add or drop headers, answer
conditional requests wrongly, or hold events back until its buffer is full.
"""

import json
import re
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

from app.cli.doctor.checks.webhook import WEBHOOK_PATH
from app.cli.doctor.examination import Examination
from app.cli.doctor.public.events import judge_events
from app.cli.doctor.public.headers import (
    allows_origin,
    judge_caching,
    judge_copy,
    judge_cors,
    judge_links,
    judge_preflight,
    judge_refusal,
)
from app.cli.doctor.public.strangers import (
    advice_for,
    is_of_afterword,
    judge_failure,
    judge_redirect,
    judge_stranger,
)
from app.cli.doctor.report import CheckResult
from app.domain.errors import Unreachable
from app.domain.posts.findings import Finding, Severity
from app.github.responses import single_line
from app.outbound.http import REDIRECTS, redirect_target
from app.outbound.public_address import PublicAddress, PublicResponse
from app.settings.addresses import is_loopback

_NAME = "public address"
_NUMBER = re.compile(rb'"ghissueid":\s*([1-9][0-9]{0,14})\b')
_READY = "/readyz"
_HIDDEN = (401, 403, 404)
_COMMENTS = b'{"comments":'
_MOST_REDIRECTS = 5
_STRANGER = "https://afterword-doctor.invalid"
_BROWSER = {"Accept": "application/json", "Accept-Encoding": "gzip, br"}


async def check_public_address(examination: Examination) -> CheckResult:
    """Check the address in AFTERWORD_PUBLIC_URL."""
    base_url = examination.settings.public_url
    if base_url is None:
        return CheckResult(_NAME, "AFTERWORD_PUBLIC_URL is not set: there is nothing to check.", is_skipped=True)
    async with PublicAddress(base_url) as address:
        visit = _Visit(examination, address, [])
        try:
            detail = await visit.run()
        except Unreachable as error:
            origin_url = base_url if address.base_url != base_url else None
            visit.findings.append(judge_failure(address.base_url, error, origin_url=origin_url))
            detail = visit.findings[-1].message
    return CheckResult(_NAME, detail, tuple(visit.findings))


@dataclass
class _Visit:
    """The requests to a public address, and what is wrong with their responses."""

    examination: Examination
    address: PublicAddress
    findings: list[Finding]

    async def run(self) -> str:
        """Send all requests; return what was seen. Raises `Unreachable`."""
        if not await self._leads_here():
            return f"{self.address.base_url} does not lead to this Afterword."
        path = self.path
        page_origin = _sample_origin(self.examination.settings.origins)
        response = await self.address.send("GET", path, {**_BROWSER, "Origin": page_origin})
        if response.status == HTTPStatus.SERVICE_UNAVAILABLE:
            return f"{self.address.base_url} leads here; the mirror is not complete yet, so that reads get a 503."
        if response.status != HTTPStatus.OK:
            message = f"A read of {path} is answered with status {response.status}."
            advice = "See what the proxy makes of query strings and paths, and Afterword's log."
            self._add("public-read-failed", Severity.ERROR, message, advice_for(response.status, advice))
            return message
        self.findings += judge_cors(response, page_origin)
        self.findings += judge_caching(response, by_origin=bool(self.examination.settings.origins))
        self.findings += judge_links(response, self.address.base_url)
        await self._check_preflight(path, page_origin)
        if allows_origin(response, page_origin):
            await self._check_copies(page_origin)
            await self._check_errors(page_origin)
        if any(finding.rule == "query-dropped" for finding in self.findings):
            return f"{self.address.base_url} leads here; the rest was not checked, because queries are lost."
        await self._check_validation(path, response)
        events = await self._check_events(response)
        await self._check_webhook()
        return f"{self.address.base_url} leads here{events}."

    @property
    def path(self) -> str:
        """Return the path of a read."""
        return f"/api/v1/comments?limit=1&repo={self.examination.settings.repo[0].full_name}"

    def _add(self, rule: str, severity: Severity, message: str, advice: str) -> None:
        self.findings.append(Finding(rule, severity, message, advice))

    async def _leads_here(self) -> bool:
        """Return True if the address leads to an Afterword that serves the repository."""
        response = await self._follow_redirects()
        if response is None:
            return False
        sites = _sites(response)
        if sites is None:
            if await self._serves_comments(response):
                return True
            await self._explain_stranger(response)
            return False
        missing = [repo.full_name for repo in self.examination.settings.repo if repo.key not in sites]
        if missing:
            message = f"The Afterword at {self.address.base_url} does not serve {', '.join(missing)}."
            advice = "Correct AFTERWORD_PUBLIC_URL, or start that service with the same AFTERWORD_REPO."
            self._add("public-address-wrong", Severity.ERROR, message, advice)
            return False
        parts = urlsplit(self.address.base_url)
        if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
            message = f"{self.address.base_url} is not encrypted: browsers load nothing of it into a page with https."
            advice = "Set up https in the proxy, and write AFTERWORD_PUBLIC_URL with https."
            self._add("public-address-unencrypted", Severity.WARNING, message, advice)
        return True

    async def _follow_redirects(self) -> PublicResponse | None:
        """Return the response to `/readyz` after all redirects, which are a finding; None if they lead nowhere."""
        first_url = self.address.base_url
        for _ in range(_MOST_REDIRECTS):
            response = await self.address.send("GET", _READY)
            if response.status not in REDIRECTS:
                break
            location = response.headers.get("location", "")
            target = redirect_target(f"{self.address.base_url}{_READY}", location)
            if target is None or not target.endswith(_READY) or "?" in target or "#" in target:
                self.findings.append(judge_redirect(self.address.base_url, target or location))
                return None
            self.address.base_url = target.removesuffix(_READY)
        else:
            self.findings.append(judge_redirect(first_url, f"{self.address.base_url} in the end, and on"))
            return None
        if self.address.base_url != first_url and _sites(response) is not None:
            new_url = single_line(self.address.base_url)
            message = f"{first_url} redirects to {new_url}: browsers and GitHub may not follow."
            advice = f"Write AFTERWORD_PUBLIC_URL={new_url}, and that address into the snippets on your pages, too."
            self._add("public-address-redirected", Severity.WARNING, message, advice)
        return response

    async def _serves_comments(self, response: PublicResponse) -> bool:
        """Return True if comments arrive although `/readyz` is hidden, which is allowed and noted."""
        if response.status not in _HIDDEN or is_of_afterword(response):
            return False
        read = await self.address.send("GET", self.path, _BROWSER)
        if read.status != HTTPStatus.OK or not read.decoded_body().startswith(_COMMENTS):
            return False
        message = f"{self.address.base_url}{_READY} is answered with status {response.status}; comments arrive."
        advice = "Let the proxy pass it on if something outside is to see whether the mirror is complete."
        self._add("readiness-hidden", Severity.NOTE, message, advice)
        return True

    async def _explain_stranger(self, response: PublicResponse) -> None:
        """Say why the address does not lead to Afterword: a lost path prefix, or another program."""
        base_url = self.address.base_url
        parts = urlsplit(base_url)
        if parts.path:
            root = f"{parts.scheme}://{parts.netloc}"
            if _sites(await self.address.send("GET", _READY, base_url=root)) is not None:
                message = f"Afterword answers at {root}, and not below {parts.path}."
                advice = (
                    f"Let the proxy pass {parts.path}/… on without that prefix, or take it out of AFTERWORD_PUBLIC_URL."
                )
                self._add("public-address-prefix", Severity.ERROR, message, advice)
                return
        self.findings.append(judge_stranger(base_url, parts.path, response))

    async def _check_preflight(self, path: str, page_origin: str) -> None:
        request_headers = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "if-none-match"}
        preflight = await self.address.send("OPTIONS", path, {"Origin": page_origin, **request_headers})
        self.findings += judge_preflight(preflight, page_origin)
        if self.examination.settings.origins:
            stranger = await self.address.send("GET", path, {**_BROWSER, "Origin": _STRANGER})
            if allows_origin(stranger, _STRANGER):
                message = "Pages of every origin may read, although AFTERWORD_ORIGINS names some."
                advice = "Let the proxy add no Access-Control-Allow-Origin, and cache by Origin as Vary says."
                self._add("cors-too-open", Severity.WARNING, message, advice)

    async def _check_copies(self, page_origin: str) -> None:
        """Ask compressed and without an origin, then the other way round: a cache must not mix up their copies."""
        path = f"/api/v1/comments?limit=2&repo={self.examination.settings.repo[0].full_name}"
        await self.address.send("GET", path, _BROWSER)
        response = await self.address.send("GET", path, {"Accept": _BROWSER["Accept"], "Origin": page_origin})
        self.findings += judge_copy(response, page_origin)

    async def _check_errors(self, page_origin: str) -> None:
        """Send a request that Afterword refuses: its query must arrive there, and its response the page."""
        response = await self.address.send("GET", "/api/v1/comments?limit=0", {**_BROWSER, "Origin": page_origin})
        self.findings += judge_refusal(response, page_origin)

    async def _check_validation(self, path: str, response: PublicResponse) -> None:
        """Send the ETag back: the answer must be 304, unless the comments changed in between."""
        etag = response.headers.get("etag")
        for _ in range(2):
            if etag is None:
                message = "Responses arrive without an ETag: each read sends all comments again."
                advice = "Let the proxy or CDN keep ETag. Compressing there may drop it: leave that to Afterword."
                self._add("etag-dropped", Severity.WARNING, message, advice)
                return
            again = await self.address.send("GET", path, {**_BROWSER, "If-None-Match": etag})
            if again.status == HTTPStatus.NOT_MODIFIED:
                return
            if again.headers.get("etag") == etag:
                break
            etag = again.headers.get("etag")
        message = f"If-None-Match with the ETag {etag} is answered with {again.status}, not with 304."
        advice = "Let the proxy pass If-None-Match and ETag on unchanged, and leave compression to Afterword."
        self._add("etag-ignored", Severity.WARNING, message, advice)

    async def _check_events(self, response: PublicResponse) -> str:
        """Listen to a thread until its first event; return what to say of it."""
        number = self._some_post(response)
        if number is None:
            return "; no post is known whose events could be listened to"
        repo = self.examination.settings.repo[0].full_name
        path = f"/api/v1/posts/{number}/events?repo={repo}&probe=true"
        start = await self.address.first_events(path, wait=self.examination.event_wait)
        self.findings += judge_events(start, path)
        return ", and events arrive at once" if start.is_live else ""

    def _some_post(self, response: PublicResponse) -> int | None:
        """Return the number of a post of the first repository that has a thread, as of the newest comment."""
        match = _NUMBER.search(response.decoded_body())
        if match is not None:
            return int(match[1])
        repo, catalog = self.examination.settings.repo[0], self.examination.catalog
        facts = next((site for site in self.examination.facts if site.repo == repo), None)
        named_numbers = catalog.served([repo])[repo] if catalog else frozenset[int]()
        numbers = {number for number, issue in facts.issues.items() if not issue.is_pull_request} if facts else set()
        candidates = named_numbers & numbers or numbers or named_numbers
        return min(candidates, default=None)

    async def _check_webhook(self) -> None:
        """Send a delivery without a signature: Afterword refuses it with 401, and nothing changes."""
        if not self.examination.settings.secrets:
            return
        response = await self.address.send("POST", WEBHOOK_PATH, {"Content-Type": "application/json"})
        if response.status == HTTPStatus.SERVICE_UNAVAILABLE and is_of_afterword(response):
            message = "The running Afterword has no secret, and refuses the deliveries of the webhook."
            self._add("webhook-secret-unset", Severity.ERROR, message, "Set AFTERWORD_WEBHOOK_SECRET where it runs.")
        elif response.status != HTTPStatus.UNAUTHORIZED or not is_of_afterword(response):
            kind = single_line(response.headers.get("content-type", "no type"))
            message = (
                f"A POST to {self.address.base_url}{WEBHOOK_PATH} is answered with status {response.status} ({kind}), "
                "not by Afterword: deliveries do not arrive."
            )
            advice = "Let the proxy pass POST requests to this path on, without a redirect."
            self._add("webhook-blocked", Severity.ERROR, message, advice_for(response.status, advice))


def _sites(response: PublicResponse) -> set[str] | None:
    """Return the repositories that `/readyz` names, in small letters; None if it is not that of Afterword."""
    try:
        sites = json.loads(response.decoded_body())["sites"]
        return {str(site["repo"]).lower() for site in sites}
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _sample_origin(origins: tuple[str, ...]) -> str:
    """Return an origin whose pages may read; `*.` stands for a subdomain."""
    return origins[0].replace("*.", "afterword-doctor.", 1) if origins else "https://blog.example.com"
