"""The check of the settings: a wrong value ends the command before; here are those that have no effect."""

from collections.abc import Sequence

from app.cli.doctor.report import CheckResult
from app.domain.posts.findings import Finding, Severity
from app.settings import NameWarning

_SPELLING = "Correct its spelling: the README lists all settings."


def check_settings(warnings: Sequence[NameWarning]) -> CheckResult:
    """Turn what `load` says of the variables' names into findings."""
    return CheckResult("settings", "All values can be used.", tuple(map(_finding, warnings)))


def _finding(warning: NameWarning) -> Finding:
    if warning.is_unknown:
        return Finding("unknown-setting", Severity.WARNING, warning.message, warning.advice or _SPELLING)
    return Finding("renamed-setting", Severity.WARNING, warning.message, warning.advice)
