"""Compare the service with nginx, and measure how its cost grows: `make bench`; `BENCH=quick make bench` in two minutes.

Both serve the same bytes in turn, on one core; wrk runs on another one. Only the ratios are meaningful, and only if the
machine does nothing else. The tables go to the README, results and plot to `tests/bench/results`; a quick run leaves
them alone and prints the tables.
"""

import argparse
import json
import platform
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.bench.comparison.cases import Effort, Result, Stage, compare_all
from tests.bench.comparison.growth import Row, measure_growth, sizes
from tests.bench.comparison.mixed import compare_mixed
from tests.bench.comparison.plot import draw
from tests.bench.comparison.processes import CORES, allow_connections, run_simulator, service_environment
from tests.bench.comparison.report import FOLDER, PLOT, README, RESULTS, format_report, update_readme

_POSTS, _COMMENTS = 500, 5_000
_EFFORT, _QUICK = Effort(rounds=5, seconds=2), Effort(rounds=2, seconds=1)


def main() -> None:
    """Measure, and write or print what came out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="short rounds and small blogs; nothing is written")
    parser.add_argument("--without", choices=("reads", "growth"), action="append", default=[], help="leave a part out")
    parser.add_argument("--note", help="a sentence about the machine for the README, if it did something else")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: end what was started, remove its files
    allow_connections()
    effort = _QUICK if options.quick else _EFFORT
    ratios = [] if "reads" in options.without else _compare(effort, _progress)
    growth = [] if "growth" in options.without else _grow(_progress, is_quick=options.quick)
    results = {"machine": {**_machine(effort), "note": options.note}, "ratios": ratios, "growth": growth}
    print(format_report(results))
    if not options.quick and not options.without:
        write(results)


def write(results: dict[str, Any]) -> None:
    """Write the results, the plot, and the tables in the README."""
    FOLDER.mkdir(exist_ok=True)
    RESULTS.write_text(f"{json.dumps(results, indent=1, ensure_ascii=False)}\n", encoding="utf-8")
    PLOT.write_text(draw(results["growth"]), encoding="utf-8")
    README.write_text(update_readme(README.read_text(encoding="utf-8"), results), encoding="utf-8")


def _progress(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def _compare(effort: Effort, report: Callable[[str], None]) -> list[Result]:
    with TemporaryDirectory() as name, run_simulator(_POSTS, _COMMENTS) as github:
        folder = Path(name)
        folder.chmod(0o755)
        env = service_environment(github.url, f"sqlite:///{folder}/afterword.db")
        stage = Stage(env, folder / "nginx", effort, report)
        return [*compare_all(stage), compare_mixed(stage, github.url)]


def _grow(report: Callable[[str], None], *, is_quick: bool) -> list[Row]:
    most_comments, most_posts = (1_000, 100) if is_quick else (100_000, 10_000)
    return measure_growth(sizes(most_comments, most_posts), report)


def _machine(effort: Effort) -> dict[str, str | float]:
    output = subprocess.run(["nginx", "-v"], capture_output=True, text=True, check=False).stderr
    version = re.search(r"nginx/(\S+)", output)
    names = re.findall(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return {
        "cpu": names[0] if names else platform.machine(),
        "cores": len(CORES),
        "python": platform.python_version(),
        "nginx": version[1] if version else "",
        "rounds": effort.rounds,
        "seconds": effort.seconds,
    }


if __name__ == "__main__":
    main()
