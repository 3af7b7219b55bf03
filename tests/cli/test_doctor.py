"""The doctor's checks of the service: settings, GitHub, token, rate, clock, store and webhook."""

import asyncio
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.cli.doctor.rules import RULES
from app.domain.posts.rules.check import RULES as POST_RULES
from app.outbound.clock import SystemClock
from app.ports.metrics import DeliveryOutcome
from app.ports.owner.history import HistoryEvent, HistoryKind, HistoryRecord
from app.simulator.http.server import RunningSimulator, run_simulator
from app.simulator.world.world import World
from app.store.sqlite import SqliteStore
from tests.cli.doctor_runs import (
    PUBLIC_URL,
    REPO,
    TOKEN,
    DoctorRunner,
    RunDoctor,
    ShiftedClock,
    add_hook,
    write_pages,
)
from tests.journeys.conftest import unreachable_url

TITLE = "The Best Interview is No Interview"


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[RunningSimulator, ShiftedClock]]:
    """Run one simulator for the module; each test makes its own world of it."""
    clock = ShiftedClock()
    with run_simulator(World(clock)) as simulator:
        yield simulator, clock


@pytest.fixture
def simulator(server: tuple[RunningSimulator, ShiftedClock]) -> Iterator[RunningSimulator]:
    """Return the simulator with one repository that has one issue, and a token of its owner."""
    simulator, clock = server
    clock.ahead = 0.0
    world = simulator.world
    world.add_repository(REPO)
    world.open_issue(REPO, title=TITLE)
    world.add_token(TOKEN, "ada", permissions={"issues": "read", "repository_hooks": "read"})
    simulator.requests.clear()
    yield simulator
    simulator.hooks.clear()
    simulator.faults.clear()
    for repository in tuple(world.repositories.values()):
        world.delete_repository(repository.full_name)


