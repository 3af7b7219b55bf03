"""The members of a tar archive, one after the other, each step bounded: the archive may be hostile or cut off.

`tarfile` of the standard library parses the headers; its own reader ends without an error at a header that it cannot
parse, and half an archive would look complete. Here an archive is complete only if it ends with its end marker.
Follows https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html
"""

import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO

_BLOCK = tarfile.BLOCKSIZE
_MAX_HEADER_BYTES = 1 << 20
"""Extended headers hold paths of files."""
_CHUNK = 1 << 20
_PAX_HEADERS, _GLOBAL = (tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE), tarfile.XGLTYPE
_LONG_NAMES = {tarfile.GNUTYPE_LONGNAME: "path", tarfile.GNUTYPE_LONGLINK: "linkpath"}
_REGULAR = frozenset({tarfile.REGTYPE, tarfile.AREGTYPE})


class InvalidArchiveError(ValueError):
    """The archive is cut off, damaged, or larger than allowed; `str()` says so without a full stop."""


class BoundedReader:
    """Reads unpacked bytes in order, up to a limit."""

    def __init__(self, file: BinaryIO, limit: int) -> None:
        self._file = file
        self._remaining = limit
        self._limit = limit

    def read(self, size: int) -> bytes:
        """Return exactly `size` bytes; raises `InvalidArchiveError` at the limit and at the end of the file."""
        data = self.read_up_to(size)
        if len(data) < size:
            raise InvalidArchiveError("it is cut off")
        return data

    def read_up_to(self, size: int) -> bytes:
        """Return `size` bytes, or fewer at the end of the file."""
        data = self._file.read(size)
        self._remaining -= len(data)
        if self._remaining < 0:
            raise InvalidArchiveError(f"it unpacks to more than {self._limit} bytes")
        return data

    def skip(self, size: int) -> None:
        """Read `size` bytes and forget them."""
        while size > 0:
            size -= len(self.read(min(size, _CHUNK)))


@dataclass(frozen=True, slots=True)
class Member:
    """A file or link; others are skipped."""

    path: str
    """As the archive has it: it may lead anywhere."""
    link: str | None
    """Where a symbolic link leads; None for a regular file."""
    size: int
    data: bytes = field(repr=False)
    """The first bytes of a regular file."""


class MemberReader:
    """Reads members in order. `comment` is the global comment; git writes the commit there."""

    def __init__(self, reader: BoundedReader) -> None:
        self._reader = reader
        self.comment: str | None = None

    def members(self, kept_bytes: int) -> Iterator[Member]:
        """Yield all members with at most `kept_bytes` of each file. Raises `InvalidArchiveError`."""
        fields: dict[str, str] = {}
        while True:
            block = self._reader.read(_BLOCK)
            if not any(block):
                self._check_end()
                return
            header = _header(block)
            if header.type in (*_PAX_HEADERS, _GLOBAL, *_LONG_NAMES):
                self._read_extended(header, fields)
                continue
            size = _size(fields, header.size)
            data = self._reader.read(min(size, kept_bytes)) if header.type in _REGULAR else b""
            self._reader.skip(_with_padding(size) - len(data))
            path = fields.get("path", header.name)
            if header.type in _REGULAR:
                yield Member(path, None, size, data)
            elif header.type == tarfile.SYMTYPE:
                yield Member(path, fields.get("linkpath", header.linkname), 0, b"")
            fields = {}

    def _read_extended(self, header: tarfile.TarInfo, fields: dict[str, str]) -> None:
        """Read fields that replace those of the next header."""
        if not 0 <= header.size <= _MAX_HEADER_BYTES:
            raise InvalidArchiveError("it has a header of more than a megabyte")
        data = self._reader.read(_with_padding(header.size))[: header.size]
        if header.type in _LONG_NAMES:
            fields[_LONG_NAMES[header.type]] = _text(data.rstrip(b"\0"))
        elif header.type == _GLOBAL:
            self.comment = _records(data).get("comment", self.comment)
        else:
            fields |= _records(data)

    def _check_end(self) -> None:
        """Read to the end of the packed file, which proves its checksum: only zeros may follow the end marker."""
        block = self._reader.read(_BLOCK)
        while block:
            if any(block):
                raise InvalidArchiveError("it goes on after its end")
            block = self._reader.read_up_to(_CHUNK)


def _header(block: bytes) -> tarfile.TarInfo:
    try:
        return tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except (tarfile.HeaderError, ValueError, OverflowError):
        raise InvalidArchiveError("it has a damaged header") from None


def _size(fields: Mapping[str, str], size: int) -> int:
    text = fields.get("size", "")
    size = int(text) if text.isascii() and text.isdigit() and len(text) < 16 else size  # noqa: PLR2004 - a petabyte
    if size < 0:
        raise InvalidArchiveError("it has a file of negative size")
    return size


def _records(data: bytes) -> dict[str, str]:
    """Return the records `length key=value` of an extended header."""
    records: dict[str, str] = {}
    position = 0
    while position < len(data):
        length_text, blank, _ = data[position : position + 16].partition(b" ")
        length = int(length_text) if blank and length_text.isdigit() else 0
        record = data[position + len(length_text) + 1 : position + length]
        key, equals, value = record.partition(b"=")
        if not equals or not value.endswith(b"\n"):
            raise InvalidArchiveError("it has a damaged header")
        records[_text(key)] = _text(value[:-1])
        position += length
    return records


def _text(data: bytes) -> str:
    return data.decode("utf-8", errors="replace")


def _with_padding(size: int) -> int:
    return (size + _BLOCK - 1) // _BLOCK * _BLOCK
