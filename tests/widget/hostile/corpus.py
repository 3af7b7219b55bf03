"""The corpus of hostile comments for a browser: the HTML vectors, and Markdown rendered to HTML."""

from pathlib import Path

from app.simulator.world.markdown import to_html
from tests.render.hostile.corpus import replace_escapes, vectors


def corpus() -> list[str]:
    """Return all hostile comments as HTML, as GitHub would send them unsanitized."""
    text = (Path(__file__).parent / "markdown.txt").read_text(encoding="utf-8")
    lines = [line for line in text.split("\n") if line and not line.startswith("# One")]
    return [*vectors(), *map(to_html, replace_escapes(lines))]
