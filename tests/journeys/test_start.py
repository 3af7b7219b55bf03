"""Starting: the first time, the second time, without GitHub, in the middle of an import, and not at all."""

import json
import signal
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from app.simulator.http.faults import PrimaryRateLimit
from app.simulator.http.server import run_simulator
from app.simulator.world.sample import generate_world, sample_world
from tests.integration.application import comments_of
from tests.integration.test_backfill import NOW
from tests.journeys.conftest import Command, Start, environment, unreachable_url

TOKEN = "t0ken"


def test_the_first_start_says_its_grade_three_addresses_and_how_far_it_is(start: Start) -> None:
    with run_simulator(sample_world(lambda: NOW)) as simulator:
        service = start(REPO="ada/blog", GITHUB_API_URL=simulator.url)
        service.wait_for("complete")
        assert "Grade: no token (60 asks an hour)" in service.output
        addresses = [line.strip() for line in service.lines if line.startswith("  http")]
        assert len(addresses) == 3
        assert all(httpx.get(address).status_code == 200 for address in addresses)
        service.wait_for(r"6 of 6 threads · 73 of 73 comments · asks: \d+ used, \d+ left")
        assert service.stop() == 0


def test_the_second_start_serves_at_once_and_without_github(start: Start) -> None:
    with run_simulator(sample_world(lambda: NOW)) as simulator:
        first = start(REPO="ada/blog", GITHUB_API_URL=simulator.url)
        first.wait_until_complete()
        before = first.get("/api/v1/posts/41/comments")
        assert first.stop() == 0
        held = comments_of(simulator, 41)
    with unreachable_url() as nowhere:
        second = start(REPO="ada/blog", GITHUB_API_URL=nowhere)
        after = second.get("/api/v1/posts/41/comments")
        assert [comment["id"] for comment in after.json()["comments"]] == held
        assert after.headers["etag"] == before.headers["etag"]
        assert after.headers["age"].isdigit()
        second.wait_for("GitHub cannot be reached")
        assert second.get("/readyz").status_code == 200


def test_a_first_start_without_github_waits_for_it_and_never_shows_an_empty_list(start: Start) -> None:
    with unreachable_url() as nowhere:
        service = start(REPO="ada/blog", GITHUB_API_URL=nowhere, COLD_WAIT="0.2")
        service.wait_for("GitHub cannot be reached")
        answer = service.get("/repos/ada/blog/issues/41/comments")
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) > 0
        assert service.get("/healthz").status_code == 200
        assert service.get("/readyz").status_code == 503
        assert service.stop() == 0


def test_an_import_that_is_killed_goes_on_where_it_was(command: Command, start: Start, tmp_path: Path) -> None:
    with run_simulator(generate_world(400, 4000, seed=5)) as simulator:
        simulator.world.add_token(TOKEN, "ada")
        settings = {"REPO": "ada/blog", "GITHUB_API_URL": simulator.url, "GITHUB_TOKEN": TOKEN}
        service = start(**settings)
        simulator.hold.start("page=15")
        simulator.hold.wait_for(1, timeout=60)
        assert service.stop(signal.SIGKILL) == -signal.SIGKILL
        simulator.hold.release()
        asked = [ask.target for ask in simulator.requests]
        simulator.requests.clear()
        done = command("sync", "--json", **settings)
        assert done.returncode == 0
        (result,) = json.loads(done.stdout)
        assert (result["comments_mirrored"], result["done"]) == (4000, True)
        again = [ask.target for ask in simulator.requests]
        assert len(set(asked) & set(again)) <= 2, "at most what was under way is asked twice"
        assert len(asked) + len(again) <= 1 + 4 + 40 + 2 + 2
        mirror = sqlite3.connect(tmp_path / "afterword.db")
        (held,) = mirror.execute("SELECT count(*) FROM comment").fetchone()
        mirror.close()
        assert held == 4000


def test_sync_says_when_the_hours_asks_are_used_up_and_goes_on_later(command: Command) -> None:
    with run_simulator(generate_world(300, 6000, seed=6)) as simulator:
        settings = {"REPO": "ada/blog", "GITHUB_API_URL": simulator.url}
        done = command("sync", **settings)
        assert done.returncode == 3
        assert "goes on where it was" in done.stderr
        assert len(simulator.requests) <= 40 + 2  # the last two ask what changed meanwhile


def test_sync_waits_for_the_limits_end_where_it_is_told_to(command: Command) -> None:
    with run_simulator(sample_world(lambda: NOW)) as simulator:
        simulator.faults.add(PrimaryRateLimit(429, retry_after=1), match="/issues")
        settings = {"REPO": "ada/blog", "GITHUB_API_URL": simulator.url}
        assert command("sync", **settings).returncode == 3
        simulator.faults.add(PrimaryRateLimit(429, retry_after=1), match="/issues")
        done = command("sync", "--wait", "--json", **settings)
        assert done.returncode == 0
        assert json.loads(done.stdout)[0]["done"] is True


