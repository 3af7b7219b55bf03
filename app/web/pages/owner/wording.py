"""The overview as text: what the template prints."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from app.domain.posts.findings import Finding
from app.domain.texts.excerpts import excerpt
from app.domain.times import epoch, rfc3339
from app.ports.owner.history import HistoryEvent, HistoryKind, HistoryRecord
from app.render.excerpts import visible
from app.serving.owner.as_json import outcome_totals
from app.serving.owner.checks import CheckOutcome
from app.serving.owner.listing import ListedPosts, Listing
from app.serving.owner.model import Overview, ThreadRow

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_UNITS = (("year", 365 * _DAY), ("month", 30 * _DAY), ("day", _DAY), ("hour", _HOUR), ("minute", _MINUTE))
_MOST_FINDINGS = 30
_MOST_EVENTS = 10
_LONGEST_ADDRESS = 1000
_LONGEST = 160
"""Characters of a title or a sentence: the blog's files and readers may write any number."""
_KILO = 1000
MESSAGES: Mapping[str, str] = {
    CheckOutcome.DONE: "GitHub was asked: what is shown is up to date.",
    CheckOutcome.WAITING: "The check waits for its turn, or for the request budget. This page shows it afterwards.",
    CheckOutcome.POLLING: "GitHub is asked what changed. This page shows it as it comes.",
    CheckOutcome.RECENT: "GitHub was asked a moment ago: nothing was asked again.",
}
_OUTCOMES: Mapping[str, str] = {
    "ok": "succeeded",
    "limited": "stopped by the rate limit",
    "failed": "failed",
    "accepted": "accepted: the thread is read again",
    "known": "known already",
    "replayed": "repeated",
    "ignored": "of no concern",
    "pong": "a ping",
    "foreign": "of another repository",
    "unsigned": "refused: the signature is missing or wrong",
    "malformed": "refused: not as GitHub sends them",
    "unconfigured": "refused: no secret is set",
    "missed": "changes that no delivery reported",
}
_STATUSES: Mapping[str, str] = {"unknown": "not mirrored yet", "gone": "deleted", "missing": "no such issue"}


@dataclass(frozen=True, slots=True)
class Moment:
    """A time for people and for machines."""

    iso: str
    """RFC 3339."""
    text: str
    """How long ago it was."""
    day: str
    """`1 Jul 2020`."""


@dataclass(frozen=True, slots=True)
class OutcomeWords:
    """An outcome of a day."""

    name: str
    count: int
    last: Moment


@dataclass(frozen=True, slots=True)
class EventWords:
    """One poll, delivery or difference."""

    at: Moment
    text: str
    detail: str


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure at the top of the page."""

    name: str
    value: str
    note: str


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the list of posts, and the address that sorts by it."""

    key: str
    name: str
    query: str
    direction: str | None