@pytest.fixture
def doctor(
    simulator: RunningSimulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> RunDoctor:
    """Run the doctor in an empty folder beside a content folder with one post."""
    for name in [name for name in os.environ if name.startswith("AFTERWORD_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    write_pages(tmp_path / "content", {"a.md": [f'title: "{TITLE}"', "ghissueid: 1"]})
    return DoctorRunner(simulator, monkeypatch, capsys)


def test_ci_needs_only_the_repository(doctor: RunDoctor, simulator: RunningSimulator, tmp_path: Path) -> None:
    run = doctor("content", "--json")
    assert (run.status, run.rules, run.errors) == (0, [], "")
    assert run.report["requests"] == len(simulator.requests) == 3
    assert [path.name for path in tmp_path.iterdir()] == ["content"]


def test_mirror_is_asked_instead_of_github(doctor: RunDoctor, simulator: RunningSimulator, tmp_path: Path) -> None:
    assert doctor(program="sync").status == 0
    simulator.requests.clear()
    run = doctor("content", "--json")
    assert (run.status, run.rules) == (0, [])
    assert [request.target for request in simulator.requests] == ["/rate_limit", f"/repos/{REPO}"]
    assert "the mirror as of" in run.check("posts")["detail"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["afterword.db", "content"]


def test_posts_are_checked_while_github_is_away(doctor: RunDoctor) -> None:
    doctor(program="sync")
    with unreachable_url() as url:
        run = doctor("content", "--json", GITHUB_API_URL=url)
    assert (run.status, run.rules) == (2, ["github-unreachable"])
    assert run.check("posts")["outcome"] == "ok"
    assert run.check("token")["outcome"] == "skipped"


def test_no_github_and_no_mirror_cannot_be_checked(doctor: RunDoctor) -> None:
    with unreachable_url() as url:
        run = doctor("content", "--json", GITHUB_API_URL=url)
    assert run.status == 2
    assert run.check("posts")["outcome"] == "unchecked"
    assert "mirror" not in run.check("posts")["detail"] + run.check("github")["detail"]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["nowhere"], "FOLDER: there is no folder 'nowhere'. Name the blog's content folder"),
        (["content", "--fail-on", "never"], "Invalid value for '--fail-on'"),
        (["content", "other"], "Got unexpected extra argument"),
        (["--nonsense"], "No such option: --nonsense"),
        (["content", "--repo", "blog"], "'blog' is not a repository"),
    ],
)
def test_wrong_command_line_is_one_sentence(doctor: RunDoctor, arguments: list[str], reason: str) -> None:
    run = doctor(*arguments)
    assert (run.status, run.output) == (2, "")
    assert reason in run.errors
    assert len(run.errors.splitlines()) == 1


def test_unused_settings_are_named(doctor: RunDoctor) -> None:
    run = doctor("content", "--json", ORIGIN="https://blog.example.com", CATALOGUE_MB="5")
    assert (run.status, run.rules) == (1, ["unknown-setting", "renamed-setting"])


@pytest.mark.parametrize(
    ("rights", "rules", "status"),
    [
        ({"permissions": {"issues": "read"}}, [], 0),
        ({"permissions": {"issues": "read", "administration": "read"}}, ["token-too-powerful"], 1),
        ({"permissions": {"issues": "write", "secrets": "read"}}, ["token-too-powerful"], 1),
        ({"scopes": []}, [], 0),
        ({"scopes": ["read:repo_hook"]}, [], 0),
        ({"scopes": ["public_repo"]}, ["token-too-powerful"], 0),
        ({"scopes": ["repo", "delete_repo"]}, ["token-too-powerful"], 1),
        ({"scopes": [], "expires_at": 9 * 86_400}, ["token-expires"], 1),
        ({"scopes": [], "expires_at": 90 * 86_400}, [], 0),
        ({"scopes": [], "expires_at": -1}, ["token-rejected"], 1),
    ],
)
def test_token_is_judged(
    doctor: RunDoctor, simulator: RunningSimulator, rights: dict[str, Any], rules: list[str], status: int
) -> None:
    if "expires_at" in rights:
        rights = {**rights, "expires_at": SystemClock().now() + rights["expires_at"]}
    simulator.world.add_token(TOKEN, "ada", **rights)
    run = doctor("content", "--json", GITHUB_TOKEN=TOKEN)
    assert (run.rules, run.status) == (rules, status)
    assert TOKEN not in run.output
    assert {request.method for request in simulator.requests} == {"GET"}


def test_private_repository_needs_its_scope(doctor: RunDoctor, simulator: RunningSimulator) -> None:
    simulator.world.make_private(REPO)
    assert doctor("content", "--json").rules[0] == "repository-not-visible"
    simulator.world.add_token(TOKEN, "ada", scopes=["repo"])
    assert doctor("content", "--json", GITHUB_TOKEN=TOKEN).rules == ["repository-private"]
    private = {"ALLOW_PRIVATE": "true", "SERVE": "posts", "GITHUB_TOKEN": TOKEN}
    assert doctor("content", "--json", **private).rules == []


def test_state_of_the_repository_is_named(doctor: RunDoctor, simulator: RunningSimulator) -> None:
    simulator.world.archive_repository(REPO)
    simulator.world.rename_repository(REPO, "ada/diary")
    run = doctor("content", "--json")
    assert run.rules == ["repository-renamed", "repository-archived"]
    assert "AFTERWORD_REPO=ada/diary" in run.output


def test_disabled_issues_are_named(doctor: RunDoctor, simulator: RunningSimulator) -> None:
    simulator.world.disable_issues(REPO)
    run = doctor("content", "--json")
    assert (run.rules, run.status) == (["issues-disabled"], 2)


def test_wrong_clock_is_named(doctor: RunDoctor, server: tuple[RunningSimulator, ShiftedClock]) -> None:
    server[1].ahead = 7200
    run = doctor("content", "--json")
    assert (run.rules, run.status) == (["clock-wrong"], 1)
    assert "2 hours behind" in run.output


def test_exhausted_limit_cannot_be_checked(doctor: RunDoctor, simulator: RunningSimulator) -> None:
    simulator.world.add_token(TOKEN, "grace", scopes=[])
    simulator.simulator.exhaust_rate_limit(login="grace")
    run = doctor("content", "--json", GITHUB_TOKEN=TOKEN)
    assert (run.status, run.check("posts")["outcome"]) == (2, "unchecked")
    assert "rate-limit-low" in run.rules


def test_damaged_store_is_named_and_stays(doctor: RunDoctor, tmp_path: Path) -> None:
    doctor(program="sync")
    path = tmp_path / "afterword.db"
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"\xff" * 4096 + content[8192:])
    damaged = path.read_bytes()
    run = doctor("content", "--json")
    assert (run.status, run.rules) == (1, ["store-unusable"])
    assert path.read_bytes() == damaged


