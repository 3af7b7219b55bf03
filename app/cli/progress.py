"""What the owner sees of an import: a bar where there is a terminal, a line now and then where there is none."""

from datetime import UTC, datetime

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from app.ports.mirror import Clock
from app.sync.backfill import Progress as Imported

_SECONDS_BETWEEN_LINES = 5.0


def clock_time(epoch: float) -> str:
    """Epoch seconds as a time of day where the owner is."""
    return datetime.fromtimestamp(epoch, tz=UTC).astimezone().strftime("%H:%M:%S")


def sentence(state: Imported, seconds_left: float | None) -> str:
    """How far an import is, in one line."""
    left = "?" if state.asks_left is None else f"{state.asks_left:,}"
    parts = [
        f"{state.threads_complete:,} of {state.threads:,} threads",
        f"{state.comments_mirrored:,} of {state.comments:,} comments",
        f"asks: {state.asks_used:,} used, {left} left",
    ]
    if state.waiting_until is not None:
        parts.append(f"the hour's asks are used up, goes on at {clock_time(state.waiting_until)}")
    elif state.done:
        parts.append("complete")
    elif seconds_left is not None:
        parts.append(f"about {_duration(seconds_left)} left")
    return " · ".join(parts)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


class ProgressDisplay:
    """Shows imports on a console; a site that is complete is not spoken of again."""

    def __init__(self, console: Console, clock: Clock) -> None:
        self._console = console
        self._clock = clock
        self._began = clock.now()
        self._settled: set[str] = set()
        self._said_at: dict[str, float] = {}
        self._tasks: dict[str, TaskID] = {}
        self._bars = Progress(
            TextColumn("{task.fields[repo]}"),
            BarColumn(bar_width=20),
            TextColumn("{task.description}"),
            console=console,
            auto_refresh=False,
        )

    def watch(self, state: Imported) -> None:
        """Hears of every step of every import."""
        if state.repo in self._settled:
            return
        text = sentence(state, self._seconds_left(state))
        if state.done:
            self._settled.add(state.repo)
        if self._console.is_terminal:
            self._draw(state, text)
        else:
            self._say(state, text)

    def _seconds_left(self, state: Imported) -> float | None:
        """What is still to be asked, at the pace so far."""
        if state.asks_to_go is None or not state.asks_used:
            return None
        return (self._clock.now() - self._began) / state.asks_used * state.asks_to_go

    def _draw(self, state: Imported, text: str) -> None:
        if not self._tasks:
            self._bars.start()
        if state.repo not in self._tasks:
            self._tasks[state.repo] = self._bars.add_task("", repo=state.repo, total=None)
        total = max(1, state.comments + state.threads)
        done = state.comments_mirrored + state.threads_complete
        self._bars.update(
            self._tasks[state.repo], description=text, total=total, completed=total if state.done else done
        )
        self._bars.refresh()
        if self._settled >= set(self._tasks):
            self.close()

    def _say(self, state: Imported, text: str) -> None:
        now = self._clock.now()
        telling = state.done or state.waiting_until is not None
        if telling or now - self._said_at.get(state.repo, 0.0) >= _SECONDS_BETWEEN_LINES:
            self._said_at[state.repo] = now
            self._console.print(f"{state.repo}: {text}", highlight=False, soft_wrap=True, markup=False)

    def close(self) -> None:
        """Leaves the last state of every bar standing."""
        if self._tasks:
            self._bars.stop()
            self._tasks.clear()
