"""Make the threads of posts: one issue after the other, none of them twice.

| when the process or the response is lost | how the issue is found |
|---|---|
| before the request left | there is none: the next run opens it |
| after the request, before a response | the journal has the page, so that this run or the next one looks again for the
  marker among the newest issues, once GitHub has certainly ended the request |
| after the response, before the number is written | by the marker, among the newest issues or by the search |
| after the number is written | the page names its issue |

Two runs on one machine exclude each other. On two machines nothing can: both may look before either has opened the
issue. The next run reports such a pair.
"""

import itertools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from app.domain.errors import GitHubError, RateLimited
from app.domain.posts.markers import marker
from app.domain.posts.posts import Post
from app.domain.posts.thread_text import DEFAULT_TEMPLATE, thread_text, thread_title
from app.github.new_issues import NewIssue, OpenedIssue
from app.ports.clock import Clock
from app.ports.writing.issues import IssueWriter, OutcomeUnknown
from app.ports.writing.journal import Journal
from app.ports.writing.pages import PageFile, Pages
from app.sync.new_threads.lookup import MarkedIssues, MarkerLookup
from app.sync.new_threads.plan import Candidate, Plan
from app.sync.new_threads.report import PostOutcome, PostResult, Report, concerns_one_post, explain_refusal

SETTLED_AFTER = 15.0
"""Seconds after which GitHub has certainly ended a request: it cuts every one off after ten."""
SHORT_WAIT = 10.0
"""Seconds of a limit that are always waited for."""
_SHORT_WAITS = 5
"""How many limits in a row are waited for."""
_ATTEMPTS = 2
_TRIAL_NUMBER = 10**6
"""The number with which an edit is tried before the issue is opened."""

_T = TypeVar("_T")

EditPage = Callable[[Post, bytes, int], bytes]
"""Returns a page with its number; raises `ValueError` with the problem and its solution."""


@dataclass(frozen=True, slots=True)
class Options:
    """How threads are made."""

    labels: tuple[str, ...] = ()
    template: str = DEFAULT_TEMPLATE
    base_url: str | None = None
    limit: int | None = None
    """The most issues that a run opens."""
    pause: float = 1.0
    """Seconds between two writes."""
    waits: bool = False
    """Whether to wait for the end of a long limit."""
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Tools:
    """What a `ThreadMaker` works with."""

    lookup: MarkerLookup
    writer: IssueWriter
    pages: Pages
    journal: Journal
    edit: EditPage
    clock: Clock


