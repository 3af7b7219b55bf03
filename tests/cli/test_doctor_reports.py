"""The forms of the doctor's report, for hostile and for plain findings."""

import re
from pathlib import Path

import pytest

from app.cli.doctor.formats.annotations import to_annotations
from app.cli.doctor.formats.json_report import to_json_object
from app.cli.doctor.formats.sarif import to_sarif
from app.cli.doctor.report import CheckResult, Fix, PagePaths, Report
from app.domain.posts.findings import Finding, Severity
from app.domain.records import ThreadRef
from app.domain.sites import repository
from tests.cli.printed_reports import print_at
from tests.cli.sarif_rules import check_log

REPO = repository("ada/blog")
HOSTILE = "Issue 7 is called “[bold]a\x1b[31m%0A::error::b\u202e\r\nc”."
ADVICE = "Write the number of the post's issue, or open one for it, and see the README for what else may be done here."
PAGE_FINDINGS = (
    Finding("missing-issue", Severity.ERROR, "There is no issue 9.", ADVICE, "posts/a.md", 4, ThreadRef(REPO, 9)),
    Finding("title-mismatch", Severity.WARNING, HOSTILE, ADVICE, "posts/ü 100%,a:b.md", None, ThreadRef(REPO, 7)),
    Finding("unused-thread", Severity.NOTE, "No page names issue 8.", ADVICE, thread=ThreadRef(REPO, 8)),
)
CHECKS = (
    CheckResult("github", "It answers."),
    CheckResult("webhook", "The token may not see webhooks.", is_unchecked=True),
    CheckResult("public address", "Seen.", (Finding("etag-dropped", Severity.WARNING, "No ETag.", ADVICE),)),
    CheckResult("posts", "3 pages.", PAGE_FINDINGS, is_essential=True),
)


@pytest.fixture
def report(tmp_path: Path) -> Report:
    """Return a report about a content folder in a repository."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "content" / "posts").mkdir(parents=True)
    fixes = (Fix(is_done=True, message="b.md has ghissueid: 5 now."),)
    return Report(
        CHECKS, requests=4, posts=3, generator="hugo", fixes=fixes, page_paths=PagePaths(tmp_path / "content")
    )


@pytest.mark.parametrize("width", [80, 60, 40, 200])
def test_table_cuts_nothing_off(report: Report, width: int) -> None:
    text = print_at(report, width)
    assert max(map(len, text.splitlines())) <= width
    assert "…" not in text
    assert all(word in text for finding in PAGE_FINDINGS for word in finding.advice.split())
    assert "done  b.md has ghissueid: 5 now." in text
    last = "1 error, 2 warnings, 1 note; not checked: webhook (4 requests to GitHub)."
    assert " ".join(text.split()).endswith(last)


def test_narrow_terminal_gets_a_list(report: Report) -> None:
    text = print_at(report, 40)
    assert "webhook: not checked\n  The token may not see webhooks." in re.sub(r" +\n", "\n", text)
    assert "error content/posts/a.md:4\n  There is no issue 9." in re.sub(r" +\n", "\n", text)


def test_table_shows_no_control_characters(report: Report) -> None:
    text = print_at(report, 80)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\u202e]", text)
    assert "[bold]" in text


def test_json_has_the_documented_fields(report: Report) -> None:
    data = to_json_object(report, 1)
    fields = {"version", "exit_status", "counts", "posts", "generator", "requests", "checks", "findings", "fixes"}
    assert set(data) == fields
    assert data["counts"] == {"error": 1, "warning": 2, "note": 1}
    assert data["findings"][0] == {
        "check": "posts",
        "rule": "missing-issue",
        "severity": "error",
        "message": "There is no issue 9.",
        "advice": ADVICE,
        "source": "posts/a.md",
        "file": "content/posts/a.md",
        "line": 4,
        "repo": "ada/blog",
        "ghissueid": 9,
    }
    assert [check["outcome"] for check in data["checks"]] == ["ok", "unchecked", "findings", "findings"]


def test_annotations_are_escaped(report: Report) -> None:
    error, service, page, note, unchecked, summary = to_annotations(report)
    assert error == f"::error file=content/posts/a.md,line=4,title=missing-issue::There is no issue 9.%0A{ADVICE}"
    assert page.startswith("::warning file=content/posts/ü 100%25%2Ca%3Ab.md,title=title-mismatch::Issue 7 is called")
    assert "%250A::error::b" in page
    assert service.startswith("::warning title=etag-dropped::")
    assert note.startswith("::notice title=unused-thread::")
    assert unchecked == "::notice title=not checked%3A webhook::The token may not see webhooks."
    assert not summary.startswith("::")
    assert not any("\n" in line or "\r" in line for line in to_annotations(report))


def test_sarif_follows_its_structure(report: Report) -> None:
    log = to_sarif(report, 1)
    check_log(log)
    (run,) = log["runs"]
    page_paths = [result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for result in run["results"]]
    assert page_paths == ["content/posts/a.md", "content/posts/%C3%BC%20100%25%2Ca%3Ab.md", "content/"]
    (invocation,) = run["invocations"]
    assert [entry["descriptor"]["id"] for entry in invocation["toolConfigurationNotifications"]] == ["etag-dropped"]
    assert [entry["descriptor"]["id"] for entry in invocation["toolExecutionNotifications"]] == ["unchecked-webhook"]


@pytest.mark.parametrize(
    ("fail_on", "ignored", "status"),
    [
        (Severity.WARNING, (), 1),
        (Severity.ERROR, (), 1),
        (Severity.ERROR, ("missing-issue",), 0),
        (Severity.WARNING, ("missing-issue", "title-mismatch", "etag-dropped"), 0),
        (Severity.NOTE, ("missing-issue", "title-mismatch", "etag-dropped"), 1),
    ],
)
def test_status_follows_the_threshold(report: Report, fail_on: Severity, ignored: tuple[str, ...], status: int) -> None:
    assert report.without(ignored).exit_status(fail_on) == status


def test_essential_check_that_failed_makes_it_two() -> None:
    unchecked = CheckResult("posts", "No.", PAGE_FINDINGS, is_unchecked=True, is_essential=True)
    assert Report((unchecked,)).exit_status(Severity.ERROR) == 2
