"""Download GitHub's archive of a branch: a bounded file from the address that GitHub's API redirects to.

No token is sent: for a private repository the address itself is a key for some minutes, so it is never logged.
"""

import asyncio
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, cast
from urllib.parse import urlsplit

from app.domain.errors import InvalidRedirect, InvalidResponse, Unreachable
from app.github.requests import USER_AGENT, Request
from app.outbound.http import REDIRECTS, HttpClient, redirect_target

MAX_ARCHIVE_BYTES = 512 * 2**20
TIMEOUT = 600.0
"""Seconds for the whole file."""
_IN_MEMORY_BYTES = 8 * 2**20
"""Larger archives are kept on the disk."""
_MAX_REDIRECTS = 3
_OK = 200


async def download_archive(url: str, *, limit: int = MAX_ARCHIVE_BYTES, seconds: float = TIMEOUT) -> BinaryIO:
    """Return the file at an address, at its start; the caller closes it.

    Raises `Unreachable` (also after so many `seconds`), `InvalidResponse` or `InvalidRedirect`, without the query of
    the address; `OSError` if the disk is full.
    """
    file = cast("BinaryIO", SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES))  # noqa: SIM115 - the caller closes it
    path = urlsplit(url).path
    try:
        async with asyncio.timeout(seconds):
            await _fill(file, url, limit)
    except BaseException as error:
        file.close()
        if isinstance(error, TimeoutError):
            raise Unreachable(path, f"the archive was not complete within {seconds:g} s") from None
        if isinstance(error, Unreachable | InvalidResponse):
            raise type(error)(path, error.reason) from None
        raise
    file.seek(0)
    return file


async def _fill(file: BinaryIO, url: str, limit: int) -> None:
    headers = {"Accept-Encoding": "identity", "User-Agent": USER_AGENT}
    path, address = urlsplit(url).path, url
    for _ in range(_MAX_REDIRECTS + 1):
        client = HttpClient(address, connections=1)
        try:
            response = await client.download(Request(address, many=False), headers, file, limit=limit)
        finally:
            await client.aclose()
        if response.status == _OK:
            return
        if response.status not in REDIRECTS:
            raise InvalidResponse(path, f"status {response.status} instead of the archive")
        target = redirect_target(address, response.headers.get("location", ""))
        if target is None:
            raise InvalidRedirect(path, "an address without https")
        address = target
    raise InvalidRedirect(path, "more and more addresses")
