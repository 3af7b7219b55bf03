"""The journal of issues that are being opened: what a process that was killed was about."""

from collections.abc import Mapping
from typing import Protocol


class Journal(Protocol):
    """The digests of pages whose issue may have been opened, and whose number is not known; durable at each return."""

    def pending(self) -> Mapping[str, float]:
        """Return when the request for each page left, in epoch seconds."""

    def begin(self, digest: str, now: float) -> None:
        """Note that a request to open the issue of a page leaves now."""

    def end(self, digest: str) -> None:
        """Note that the outcome is known."""
