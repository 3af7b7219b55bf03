"""Open the stores that `afterword copy` reads and writes, by their addresses.

The driver of databases is imported only where it is needed: that takes a tenth of a second.
"""

import os
from contextlib import AbstractContextManager, suppress
from pathlib import Path

from app.domain.errors import CopyRefused
from app.outbound.clock import SystemClock
from app.ports.copies.tables import StoreSource, StoreTarget
from app.settings.databases import check_database, is_database, without_credentials
from app.settings.values import STORE
from app.store.sqlite.copies.source import open_source as open_sqlite_source
from app.store.sqlite.copies.target import incomplete_path
from app.store.sqlite.copies.target import open_target as open_sqlite_target

_SQLITE = "sqlite:///"
_MEMORY = "memory:"
_ADDRESSES = "sqlite:///path/to/afterword.db or postgresql://user:password@host/database"


def refuse_same(source: str, target: str) -> None:
    """Raise `CopyRefused` if both addresses are those of one file or database, or FROM would be written over."""
    if _are_same(source, target):
        names = " and ".join(map(without_credentials, (source, target)))
        raise CopyRefused(f"{names} are the same store. Name another one.")


def open_source(address: str) -> AbstractContextManager[StoreSource]:
    """Return the store that is copied. Raises `StoreError`."""
    if address == _MEMORY:
        raise CopyRefused(f"A store in memory ends with its process: there is nothing to copy. Write {_ADDRESSES}.")
    if is_database(address):
        from app.store.postgres.copies.source import open_source as open_database  # noqa: PLC0415

        return open_database(_database(address))
    return open_sqlite_source(_path(address))


def open_target(address: str, *, replace: bool) -> AbstractContextManager[StoreTarget]:
    """Return the store that is written. Raises `StoreError`."""
    if address == _MEMORY:
        raise CopyRefused(f"A store in memory would end with this command. Write {_ADDRESSES}.")
    if is_database(address):
        from app.store.postgres.copies.target import open_target as open_database  # noqa: PLC0415

        return open_database(_database(address), replace=replace, now=SystemClock().now)
    return open_sqlite_target(_path(address), replace=replace)


def _are_same(source: str, target: str) -> bool:
    if is_database(source) or is_database(target):
        return is_database(source) and is_database(target) and _name(source) == _name(target)
    first, second = (os.path.realpath(address.removeprefix(_SQLITE)) for address in (source, target))
    with suppress(OSError):  # one of them is no file
        second = first if Path(first).samefile(second) else second
    return first in (second, str(incomplete_path(second)))


def _name(address: str) -> str:
    """Return a database's address without user and password."""
    from app.store.postgres.sessions import Address  # noqa: PLC0415

    return Address(_database(address)).name


def _database(address: str) -> str:
    try:
        return check_database(address)
    except ValueError as error:
        raise CopyRefused(f"A store cannot be used: {error}.") from None


def _path(address: str) -> str:
    match = STORE.fullmatch(address)
    if match is None or address.endswith(":memory:"):
        raise CopyRefused(f"{without_credentials(address)!r} is not a store. Write {_ADDRESSES}.")
    return match["path"]
