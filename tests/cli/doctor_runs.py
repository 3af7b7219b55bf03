"""Runs of `afterword doctor` in this process, with the simulator as GitHub."""

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from app.cli.main import main
from app.outbound.clock import SystemClock
from app.simulator.http.server import RunningSimulator
from app.simulator.webhooks.deliveries import Delivery

REPO = "ada/blog"
TOKEN = "t0ken-of-ada-which-is-long"
PUBLIC_URL = "http://127.0.0.1:1"
"""Where nothing listens."""
HOOK_URL = f"{PUBLIC_URL}/webhooks/github"
EVENTS = ("issue_comment", "issues", "repository")


@dataclass(frozen=True, slots=True)
class DoctorRun:
    """What a run printed, and its exit status."""

    status: int
    output: str
    errors: str

    @property
    def report(self) -> Any:
        """Return the report of `--json`."""
        return json.loads(self.output)

    @property
    def rules(self) -> list[str]:
        """Return the rules of all findings in the report of `--json`."""
        return [finding["rule"] for finding in self.report["findings"]]

    def check(self, name: str) -> Any:
        """Return the result of a check in the report of `--json`."""
        return next(check for check in self.report["checks"] if check["name"] == name)


RunDoctor = Callable[..., DoctorRun]


class DoctorRunner:
    """Runs the command with these settings and no others, in an empty folder."""

    def __init__(
        self,
        simulator: RunningSimulator,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
        **settings: str,
    ) -> None:
        self._settings = {"REPO": REPO, "GITHUB_API_URL": simulator.url, **settings}
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def __call__(self, *arguments: str, program: str = "doctor", **settings: str) -> DoctorRun:
        """Run it; settings have their names without the prefix."""
        with self._monkeypatch.context() as context:
            for name, value in {**self._settings, **settings}.items():
                context.setenv(f"AFTERWORD_{name}", value)
            context.setattr(sys, "argv", ["afterword", program, *arguments])
            with pytest.raises(SystemExit) as end:
                main()
        output = self._capsys.readouterr()
        code = end.value.code
        assert code is None or isinstance(code, int)
        return DoctorRun(code or 0, output.out, output.err)


def write_pages(folder: Path, pages: dict[str, Sequence[str]]) -> None:
    """Write pages with these lines of front matter, by path."""
    for name, lines in pages.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(["---", *lines, "---", "Text.", ""]), encoding="utf-8")


class ShiftedClock:
    """GitHub's clock, which a test may set ahead of ours."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return SystemClock().now() + self.ahead


def add_hook(simulator: RunningSimulator, *statuses: int | None, url: str = HOOK_URL, **options: Any) -> int:
    """Add a webhook whose deliveries got these statuses, the oldest first; return its id."""
    deliveries = [
        Delivery(f"guid-{number}", "issues", None, b"", status=status) for number, status in enumerate(statuses)
    ]
    repository = simulator.world.repository(REPO)
    return simulator.hooks.add(repository.id, url, **{"events": EVENTS, "deliveries": deliveries, **options}).id