def age(seconds: float) -> str:
    """Return how long ago something was; what lies ahead was written by a clock that has been set back since."""
    for name, length in _UNITS:
        if seconds >= length:
            count = int(seconds // length)
            return f"{count} {name}{'' if count == 1 else 's'} ago"
    return "just now"


def moment(at: float, now: float) -> Moment:
    """Return a time in epoch seconds as it is shown at `now`."""
    date = datetime.fromtimestamp(at, UTC)
    return Moment(rfc3339(at), age(now - at), f"{date.day} {date:%b %Y}")


def moment_of(text: str | None, now: float) -> Moment | None:
    """Return a time in RFC 3339 as it is shown at `now`; None if there is none."""
    return None if text is None else moment(epoch(text), now)


def size(count: int | None) -> str:
    """Return a number of bytes as people write it: `3.4 MB`."""
    if count is None:
        return "in memory"
    value, units = float(count), ["kB", "MB", "GB", "TB"]
    if value < _KILO:
        return f"{count} bytes"
    unit = ""
    while value >= _KILO and units:
        value, unit = value / _KILO, units.pop(0)
    return f"{value:.1f} {unit}"


def web_address(address: str | None) -> str | None:
    """Return an address that a link may have: an absolute one of the web. Titles and addresses come from outside."""
    if not address or len(address) > _LONGEST_ADDRESS:
        return None
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    return address if parts.scheme in {"http", "https"} and parts.netloc else None


def short(text: str) -> str:
    """Return a text in one line of bounded length, without what turns its direction or shows nothing."""
    return excerpt(visible(text), _LONGEST)


def thread_status(thread: ThreadRow) -> str:
    """Return the status of a thread in words; empty for an open one with all its comments."""
    if thread.status == "open":
        return "" if thread.is_complete else "import under way"
    return _STATUSES.get(thread.status, thread.status)


def outcomes(history: HistoryRecord, kind: str, now: float) -> list[OutcomeWords]:
    """Return the outcomes of a day."""
    totals = outcome_totals(history.counts, HistoryKind(kind))
    return [OutcomeWords(_outcome(name), count, moment(last_at, now)) for name, (count, last_at) in totals.items()]


def events(history: HistoryRecord, kind: str, now: float) -> list[EventWords]:
    """Return the latest events of a kind."""
    latest = [event for event in history.events if event.kind == kind][:_MOST_EVENTS]
    return [EventWords(moment(event.at, now), _event(event), event.detail) for event in latest]


def tiles(overview: Overview) -> list[Tile]:
    """Return the figures at the top."""
    now, budget = overview.at, overview.budget
    check_times = [site.checked_at for site in overview.sites if site.checked_at is not None]
    is_known = len(check_times) == len(overview.sites)
    requests = sum(count for _, count, _ in budget.hours)
    errors = sum(finding.severity == "error" for finding in overview.findings)
    requests_left = "not known yet" if budget.remaining is None else f"{budget.remaining:,} of {budget.limit:,} left"
    return [
        Tile("Posts" if overview.has_post_list else "Threads", f"{len(overview.posts):,}", _published(overview)),
        Tile("Comments", f"{overview.comment_count:,}", f"{sum(c for _, c in overview.weeks[-4:]):,} in four weeks"),
        Tile("Findings", f"{len(overview.findings):,}", f"{errors:,} of them errors" if errors else "no errors"),
        Tile("Agreed with GitHub", age(now - min(check_times)) if is_known else "not yet", "as a whole"),
        Tile("Requests", requests_left, f"{requests:,} in 24 hours"),
    ]


def _published(overview: Overview) -> str:
    if not overview.has_post_list:
        return "no list of posts yet"
    hidden = sum(post.unpublished_reason is not None for post in overview.posts)
    return f"{hidden:,} not published" if hidden else "all published"


def columns(listing: Listing) -> list[Column]:
    """Return the columns of the list that can be sorted by."""
    names = {
        "title": "Post",
        "comments": "Comments",
        "last": "Last comment",
        "checked": "Checked",
        "findings": "Findings",
    }
    return [Column(key, name, query_of(listing.sorted_by(key)), listing.direction(key)) for key, name in names.items()]


def query_of(listing: Listing) -> str:
    """Return the end of an address: `?sort=title`; `?` alone for the default, so that no old query stays."""
    return f"?{listing.query}"


def loose_findings(findings: Sequence[Finding], selection: ListedPosts) -> list[Finding]:
    """Return the findings that no row of this page shows, as many as the page has room for."""
    row_findings = {id(finding) for post in selection.posts for finding in post.findings}
    return [finding for finding in findings if id(finding) not in row_findings][:_MOST_FINDINGS]


def thread_name(thread: ThreadRow, repos: Sequence[str]) -> str:
    """Return the short name of a thread: `#41`, with its repository if there are several."""
    name = f"#{thread.ref.number}"
    return name if len(repos) == 1 else f"{thread.ref.repo.full_name}{name}"


def _event(event: HistoryEvent) -> str:
    repo_key = f"{event.repo_key}: " if event.repo_key else ""
    return f"{repo_key}{_outcome(event.outcome)}"


def _outcome(name: str) -> str:
    return _OUTCOMES.get(name, name.replace("_", " "))
