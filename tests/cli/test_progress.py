"""What the owner sees of an import."""

from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console

from app.cli.progress import ProgressDisplay, sentence
from app.sync.backfill import Progress
from tests.fakes import FakeClock

BEGUN = Progress("ada/blog", threads=10, comments=100, asks_used=2, asks_left=58, asks_to_go=8)
HALF = replace(BEGUN, threads_complete=5, comments_mirrored=50, asks_used=6, asks_left=54, asks_to_go=4)
DONE = replace(BEGUN, threads_complete=10, comments_mirrored=100, asks_used=10, asks_left=50, asks_to_go=0, done=True)


@pytest.mark.parametrize(
    ("state", "seconds", "said"),
    [
        (BEGUN, None, "0 of 10 threads · 0 of 100 comments · asks: 2 used, 58 left"),
        (HALF, 12.4, "5 of 10 threads · 50 of 100 comments · asks: 6 used, 54 left · about 12 s left"),
        (HALF, 125.0, "5 of 10 threads · 50 of 100 comments · asks: 6 used, 54 left · about 2 min 5 s left"),
        (DONE, 0.0, "10 of 10 threads · 100 of 100 comments · asks: 10 used, 50 left · complete"),
        (replace(BEGUN, asks_left=None), None, "0 of 10 threads · 0 of 100 comments · asks: 2 used, ? left"),
    ],
)
def test_one_line_says_how_far_an_import_is(state: Progress, seconds: float | None, said: str) -> None:
    assert sentence(state, seconds) == said


def test_a_wait_for_the_next_hour_is_said_with_its_end() -> None:
    said = sentence(replace(HALF, waiting_until=1_600_000_000.0), 5.0)
    assert "the hour's asks are used up, goes on at " in said
    assert "about" not in said


def shown(*, terminal: bool, steps: list[tuple[float, Progress]]) -> str:
    out = StringIO()
    clock = FakeClock()
    display = ProgressDisplay(Console(file=out, force_terminal=terminal, width=200, color_system=None), clock)
    for seconds, state in steps:
        clock.advance(seconds)
        display.watch(state)
    display.close()
    return out.getvalue()


def test_without_a_terminal_a_line_comes_now_and_then_and_at_the_end() -> None:
    said = shown(terminal=False, steps=[(0, BEGUN), (1, HALF), (6, HALF), (1, DONE), (60, DONE)])
    lines = said.splitlines()
    assert [line.split(" threads")[0] for line in lines] == [
        "ada/blog: 0 of 10",
        "ada/blog: 5 of 10",
        "ada/blog: 10 of 10",
    ]
    assert "about 5 s left" in lines[1]


def test_on_a_terminal_a_bar_is_drawn_for_each_repository() -> None:
    other = replace(HALF, repo="eve/notes")
    said = shown(terminal=True, steps=[(0, HALF), (1, other), (1, DONE), (1, replace(DONE, repo="eve/notes"))])
    assert "ada/blog" in said
    assert "eve/notes" in said
    assert "━" in said
    assert "10 of 10 threads" in said


def test_a_complete_site_is_not_spoken_of_again() -> None:
    assert shown(terminal=True, steps=[(0, DONE), (1, DONE)]).count("complete") == shown(
        terminal=True, steps=[(0, DONE)]
    ).count("complete")
