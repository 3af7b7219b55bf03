"""The report for people: which checks there were, and each finding with what to do. Nothing is cut off."""

from rich import box
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from app.cli.console import printable
from app.cli.doctor.report import CheckOutcome, CheckResult, Report
from app.domain.posts.findings import Finding, Severity

_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.NOTE: "cyan"}
_NARROWEST = 16
_NARROW = 60
"""Columns; below that a table breaks words, and the report is a list."""
_OUTCOMES = {
    CheckOutcome.OK: ("ok", "green"),
    CheckOutcome.UNCHECKED: ("not checked", "magenta"),
    CheckOutcome.SKIPPED: ("–", "dim"),
}


def print_report(console: Console, report: Report) -> None:
    """Print the report, as wide as the console is; it reads the same without colours."""
    is_narrow = console.width < _NARROW
    console.print(_check_lines(report) if is_narrow else _checks(report))
    if report.findings:
        console.print()
        console.print(_finding_lines(report) if is_narrow else _findings(report, console.width))
    for fix in report.fixes or ():
        prefix = Text("done  " if fix.is_done else "left  ", style="green" if fix.is_done else "yellow")
        console.print(prefix + Text(printable(fix.message)))
    console.print()
    console.print(Text(summary(report)))


def summary(report: Report) -> str:
    """Return the last line: how much was found, and what it cost."""
    counts = report.counts()
    parts = [f"{counts[severity]} {_plural(severity, counts[severity])}" for severity in Severity if counts[severity]]
    unchecked_names = [check.name for check in report.checks if check.is_unchecked]
    text = ", ".join(parts) if parts else "Nothing is wrong"
    if unchecked_names:
        text += f"; not checked: {', '.join(unchecked_names)}"
    requests = f"{report.requests} request{'' if report.requests == 1 else 's'} to GitHub"
    return f"{text} ({requests})."


def _checks(report: Report) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1))
    table.add_column("check", no_wrap=True)
    table.add_column("result", no_wrap=True)
    table.add_column("what was seen", overflow="fold")
    for check in report.checks:
        table.add_row(check.name, _result(check), Text(printable(check.detail)))
    return table


def _check_lines(report: Report) -> Group:
    """Return the checks one below the other."""
    parts: list[RenderableType] = []
    for check in report.checks:
        parts += [Text.assemble(f"{check.name}: ", _result(check)), _indent(Text(printable(check.detail)))]
    return Group(*parts)


def _finding_lines(report: Report) -> Group:
    """Return the findings one below the other."""
    parts: list[RenderableType] = []
    for name, finding in report.findings:
        severity = Text(finding.severity, style=_STYLES[finding.severity])
        parts += [Text.assemble(severity, f" {_position(report, name, finding)}"), _indent(_explanation(finding))]
    return Group(*parts)


def _indent(text: Text) -> Padding:
    text.overflow = "fold"
    return Padding(text, (0, 0, 0, 2))


def _result(check: CheckResult) -> Text:
    if check.outcome is CheckOutcome.FINDINGS:
        worst = min((finding.severity for finding in check.findings), key=list(Severity).index)
        count = len(check.findings)
        return Text(f"{count} finding{'' if count == 1 else 's'}", style=_STYLES[worst])
    return Text(*_OUTCOMES[check.outcome])


def _findings(report: Report, width: int) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1), show_lines=False)
    table.add_column("", no_wrap=True)
    table.add_column("where", overflow="fold", max_width=max(_NARROWEST, width * 2 // 5))
    table.add_column("what is wrong, and what to do", overflow="fold")
    for name, finding in report.findings:
        position = Text(_position(report, name, finding))
        severity = Text(finding.severity, style=_STYLES[finding.severity])
        table.add_row(severity, position, _explanation(finding), end_section=False)
    return table


def _explanation(finding: Finding) -> Text:
    """Return what is wrong, what to do, and the name of the rule."""
    text = Text.assemble(printable(finding.message), "\n", (printable(f"→ {finding.advice}"), "italic"))
    return text.append(f"\n[{finding.rule}]", style="dim")


def _position(report: Report, name: str, finding: Finding) -> str:
    """Return where a finding is: the page and its line, the issue, or the check."""
    path = report.page_paths.path(finding)
    path = finding.source if path is None else path
    if path is not None:
        return printable(path if finding.line is None else f"{path}:{finding.line}")
    return f"{finding.thread.repo}#{finding.thread.number}" if finding.thread is not None else name


def _plural(severity: Severity, count: int) -> str:
    return str(severity) if count == 1 else f"{severity}s"