@pytest.mark.parametrize(
    ("statuses", "options", "rules"),
    [
        ((200, 202), {}, []),
        ((), {}, []),
        ((401, 202), {}, []),
        ((202, 401), {}, ["webhook-deliveries"]),
        ((202, None), {}, ["webhook-deliveries"]),
        ((202,), {"content_type": "form"}, []),
        ((202,), {"events": ["*"]}, []),
        ((202,), {"events": ["issues"]}, ["webhook-events"]),
        ((202,), {"active": False}, ["webhook-inactive"]),
        ((202,), {"has_secret": False}, ["webhook-without-secret"]),
        ((202,), {"insecure_ssl": "1"}, ["webhook-without-tls"]),
        ((202,), {"url": "https://old.example.com/webhooks/github"}, ["webhook-address"]),
        ((202,), {"url": "https://ci.example.com/build"}, ["webhook-missing"]),
        ((202,), {"url": f"{PUBLIC_URL}/webhook"}, ["webhook-address"]),
        ((202,), {"url": f"{PUBLIC_URL}/webhooks/github?from=github"}, []),
        ((202,), {"url": "https://[bad"}, ["webhook-missing"]),
    ],
)
def test_webhook_is_judged(
    doctor: RunDoctor, simulator: RunningSimulator, statuses: tuple[int], options: dict[str, Any], rules: list[str]
) -> None:
    add_hook(simulator, *statuses, **options)
    run = doctor("content", "--json", GITHUB_TOKEN=TOKEN, WEBHOOK_SECRET="s", PUBLIC_URL=PUBLIC_URL, STORE="memory:")
    assert [rule for rule in run.rules if rule.startswith("webhook")] == rules


def test_second_webhook_to_the_same_address_is_named(doctor: RunDoctor, simulator: RunningSimulator) -> None:
    add_hook(simulator, 202)
    add_hook(simulator, 202)
    run = doctor("--json", GITHUB_TOKEN=TOKEN, WEBHOOK_SECRET="s", PUBLIC_URL=PUBLIC_URL, STORE="memory:")
    assert "webhook-duplicate" in run.rules


async def _store_delivery(path: Path) -> None:
    store = await SqliteStore.open(str(path), process_id="test", sites=())
    event = HistoryEvent(SystemClock().now(), HistoryKind.DELIVERY, "", DeliveryOutcome.ACCEPTED)
    await store.history.add(HistoryRecord(events=(event,)))
    await store.close()


def test_deliveries_of_an_organization_are_no_finding(doctor: RunDoctor, tmp_path: Path) -> None:
    assert "webhook-missing" in doctor("--json", GITHUB_TOKEN=TOKEN, WEBHOOK_SECRET="s").rules
    asyncio.run(_store_delivery(tmp_path / "afterword.db"))
    run = doctor("--json", GITHUB_TOKEN=TOKEN, WEBHOOK_SECRET="s")
    assert run.rules == []
    assert "its organization's or an App's" in run.check("webhook")["detail"]


def test_unknown_secret_of_the_webhook_is_an_error(doctor: RunDoctor, simulator: RunningSimulator) -> None:
    add_hook(simulator, 503)
    assert doctor("--json", GITHUB_TOKEN=TOKEN).rules == ["webhook-secret-unset", "webhook-deliveries"]


