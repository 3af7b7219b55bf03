"""The command `afterword doctor`: its options, and which report it prints."""

import asyncio
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.console import Console

from app.cli.doctor.checks.github import check_clock, check_github, check_rate
from app.cli.doctor.checks.posts import check_posts
from app.cli.doctor.checks.settings import check_settings
from app.cli.doctor.checks.store import check_store
from app.cli.doctor.checks.token import check_token
from app.cli.doctor.checks.webhook import check_webhook
from app.cli.doctor.examination import Examination
from app.cli.doctor.fixes import fix
from app.cli.doctor.formats.annotations import to_annotations
from app.cli.doctor.formats.json_report import to_json_object
from app.cli.doctor.formats.sarif import to_sarif
from app.cli.doctor.formats.table import print_report
from app.cli.doctor.public.check import check_public_address
from app.cli.doctor.report import CheckResult, PagePaths, Report
from app.cli.doctor.rules import check_rules
from app.cli.options import Json, Repo, Store
from app.domain.errors import InvalidSetting
from app.domain.posts.content_repository import is_content_repository
from app.domain.posts.findings import Severity
from app.domain.posts.lists import is_list_address
from app.outbound.clock import SystemClock
from app.outbound.github import HttpGitHub
from app.settings import NameWarning, Settings, load

_CHECKS = (
    check_github,
    check_token,
    check_rate,
    check_clock,
    check_store,
    check_webhook,
    check_posts,
    check_public_address,
)


class Format(StrEnum):
    """The forms of the report."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    GITHUB = "github"


def doctor(  # noqa: PLR0917 - the options of the command line
    folder: Annotated[
        str | None,
        typer.Argument(metavar="FOLDER", help="The blog's content folder; the default is AFTERWORD_POSTS."),
    ] = None,
    repo: Repo = None,
    store: Store = None,
    report_format: Annotated[
        Format | None, typer.Option("--format", help="text, json, sarif (code scanning), or github (annotations).")
    ] = None,
    json: Json = False,  # noqa: FBT002 - a flag of the command line
    fail_on: Annotated[
        Severity, typer.Option("--fail-on", help="The mildest severity that makes the exit status 1.")
    ] = Severity.WARNING,
    ignore: Annotated[
        list[str] | None, typer.Option("--ignore", metavar="RULE", help="Leave out a rule; repeat it for several.")
    ] = None,
    repair: Annotated[  # noqa: FBT002
        bool, typer.Option("--fix", help="Repair what cannot lose anything, and say what was done and left.")
    ] = False,
) -> None:
    """Examine settings, GitHub, store, webhook, public address and posts, and say what to do.

    Without --fix it changes nothing, and it needs no running service: in CI the content folder and --repo are enough.
    Exit status 0: nothing is wrong; 1: there are findings; 2: something could not be checked.
    """
    form = _format(report_format, is_json=json)
    rules_to_ignore = check_rules(ignore or ())
    warnings: list[NameWarning] = []
    settings = load({"repo": repo, "store": store, "posts": _existing(folder)}, warn=warnings.append)
    clock = SystemClock()
    report = asyncio.run(_examine(settings, warnings, clock, repair=repair)).without_repaired().without(rules_to_ignore)
    status = report.exit_status(fail_on)
    _print(report, form, status)
    raise typer.Exit(status)


def _format(report_format: Format | None, *, is_json: bool) -> Format:
    if is_json and report_format not in {None, Format.JSON}:
        raise InvalidSetting("--json", f"it contradicts --format {report_format}. Write one of them")
    return report_format or (Format.JSON if is_json else Format.TEXT)


def _existing(folder: str | None) -> str | None:
    if folder is None or is_list_address(folder) or is_content_repository(folder) or Path(folder).is_dir():
        return folder
    raise InvalidSetting("FOLDER", f"there is no folder {folder!r}. Name the blog's content folder")


def _no_delay() -> float:
    """Return the part of the delay before a request is repeated: none, because a person waits."""
    return 0.0


async def _examine(settings: Settings, warnings: list[NameWarning], clock: SystemClock, *, repair: bool) -> Report:
    github = HttpGitHub(settings.github_api_url, settings.token, clock, _no_delay)
    examination = Examination(settings, clock, _no_delay, github)
    checks: list[CheckResult] = [check_settings(warnings)]
    try:
        for check in _CHECKS:
            checks.append(await check(examination))  # noqa: PERF401 - each check sees what the earlier ones learned
        fixes = await fix(examination, checks) if repair else None
    finally:
        await examination.github.aclose()
    catalog, location = examination.catalog, settings.posts
    return Report(
        tuple(checks),
        requests=examination.request_count,
        posts=len(catalog.posts) if catalog is not None else None,
        generator=catalog.generator if catalog is not None else None,
        fixes=fixes,
        page_paths=_page_paths(location),
    )


def _page_paths(location: str | None) -> PagePaths:
    return PagePaths(Path(location) if location is not None and Path(location).is_dir() else None)


def _print(report: Report, report_format: Format, status: int) -> None:
    if report_format is Format.TEXT:
        print_report(Console(), report)
    elif report_format is Format.GITHUB:
        typer.echo("\n".join(to_annotations(report)))
    else:
        convert = to_json_object if report_format is Format.JSON else to_sarif
        typer.echo(orjson.dumps(convert(report, status), option=orjson.OPT_INDENT_2).decode())
