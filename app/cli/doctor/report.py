"""What the doctor reports: one result for each check, with its findings."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from pathlib import Path

from app.domain.posts.findings import Finding, Severity

EXIT_OK, EXIT_FINDINGS, EXIT_UNCHECKED = 0, 1, 2
_SEVERITIES = tuple(Severity)


class CheckOutcome(StrEnum):
    """How a check ended; the values are published in the JSON report."""

    OK = "ok"
    FINDINGS = "findings"
    UNCHECKED = "unchecked"
    """It could not be checked, although it is set up."""
    SKIPPED = "skipped"
    """There is nothing to check: it is not set up."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What one check saw."""

    name: str
    """A published name, as `webhook`."""
    detail: str
    """What was seen, or why it was not checked, as a sentence."""
    findings: tuple[Finding, ...] = ()
    is_skipped: bool = False
    is_unchecked: bool = False
    is_essential: bool = False
    """Whether the report is incomplete without this check."""

    @property
    def outcome(self) -> CheckOutcome:
        """Return how the check ended."""
        if self.is_unchecked:
            return CheckOutcome.UNCHECKED
        if self.findings:
            return CheckOutcome.FINDINGS
        return CheckOutcome.SKIPPED if self.is_skipped else CheckOutcome.OK


@dataclass(frozen=True, slots=True)
class Fix:
    """One thing that `--fix` did, or left for the owner."""

    is_done: bool
    message: str
    finding: Finding | None = None
    """What it repairs."""


class PagePaths:
    """The paths of pages relative to the blog's repository, as code scanning and annotations want them."""

    def __init__(self, folder: Path | None) -> None:
        """Take the content folder; None for a published list, whose entries are in no file."""
        self._folder = folder

    @cached_property
    def root(self) -> Path:
        """Return the root of the repository that the folder is in; the current folder if it is in none."""
        folder = (self._folder or Path()).resolve()
        roots = (parent for parent in (folder, *folder.parents) if (parent / ".git").exists())
        return next(roots, Path.cwd().resolve())

    @property
    def folder(self) -> str:
        """Return the path of the content folder, with `/` at its end."""
        path = self._relative((self._folder or Path()).resolve())
        return "./" if path == "." else f"{path}/"

    def path(self, finding: Finding) -> str | None:
        """Return the path of the page that a finding concerns; None if it concerns none, or no file."""
        if finding.source is None or self._folder is None:
            return None
        in_folder = self._folder / finding.source
        page = in_folder if in_folder.exists() or not Path(finding.source).exists() else Path(finding.source)
        return self._relative(page.absolute())

    def _relative(self, path: Path) -> str:
        for root in (self.root, Path.cwd()):
            if path.is_relative_to(root):
                return path.relative_to(root).as_posix()
        return path.as_posix()


@dataclass(frozen=True, slots=True)
class Report:
    """All results, in the order in which they were checked."""

    checks: tuple[CheckResult, ...]
    requests: int = 0
    """How many requests were sent to GitHub."""
    posts: int | None = None
    """How many pages were read; None if none could be."""
    generator: str | None = None
    fixes: tuple[Fix, ...] | None = None
    """None without `--fix`."""
    page_paths: PagePaths = field(default_factory=lambda: PagePaths(None))

    @property
    def findings(self) -> list[tuple[str, Finding]]:
        """Return all findings with the names of their checks, errors first."""
        pairs = [(check.name, finding) for check in self.checks for finding in check.findings]
        return sorted(pairs, key=lambda pair: _SEVERITIES.index(pair[1].severity))

    def counts(self) -> Counter[Severity]:
        """Return how many findings there are of each severity."""
        return Counter(finding.severity for _, finding in self.findings)

    def exit_status(self, fail_on: Severity) -> int:
        """Return 2 if something essential could not be checked, 1 for findings from `fail_on` upwards, else 0."""
        if any(check.is_unchecked and check.is_essential for check in self.checks):
            return EXIT_UNCHECKED
        worst = _SEVERITIES.index(fail_on)
        is_bad = any(_SEVERITIES.index(finding.severity) <= worst for _, finding in self.findings)
        return EXIT_FINDINGS if is_bad else EXIT_OK

    def without_repaired(self) -> "Report":
        """Return the report without the findings that were repaired."""
        repaired_findings = {fix.finding for fix in self.fixes or () if fix.is_done}
        return self._keep(lambda finding: finding not in repaired_findings)

    def without(self, rules: Sequence[str]) -> "Report":
        """Return the report without the findings of these rules."""
        return self._keep(lambda finding: finding.rule not in rules)

    def _keep(self, condition: Callable[[Finding], bool]) -> "Report":
        checks = [replace(check, findings=tuple(filter(condition, check.findings))) for check in self.checks]
        return replace(self, checks=tuple(checks))
