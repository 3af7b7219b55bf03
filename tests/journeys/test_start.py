"""Starts: the first, the second, without GitHub, after a killed import, and starts that fail."""

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
from tests.integration.local_service import github_ids
from tests.integration.worlds import NOW
from tests.journeys.conftest import Command, Start, environment, unreachable_url

pytestmark = pytest.mark.untraced  # tests/cli and the other journeys cover the commands too
TOKEN = "t0ken"


def test_first_start_prints_mode_addresses_and_progress(start: Start) -> None:
    with run_simulator(sample_world(lambda: NOW)) as simulator:
        service = start(REPO="ada/blog", GITHUB_API_URL=simulator.url)
        service.wait_for("complete")
        assert "Mode: no token (60 requests an hour)" in service.output
        addresses = [line.strip() for line in service.lines if line.startswith("  http")]
        assert len(addresses) == 3
        assert all(httpx.get(address).status_code == 200 for address in addresses)
        service.wait_for(r"6 of 6 threads · 73 of 73 comments · requests: \d+ sent, \d+ left")
        assert service.stop() == 0


def test_second_start_serves_at_once_without_github(start: Start) -> None:
    with run_simulator(sample_world(lambda: NOW)) as simulator:
        first = start(REPO="ada/blog", GITHUB_API_URL=simulator.url)
        first.wait_until_complete()
        before = first.get("/api/v1/posts/41/comments", Host="comments.example.com")
        assert first.stop() == 0
        expected = github_ids(simulator, 41)
    with unreachable_url() as url:
        second = start(REPO="ada/blog", GITHUB_API_URL=url)
        after = second.get("/api/v1/posts/41/comments", Host="comments.example.com")
        assert [comment["id"] for comment in after.json()["comments"]] == expected
        assert after.headers["etag"] == before.headers["etag"]
        assert after.headers["age"].isdigit()
        second.wait_for("GitHub cannot be reached")
        assert second.get("/readyz").status_code == 200


def test_first_start_without_github_serves_no_empty_list(start: Start) -> None:
    with unreachable_url() as url:
        service = start(REPO="ada/blog", GITHUB_API_URL=url, COLD_WAIT="0.2")
        service.wait_for("GitHub cannot be reached")
        answer = service.get("/repos/ada/blog/issues/41/comments")
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) > 0
        assert service.get("/healthz").status_code == 200
        assert service.get("/readyz").status_code == 503
        assert service.stop() == 0


def test_killed_import_continues_where_it_was(command: Command, start: Start, tmp_path: Path) -> None:
    with run_simulator(generate_world(400, 4000, seed=5)) as simulator:
        simulator.world.add_token(TOKEN, "ada")
        settings = {"REPO": "ada/blog", "GITHUB_API_URL": simulator.url, "GITHUB_TOKEN": TOKEN}
        service = start(**settings)
        simulator.hold.start("page=15")
        simulator.hold.wait_for(1, timeout=60)
        assert service.stop(signal.SIGKILL) == -signal.SIGKILL
        simulator.hold.release()
        first_targets = [request.target for request in simulator.requests]
        simulator.requests.clear()
        result = command("sync", "--json", **settings)
        assert result.returncode == 0
        (progress,) = json.loads(result.stdout)
        assert (progress["comments_mirrored"], progress["done"]) == (4000, True)
        second_targets = [request.target for request in simulator.requests]
        assert len(set(first_targets) & set(second_targets)) <= 2, "at most the requests in progress are sent twice"
        assert len(first_targets) + len(second_targets) <= 1 + 4 + 40 + 2 + 2
        mirror = sqlite3.connect(tmp_path / "afterword.db")
        (comment_count,) = mirror.execute("SELECT count(*) FROM comment").fetchone()
        mirror.close()
        assert comment_count == 4000


def test_sync_stops_at_the_hourly_limit_and_continues_later(command: Command) -> None:
    with run_simulator(generate_world(300, 6000, seed=6)) as simulator:
        settings = {"REPO": "ada/blog", "GITHUB_API_URL": simulator.url}
        result = command("sync", **settings)
        assert result.returncode == 3
        assert "goes on where it was" in result.stderr
        assert len(simulator.requests) <= 40 + 2  # the last two ask what changed since the import began


def test_sync_with_wait_waits_for_the_limits_end(command: Command) -> None:
    with run_simulator(sample_world(lambda: NOW)) as simulator:
        simulator.faults.add(PrimaryRateLimit(429, retry_after=1), match="/issues")
        settings = {"REPO": "ada/blog", "GITHUB_API_URL": simulator.url}
        assert command("sync", **settings).returncode == 3
        simulator.faults.add(PrimaryRateLimit(429, retry_after=1), match="/issues")
        result = command("sync", "--wait", "--json", **settings)
        assert result.returncode == 0
        assert json.loads(result.stdout)[0]["done"] is True