class ThreadMaker:
    """Makes the threads of one repository; `notify` gets each result as it comes."""

    def __init__(
        self, tools: Tools, options: Options, notify: Callable[[PostResult], None] = lambda _result: None
    ) -> None:
        self._tools = tools
        self._options = options
        self._notify = notify
        self._issues_by_digest: MarkedIssues = {}
        self._own_digests: frozenset[str] = frozenset()
        """The pages whose issue a run on this machine may have opened before it was killed."""
        self._last_write: float | None = None
        self._report = Report()

    async def run(self, plan: Plan) -> Report:
        """Return what was done for each post of a plan. Raises a `GitHubError` if GitHub cannot even be read."""
        if plan.candidates:
            self._issues_by_digest = await self._patiently(self._find_markers)
        for candidate in plan.candidates:
            result = await self._process(candidate, plan)
            self._report.results.append(result)
            self._notify(result)
        return self._report

    async def _find_markers(self) -> MarkedIssues:
        """Return the issues with markers, those of a run that was killed among them."""
        journal, clock = self._tools.journal, self._tools.clock
        issues = await self._tools.lookup.find_all()
        pending = journal.pending()
        self._own_digests = frozenset(pending)
        missing = [at for digest, at in pending.items() if digest not in issues]
        if missing:
            await clock.sleep(_until_settled(max(missing), clock.now()))
            issues = {**issues, **await self._tools.lookup.find_newest()}
        for digest in pending:
            journal.end(digest)
        return issues

    async def _process(self, candidate: Candidate, plan: Plan) -> PostResult:
        post = candidate.post
        if self._is_over():
            return PostResult(post, PostOutcome.REMAINING)
        try:
            page = self._tools.pages.read(post.source)
            self._tools.edit(post, page.content, _TRIAL_NUMBER)
            issue = self._existing(candidate, plan)
        except ValueError as error:
            return PostResult(post, PostOutcome.FAILED, reason=str(error))
        if issue is not None:
            return self._write(candidate, page, issue, PostResult(post, PostOutcome.FOUND, issue.number))
        text = thread_text(post, self._options.template, self._options.base_url)
        text = f"{text}\n\n{marker(candidate.digests[0])}".lstrip()
        if self._options.dry_run:
            return PostResult(post, PostOutcome.TO_CREATE, text=text, labels=self._options.labels)
        return await self._create_and_write(candidate, page, text)

    def _is_over(self) -> bool:
        report, limit = self._report, self._options.limit
        is_stopped = report.waiting_until is not None or report.stopped_by is not None
        return is_stopped or (
            limit is not None and report.count(PostOutcome.CREATED) + report.count(PostOutcome.TO_CREATE) >= limit
        )

    def _existing(self, candidate: Candidate, plan: Plan) -> OpenedIssue | None:
        """Return the issue that has the marker of a post; raise `ValueError` if its author cannot be trusted."""
        repo = self._tools.lookup.repo
        in_use = {thread.number for thread in plan.threads_in_use if thread.repo == repo}
        in_use |= {result.number for result in self._report.results if result.number is not None}
        by_number = {issue.number: issue for key in candidate.digests for issue in self._issues_by_digest.get(key, ())}
        issues = [by_number[number] for number in sorted(by_number) if number not in in_use]
        is_own = not self._own_digests.isdisjoint(candidate.digests)
        trusted_issues = [issue for issue in issues if issue.is_trusted or is_own]
        if issues and not trusted_issues:
            raise ValueError(
                f"issue {issues[0].number} has the marker of this page, but {issues[0].author} opened it, who may not "
                f"write to the repository. If it is the page's, write ghissueid: {issues[0].number} by hand; "
                "else remove the marker from it"
            )
        if len(trusted_issues) > 1:
            numbers = " and ".join(str(issue.number) for issue in trusted_issues)
            self._report.warnings.append(
                f"The issues {numbers} have the marker of {candidate.post.source}: two runs opened them at the same "
                f"time. {trusted_issues[0].number} is taken. Delete the others, or their markers."
            )
        return trusted_issues[0] if trusted_issues else None

    async def _create_and_write(self, candidate: Candidate, page: PageFile, text: str) -> PostResult:
        post = candidate.post
        try:
            issue = await self._create(candidate, text)
        except RateLimited as limit:
            self._report.waiting_until = limit.until
            return PostResult(post, PostOutcome.REMAINING)
        except OutcomeUnknown as error:
            reason = f"{error}, and shows none. Run the command again: it looks for the issue first"
            return PostResult(post, PostOutcome.FAILED, reason=reason)
        except GitHubError as error:
            reason = explain_refusal(error, self._tools.lookup.repo)
            if not concerns_one_post(error):
                self._report.stopped_by = f"{reason}."
            return PostResult(post, PostOutcome.FAILED, reason=reason)
        self._check_labels(issue)
        result = PostResult(post, PostOutcome.CREATED, issue.number, text=text, labels=self._options.labels)
        return self._write(candidate, page, issue, result)

    async def _create(self, candidate: Candidate, text: str) -> OpenedIssue:
        """Open the issue of a post, or find it if a response was lost."""
        title = thread_title(candidate.post)
        new_issue = NewIssue(title, text, self._options.labels)
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return await self._patiently(lambda: self._post(candidate, new_issue))
            except OutcomeUnknown:
                issue = await self._find_lost_issue(candidate)
                if issue is not None:
                    return issue
                if attempt == _ATTEMPTS:
                    raise
        raise AssertionError(candidate)

    async def _post(self, candidate: Candidate, new_issue: NewIssue) -> OpenedIssue:
        """Send the request, noted in the journal until its outcome is known."""
        clock, journal, digest = self._tools.clock, self._tools.journal, candidate.digests[0]
        if self._last_write is not None:
            await clock.sleep(self._last_write + self._options.pause - clock.now())
        journal.begin(digest, clock.now())
        try:
            return await self._tools.writer.create(self._tools.lookup.repo, new_issue)
        except GitHubError:
            journal.end(digest)
            raise
        finally:
            self._last_write = clock.now()

    async def _find_lost_issue(self, candidate: Candidate) -> OpenedIssue | None:
        """Return the issue whose response was lost; None if GitHub has none, which is certain after a while."""
        digest, clock = candidate.digests[0], self._tools.clock
        for wait in (0.0, SETTLED_AFTER):
            await clock.sleep(wait)
            issues = (await self._patiently(self._tools.lookup.find_newest)).get(digest, ())
            if issues:
                return issues[-1]
        self._tools.journal.end(digest)
        return None

    def _write(self, candidate: Candidate, page: PageFile, issue: OpenedIssue, result: PostResult) -> PostResult:
        """Write the number of an issue into the page; only then the journal forgets the page."""
        if self._options.dry_run:
            return result
        post = candidate.post
        try:
            self._tools.pages.replace(post.source, page, self._tools.edit(post, page.content, issue.number))
        except ValueError as error:
            reason = f"{error}; its thread is issue {issue.number}"
            result = PostResult(post, PostOutcome.FAILED, issue.number, reason)
        self._tools.journal.end(candidate.digests[0])
        return result

    def _check_labels(self, issue: OpenedIssue) -> None:
        existing = {label.casefold() for label in issue.labels}
        missing = [label for label in self._options.labels if label.casefold() not in existing]
        warning = f"GitHub did not give issue {issue.number} the label {', '.join(missing)}: the token may not label."
        if missing and not any("may not label" in text for text in self._report.warnings):
            self._report.warnings.append(f"{warning} Label the new issues by hand.")

    async def _patiently(self, call: Callable[[], Awaitable[_T]]) -> _T:
        """Return the result of a call; wait for limits that end soon, or for all if that is an option."""
        for attempt in itertools.count(1):
            try:
                return await call()
            except RateLimited as limit:
                wait = limit.until - self._tools.clock.now()
                if not self._options.waits and (wait > SHORT_WAIT or attempt > _SHORT_WAITS):
                    raise
                await self._tools.clock.sleep(wait)
        raise AssertionError


def _until_settled(at: float, now: float) -> float:
    """Return the seconds until GitHub has certainly ended a request that left at `at`, also if a clock was set back."""
    return max(0.0, min(SETTLED_AFTER, at + SETTLED_AFTER - now))
