"""Reports of the doctor as a terminal shows them."""

import io

from rich.console import Console

from app.cli.doctor.formats.table import print_report
from app.cli.doctor.report import Report


def print_at(report: Report, width: int) -> str:
    """Return the text of a report on a terminal of this width without colours."""
    file = io.StringIO()
    print_report(Console(file=file, width=width, no_color=True), report)
    return file.getvalue()
