"""The owner's API as tables for a terminal. Titles and comments come from strangers: they are printed as plain text."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from app.domain.texts.excerpts import excerpt
from app.domain.times import epoch
from app.render.excerpts import visible

_LONGEST = 200
_MOST_FINDINGS, _MOST_COMMENTS = 20, 5
_STYLES = {"error": "red", "warning": "yellow", "note": "dim"}
_BARS = " ▁▂▃▄▅▆▇█"


def plain(value: object) -> Text:
    """Return a value as text in one line, without the characters that would change the terminal or the direction."""
    return Text(excerpt(visible("" if value is None else str(value)), _LONGEST))


def status_tables(status: Mapping[str, Any]) -> Group:
    """Return the state of the service."""
    parts: list[RenderableType] = [_summary(status)]
    if status["findings"]:
        parts += [Text(), _findings(status["findings"])]
    if status["held_comments"]:
        parts += [Text(), _comments("Held back", status["held_comments"], "hold_reason")]
    parts += [Text(), _comments("Newest comments", status["newest"], "post_title")]
    return Group(*parts)


def counts_table(counts: Mapping[str, Any]) -> Group:
    """Return the posts with their counts, those with the latest comment first."""
    table = Table(box=None, pad_edge=False)
    for name, justify in (("Comments", "right"), ("Last", "left"), ("Issue", "left"), ("Post", "left"), ("", "left")):
        table.add_column(name, justify=justify, no_wrap=name in {"Comments", "Last"})  # type: ignore[arg-type]
    now = epoch(counts["at"])
    has_several = len({thread["repo"] for post in counts["posts"] for thread in post["threads"]}) > 1
    posts = sorted(counts["posts"], key=lambda post: post["last_comment_at"] or "", reverse=True)
    for post in posts:
        repos = [thread["repo"] if has_several else "" for thread in post["threads"]]
        names = [f"{repo}#{thread['ghissueid']}" for repo, thread in zip(repos, post["threads"], strict=True)]
        notes = [thread["status"] for thread in post["threads"] if thread["status"] != "open"]
        notes += [finding["rule"] for finding in post["findings"]]
        if post["held_count"]:
            notes.append(f"{post['held_count']:,} held back")
        if post["unpublished_reason"]:
            notes.append("not published")
        count = "–" if post["comment_count"] is None else f"{post['comment_count']:,}"
        last = _ago(post["last_comment_at"], now)
        table.add_row(count, last, plain(", ".join(names)), plain(post["title"]), plain(", ".join(notes)))
    thread_counts = {
        (thread["repo"], thread["ghissueid"]): thread["comment_count"] for post in posts for thread in post["threads"]
    }
    total = sum(count or 0 for count in thread_counts.values())
    return Group(table, Text(f"{total:,} comments on {len(posts):,} posts."))


def _summary(status: Mapping[str, Any]) -> Table:
    table = Table.grid(padding=(0, 2))
    now, budget = epoch(status["at"]), status["budget"]
    for site in status["sites"]:
        state = f"{site['comments']:,} comments on {site['threads']:,} threads"
        if site["held_count"]:
            state += f"; {site['held_count']:,} more are held back"
        if site["threads_complete"] < site["threads"] or not site["listed"]:
            state += f"; {site['threads_complete']:,} of them are mirrored"
        table.add_row(
            plain(site["repo"]), Text(f"{state}; agreed with GitHub {_ago(site['checked_at'], now) or 'never'}")
        )
        if site["failure"]:
            table.add_row("", plain(f"The last poll failed: {site['failure']}"))
    table.add_row("Posts", Text(_posts(status)))
    for name in ("post_list_failure", "foreign_worker"):
        if text := status.get(name):
            table.add_row("", plain(text))
    table.add_row("Comments", Text(_spark([week["comments"] for week in status["weeks"]]) + "  by week, last 52 weeks"))
    requests_left = (
        "not known" if budget["remaining"] is None else f"{budget['remaining']:,} of {budget['limit']:,} left"
    )
    requests = [hour["requests"] for hour in budget["hours"]]
    table.add_row("Requests", Text(f"{requests_left}; {sum(requests):,} in 24 hours {_spark(requests)}"))
    for name, key in (("Polls", "polls"), ("Deliveries", "deliveries"), ("Drift", "drift")):
        table.add_row(name, plain(_outcomes(status[key]["outcomes"], now)))
    table.add_row("Store", Text(_storage(status["storage"])))
    table.add_row("Version", plain(status["version"]))
    return table


def _posts(status: Mapping[str, Any]) -> str:
    if status.get("is_post_list_missing"):
        return "none is served: the list of posts (AFTERWORD_POSTS) could not be read yet; the log says why"
    if not status["has_post_list"]:
        return "not known (AFTERWORD_POSTS)"
    return f"{status['posts']:,}, with {len(status['findings']):,} findings"


def _outcomes(outcomes: Mapping[str, Any], now: float) -> str:
    parts = [f"{item['count']:,} {name} ({_ago(item['last_at'], now)})" for name, item in outcomes.items()]
    return ", ".join(parts) or "none in 24 hours"


def _storage(storage: Mapping[str, Any]) -> str:
    store = "in memory" if storage["store_bytes"] is None else f"{storage['store_bytes'] / 1e6:,.1f} MB"
    if storage.get("store_kind") == "postgresql":
        store += " in PostgreSQL"
    if storage["cache_bytes"] is None:
        return f"{store}; the service does not run"
    cache = f"{storage['cache_bytes'] / 1e6:,.1f} MB in {storage['cached_documents']:,} documents"
    return f"{store}; cache {cache}; {storage['subscribers']:,} open pages"


def _findings(findings: Sequence[Mapping[str, Any]]) -> Table:
    table = Table(title="Findings", title_justify="left", box=None, pad_edge=False, show_header=False)
    for finding in findings[:_MOST_FINDINGS]:
        severity = finding["severity"]
        table.add_row(
            Text(severity, style=_STYLES.get(severity, "")),
            plain(finding["source"] or _number(finding)),
            Text(" ").join([plain(finding["message"]), plain(finding["advice"])]),
        )
    if len(findings) > _MOST_FINDINGS:
        table.add_row("", "", Text(f"{len(findings) - _MOST_FINDINGS:,} more: see afterword doctor"))
    return table


def _number(finding: Mapping[str, Any]) -> str:
    return "" if finding["ghissueid"] is None else f"#{finding['ghissueid']}"


def _comments(title: str, comments: Sequence[Mapping[str, Any]], note: str) -> Group:
    """Return the newest comments, each with its address on a line of its own: a terminal makes a link of it."""
    lines = [Text(title, style="italic")]
    for comment in comments[:_MOST_COMMENTS]:
        day = Text(comment["created_at"][:10])
        lines.append(Text("  ").join([day, plain(comment["author"]), plain(comment[note]), plain(comment["text"])]))
        lines.append(Text("            ") + plain(comment["url"]))
    return Group(*lines)


def _spark(values: Iterable[int]) -> str:
    """Return a row of bars."""
    counts = list(values)
    most = max(counts, default=0)
    return "".join(_BARS[0 if not count else 1 + (len(_BARS) - 2) * count // most] for count in counts)


def _ago(time: str | None, now: float) -> str:
    """Return how long ago a time was: `3 h`."""
    if time is None:
        return ""
    seconds = max(0, int(now - epoch(time)))
    for unit, length in (("y", 31_536_000), ("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds // length} {unit} ago"
    return "just now"
