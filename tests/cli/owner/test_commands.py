"""`afterword status` and `afterword counts`: from the running service, or from the store."""

import json
import re
import sys
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from app.cli.main import main
from app.cli.owner import commands
from app.cli.owner.sources import Read
from app.cli.owner.tables import counts_table
from app.domain.errors import CannotStart, InvalidSetting
from app.simulator.http.server import RunningSimulator, run_simulator
from app.simulator.world.sample import SAMPLE_REPO, sample_world
from tests.journeys.conftest import Service
from tests.widget.stage import run_service, static_blog

OWNER_TOKEN = "a-token-that-only-the-owner-knows"
HOSTILE = "[bold]x[/bold] \x1b[2J\x1b]0;pwned\x07 \u202e{{7*7}}"
Result = tuple[int | str | None, str, str]
Run = Callable[..., Result]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cli")


@pytest.fixture(scope="module")
def simulator() -> Iterator[RunningSimulator]:
    world = sample_world(lambda: 1_700_000_000.0)
    world.add_token("t0ken", "ada")
    world.open_issue(SAMPLE_REPO, title=HOSTILE, number=60)
    world.comment(SAMPLE_REPO, 60, body=HOSTILE, author="mallory")
    with run_simulator(world) as simulator:
        yield simulator


@pytest.fixture(scope="module")
def service(place: Path, simulator: RunningSimulator) -> Iterator[Service]:
    with run_service(place, simulator, OWNER_TOKEN=OWNER_TOKEN) as service:
        yield service


