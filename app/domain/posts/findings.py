"""What the owner should know of a blog: one finding for each thing that is wrong or doubtful."""

from dataclasses import dataclass
from enum import StrEnum

from app.domain.records import ThreadRef


class Severity(StrEnum):
    """How much a finding matters; the names are those of SARIF's levels."""

    ERROR = "error"
    """Readers see wrong comments or none."""
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong or doubtful, and what to do about it."""

    rule: str
    """Its kind, a published name as `duplicate-number`."""
    severity: Severity
    message: str
    """What was found, as a sentence."""
    advice: str
    """What to do, as a sentence."""
    source: str | None = None
    """The page or list entry that it concerns, as in `Post`."""
    line: int | None = None
    """The line in that page, from 1."""
    thread: ThreadRef | None = None
