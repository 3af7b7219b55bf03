"""The report as SARIF 2.1.0, which GitHub's code scanning and many editors show.

A finding about posts is a result; GitHub wants a place for each, so one without a page stands at the content folder. A
finding about the service concerns the tool's configuration, and is a notification.
https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from hashlib import sha256
from typing import Any
from urllib.parse import quote

from app import VERSION
from app.cli.console import printable
from app.cli.doctor.report import CheckResult, Report
from app.domain.posts.findings import Finding, Severity

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
POSTS = "posts"
"""The name of the check whose findings are results."""
_ROOT = "%SRCROOT%"


def to_sarif(report: Report, exit_status: int) -> dict[str, Any]:
    """Return a log of one run as JSON values."""
    results = [finding for name, finding in report.findings if name == POSTS]
    service = [finding for name, finding in report.findings if name != POSTS]
    unchecked_checks = [check for check in report.checks if check.is_unchecked]
    rules = list(dict.fromkeys(finding.rule for finding in results))
    descriptors = [
        *dict.fromkeys(finding.rule for finding in service),
        *(f"unchecked-{_id(c.name)}" for c in unchecked_checks),
    ]
    run = {
        "tool": {
            "driver": {
                "name": "Afterword doctor",
                "version": VERSION,
                "rules": [_rule(rule, results) for rule in rules],
                "notifications": [{"id": name} for name in descriptors],
            }
        },
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The root of the blog's repository."}}},
        "invocations": [
            {
                "executionSuccessful": not any(check.is_unchecked and check.is_essential for check in report.checks),
                "exitCode": exit_status,
                "toolConfigurationNotifications": [_notification(finding) for finding in service],
                "toolExecutionNotifications": [_unchecked_notification(check) for check in unchecked_checks],
            }
        ],
        "results": [_result(report, finding, rules.index(finding.rule)) for finding in results],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(rule: str, findings: list[Finding]) -> dict[str, Any]:
    example = next(finding for finding in findings if finding.rule == rule)
    name = "".join(part.capitalize() for part in rule.split("-"))
    text = rule.replace("-", " ").capitalize()
    return {
        "id": rule,
        "name": name,
        "shortDescription": {"text": f"{text}."},
        "help": {"text": printable(example.advice)},
        "defaultConfiguration": {"level": str(example.severity)},
    }


def _result(report: Report, finding: Finding, index: int) -> dict[str, Any]:
    path = report.page_paths.path(finding)
    path_text = path if path is not None else report.page_paths.folder
    uri = quote(path_text, errors="surrogateescape")
    is_inside = not uri.startswith("/")
    artifact = {"uri": uri, "uriBaseId": _ROOT} if is_inside else {"uri": f"file://{uri}"}
    location: dict[str, Any] = {"artifactLocation": artifact}
    if path is not None:
        location["region"] = {"startLine": finding.line or 1}
    number = finding.thread.number if finding.thread is not None else ""
    identity = f"{finding.rule}\n{path_text}\n{number}".encode(errors="surrogateescape")
    return {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": str(finding.severity),
        "message": {"text": _text(finding)},
        "locations": [{"physicalLocation": location}],
        "partialFingerprints": {"afterword/v1": sha256(identity).hexdigest()},
    }


def _notification(finding: Finding) -> dict[str, Any]:
    return {
        "descriptor": {"id": finding.rule},
        "level": str(finding.severity),
        "message": {"text": _text(finding)},
    }


def _unchecked_notification(check: CheckResult) -> dict[str, Any]:
    return {
        "descriptor": {"id": f"unchecked-{_id(check.name)}"},
        "level": str(Severity.ERROR if check.is_essential else Severity.NOTE),
        "message": {"text": printable(check.detail)},
    }


def _text(finding: Finding) -> str:
    return f"{printable(finding.message)} {printable(finding.advice)}"


def _id(name: str) -> str:
    return name.replace(" ", "-")
