import json
import xml.etree.ElementTree as ET
from pathlib import Path

from tests.bench.comparison.plot import draw
from tests.bench.comparison.report import PLOT, README, RESULTS, update_readme


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
