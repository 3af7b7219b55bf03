"""Acts by hand: each line does what it says, and none can break the simulator."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.simulator.console import HELP, Console, lines
from app.simulator.http.app import Simulator
from app.simulator.world.world import World
from tests.simulator.client import REPO, FakeClock, ask, value
from tests.simulator.receiver import receiving


@pytest.fixture
def acts(simulator: Simulator, world: World) -> Console:
    world.open_issue(REPO, title="One")
    return Console(simulator, REPO)


def shown(simulator: Simulator) -> list[tuple[str, bool]]:
    """Text and whether it is hidden, of each comment."""
    comments = value(ask(simulator, f"/repos/{REPO}/issues/1/comments"))
    return [(comment["body"], comment["minimized"] is not None) for comment in comments]


def test_a_comment_is_written_edited_hidden_shown_and_deleted(acts: Console, simulator: Simulator) -> None:
    said = acts.do("comment 1 eve Some words\n")
    assert shown(simulator) == [("Some words", False)]
    assert [acts.do(f"{act} {said}") for act in ("edit", "hide", "pin")] == ["done"] * 3
    assert shown(simulator) == [("", True)]
    assert [acts.do(f"{act} {said}") for act in ("show", "unpin")] == ["done"] * 2
    acts.do(f"edit {said} Other words")
    assert shown(simulator) == [("Other words", False)]
    acts.do(f"delete {said}")
    assert shown(simulator) == []


@pytest.mark.parametrize(
    ("line", "field", "expected"),
    [
        ("close 1", "state", "closed"),
        ("lock 1", "locked", True),
        ("react 1", "reactions", 1),
        ("react 1 eyes", "reactions", 1),
    ],
)
def test_an_issue_is_acted_on(acts: Console, simulator: Simulator, line: str, field: str, expected: object) -> None:
    assert acts.do(line) == "done"
    found = value(ask(simulator, f"/repos/{REPO}/issues/1"))[field]
    assert (found["total_count"] if field == "reactions" else found) == expected


def test_an_issue_is_opened_again_and_removed(acts: Console, simulator: Simulator, world: World) -> None:
    for line in ("close 1", "lock 1", "reopen 1", "unlock 1"):
        acts.do(line)
    assert (world.issue(REPO, 1).state, world.issue(REPO, 1).locked) == ("open", False)
    acts.do("remove 1")
    assert ask(simulator, f"/repos/{REPO}/issues/1").status == 410


def test_the_repository_is_followed_through_its_life(acts: Console, world: World) -> None:
    assert [acts.do(line) for line in ("rename ada/notes", "private", "close 1")] == ["done"] * 3
    assert world.repository("ada/notes").private
    acts.do("public")
    assert not world.repository("ada/notes").private


@pytest.mark.parametrize(
    ("line", "statuses"),
    [
        ("fault 503", [503, 200, 200]),
        ("fault 503 2", [503, 503, 200]),
        ("fault primary 2 issues", [403, 403, 200]),
        ("fault 503 2 nowhere", [200, 200, 200]),
        ("fault empty", [200, 200, 200]),
    ],
)
def test_a_fault_holds_for_so_many_asks(acts: Console, simulator: Simulator, line: str, statuses: list[int]) -> None:
    assert acts.do(line) == "done"
    assert [ask(simulator, f"/repos/{REPO}/issues").status for _ in range(3)] == statuses


def test_mended_all_works_again(acts: Console, simulator: Simulator) -> None:
    acts.do("fault 503 9")
    acts.do("mend")
    assert ask(simulator, f"/repos/{REPO}/issues").status == 200


def test_the_asks_are_counted_by_path(acts: Console, simulator: Simulator) -> None:
    for target in ("issues?page=1", "issues?page=2", "issues/1"):
        ask(simulator, f"/repos/{REPO}/{target}")
    assert acts.do("asks").split() == ["2", f"/repos/{REPO}/issues", "1", f"/repos/{REPO}/issues/1", "3", "in", "all"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", ""),
        ("  \n", ""),
        ("dance", "? dance: choose one of comment, edit"),
        ("comment", "? invalid literal"),
        ("close 99", "? 99 is not there"),
        ("delete 99", "? 99 is not there"),
        ("react 1 boredom", "? 'boredom' is no reaction"),
        ("fault tea", "? invalid literal"),
        ("fault 503 1 (", "? missing ), unterminated subpattern"),
        ("rename notes", "? not enough values"),
    ],
)
def test_what_cannot_be_done_is_said(acts: Console, line: str, said: str) -> None:
    assert acts.do(line).startswith(said)


@given(st.sampled_from([*HELP.split(), "close", "edit", "react", "fault"]), st.text(max_size=12))
def test_no_line_breaks_anything(name: str, rest: str) -> None:
    world = World(FakeClock())
    world.add_repository(REPO)
    assert isinstance(Console(Simulator(world), REPO).do(f"{name} {rest}"), str)


@given(st.lists(st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"]), max_size=9)), st.booleans())
def test_lines_are_read_as_they_were_written(written: list[str], ended: bool) -> None:  # noqa: FBT001 - hypothesis gives it
    reading, writing = os.pipe()
    os.write(writing, "\n".join(written).encode() + b"\n" * ended)
    os.close(writing)
    found = list(lines(reading))
    os.close(reading)
    expected = written if ended or (written and written[-1]) else written[:-1]
    assert found == (expected or [""] * ended)


def test_where_nothing_can_be_read_there_are_no_lines() -> None:
    reading, writing = os.pipe()
    os.close(writing)
    os.close(reading)
    assert list(lines(reading)) == []


@pytest.fixture
def process() -> Iterator[list[subprocess.Popen[str]]]:
    started: list[subprocess.Popen[str]] = []
    yield started
    for each in started:
        each.kill()
        each.communicate()


def test_by_hand_it_acts_tells_and_ends(process: list[subprocess.Popen[str]]) -> None:
    with receiving() as receiver:
        options = ["--posts", "1", "--latency-ms", "1", "--token", "t", "--webhook", receiver.url, "--secret", "s"]
        started = subprocess.Popen(
            [sys.executable, "-m", "app.simulator", *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        process.append(started)
        assert started.stdin is not None
        assert started.stdout is not None
        url = started.stdout.readline().split(" at ")[1].strip()
        started.stdin.write("comment 1 eve Some words\nasks\n")
        started.stdin.flush()
        comment_id = int(started.stdout.readline())
        assert started.stdout.readline().split() == ["0", "in", "all"]
        read = httpx.get(f"{url}/repos/ada/blog/issues/comments/{comment_id}", trust_env=False).json()
        assert receiver.arrived.acquire(timeout=10)
        assert receiver.arrived.acquire(timeout=10)
        assert receiver.events[0].payload["comment"] == read
        started.send_signal(signal.SIGTERM)
        assert started.wait(30) == 0
        assert started.stderr is not None
        assert started.stderr.read() == ""


def test_its_help_names_every_act(acts: Console, process: list[subprocess.Popen[str]]) -> None:
    told = subprocess.run([sys.executable, "-m", "app.simulator", "--help"], capture_output=True, text=True, check=True)
    assert HELP in told.stdout
    assert all(name in HELP for name in acts.do("dance").partition("one of ")[2].split(", "))
