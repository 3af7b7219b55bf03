"""The doctor on a blog of more than sixty posts with every irregularity, from the command line."""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.domain.posts.rules.check import RULES
from app.outbound.clock import SystemClock
from app.simulator.http.rate_limits import Limits
from app.simulator.http.server import RunningSimulator, run_simulator
from app.simulator.world.world import World
from tests.cli.doctor_runs import DoctorRunner, RunDoctor
from tests.cli.irregular_blog import FINDINGS, NOTES, REPO, open_issues, write_blog
from tests.cli.sarif_rules import check_log

_NEEDS_OTHER_BLOG = {
    "value-from-elsewhere",
    "unsupported-file",
    "unreadable-folder",
    "issue-without-label",
    "ambiguous-term",
}
"""Rules about what this blog cannot have at the same time; the domain's tests have them."""


@pytest.fixture(scope="module")
def simulator() -> Iterator[RunningSimulator]:
    """Run a simulator with the issues of the blog."""
    world = World(SystemClock().now)
    open_issues(world)
    with run_simulator(world, limits=Limits(anonymous=5000)) as simulator:
        yield simulator


@pytest.fixture
def doctor(
    simulator: RunningSimulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> RunDoctor:
    """Run the doctor in the folder of the blog, with no settings but the repositories."""
    for name in [name for name in os.environ if name.startswith("AFTERWORD_")]:
        monkeypatch.delenv(name)
    assert write_blog(tmp_path) >= 60
    monkeypatch.chdir(tmp_path)
    simulator.requests.clear()
    return DoctorRunner(simulator, monkeypatch, capsys, REPO=f"{REPO},{NOTES}")


def test_every_irregularity_is_found(doctor: RunDoctor) -> None:
    run = doctor("content", "--json")
    assert run.report["generator"] == "hugo"
    found = [
        (entry["severity"], entry["rule"], entry["source"], entry["line"], entry["ghissueid"])
        for entry in run.report["findings"]
    ]
    assert found == list(FINDINGS)
    assert {rule for _, rule, *_ in FINDINGS} == set(RULES) - _NEEDS_OTHER_BLOG
    assert run.status == 1


def test_few_requests_are_sent_and_nothing_is_left(
    doctor: RunDoctor, simulator: RunningSimulator, tmp_path: Path
) -> None:
    run = doctor("content", "--json")
    targets = [request.target for request in simulator.requests]
    assert run.report["requests"] == len(targets)
    assert sum("issues?" in target for target in targets) == 2
    assert sum(bool(re.search(r"/issues/[0-9]+$", target)) for target in targets) <= 8
    assert sorted(path.name for path in tmp_path.iterdir()) == [".git", "content", "hugo.toml"]


def test_mirror_gives_the_same_findings(doctor: RunDoctor, simulator: RunningSimulator) -> None:
    assert doctor(program="sync").status == 0
    simulator.requests.clear()
    run = doctor("content", "--json")
    assert [(entry["severity"], entry["rule"], entry["source"]) for entry in run.report["findings"]] == [
        entry[:3] for entry in FINDINGS
    ]
    assert not any("issues?" in request.target for request in simulator.requests)


def test_names_that_are_no_text_are_reported(doctor: RunDoctor, tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9 %,1.md")
    (tmp_path / "content" / "posts" / name).write_text("---\ntitle: Coffee\nghissueid: 998\n---\n")
    assert "caf\ufffd %,1.md" in doctor("content", "--json").output
    assert "caf%EF%BF%BD%20%25%2C1.md" in doctor("content", "--format", "sarif").output
    assert "caf\ufffd %25%2C1.md" in doctor("content", "--format", "github").output
    assert doctor("content").status == 1


def test_each_finding_says_what_to_do(doctor: RunDoctor) -> None:
    findings = doctor("content", "--json").report["findings"]
    for finding in findings:
        assert finding["message"].endswith((".", "?", "”."))
        assert finding["advice"].endswith((".", "?"))
    advice = {finding["source"]: finding["advice"] for finding in findings}
    assert advice["posts/lonely.md"] == "Write ghissueid: 56 if “Waiting for comments” is its thread."
    assert advice["posts/near.md"] == "Write ghissueid: 1 and ghrepo: ada/notes."
    message = next(finding["message"] for finding in findings if finding["source"] == "posts/versions.md")
    assert "52" in message
    assert "64" in message


def test_all_forms_name_the_same_pages(doctor: RunDoctor, monkeypatch: pytest.MonkeyPatch) -> None:
    pages = [source for _, _, source, _, _ in FINDINGS if source is not None]
    log = json.loads(doctor("content", "--format", "sarif").output)
    check_log(log)
    places = [
        result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for result in log["runs"][0]["results"]
    ]
    assert [place for place in places if place != "content/"] == [f"content/{page}" for page in pages]
    commands = doctor("content", "--format", "github").output
    assert re.findall(r"file=([^,:]+)", commands) == [f"content/{page}" for page in pages]
    monkeypatch.setenv("COLUMNS", "200")
    text = doctor("content").output
    assert all(f" content/{page}" in text for page in pages)


def test_severity_and_rules_can_be_chosen(doctor: RunDoctor) -> None:
    errors = {rule for severity, rule, *_ in FINDINGS if severity == "error"}
    ignored = [option for rule in errors for option in ("--ignore", rule)]
    assert doctor("content", "--fail-on", "error", *ignored).status == 0
    assert doctor("content", *ignored).status == 1


def test_fix_writes_the_one_certain_number(doctor: RunDoctor, tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in (tmp_path / "content").rglob("*.md")}
    run = doctor("content", "--fix", "--json")
    done = [entry["message"] for entry in run.report["fixes"] if entry["done"]]
    assert done == ["posts/lonely.md has ghissueid: 56 now."]
    after = {path: path.read_bytes() for path in (tmp_path / "content").rglob("*.md")}
    lonely = tmp_path / "content" / "posts" / "lonely.md"
    assert {path for path in after if after[path] != before.get(path)} == {lonely}
    assert after[lonely] == b"---\ntitle: Waiting for Comments\nghissueid: 56\n---\nText.\n"
    assert "post-without-number" not in [
        finding["rule"] for finding in run.report["findings"] if finding["severity"] != "note"
    ]
