"""A large overview for the owner's page."""

from app.domain.posts.findings import Finding, Severity
from app.domain.records import ThreadRef
from app.ports.owner.history import HistoryEvent, HistoryKind, HistoryRecord
from app.serving.owner.model import Budget, CommentRow, Overview, PostRow, SiteRow, Storage, ThreadRow
from tests.web.harness.blog import SITE, START


def make_overview(text: str, url: str = "https://blog.example.com/") -> Overview:
    """Return an overview of 1,000 posts with this text in all fields of text."""
    findings = [Finding("rule", Severity.ERROR, text, text, text) for _ in range(9)]
    threads = [
        ThreadRow(ThreadRef(SITE, n), text, "https://github.com/o/r/issues/1", "open", 3, 1, True, None, START)  # noqa: FBT003
        for n in range(9)
    ]
    event = HistoryEvent(START, HistoryKind.POLL, "", "failed", text[:300])
    comment = CommentRow(
        ThreadRef(SITE, 1), text, "jane", url, "2020-07-01T09:30:00Z", url, text[:240], None, text[:50]
    )
    return Overview(
        at=START,
        version="1",
        sites=[SiteRow("Owner/Blog", True, False, 1000, 1000, 10_000, 20, START, START, START, text[:300])],  # noqa: FBT003
        posts=[PostRow(text, text, url, None, text, threads, findings) for _ in range(1000)],
        findings=findings * 1000,
        weeks=[(START, 9)] * 52,
        newest=[comment] * 20,
        held_comments=[comment] * 20,
        budget=Budget(True, 60, 3, START + 60, START + 9, [(int(START), 3, 5)] * 24),  # noqa: FBT003
        history=HistoryRecord((), (event,) * 50),
        storage=Storage("sqlite", 123_456_789, 0, 0, 0),
        has_post_list=True,
        generator="hugo",
    )
