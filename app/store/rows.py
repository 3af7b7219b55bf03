"""The rows of the mirror as values of the domain."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

import orjson

from app.domain.records import IssueSummary, SiteRecord, ThreadRecord
from app.domain.sites import Repository
from app.domain.terms.heads import IssueHead, head_of
from app.domain.threads import Approval, Comment, ImageSize
from app.github import payloads


def site_record(row: tuple[Any, ...]) -> SiteRecord:
    """Return the record of a site."""
    key, configured_name, *fields = row
    record = SiteRecord(Repository(key, configured_name), *fields)
    return replace(record, private=bool(record.private), former_names=tuple(row[-2].split()))


def thread_record(source: Any, row: tuple[Any, ...]) -> ThreadRecord:
    """Return the record of a thread; `source` is its issue as GitHub sent it."""
    _, mirrored_count, complete, count_mismatch, *fields = row
    return ThreadRecord(payloads.issue(source), mirrored_count, bool(complete), bool(count_mismatch), *fields)


def thread_records(rows: Iterable[tuple[Any, ...]], at_once: int) -> Iterator[ThreadRecord]:
    """Yield the records of threads, parsed `at_once` at a time: a long parse stops all other threads."""
    remaining_rows = iter(rows)
    while some_rows := list(islice(remaining_rows, at_once)):
        yield from map(thread_record, parse_all(row[0] for row in some_rows), some_rows)


def parse_comments(rows: Sequence[tuple[bytes, bytes | None, bytes | None]]) -> Iterator[Comment]:
    """Yield comments from rows of their sources, their image sizes and their approvals."""
    comments = map(payloads.comment, parse_all(source for source, _, _ in rows))
    for comment, (_, sizes, approval) in zip(comments, rows, strict=True):
        if sizes is None and approval is None:
            yield comment
        else:
            image_sizes = None if sizes is None else parse_image_sizes(sizes)
            yield replace(comment, image_sizes=image_sizes, approval=parse_approval(approval))


def parse_heads(rows: Iterable[tuple[bytes]], at_once: int) -> Iterator[IssueHead]:
    """Yield what issues are found by from rows of their sources, parsed `at_once` at a time."""
    remaining_rows = iter(rows)
    while some_rows := list(islice(remaining_rows, at_once)):
        yield from (head_of(payloads.issue(source)) for source in parse_all(source for (source,) in some_rows))


def summary(labels: list[str], row: tuple[Any, ...]) -> IssueSummary:
    """Return the summary of an issue with its labels."""
    _, number, is_pull, count, mirrored_count, complete, mismatch, updated_at = row
    flags = bool(complete), bool(mismatch)
    return IssueSummary(number, bool(is_pull), count, mirrored_count, *flags, updated_at, tuple(labels))


def parse_all(sources: Iterable[bytes]) -> list[Any]:
    """Return parsed JSON texts; parsing them as one list is faster than one by one."""
    values: list[Any] = orjson.loads(b"[" + b",".join(sources) + b"]")
    return values


def parse_image_sizes(text: bytes) -> Mapping[str, ImageSize]:
    """Return the sizes of a comment's images; raise ValueError if the stored text is damaged."""
    try:
        return {name: (width, height) for name, (width, height) in orjson.loads(text).items()}
    except (AttributeError, TypeError) as error:
        raise ValueError(f"no sizes of images: {error}") from error


def parse_approval(text: bytes | None) -> Approval | None:
    """Return a comment's approval; raise ValueError if the stored text is damaged."""
    try:
        return None if text is None else Approval(**orjson.loads(text))
    except TypeError as error:
        raise ValueError(f"no approval: {error}") from error
