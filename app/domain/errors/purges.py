"""Failures of the cache or CDN in front."""

from dataclasses import dataclass

from app.domain.errors.root import AfterwordError


@dataclass(eq=False)
class PurgeFailed(AfterwordError):
    """The call that purges a CDN's copies had no success; `retry_after` is in seconds, if the response says it."""

    host: str
    reason: str
    retry_after: int | None = None

    template = (
        "{host} has not purged what changed ({reason}): its readers see older comments for a while. "
        "Check AFTERWORD_PURGE_URL and AFTERWORD_PURGE_HEADER."
    )
