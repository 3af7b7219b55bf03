"""The README's tables of a run, made from its results alone."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

FOLDER = Path("tests/bench/results")
"""Where a complete run leaves its results and the plot."""
RESULTS, PLOT, README = FOLDER / "results.json", FOLDER / "growth.svg", Path("README.md")
_BEGIN, _END = "<!-- begin: written by make bench -->", "<!-- end: written by make bench -->"
Results = Mapping[str, Any]
Row = Mapping[str, Any]
_RATIOS = (("CPU of the server per request", "cpu", "µs"), ("requests a second", "rate", ""), ("p99", "p99", "ms"))
_GOAL_SIGNS = {"cpu": "≤", "rate": "≥", "p99": "≤"}
_GROWTH = (
    ("import", "import_s", "s"),
    ("… memory at most", "import_mb", "MB"),
    ("start to the first comment", "start_s", "s"),
    ("a poll, CPU", "poll_ms", "ms"),
    ("a page that is not in memory", "render_ms", "ms"),
    ("a page that is, CPU", "read_us", "µs"),
    ("memory, pages of up to 1,000 posts read", "mb", "MB"),
)


def format_report(results: Results) -> str:
    """Return the Markdown of all results."""
    machine = results["machine"]
    note = "" if machine["note"] is None else f" {machine['note']}"
    lead = (
        f"Python {machine['python']}, nginx {machine['nginx']}, {machine['cores']} cores of {machine['cpu']}; medians of "
        f"{machine['rounds']} rounds of {machine['seconds']:g} s.{note}"
    )
    parts = [lead, _ratio_table(results["ratios"]), _mixed_sentence(results["ratios"])]
    if results["growth"]:
        parts += [_growth_tables(results["growth"]), f"![How cost grows with comments and posts]({PLOT.as_posix()})"]
    return "\n\n".join(part for part in parts if part)


def update_readme(readme: str, results: Results) -> str:
    """Return the README with the tables of these results between its marks."""
    pattern = re.compile(f"{re.escape(_BEGIN)}.*?{re.escape(_END)}", re.DOTALL)
    assert pattern.search(readme), f"the README has no {_BEGIN}"
    return pattern.sub(lambda _: f"{_BEGIN}\n\n{format_report(results)}\n\n{_END}", readme)


def _ratio_table(rows: Sequence[Row]) -> str:
    heads = [f"{title}: Afterword, nginx, ratio (goal)" for title, _, _ in _RATIOS]
    lines = [_line(["load", *heads]), _line(["---"] * (1 + len(heads)))]
    lines += [_line([row["case"], *(_ratio_cell(row, name, unit) for _, name, unit in _RATIOS)]) for row in rows]
    return "\n".join(lines)


def _ratio_cell(row: Row, name: str, unit: str) -> str:
    if f"{name}_ratio" not in row:
        return ""
    figures = f"{_number(row[name])}, {_number(row[f'nginx_{name}'])}{unit and f' {unit}'}"
    goal = row.get(f"{name}_goal")
    suffix = "" if goal is None else f" ({_GOAL_SIGNS[name]} {goal:g})"
    return f"{figures}: **{row[f'{name}_ratio']:.2f}**{suffix}"


def _mixed_sentence(rows: Sequence[Row]) -> str:
    """Return what the table does not show: the load behind p99, memory, and the slower parts of the mixed load."""
    sentences = [
        "p99 is measured at half the rate that the slower of both reaches, and counts from when a request is due."
    ]
    rounds = sum(row.get("p99_rounds", 0) for row in rows)
    if rounds:
        calm = sum(row["p99_calm_rounds"] for row in rows if "p99_rounds" in row)
        sentences.append(
            f"In {calm} of {rounds} rounds the client had its core all the time; p99 is the median of these, if a load has any."
        )
    sentences += _missed_goals(rows)
    for row in rows:
        if "kept" in row["case"]:
            sentences.append(
                f"With these connections Afterword has {row['memory']} MB, nginx {row['nginx_memory']} MB."
            )
        if "cold_p99" in row:
            sentences.append(
                "In the mixed load 95 % of the reads are in memory and 5 % are not; besides, 50 webhook deliveries a second "
                "arrive, and 200 event streams are open. nginx has every page as a file. Its p99 is that of the 95 %; "
                f"Afterword's others need {_number(row['cold_p99'])} ms (not in memory) and "
                f"{_number(row['delivery_p99'])} ms (deliveries)."
            )
    return " ".join(sentences)


def _missed_goals(rows: Sequence[Row]) -> list[str]:
    """Return a sentence that names the goals that this run missed."""
    missed = [
        f"{row['case']}: {title.partition(' of the')[0]} {row[f'{name}_ratio']:.2f}"
        for row in rows
        for title, name, _ in _RATIOS
        if f"{name}_goal" in row and f"{name}_ratio" in row and not _is_reached(row, name)
    ]
    return [f"Missed goals: {'; '.join(missed)}."] if missed else []


def _is_reached(row: Row, name: str) -> bool:
    ratio, goal = row[f"{name}_ratio"], row[f"{name}_goal"]
    return bool(ratio <= goal if _GOAL_SIGNS[name] == "≤" else ratio >= goal)


def _growth_tables(rows: Sequence[Row]) -> str:
    tables = []
    for series, other, word in (("comments", "posts", "on"), ("posts", "comments", "with")):
        chosen = [row for row in rows if row["series"] == series]
        if chosen:
            tables.append(_growth_table(chosen, series, f"{series} ({word} {chosen[0][other]:,} {other})"))
    return "\n\n".join(tables)


def _growth_table(rows: Sequence[Row], series: str, head: str) -> str:
    has_stores = len({row["store"] for row in rows}) > 1
    by_size: dict[int, dict[str, Row]] = {}
    for row in rows:
        by_size.setdefault(row[series], {})[row["store"]] = row
    title = f"{head}, SQLite / PostgreSQL" if has_stores else f"{head}, {rows[0]['store']}"
    lines = [_line([title, *(f"{size:,}" for size in by_size)]), _line(["---"] * (1 + len(by_size)))]
    for name, field, unit in _GROWTH:
        cells = [" / ".join(_number(row[field]) for row in stores.values()) for stores in by_size.values()]
        lines.append(_line([f"{name}, {unit}", *cells]))
    return "\n".join(lines)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _number(value: float) -> str:
    """Return a number with at most three digits; a dash for what was too little to be measured."""
    if value <= 0:
        return "–"
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"
