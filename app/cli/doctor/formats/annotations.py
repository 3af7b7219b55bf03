"""The report as workflow commands of GitHub Actions, which annotate the files of a pull request.

https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
"""

from app.cli.console import displayable, printable
from app.cli.doctor.formats.table import summary
from app.cli.doctor.report import Report
from app.domain.posts.findings import Finding, Severity

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def to_annotations(report: Report) -> list[str]:
    """Return one command for each finding and each check that could not be made, and a summary."""
    lines = [_command(report, finding) for _, finding in report.findings]
    for check in report.checks:
        if check.is_unchecked:
            level = "error" if check.is_essential else "notice"
            lines.append(f"::{level} title={_property(f'not checked: {check.name}')}::{_data(printable(check.detail))}")
    return [*lines, summary(report)]


def _command(report: Report, finding: Finding) -> str:
    path = report.page_paths.path(finding)
    properties = []
    if path is not None:
        properties.append(f"file={_property(displayable(path))}")
        if finding.line is not None:
            properties.append(f"line={finding.line}")
    properties.append(f"title={_property(finding.rule)}")
    text = _data(f"{printable(finding.message)}\n{printable(finding.advice)}")
    return f"::{_COMMANDS[finding.severity]} {','.join(properties)}::{text}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
