"""What the owner sees of an import: a progress bar on a terminal, otherwise a line every few seconds."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from app.cli.console import LineConsole, print_line
from app.ports.clock import Clock
from app.sync.backfill import Progress

if TYPE_CHECKING:
    from rich.progress import Progress as ProgressBars
    from rich.progress import TaskID

_SECONDS_BETWEEN_LINES = 5.0


def local_time(epoch: float) -> str:
    """Return epoch seconds as a time of day in the machine's time zone: `14:03:59`."""
    return datetime.fromtimestamp(epoch, tz=UTC).astimezone().strftime("%H:%M:%S")


def describe(progress: Progress, seconds_left: float | None) -> str:
    """Return one line that says how far an import is."""
    requests_left = "?" if progress.requests_left is None else f"{progress.requests_left:,}"
    parts = [
        f"{progress.threads_complete:,} of {progress.threads:,} threads",
        f"{progress.comments_mirrored:,} of {progress.comments:,} comments",
        f"requests: {progress.requests_sent:,} sent, {requests_left} left",
    ]
    if progress.waiting_until is not None:
        parts.append(f"this hour's requests are used up; continues at {local_time(progress.waiting_until)}")
    elif progress.is_complete:
        parts.append("complete")
    elif seconds_left is not None:
        parts.append(f"about {_duration(seconds_left)} left")
    return " · ".join(parts)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


class ProgressDisplay:
    """Shows imports on a console; a site that is complete is not shown again unless it has to wait."""

    def __init__(self, console: LineConsole, clock: Clock) -> None:
        self._console = console
        self._clock = clock
        self._start_at = clock.now()
        self._complete_repos: set[str] = set()
        self._printed_at: dict[str, float] = {}
        self._tasks: dict[str, TaskID] = {}
        self._bars: ProgressBars | None = None

    def show(self, progress: Progress) -> None:
        """Show a step of an import, if it is time to."""
        if progress.repo in self._complete_repos and progress.waiting_until is None:
            return
        text = describe(progress, self._seconds_left(progress))
        if progress.is_complete:
            self._complete_repos.add(progress.repo)
        if self._console.is_terminal:
            self._draw(progress, text)
        else:
            self._print(progress, text)

    def _seconds_left(self, progress: Progress) -> float | None:
        """Return the time that the remaining requests take at the pace so far; None if it is not known yet."""
        if progress.requests_to_go is None or not progress.requests_sent:
            return None
        return (self._clock.now() - self._start_at) / progress.requests_sent * progress.requests_to_go

    def _draw(self, progress: Progress, text: str) -> None:
        bars = self._bars = self._bars or _make_bars(self._console)
        if not self._tasks:
            bars.start()
        if progress.repo not in self._tasks:
            self._tasks[progress.repo] = bars.add_task("", repo=progress.repo, total=None)
        total = max(1, progress.comments + progress.threads)
        steps = total if progress.is_complete else progress.comments_mirrored + progress.threads_complete
        bars.update(self._tasks[progress.repo], description=text, total=total, completed=steps)
        bars.refresh()
        if self._complete_repos >= set(self._tasks):
            self.close()

    def _print(self, progress: Progress, text: str) -> None:
        now = self._clock.now()
        is_important = progress.is_complete or progress.waiting_until is not None
        if is_important or now - self._printed_at.get(progress.repo, 0.0) >= _SECONDS_BETWEEN_LINES:
            self._printed_at[progress.repo] = now
            print_line(self._console, f"{progress.repo}: {text}")

    def close(self) -> None:
        """Stop drawing; the last state of every bar stays on the terminal."""
        if self._tasks and self._bars is not None:
            self._bars.stop()
            self._tasks.clear()


def _make_bars(console: LineConsole) -> "ProgressBars":
    """Return bars on the terminal. Their library is only imported here: a service in a container never draws."""
    from rich.console import Console  # noqa: PLC0415 - see above
    from rich.progress import BarColumn, TextColumn  # noqa: PLC0415 - likewise
    from rich.progress import Progress as ProgressBars  # noqa: PLC0415 - likewise

    columns = TextColumn("{task.fields[repo]}"), BarColumn(bar_width=20), TextColumn("{task.description}")
    rich_console = console if isinstance(console, Console) else Console(stderr=True)
    return ProgressBars(*columns, console=rich_console, auto_refresh=False)
