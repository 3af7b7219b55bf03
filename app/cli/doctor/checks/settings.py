"""The check of the settings: a wrong value ends the command before; here are those that have no effect."""

from collections.abc import Sequence

from app.cli.doctor.report import CheckResult
from app.domain.posts.findings import Finding, Severity
from app.settings import describe_unknown


def check_settings(warnings: Sequence[str]) -> CheckResult:
    """Turn what `load` says of the variables' names into findings."""
    return CheckResult("settings", "All values can be used.", tuple(map(_finding, warnings)))


def _finding(sentence: str) -> Finding:
    message, _, advice = sentence.partition(". ")
    if sentence == describe_unknown(sentence.partition(" ")[0]):
        spelling = "Correct its spelling: the README lists all settings."
        return Finding("unknown-setting", Severity.WARNING, f"{message.rstrip('.')}.", advice or spelling)
    return Finding("renamed-setting", Severity.WARNING, f"{message}.", advice or "Rename it.")
