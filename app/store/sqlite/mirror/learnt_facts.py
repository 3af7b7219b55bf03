"""What the service learns of comments besides GitHub's objects: sizes of images, and approvals."""

import sqlite3
from collections.abc import Mapping

from app.domain.sites import Repository
from app.domain.threads import Approval, ImageSize
from app.store.normalized_change import is_another_approval, with_image_sizes
from app.store.sqlite.connections import json_list
from app.store.sqlite.mirror.writes import PUT_MIRROR_CHANGE
from app.store.stored_json import encode_json, stored_approval, stored_image_sizes

_STORED_IMAGE_SIZES = """
SELECT comment.site, comment.id, number, image_sizes FROM comment JOIN site ON site.id = comment.site
WHERE site.key = :key AND comment.id IN (SELECT value FROM json_each(:ids))
"""
_PUT_IMAGE_SIZES = "UPDATE comment SET image_sizes = ? WHERE site = ? AND id = ?"

_STORED_APPROVALS = """
SELECT comment.site, comment.id, number, approval FROM comment JOIN site ON site.id = comment.site
WHERE site.key = :key AND comment.id IN (SELECT value FROM json_each(:ids))
"""
_PUT_APPROVAL = "UPDATE comment SET approval = ? WHERE site = ? AND id = ?"
_THREADS = """
SELECT site, number FROM issue JOIN site ON site.id = issue.site
WHERE site.key = ? AND NOT is_pull_request ORDER BY number
"""


def put_image_sizes(
    connection: sqlite3.Connection, repo: Repository, sizes: Mapping[int, Mapping[str, ImageSize]], process_id: str
) -> frozenset[int]:
    """Add sizes of images to those of their comments, and return the numbers of the threads that this changed."""
    threads: set[tuple[int, int]] = set()
    for site, key, number, text in connection.execute(
        _STORED_IMAGE_SIZES, {"key": repo.key, "ids": json_list(sizes)}
    ).fetchall():
        stored_sizes = stored_image_sizes(text)
        new_sizes = with_image_sizes(stored_sizes, sizes[key])
        if new_sizes != stored_sizes:
            connection.execute(_PUT_IMAGE_SIZES, (encode_json(new_sizes), site, key))
            threads.add((site, number))
    connection.executemany(PUT_MIRROR_CHANGE, ((site, -number, process_id) for site, number in sorted(threads)))
    return frozenset(number for _, number in threads)


def put_approvals(
    connection: sqlite3.Connection, repo: Repository, approvals: Mapping[int, Approval], process_id: str
) -> frozenset[int]:
    """Replace the approvals of comments, and return the numbers of the threads that readers see otherwise now."""
    threads: set[tuple[int, int]] = set()
    for site, key, number, text in connection.execute(
        _STORED_APPROVALS, {"key": repo.key, "ids": json_list(approvals)}
    ).fetchall():
        connection.execute(_PUT_APPROVAL, (encode_json(approvals[key]), site, key))
        if is_another_approval(stored_approval(text), approvals[key]):
            threads.add((site, number))
    connection.executemany(PUT_MIRROR_CHANGE, ((site, number, process_id) for site, number in sorted(threads)))
    return frozenset(number for _, number in threads)


def put_new_versions(connection: sqlite3.Connection, repo: Repository, process_id: str) -> frozenset[int]:
    """Give each thread a new version, and return their numbers."""
    threads = connection.execute(_THREADS, (repo.key,)).fetchall()
    connection.executemany(PUT_MIRROR_CHANGE, ((site, number, process_id) for site, number in threads))
    return frozenset(number for _, number in threads)
