"""Runs of `afterword doctor` in this process, with the simulator as GitHub."""

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from app.cli.main import main
from app.simulator.http.server import RunningSimulator

REPO = "ada/blog"
TOKEN = "t0ken-of-ada-which-is-long"


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
