"""The mirror in one SQLite file, which several processes may share."""

from app.store.sqlite.mirror import SqliteMirror

__all__ = ["SqliteMirror"]
