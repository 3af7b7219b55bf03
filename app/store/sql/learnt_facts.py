"""What is learnt of comments besides GitHub's objects: sizes of images and approvals. It changes their threads."""

from collections.abc import Mapping

from app.domain.threads import Approval, ImageSize
from app.store.normalized_change import is_another_approval, with_image_sizes
from app.store.sql.session import WriteSession
from app.store.stored_json import encode_json, stored_approval, stored_image_sizes

_STORED_IMAGE_SIZES = "SELECT id, number, image_sizes FROM comment WHERE site = :site AND id = ANY (:keys[])"
_PUT_IMAGE_SIZES = "UPDATE comment SET image_sizes = :value WHERE site = :site AND id = :id"
_STORED_APPROVALS = "SELECT id, number, approval FROM comment WHERE site = :site AND id = ANY (:keys[])"
_PUT_APPROVAL = "UPDATE comment SET approval = :value WHERE site = :site AND id = :id"
_THREADS = "SELECT number FROM issue WHERE site = :site AND NOT is_pull_request ORDER BY number"


def put_image_sizes(session: WriteSession, sizes: Mapping[int, Mapping[str, ImageSize]]) -> frozenset[int]:
    """Add sizes of images to those of their comments, and return the numbers of the threads that this changed."""
    numbers: set[int] = set()
    parameters = {"site": session.site, "keys": session.keys(sizes)}
    for key, number, text in session.execute(_STORED_IMAGE_SIZES, parameters).fetchall():
        stored_sizes = stored_image_sizes(text)
        new_sizes = with_image_sizes(stored_sizes, sizes[key])
        if new_sizes != stored_sizes:
            session.execute(_PUT_IMAGE_SIZES, {"value": encode_json(new_sizes), "site": session.site, "id": key})
            numbers.add(number)
    session.put_versions(-number for number in sorted(numbers))
    return frozenset(numbers)


def put_approvals(session: WriteSession, approvals: Mapping[int, Approval]) -> frozenset[int]:
    """Replace the approvals of comments, and return the numbers of the threads that readers see otherwise now."""
    numbers: set[int] = set()
    parameters = {"site": session.site, "keys": session.keys(approvals)}
    for key, number, text in session.execute(_STORED_APPROVALS, parameters).fetchall():
        session.execute(_PUT_APPROVAL, {"value": encode_json(approvals[key]), "site": session.site, "id": key})
        if is_another_approval(stored_approval(text), approvals[key]):
            numbers.add(number)
    session.note_changes(approvals)
    session.put_versions(sorted(numbers))
    return frozenset(numbers)


def put_new_versions(session: WriteSession) -> frozenset[int]:
    """Give each thread a new version, and return their numbers."""
    numbers = [number for (number,) in session.execute(_THREADS, {"site": session.site}).fetchall()]
    session.put_versions(numbers)
    return frozenset(numbers)
