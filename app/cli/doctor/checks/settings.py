"""The check of the settings: a wrong value ends the command before; here are those that have no effect."""

from collections.abc import Iterable, Sequence

from app.cli.doctor.report import CheckResult
from app.domain.posts.findings import Finding, Severity
from app.settings import unknown_variables


def check_settings(names: Iterable[str], old_names: Sequence[str]) -> CheckResult:
    """Check the names of environment variables; `old_names` are sentences about settings under former names."""
    unknown_findings = [
        Finding(
            "unknown-setting",
            Severity.WARNING,
            f"{name} is not a setting and is ignored.",
            "Correct its spelling: the README lists all settings.",
        )
        for name in unknown_variables(names)
    ]
    renamed_findings = []
    for sentence in old_names:
        message, _, advice = sentence.partition(". ")
        renamed_findings.append(Finding("renamed-setting", Severity.WARNING, f"{message}.", advice or "Rename it."))
    return CheckResult("settings", "All values can be used.", (*unknown_findings, *renamed_findings))
