"""Open the stores that `afterword copy` reads and writes, by their addresses.

The driver of databases is imported only where it is needed: that takes a tenth of a second.
"""

import os
from contextlib import AbstractContextManager

from app.domain.errors import CopyRefused
from app.outbound.clock import SystemClock
from app.ports.copies.tables import StoreSource, StoreTarget
from app.settings.databases import check_database, is_database, without_credentials
from app.settings.values import STORE
from app.store.sqlite.copies.source import open_source as open_sqlite_source
from app.store.sqlite.copies.target import open_target as open_sqlite_target

_SQLITE = "sqlite:///"
_MEMORY = "memory:"
_ADDRESSES = "sqlite:///path/to/afterword.db or postgresql://user:password@host/database"


def refuse_same(source: str, target: str) -> None:
    """Raise `CopyRefused` if both addresses are those of one file, or of one database."""
    if _identity(source) == _identity(target):
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


def _identity(address: str) -> str:
    """Return where a store is: the name of a database, or the path of a file."""
    if is_database(address):
        from app.store.postgres.sessions import Address  # noqa: PLC0415

        return Address(_database(address)).name
    return os.path.realpath(address.removeprefix(_SQLITE))


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