@pytest.mark.parametrize("permissions", [{"issues": "read"}, None])
def test_webhooks_that_may_not_be_seen_are_said(
    doctor: RunDoctor, simulator: RunningSimulator, permissions: dict[str, str] | None
) -> None:
    simulator.world.add_token(TOKEN, "ada", permissions=permissions, scopes=[])
    run = doctor("content", "--json", GITHUB_TOKEN=TOKEN)
    assert (run.status, run.check("webhook")["outcome"]) == (0, "unchecked")
    assert "Webhooks: Read-only" in run.check("webhook")["detail"]


def test_fix_adds_events_to_the_webhook(doctor: RunDoctor, simulator: RunningSimulator) -> None:
    add_hook(simulator, 202, events=["issues", "push"])
    simulator.world.add_token(TOKEN, "ada", permissions={"issues": "read", "repository_hooks": "write"})
    run = doctor("content", "--fix", "--json", GITHUB_TOKEN=TOKEN, WEBHOOK_SECRET="s")
    assert (run.status, run.rules) == (0, [])
    assert run.report["fixes"] == [
        {"done": True, "message": f"The webhook of {REPO} sends issue_comment, repository now, too."}
    ]
    (hook,) = simulator.hooks.of(simulator.world.repository(REPO).id)
    assert hook.events == ("issues", "push", "issue_comment", "repository")
    assert hook.has_secret


def test_posts_in_the_repository_need_pushes(doctor: RunDoctor, simulator: RunningSimulator) -> None:
    add_hook(simulator, 202)
    run = doctor("--json", GITHUB_TOKEN=TOKEN, WEBHOOK_SECRET="s", POSTS=f"github:{REPO}")
    assert "webhook-events" in run.rules
    assert "does not send push" in run.output


def test_posts_in_a_repository_are_read(doctor: RunDoctor, simulator: RunningSimulator) -> None:
    page = f'---\ntitle: "{TITLE}"\nghissueid: 1\n---\n'
    simulator.world.push(REPO, {"content/a.md": page, "content/b.md": page.replace(": 1", ": 99")})
    run = doctor("--json", POSTS=f"github:{REPO}/content")
    assert (run.status, run.rules) == (1, ["missing-issue"])
    assert run.report["posts"] == 2
    assert run.report["findings"][0]["source"] == "b.md"
    assert run.report["findings"][0]["file"] is None


def test_list_that_cannot_be_read_is_said(doctor: RunDoctor) -> None:
    with unreachable_url() as url:
        run = doctor("--json", POSTS=f"{url}/posts.json?key=s3cret")
    assert (run.status, run.check("posts")["outcome"]) == (2, "unchecked")
    assert run.check("posts")["detail"].startswith(
        f"The list of posts at {url}/posts.json cannot be used: ConnectError"
    )
    assert "s3cret" not in run.output + run.errors


def test_fix_without_the_right_says_so(doctor: RunDoctor, simulator: RunningSimulator) -> None:
    add_hook(simulator, 202, events=["issues"])
    run = doctor("content", "--fix", "--json", GITHUB_TOKEN=TOKEN, WEBHOOK_SECRET="s")
    assert (run.status, run.rules) == (1, ["webhook-events"])
    first, last = run.report["fixes"]
    assert first["message"].startswith("The webhook could not be changed: GitHub refuses")
    assert last["message"] == "1 finding needs your decision: see above what to do."


def test_option_ignore_knows_the_rules_of_all_checks() -> None:
    rules = re.compile(r'(?:Finding|_add)\(\s*"([a-z-]+)"|"((?:public|webhook)-[a-z-]+)"')
    sources = [file.read_text() for file in Path("app/cli/doctor").rglob("*.py") if file.name != "rules.py"]
    names = {name for source in sources for pair in rules.findall(source) for name in pair if name}
    assert names.isdisjoint(POST_RULES)
    assert sorted({*names, *POST_RULES}) == sorted(RULES)
