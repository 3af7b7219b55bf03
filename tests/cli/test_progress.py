"""What the owner sees of an import."""

from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console

from app.cli.progress import ProgressDisplay, describe
from app.sync.backfill import Progress
from tests.fakes import FakeClock

START = Progress("ada/blog", threads=10, comments=100, requests_sent=2, requests_left=58, requests_to_go=8)
HALF = replace(START, threads_complete=5, comments_mirrored=50, requests_sent=6, requests_left=54, requests_to_go=4)
DONE = replace(
    START,
    threads_complete=10,
    comments_mirrored=100,
    requests_sent=10,
    requests_left=50,
    requests_to_go=0,
    is_complete=True,
)


@pytest.mark.parametrize(
    ("progress", "seconds", "text"),
    [
        (START, None, "0 of 10 threads · 0 of 100 comments · requests: 2 sent, 58 left"),
        (HALF, 12.4, "5 of 10 threads · 50 of 100 comments · requests: 6 sent, 54 left · about 12 s left"),
        (HALF, 125.0, "5 of 10 threads · 50 of 100 comments · requests: 6 sent, 54 left · about 2 min 5 s left"),
        (DONE, 0.0, "10 of 10 threads · 100 of 100 comments · requests: 10 sent, 50 left · complete"),
        (replace(START, requests_left=None), None, "0 of 10 threads · 0 of 100 comments · requests: 2 sent, ? left"),
    ],
)
def test_one_line_says_how_far_an_import_is(progress: Progress, seconds: float | None, text: str) -> None:
    assert describe(progress, seconds) == text


def test_wait_for_the_next_hour_names_its_end() -> None:
    output = describe(replace(HALF, waiting_until=1_600_000_000.0), 5.0)
    assert "this hour's requests are used up; continues at " in output
    assert "about" not in output


def _output(*, terminal: bool, steps: list[tuple[float, Progress]]) -> str:
    out, clock = StringIO(), FakeClock()
    display = ProgressDisplay(Console(file=out, force_terminal=terminal, width=200, color_system=None), clock)
    for seconds, progress in steps:
        clock.advance(seconds)
        display.show(progress)
    display.close()
    return out.getvalue()


def test_without_a_terminal_lines_come_every_few_seconds() -> None:
    output = _output(terminal=False, steps=[(0, START), (1, HALF), (6, HALF), (1, DONE), (60, DONE)])
    lines = output.splitlines()
    assert [line.split(" threads")[0] for line in lines] == [
        "ada/blog: 0 of 10",
        "ada/blog: 5 of 10",
        "ada/blog: 10 of 10",
    ]
    assert "about 5 s left" in lines[1]


def test_complete_site_is_shown_again_while_it_waits() -> None:
    output = _output(terminal=False, steps=[(0, DONE), (1, DONE), (1, replace(DONE, waiting_until=1_600_000_000.0))])
    assert "requests are used up; continues at" in output
    assert len(output.splitlines()) == 2


def test_terminal_shows_a_bar_for_each_repository() -> None:
    other = replace(HALF, repo="eve/notes")
    output = _output(terminal=True, steps=[(0, HALF), (1, other), (1, DONE), (1, replace(DONE, repo="eve/notes"))])
    assert "ada/blog" in output
    assert "eve/notes" in output
    assert "━" in output
    assert "10 of 10 threads" in output


def test_complete_site_is_not_shown_again() -> None:
    assert _output(terminal=True, steps=[(0, DONE), (1, DONE)]).count("complete") == _output(
        terminal=True, steps=[(0, DONE)]
    ).count("complete")