def test_simulator_runs_as_a_command(command: Command) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "app.simulator", "--posts", "3", "--comments", "9", "--token", "t0ken"],
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        url = process.stdout.readline().split(" at ")[1].strip()
        result = command("sync", "--json", REPO="ada/blog", GITHUB_API_URL=url, GITHUB_TOKEN=TOKEN)
        assert json.loads(result.stdout)[0]["comments_mirrored"] == 9
    finally:
        process.terminate()
        assert process.wait(30) == 0
        process.stdout.close()


@pytest.mark.parametrize(
    ("options", "settings", "reason"),
    [
        ([], {}, "AFTERWORD_REPO: no repository is named. Write it as owner/name"),
        (["--repo", "ada/nope"], {}, "does not exist, or the token cannot see it"),
        (["--repo", "ada/secret"], {}, "does not exist, or the token cannot see it"),
        (["--repo", "ada/blog"], {"GITHUB_TOKEN": "wrong"}, "GitHub refuses the token (401 Bad credentials)"),
        (["--repo", "ada/blog"], {"STORE": "sqlite:////dev/null/a.db"}, "The store /dev/null/a.db cannot be used"),
        (["--repo", "ada/blog"], {"HOST": "192.0.2.1"}, "192.0.2.1"),
        (["--repo", "ada/blog"], {"HOST": "a..b"}, "The address a..b cannot be listened at (not a host name)"),
    ],
)
def test_failed_start_prints_one_sentence(
    command: Command, options: list[str], settings: dict[str, str], reason: str
) -> None:
    world = sample_world(lambda: NOW)
    world.add_repository("ada/secret", private=True)
    with run_simulator(world) as simulator:
        result = command("serve", "--port", "0", *options, GITHUB_API_URL=simulator.url, **settings)
    assert result.returncode == 2
    assert reason in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert "Traceback" not in result.stderr
    assert "wrong" not in result.stderr.replace("wrong place", "")


def test_public_address_without_a_public_url_is_warned_about(start: Start) -> None:
    with run_simulator(sample_world(lambda: NOW)) as simulator:
        for host, count in (("127.0.0.1", 0), ("0.0.0.0", 1)):  # noqa: S104
            service = start("--host", host, REPO="ada/blog", GITHUB_API_URL=simulator.url)
            service.wait_until_complete()
            assert service.stop() == 0
            assert service.output.count("AFTERWORD_PUBLIC_URL is not set") == count


def test_port_in_use_is_reported_in_one_sentence(command: Command) -> None:
    with socket.socket() as other_socket:
        other_socket.bind(("127.0.0.1", 0))
        other_socket.listen()
        port = str(other_socket.getsockname()[1])
        result = command("serve", "--repo", "ada/blog", "--port", port)
    assert result.returncode == 2
    assert f"Port {port} at 127.0.0.1 cannot be listened at (Address already in use)" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_damaged_store_is_moved_aside_and_replaced(start: Start, tmp_path: Path) -> None:
    store = tmp_path / "afterword.db"
    store.write_text("This is a diary, not a database. " * 200)
    with run_simulator(sample_world(lambda: NOW)) as simulator:
        service = start(REPO="ada/blog", GITHUB_API_URL=simulator.url)
        service.wait_until_complete()
        assert len(service.get("/api/v1/posts/41/comments").json()["comments"]) == len(github_ids(simulator, 41))
        service.wait_for("kept")
    (damaged_file,) = tmp_path.glob("afterword.db.broken-*")
    assert damaged_file.read_text().startswith("This is a diary")


def test_file_that_is_no_store_is_not_changed(command: Command, tmp_path: Path) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear Ada, this is no database. " * 200)
    result = command("serve", "--repo", "ada/blog", "--port", "0", STORE=f"sqlite:///{letter}")
    assert result.returncode == 2
    assert "cannot be used" in result.stderr
    assert letter.read_text().startswith("Dear Ada")


@pytest.mark.parametrize("options", [["serve", "--port", "0", "--workers", "2"], ["sync", "--json"]])
def test_old_setting_name_is_warned_about_once(command: Command, options: list[str]) -> None:
    with run_simulator(sample_world(lambda: NOW)) as simulator:
        result = command(*options, REPO="ada/none", GITHUB_API_URL=simulator.url, PULSE="5")
    assert result.returncode == 2
    assert result.stderr.count("AFTERWORD_PULSE is now called AFTERWORD_POLL_INTERVAL.") == 1
    assert "is not a setting" not in result.stderr


def test_old_setting_name_is_warned_about_by_no_worker(start: Start) -> None:
    with run_simulator(sample_world(lambda: NOW)) as simulator:
        service = start("--workers", "2", REPO="ada/blog", GITHUB_API_URL=simulator.url, PULSE="5", CACHE_MB="1")
        service.wait_until_complete()
        assert service.stop() == 0
    assert service.output.count("AFTERWORD_PULSE is now called AFTERWORD_POLL_INTERVAL.") == 1
    assert "asks GitHub what changed every 5 s" in service.output
