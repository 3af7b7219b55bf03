"""Open the stores that `afterword copy` reads and writes, by their addresses."""

import os
from contextlib import AbstractContextManager, suppress
from pathlib import Path

from app.domain.errors import CopyRefused
from app.ports.copies.tables import StoreSource, StoreTarget
from app.settings.values import STORE
from app.store.sqlite.copies.source import open_source as open_sqlite_source
from app.store.sqlite.copies.target import incomplete_path
from app.store.sqlite.copies.target import open_target as open_sqlite_target

_SQLITE = "sqlite:///"
_MEMORY = "memory:"
_ADDRESSES = "sqlite:///path/to/afterword.db"


def refuse_same(source: str, target: str) -> None:
    """Raise `CopyRefused` if both addresses are those of one file, or FROM would be written over."""
    first, second = (os.path.realpath(address.removeprefix(_SQLITE)) for address in (source, target))
    with suppress(OSError):  # one of them is no file
        second = first if Path(first).samefile(second) else second
    if first in (second, str(incomplete_path(second))):
        raise CopyRefused(f"{source} and {target} are the same store. Name another one.")


def open_source(address: str) -> AbstractContextManager[StoreSource]:
    """Return the store that is copied. Raises `StoreError`."""
    if address == _MEMORY:
        raise CopyRefused(f"A store in memory ends with its process: there is nothing to copy. Write {_ADDRESSES}.")
    return open_sqlite_source(_path(address))


def open_target(address: str, *, replace: bool) -> AbstractContextManager[StoreTarget]:
    """Return the store that is written. Raises `StoreError`."""
    if address == _MEMORY:
        raise CopyRefused(f"A store in memory would end with this command. Write {_ADDRESSES}.")
    return open_sqlite_target(_path(address), replace=replace)


def _path(address: str) -> str:
    match = STORE.fullmatch(address)
    if match is None or address.endswith(":memory:"):
        raise CopyRefused(f"{address!r} is not a store. Write {_ADDRESSES}.")
    return match["path"]
