"""How processes are called in the store, so that one can tell what another is."""

from dataclasses import dataclass

_SEPARATOR = "|"


@dataclass(frozen=True, slots=True)
class WorkerName:
    """A process, of Afterword's version and settings; `str()` is what the store keeps."""

    kind: str
    """Equal for processes that do the same: a digest of their version and settings."""
    version: str
    process: str
    """`process 4711 on host`."""
    id: str
    """Different for each process."""

    def __str__(self) -> str:
        return _SEPARATOR.join((self.kind, self.version, self.process, self.id))

    def describe_foreign(self, worker_id: str | None) -> str | None:
        """Return what another worker is, in sentences, and what to do; None for one that does the same as this."""
        other = None if worker_id is None else _parse(worker_id)
        if worker_id is None or (other is not None and other.kind == self.kind):
            return None
        worker = describe_worker(worker_id)
        return (
            f"Another process, with other settings or of another version, works on this store in place of this one "
            f"({worker}; this is Afterword {self.version}, {self.process}). If it is left over, end it."
        )


def describe_worker(worker_id: str) -> str:
    """Return what a process is, for people."""
    worker = _parse(worker_id)
    return "an earlier version of Afterword" if worker is None else f"Afterword {worker.version}, {worker.process}"


def _parse(worker_id: str) -> WorkerName | None:
    """Return the name that the store keeps; None for that of an earlier version, which is a number."""
    fields = worker_id.split(_SEPARATOR)
    return WorkerName(*fields) if len(fields) == len(WorkerName.__slots__) else None
