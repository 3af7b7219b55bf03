"""The plot of how cost grows, as SVG: one panel for each cost, both axes logarithmic, for light and dark pages."""

import math
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

Row = Mapping[str, Any]
_PANELS = (
    ("Import", "import_s", "s"),
    ("Start to the first comment", "start_s", "s"),
    ("A poll, CPU", "poll_ms", "ms"),
    ("A page that is not in memory", "render_ms", "ms"),
    ("A page that is in memory, CPU", "read_us", "µs"),
    ("Memory of the process", "mb", "MB"),
)
_LINES = (
    ("comments, SQLite", "comments", "SQLite"),
    ("comments, PostgreSQL", "comments", "PostgreSQL"),
    ("posts, SQLite", "posts", "SQLite"),
    ("posts, PostgreSQL", "posts", "PostgreSQL"),
)
_WIDTH, _HEIGHT, _COLUMNS = 290, 190, 3
"""The size of a panel."""
_LEFT, _TOP, _RIGHT, _BOTTOM = 52, 34, 12, 30
"""The room around the lines of a panel."""
_LABEL = 'aria-labelledby="title description"'
_STYLE = """
text { font: 12px system-ui, sans-serif; fill: #24292f }
.title { font-weight: 600 }
.small { font-size: 11px; fill: #57606a }
.grid { stroke: #d0d7de; stroke-width: 1 }
.line { fill: none; stroke-width: 2 }
.comments { stroke: #0550ae } .posts { stroke: #bc4c00 }
.mark.comments { fill: #0550ae } .mark.posts { fill: #bc4c00 }
.PostgreSQL { stroke-dasharray: 5 4 }
.mark { stroke: none }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 } .small { fill: #9198a1 } .grid { stroke: #3d444d }
.comments { stroke: #6cb6ff } .posts { stroke: #f69d50 }
.mark.comments { fill: #6cb6ff } .mark.posts { fill: #f69d50 }
}
"""


def draw(rows: Sequence[Row]) -> str:
    """Return the plot of all rows, with a description of it in words."""
    panel_rows = -(-len(_PANELS) // _COLUMNS)
    width, height = _COLUMNS * _WIDTH, panel_rows * _HEIGHT + 34
    panels = [
        f'<g transform="translate({index % _COLUMNS * _WIDTH} {index // _COLUMNS * _HEIGHT})">{_panel(rows, *panel)}</g>'
        for index, panel in enumerate(_PANELS)
    ]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" {_LABEL}>',
            '<title id="title">How cost grows with the number of comments and of posts</title>',
            f'<desc id="description">{escape(_describe(rows))}</desc>',
            f"<style>{_STYLE}</style>",
            *panels,
            _legend(rows, panel_rows * _HEIGHT + 20),
            "</svg>\n",
        ]
    )


def _describe(rows: Sequence[Row]) -> str:
    """Return the first and the last value of each line in words."""
    sentences = []
    for title, field, unit in _PANELS:
        for name, points in _lines(rows, field):
            (first_x, first_y), (last_x, last_y) = points[0], points[-1]
            sentences.append(f"{title}: {first_y:g} {unit} with {first_x:,} {name}, {last_y:g} {unit} with {last_x:,}.")
    return " ".join(sentences)


def _lines(rows: Sequence[Row], field: str) -> Iterable[tuple[str, list[tuple[float, float]]]]:
    """Yield the name and the points of each line that has any; a logarithm has no zero."""
    for name, series, store in _LINES:
        chosen = [row for row in rows if row["series"] == series and row["store"] == store]
        points = [(row[series], row[field]) for row in chosen if row[field] > 0]  # else it was too little
        if points:
            yield name, points


def _panel(rows: Sequence[Row], title: str, field: str, unit: str) -> str:
    lines = list(_lines(rows, field))
    low_x, high_x = _decades(x for _, points in lines for x, _ in points)
    low_y, high_y = _decades(y for _, points in lines for _, y in points)
    x_scale = (_WIDTH - _LEFT - _RIGHT) / (high_x - low_x)
    y_scale = (_HEIGHT - _TOP - _BOTTOM) / (high_y - low_y)

    def position(x: float, y: float) -> tuple[float, float]:
        left = _LEFT + (math.log10(x) - low_x) * x_scale
        return round(left, 1), round(_HEIGHT - _BOTTOM - (math.log10(y) - low_y) * y_scale, 1)

    parts = [f'<text class="title" x="{_LEFT}" y="20">{escape(title)}, {unit}</text>']
    for power in range(low_y, high_y + 1):
        _, y = position(10**low_x, 10**power)
        parts.append(f'<path class="grid" d="M{_LEFT} {y}H{_WIDTH - _RIGHT}"/>')
        parts.append(f'<text class="small" x="{_LEFT - 6}" y="{y + 4}" text-anchor="end">{10**power:,g}</text>')
    for power in range(low_x, high_x + 1):
        x, _ = position(10**power, 10**low_y)
        parts.append(f'<text class="small" x="{x}" y="{_HEIGHT - 12}" text-anchor="middle">{_short(10**power)}</text>')
    for name, points in lines:
        series, store = name.split(", ")
        positions = [position(*point) for point in points]
        path = "L".join(f"{x} {y}" for x, y in positions)
        parts.append(f'<path class="line {series} {store}" d="M{path}"/>')
        parts += [f'<circle class="mark {series}" cx="{x}" cy="{y}" r="3"/>' for x, y in positions]
    return "".join(parts)


def _decades(values: Iterable[float]) -> tuple[int, int]:
    """Return the powers of ten around some values."""
    logarithms = [math.log10(value) for value in values]
    low = math.floor(min(logarithms))
    return low, max(low + 1, math.ceil(max(logarithms)))


def _short(value: int) -> str:
    return f"{value // 1000}k" if value >= 1000 else str(value)


def _legend(rows: Sequence[Row], y: int) -> str:
    parts, x = [], _LEFT
    for name, _ in _lines(rows, "mb"):
        series, store = name.split(", ")
        parts.append(f'<path class="line {series} {store}" d="M{x} {y}h28"/>')
        parts.append(f'<text x="{x + 36}" y="{y + 4}">{name}</text>')
        x += 200
    return "".join(parts)
