"""What the service learns of comments besides GitHub's objects: sizes of images, and approvals."""

from collections.abc import Mapping

from app.domain.sites import Repository
from app.domain.threads import Approval, ImageSize
from app.store.normalized_change import is_another_approval, with_image_sizes
from app.store.postgres.database import array, execute
from app.store.postgres.mirror.comment_changes import insert_changes
from app.store.postgres.mirror.sites import lock_site
from app.store.postgres.sessions import Connection
from app.store.postgres.versions import NewVersions
from app.store.stored_json import encode_json, stored_approval, stored_image_sizes

_STORED_IMAGE_SIZES = "SELECT id, number, image_sizes FROM comment WHERE site = %s AND id = ANY (%s::bigint[])"
_PUT_IMAGE_SIZES = "UPDATE comment SET image_sizes = %s WHERE site = %s AND id = %s"
_STORED_APPROVALS = "SELECT id, number, approval FROM comment WHERE site = %s AND id = ANY (%s::bigint[])"
_PUT_APPROVAL = "UPDATE comment SET approval = %s WHERE site = %s AND id = %s"
_JUDGED_COMMENTS = "SELECT site, number, id FROM comment WHERE site = %s AND id = ANY (%s::bigint[])"
_RECORD_APPROVALS = f"WITH judged AS ({_JUDGED_COMMENTS}) {insert_changes('judged')}"
_THREADS = "SELECT number FROM issue WHERE site = %s AND NOT is_pull_request ORDER BY number"


def put_image_sizes(
    connection: Connection, repo: Repository, sizes: Mapping[int, Mapping[str, ImageSize]], versions: NewVersions
) -> frozenset[int]:
    """Add sizes of images to those of their comments, and return the numbers of the threads that this changed."""
    (site, _), threads = lock_site(connection, repo), set[int]()
    for key, number, text in execute(connection, _STORED_IMAGE_SIZES, (site, array(sizes))).fetchall():
        stored_sizes = stored_image_sizes(text)
        new_sizes = with_image_sizes(stored_sizes, sizes[key])
        if new_sizes != stored_sizes:
            execute(connection, _PUT_IMAGE_SIZES, (encode_json(new_sizes), site, key))
            threads.add(number)
    versions.put(connection, [(site, -number) for number in sorted(threads)])
    return frozenset(threads)


def put_approvals(
    connection: Connection, repo: Repository, approvals: Mapping[int, Approval], versions: NewVersions
) -> frozenset[int]:
    """Replace the approvals of comments, and return the numbers of the threads that readers see otherwise now."""
    (site, _), threads = lock_site(connection, repo), set[int]()
    for key, number, text in execute(connection, _STORED_APPROVALS, (site, array(approvals))).fetchall():
        execute(connection, _PUT_APPROVAL, (encode_json(approvals[key]), site, key))
        if is_another_approval(stored_approval(text), approvals[key]):
            threads.add(number)
    execute(connection, _RECORD_APPROVALS, (site, array(approvals)))
    versions.put(connection, [(site, number) for number in sorted(threads)])
    return frozenset(threads)


def put_new_versions(connection: Connection, repo: Repository, versions: NewVersions) -> frozenset[int]:
    """Give each thread a new version, and return their numbers."""
    site, _ = lock_site(connection, repo)
    numbers = [number for (number,) in execute(connection, _THREADS, (site,)).fetchall()]
    versions.put(connection, [(site, number) for number in numbers])
    return frozenset(numbers)
