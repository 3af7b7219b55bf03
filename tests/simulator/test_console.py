"""The console: each command does what it names, and no line can break the simulator."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.simulator.console import HELP, Console, read_lines
from app.simulator.http.app import Simulator
from app.simulator.world.world import World
from tests.simulator.client import REPO, FakeClock, json_body, send_request
from tests.simulator.receiver import receiving


@pytest.fixture
def console(simulator: Simulator, world: World) -> Console:
    world.open_issue(REPO, title="One")
    return Console(simulator, REPO)


def _comments(simulator: Simulator) -> list[tuple[str, bool]]:
    """Return the text of each comment, and whether it is hidden."""
    comments = json_body(send_request(simulator, f"/repos/{REPO}/issues/1/comments"))
    return [(comment["body"], comment["minimized"] is not None) for comment in comments]


def test_commands_change_a_comment(console: Console, simulator: Simulator) -> None:
    comment_id = console.execute("comment 1 eve Some words\n")
    assert _comments(simulator) == [("Some words", False)]
    assert [console.execute(f"{command} {comment_id}") for command in ("edit", "hide", "pin")] == ["done"] * 3
    assert _comments(simulator) == [("", True)]
    assert [console.execute(f"{command} {comment_id}") for command in ("show", "unpin")] == ["done"] * 2
    console.execute(f"edit {comment_id} Other words")
    assert _comments(simulator) == [("Other words", False)]
    console.execute(f"delete {comment_id}")
    assert _comments(simulator) == []


@pytest.mark.parametrize(
    ("line", "field", "expected"),
    [
        ("close 1", "state", "closed"),
        ("lock 1", "locked", True),
        ("react 1", "reactions", 1),
        ("react 1 eyes", "reactions", 1),
    ],
)
def test_a_command_changes_an_issue(
    console: Console, simulator: Simulator, line: str, field: str, expected: object
) -> None:
    assert console.execute(line) == "done"
    value = json_body(send_request(simulator, f"/repos/{REPO}/issues/1"))[field]
    assert (value["total_count"] if field == "reactions" else value) == expected


def test_commands_reopen_and_remove_an_issue(console: Console, simulator: Simulator, world: World) -> None:
    for line in ("close 1", "lock 1", "reopen 1", "unlock 1"):
        console.execute(line)
    assert (world.issue(REPO, 1).state, world.issue(REPO, 1).locked) == ("open", False)
    console.execute("remove 1")
    assert send_request(simulator, f"/repos/{REPO}/issues/1").status == 410


def test_commands_reach_a_renamed_repository(console: Console, world: World) -> None:
    assert [console.execute(line) for line in ("rename ada/notes", "private", "close 1")] == ["done"] * 3
    assert world.repository("ada/notes").private
    console.execute("public")
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
def test_a_fault_command_breaks_the_next_responses(
    console: Console, simulator: Simulator, line: str, statuses: list[int]
) -> None:
    assert console.execute(line) == "done"
    assert [send_request(simulator, f"/repos/{REPO}/issues").status for _ in range(3)] == statuses


def test_mend_removes_all_faults(console: Console, simulator: Simulator) -> None:
    console.execute("fault 503 9")
    console.execute("mend")
    assert send_request(simulator, f"/repos/{REPO}/issues").status == 200


def test_requests_are_counted_by_path(console: Console, simulator: Simulator) -> None:
    for target in ("issues?page=1", "issues?page=2", "issues/1"):
        send_request(simulator, f"/repos/{REPO}/{target}")
    assert console.execute("asks").split() == [
        "2",
        f"/repos/{REPO}/issues",
        "1",
        f"/repos/{REPO}/issues/1",
        "3",
        "in",
        "all",
    ]


@pytest.mark.parametrize(
    ("line", "result"),
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
def test_a_failing_command_returns_the_reason(console: Console, line: str, result: str) -> None:
    assert console.execute(line).startswith(result)


@given(st.sampled_from([*HELP.split(), "close", "edit", "react", "fault"]), st.text(max_size=12))
def test_no_line_raises_an_error(name: str, rest: str) -> None:
    world = World(FakeClock())
    world.add_repository(REPO)
    assert isinstance(Console(Simulator(world), REPO).execute(f"{name} {rest}"), str)


@given(st.lists(st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"]), max_size=9)), st.booleans())
def test_lines_are_read_unchanged(lines: list[str], complete: bool) -> None:  # noqa: FBT001 - hypothesis gives it
    read_end, write_end = os.pipe()
    os.write(write_end, "\n".join(lines).encode() + b"\n" * complete)
    os.close(write_end)
    result = list(read_lines(read_end))
    os.close(read_end)
    expected = lines if complete or (lines and lines[-1]) else lines[:-1]
    assert result == (expected or [""] * complete)


def test_an_unreadable_descriptor_yields_no_lines() -> None:
    read_end, write_end = os.pipe()
    os.close(write_end)
    os.close(read_end)
    assert list(read_lines(read_end)) == []


@pytest.fixture
def processes() -> Iterator[list[subprocess.Popen[str]]]:
    processes: list[subprocess.Popen[str]] = []
    yield processes
    for process in processes:
        process.kill()
        process.communicate()


def test_command_line_serves_executes_and_stops(processes: list[subprocess.Popen[str]]) -> None:
    with receiving() as receiver:
        options = ["--posts", "1", "--latency-ms", "1", "--token", "t", "--webhook", receiver.url, "--secret", "s"]
        process = subprocess.Popen(
            [sys.executable, "-m", "app.simulator", *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        processes.append(process)
        assert process.stdin is not None
        assert process.stdout is not None
        url = process.stdout.readline().split(" at ")[1].strip()
        process.stdin.write("comment 1 eve Some words\nasks\n")
        process.stdin.flush()
        comment_id = int(process.stdout.readline())
        assert process.stdout.readline().split() == ["0", "in", "all"]
        comment = httpx.get(f"{url}/repos/ada/blog/issues/comments/{comment_id}", trust_env=False).json()
        assert receiver.arrivals.acquire(timeout=10)
        assert receiver.arrivals.acquire(timeout=10)
        assert receiver.events[0].payload["comment"] == comment
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_help_names_every_command(console: Console, processes: list[subprocess.Popen[str]]) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "app.simulator", "--help"], capture_output=True, text=True, check=True
    )
    assert HELP in result.stdout
    assert all(name in HELP for name in console.execute("dance").partition("one of ")[2].split(", "))