def test_the_simulator_can_be_run_by_hand(command: Command) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "app.simulator", "--posts", "3", "--comments", "9", "--token", "t0ken"],
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        url = process.stdout.readline().split(" at ")[1].strip()
        done = command("sync", "--json", REPO="ada/blog", GITHUB_API_URL=url, GITHUB_TOKEN=TOKEN)
        assert json.loads(done.stdout)[0]["comments_mirrored"] == 9
    finally:
        process.terminate()
        assert process.wait(30) == 0
        process.stdout.close()


@pytest.mark.parametrize(
    ("options", "settings", "told"),
    [
        ([], {}, "AFTERWORD_REPO: no repository is named. Write it as owner/name"),
        (["--repo", "blog"], {}, "'blog' is not a repository. Write it as owner/name"),
        (["--repo", "https://github.com/ada/blog"], {}, "is not a repository. Write it as owner/name"),
        (["--repo", "ada/nope"], {}, "does not exist, or the token cannot see it"),
        (["--repo", "ada/secret"], {}, "does not exist, or the token cannot see it"),
        (["--repo", "ada/blog"], {"GITHUB_TOKEN": "wrong"}, "GitHub refuses the token (401 Bad credentials)"),
        (["--repo", "ada/blog"], {"GITHUB_TOKEN": "two words"}, "AFTERWORD_GITHUB_TOKEN: the token holds a space"),
        (["--repo", "ada/blog"], {"STORE": "sqlite:////dev/null/a.db"}, "The store /dev/null/a.db cannot be used"),
        (["--repo", "ada/blog"], {"STORE": "mysql://x"}, "AFTERWORD_STORE: 'mysql://x' is not a store"),
        (["--repo", "ada/blog"], {"CATALOGUE_MB": "lots"}, "AFTERWORD_CATALOGUE_MB"),
        (["--repo", "ada/blog"], {"HOST": "192.0.2.1"}, "192.0.2.1"),
        (["--repo", "ada/blog"], {"HOST": "a..b"}, "The address a..b cannot be listened at (not a host name)"),
        (["--repo", "ada/blog"], {"ORIGINS": "blog.example.com"}, "AFTERWORD_ORIGINS: 'blog.example.com' is not an"),
    ],
)
def test_what_cannot_start_is_told_in_one_sentence(
    command: Command, options: list[str], settings: dict[str, str], told: str
) -> None:
    world = sample_world(lambda: NOW)
    world.add_repository("ada/secret", private=True)
    with run_simulator(world) as simulator:
        done = command("serve", "--port", "0", *options, GITHUB_API_URL=simulator.url, **settings)
    assert done.returncode == 2
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert "Traceback" not in done.stderr
    assert "wrong" not in done.stderr.replace("wrong place", "")


def test_a_port_in_use_is_told_in_one_sentence(command: Command) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = command("serve", "--repo", "ada/blog", "--port", port)
    assert done.returncode == 2
    assert f"Port {port} at 127.0.0.1 cannot be listened at (Address already in use)" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_broken_store_is_kept_beside_and_everything_is_read_from_github_again(start: Start, tmp_path: Path) -> None:
    store = tmp_path / "afterword.db"
    store.write_text("This is a diary, not a database. " * 200)
    with run_simulator(sample_world(lambda: NOW)) as simulator:
        service = start(REPO="ada/blog", GITHUB_API_URL=simulator.url)
        service.wait_until_complete()
        assert len(service.get("/api/v1/posts/41/comments").json()["comments"]) == len(comments_of(simulator, 41))
        service.wait_for("kept")
    (kept,) = tmp_path.glob("afterword.db.broken-*")
    assert kept.read_text().startswith("This is a diary")


def test_a_file_that_is_no_store_at_all_is_refused_and_left_as_it_is(command: Command, tmp_path: Path) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear Ada, this is no database. " * 200)
    done = command("serve", "--repo", "ada/blog", "--port", "0", STORE=f"sqlite:///{letter}")
    assert done.returncode == 2
    assert "cannot be used" in done.stderr
    assert letter.read_text().startswith("Dear Ada")


@pytest.mark.parametrize("arguments", [["--help"], ["serve", "--help"], ["sync", "--help"], ["demo", "--help"]])
def test_each_command_explains_itself(command: Command, arguments: list[str]) -> None:
    done = command(*arguments)
    assert done.returncode == 0
    assert "Usage: python -m app" in done.stdout
