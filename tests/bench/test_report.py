import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tests.bench.comparison.cases import summarize_waits
from tests.bench.comparison.loads import Waits, parse_wrk
from tests.bench.comparison.plot import draw
from tests.bench.comparison.report import PLOT, README, RESULTS, format_report, update_readme


def test_readme_shows_the_results_as_they_came_out() -> None:
    results = json.loads(RESULTS.read_text(encoding="utf-8"))
    readme = README.read_text(encoding="utf-8")
    assert update_readme(readme, results) == readme
    assert PLOT.read_text(encoding="utf-8") == draw(results["growth"])
    assert Path(PLOT).as_posix() in readme


def test_plot_says_in_words_what_it_shows() -> None:
    root = ET.fromstring(PLOT.read_text(encoding="utf-8"))  # noqa: S314 - our own file
    names = {child.tag.rpartition("}")[2]: child for child in root}
    assert root.get("role") == "img"
    assert set((root.get("aria-labelledby") or "").split()) == {names["title"].get("id"), names["desc"].get("id")}
    assert "prefers-color-scheme: dark" in (names["style"].text or "")
    assert "with 10 comments" in (names["desc"].text or "")


@pytest.mark.parametrize(
    "errors", ["Non-2xx or 3xx responses: 7", "Socket errors: connect 0, read 3, write 0, timeout 0"]
)
def test_failed_requests_end_the_bench(errors: str) -> None:
    report = "  1200 requests in 2.00s, 6.1MB read\n"
    assert parse_wrk(f"{report}  Socket errors: connect 0, read 0, write 0, timeout 9\n") == 1200
    with pytest.raises(AssertionError, match=errors):
        parse_wrk(f"{report}  {errors}\n")


def test_rounds_without_a_core_do_not_count() -> None:
    calm = (Waits({"read": [0.002]}, 0.001), Waits({"read": [0.001]}, 0.001))
    late = (Waits({"read": [0.9]}, 0.001), Waits({"read": [0.001]}, 0.5))
    result = summarize_waits([late, calm, late], "read")
    assert (result["p99_ratio"], result["p99_calm_rounds"]) == (2.0, 1)
    assert summarize_waits([late], "read")["p99_ratio"] == 900


def test_report_names_missed_goals() -> None:
    results = json.loads(RESULTS.read_text(encoding="utf-8"))
    row = {**results["ratios"][0], "rate_ratio": 0.5, "cpu_ratio": 1.0, "p99_ratio": 2.0}
    report = format_report({**results, "ratios": [row]})
    assert "Missed goals: 30 comments, gzip: requests a second 0.50." in report