@pytest.fixture
def run(place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command in this process, with settings by their names without the prefix."""
    monkeypatch.chdir(place)
    monkeypatch.setenv("COLUMNS", "200")

    def run_command(*arguments: str, **settings: str) -> Result:
        defaults = {"REPO": SAMPLE_REPO, "STORE": f"sqlite:///{place}/afterword.db", "PORT": "1"}
        for name, value in (defaults | settings).items():
            monkeypatch.setenv(f"AFTERWORD_{name}", value)
        monkeypatch.setattr(sys, "argv", ["afterword", *arguments])
        with pytest.raises(SystemExit) as end:
            main()
        output = capsys.readouterr()
        return end.value.code or 0, output.out, output.err

    return run_command


def _json(result: Result) -> Any:
    assert result[0] == 0, result
    return json.loads(result[1])


def test_service_and_store_say_the_same(run: Run, service: Service, simulator: RunningSimulator) -> None:
    simulator.requests.clear()
    online = _json(run("counts", "--json", "--url", service.url, OWNER_TOKEN=OWNER_TOKEN))
    offline = _json(run("counts", "--json"))
    volatile = {"at", "checked_at"}
    assert len(online["posts"]) == 7
    for posts in (online["posts"], offline["posts"]):
        for item in [*posts, *(thread for post in posts for thread in post["threads"])]:
            for name in volatile:
                item.pop(name, None)
    assert online["posts"] == offline["posts"]
    status = _json(run("status", "--json", "--url", f"{service.url}/", OWNER_TOKEN=OWNER_TOKEN))
    assert (status["comments"], status["storage"]["cache_bytes"]) == (74, 0)
    assert simulator.requests == []


def test_tables_are_plain_text(run: Run, service: Service) -> None:
    for command in ("status", "counts"):
        code, output, _ = run(command, "--url", service.url, OWNER_TOKEN=OWNER_TOKEN)
        assert code == 0
        assert "\x1b" not in output
        assert "\u202e" not in output
        assert "[bold]x[/bold]" in output
    assert "74 comments on 7 posts." in output
    assert "The Best Interview is No Interview" in output


def test_repository_need_not_be_named_with_an_address(
    run: Run, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(_json(run("counts", "--json", "--url", service.url, REPO="", OWNER_TOKEN=OWNER_TOKEN))["posts"]) == 7


def test_port_of_the_settings_is_the_default(run: Run, service: Service) -> None:
    port = service.url.rpartition(":")[2]
    status = _json(run("status", "--json", PORT=port, HOST="0.0.0.0", OWNER_TOKEN=OWNER_TOKEN))  # noqa: S104
    assert status["storage"]["cache_bytes"] is not None
    offline = _json(run("status", "--json", OWNER_TOKEN=OWNER_TOKEN))
    assert offline["storage"]["cache_bytes"] is None
    other = _json(run("status", "--json", "--repo", "eve/diary", PORT=port, OWNER_TOKEN=OWNER_TOKEN))
    assert [site["repo"] for site in other["sites"]] == ["eve/diary"]


def test_list_of_posts_that_is_lacking_is_said(run: Run, service: Service) -> None:
    settings = {"SERVE": "posts", "POSTS": "http://127.0.0.1:1/posts.json"}
    status = _json(run("status", "--json", **settings))
    assert (status["is_post_list_missing"], status["has_post_list"]) == (True, False)
    assert "none is served: the list of posts (AFTERWORD_POSTS)" in run("status", **settings)[1]


@pytest.mark.parametrize(
    ("arguments", "settings", "sentence"),
    [
        (["--url", "{url}"], {"OWNER_TOKEN": "another-token-of-the-owner"}, "the service at {url}/api/v1/owner/status has another one"),
        (["--url", "{url}"], {}, "AFTERWORD_OWNER_TOKEN: only the owner may read a service at --url"),
        (["--url", "http://blog.example.com"], {"OWNER_TOKEN": OWNER_TOKEN}, "unencrypted over http"),
        (["--url", "blog"], {"OWNER_TOKEN": OWNER_TOKEN}, "is not an address"),
        (["--url", "http://[::bad"], {"OWNER_TOKEN": OWNER_TOKEN}, "is not an address"),
        (["--url", "http://127.0.0.1:99999"], {"OWNER_TOKEN": OWNER_TOKEN}, "is not an address"),
        (["--url", "http://127.0.0.1:1"], {"OWNER_TOKEN": OWNER_TOKEN}, "No service answers at http://127.0.0.1:1"),
        (["--store", "sqlite:////nowhere/a.db"], {}, "/nowhere/a.db, which does not exist yet"),
        (["--store", "memory:"], {}, "in the memory of the service"),
        (["--url", "{url}", "--repo", "eve/diary"], {"OWNER_TOKEN": OWNER_TOKEN}, "--url: a service reads its own repositories"),
        (["--url", "{url}", "--store", "memory:"], {"OWNER_TOKEN": OWNER_TOKEN}, "Leave --repo and --store out"),
    ],
)  # fmt: skip
def test_errors_say_what_to_do(
    run: Run, service: Service, arguments: list[str], settings: dict[str, str], sentence: str
) -> None:
    code, output, errors = run("status", *(text.format(url=service.url) for text in arguments), **settings)
    assert (code, output) == (2, "")
    assert sentence.format(url=service.url) in errors
    assert len(errors.splitlines()) == 1


@pytest.mark.parametrize("body", [b"{}", b"[]", b'{"sites": 1}', b"<p>A blog"])
def test_another_program_is_no_service(run: Run, body: bytes) -> None:
    with static_blog() as blog:
        blog.pages["/api/v1/owner/status"] = ({"content-type": "application/json"}, body)
        code, _, errors = run("status", "--url", blog.url, OWNER_TOKEN=OWNER_TOKEN)
    assert code == 2
    assert "is not Afterword" in errors


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"SQLite format 3\0 and then nothing of it" * 300, "cannot be used"), (b"", "Start `afterword serve`")],
)
def test_damaged_store_stays_where_it_is(run: Run, tmp_path: Path, content: bytes, sentence: str) -> None:
    file = tmp_path / "afterword.db"
    file.write_bytes(content)
    code, output, errors = run("status", STORE=f"sqlite:///{file}")
    assert (code, output) == (2, "")
    assert sentence in errors
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("afterword.db", content)]


def test_comments_have_whole_addresses(run: Run, service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    _, output, _ = run("status", "--url", service.url, OWNER_TOKEN=OWNER_TOKEN)
    assert f"  https://github.com/{SAMPLE_REPO}/issues/60#issuecomment-" in output
    assert re.search(r"#issuecomment-\d+ *$", output, re.MULTILINE)


async def test_watching_reads_again_and_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(commands, "_EVERY", 0.0)
    counts = {"at": "2026-01-01T00:00:00Z", "posts": list[Any]()}

    def new_source() -> Read:
        failures: list[Exception | None] = [
            None,
            CannotStart("the service is away"),
            None,
            InvalidSetting("T", "wrong"),
        ]

        async def read() -> dict[str, Any]:
            failure = failures.pop(0)
            if failure is not None:
                raise failure
            return counts

        return read

    with pytest.raises(InvalidSetting):
        await commands._print_json(new_source(), Console(stderr=True), repeat=True)
    captured = capsys.readouterr()
    assert (len(captured.out.splitlines()), captured.err) == (2, "the service is away\n")
    console = Console(force_terminal=True, width=80, file=StringIO())
    with pytest.raises(InvalidSetting):
        await commands._show_live(new_source(), counts_table, console)
    assert isinstance(console.file, StringIO)
    output = console.file.getvalue()
    assert output.count("0 comments on 0 posts.") == 3
    assert "This is the last state. the service is away" in output


def test_thread_of_two_posts_is_counted_once() -> None:
    thread = {"repo": "ada/blog", "ghissueid": 41, "status": "open", "comment_count": 3}
    post = {
        "title": "T",
        "threads": [thread],
        "findings": [],
        "unpublished_reason": None,
        "last_comment_at": None,
        "held_count": 0,
    }
    counts = {"at": "2026-01-01T00:00:00Z", "posts": [{**post, "comment_count": 3}, {**post, "comment_count": 3}]}
    console = Console(record=True, file=StringIO())
    console.print(counts_table(counts))
    assert "3 comments on 2 posts." in console.export_text()
