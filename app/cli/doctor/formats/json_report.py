"""The report as JSON. Its fields stay; later versions may add some. The README describes them."""

from typing import Any

from app.cli.console import displayable, printable
from app.cli.doctor.report import Report
from app.domain.posts.findings import Finding, Severity

VERSION = 1
"""Grows if a field changes its meaning."""


def to_json_object(report: Report, exit_status: int) -> dict[str, Any]:
    """Return the whole report as JSON values."""
    counts = report.counts()
    fixes = None
    if report.fixes is not None:
        fixes = [{"done": fix.is_done, "message": fix.message} for fix in report.fixes]
    return {
        "version": VERSION,
        "exit_status": exit_status,
        "counts": {str(severity): counts[severity] for severity in Severity},
        "posts": report.posts,
        "generator": report.generator,
        "requests": report.requests,
        "checks": [
            {
                "name": check.name,
                "outcome": str(check.outcome),
                "essential": check.is_essential,
                "detail": printable(check.detail),
            }
            for check in report.checks
        ],
        "findings": [_finding(report, name, finding) for name, finding in report.findings],
        "fixes": fixes,
    }


def _finding(report: Report, name: str, finding: Finding) -> dict[str, Any]:
    path = report.page_paths.path(finding)
    return {
        "check": name,
        "rule": finding.rule,
        "severity": str(finding.severity),
        "message": printable(finding.message),
        "advice": printable(finding.advice),
        "source": None if finding.source is None else displayable(finding.source),
        "file": None if path is None else displayable(path),
        "line": finding.line,
        "repo": finding.thread.repo.full_name if finding.thread is not None else None,
        "ghissueid": finding.thread.number if finding.thread is not None else None,
    }
