"""What `posts create` prints: a line for each post as it comes, or JSON at the end."""

from collections.abc import Sequence
from typing import Any

import orjson
import typer
from rich.console import Console

from app.cli.console import print_line, printable
from app.cli.progress import local_time
from app.domain.posts.thread_text import thread_title
from app.domain.sites import Repository
from app.sync.new_threads.maker import Options
from app.sync.new_threads.plan import Plan
from app.sync.new_threads.report import PostOutcome, PostResult, Report


class Printer:
    """Prints results on `console` and failures on `errors`; with `is_json` one object at the end instead."""

    def __init__(self, console: Console, errors: Console, options: Options, repo: Repository, *, is_json: bool) -> None:
        self._console = console
        self._errors = errors
        self.options = options
        self.emptiness: str | None = None
        """What to say if the folder has no posts."""
        self._repo = repo
        self._is_json = is_json

    def print_result(self, result: PostResult) -> None:
        """Print what was done for one post, or would be done."""
        if self._is_json:
            return
        source = result.post.source
        if result.outcome is PostOutcome.FAILED:
            _print(self._errors, f"{source}: failed: {result.reason}.")
        elif result.outcome is PostOutcome.FOUND:
            verb = "would be written" if self.options.dry_run else "written"
            _print(self._console, f"{source}: issue {result.number} is its thread; ghissueid: {result.number} {verb}")
        elif result.outcome is PostOutcome.CREATED:
            text = f"issue {result.number} opened ({thread_title(result.post)}); ghissueid: {result.number} written"
            _print(self._console, f"{source}: {text}")
        elif result.outcome is PostOutcome.TO_CREATE:
            self._print_issue(result)

    def print_end(self, plan: Plan, report: Report) -> None:
        """Print what is left to say, and the sum."""
        if self._is_json:
            typer.echo(orjson.dumps(self._json_object(plan, report)).decode())
            return
        omissions = [omission for omission in plan.omissions if omission.is_problem or omission.is_doubt]
        for omission in omissions:
            _print(self._errors, f"{omission.source}: skipped: {omission.reason.removesuffix('.')}.")
        for warning in self._warnings(plan, report):
            _print(self._errors, warning)
        if self.emptiness is None:
            _print(self._console, _sum(report, len(omissions), dry_run=self.options.dry_run))
        if report.stopped_by is not None:
            _print(self._errors, f"Afterword: {report.stopped_by}")
        if report.waiting_until is not None:
            until = local_time(report.waiting_until)
            _print(self._errors, f"GitHub's limit is reached. Call it again after {until}: it goes on where it was.")

    def _warnings(self, plan: Plan, report: Report) -> Sequence[str]:
        addresses = [candidate.post.url for candidate in plan.candidates]
        warnings = [*report.warnings, *([self.emptiness] if self.emptiness is not None else [])]
        if self.options.base_url is None and any(url and url.startswith("/") for url in addresses):
            warnings.append("The issues name only the paths of their pages. Set --base-url to the address of the blog.")
        if None in addresses:
            count = addresses.count(None)
            warnings.append(
                "The address of 1 post is not known; its issue names none."
                if count == 1
                else f"The addresses of {count} posts are not known; their issues name none."
            )
        return warnings

    def _print_issue(self, result: PostResult) -> None:
        """Print an issue that would be opened."""
        _print(self._console, f"{result.post.source}: an issue would be opened in {self._repo}, and its number written")
        _print(self._console, f"  title: {thread_title(result.post)}")
        if result.labels:
            _print(self._console, f"  labels: {', '.join(result.labels)}")
        for line in (result.text or "").splitlines():
            _print(self._console, f"  | {line}".rstrip())

    def _json_object(self, plan: Plan, report: Report) -> dict[str, Any]:
        """Return the published fields."""
        return {
            "repo": str(self._repo),
            "dry_run": self.options.dry_run,
            "posts": [_json_post(result) for result in report.results],
            "skipped": [
                {"source": omission.source, "reason": omission.reason, "problem": omission.is_problem}
                for omission in plan.omissions
            ],
            "warnings": self._warnings(plan, report),
            "stopped_by": report.stopped_by,
            "waiting_until": report.waiting_until,
        }


def _sum(report: Report, omissions: int, *, dry_run: bool) -> str:
    counts = {outcome: report.count(outcome) for outcome in PostOutcome}
    if not report.results and not omissions and report.waiting_until is None:
        return "Every published post has its thread."
    parts = [
        f"{_issues(counts[PostOutcome.CREATED])} opened",
        f"{_issues(counts[PostOutcome.TO_CREATE])} to open",
        f"{_issues(counts[PostOutcome.FOUND], 'existing ')} {'to write down' if dry_run else 'written down'}",
        f"{_posts(counts[PostOutcome.FAILED])} failed",
        f"{_posts(counts[PostOutcome.REMAINING])} left",
        f"{_posts(omissions)} skipped",
    ]
    return ", ".join(part for part in parts if not part.startswith("0 ")) or "Nothing was done"


def _posts(count: int) -> str:
    return f"{count} post" if count == 1 else f"{count} posts"


def _issues(count: int, kind: str = "") -> str:
    return f"{count} {kind}issue" if count == 1 else f"{count} {kind}issues"


def _json_post(result: PostResult) -> dict[str, Any]:
    return {
        "source": result.post.source,
        "outcome": result.outcome.value,
        "ghissueid": result.number,
        "title": thread_title(result.post),
        "labels": result.labels,
        "text": result.text,
        "reason": result.reason,
    }


def _print(console: Console, text: str) -> None:
    """Print a line, in which titles and names of files are from outside."""
    print_line(console, printable(text))
