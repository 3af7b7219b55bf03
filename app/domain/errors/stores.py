"""Failures of the store."""

from dataclasses import dataclass

from app.domain.errors.root import AfterwordError


class StoreError(AfterwordError):
    """The store cannot be read or written."""


@dataclass(eq=False)
class StoreUnusable(StoreError):
    """The store cannot be used; `reason` is the database's or system's own message."""

    path: str
    reason: str

    template = (
        "The store {path} cannot be used ({reason}). "
        "Make its folder writable and see that the file is a store of Afterword's, "
        "or name another place with AFTERWORD_STORE=sqlite:///path/to/afterword.db."
    )


@dataclass(eq=False)
class StoreTooNew(StoreError):
    """A later version wrote the store; it was not changed."""

    path: str
    version: int
    newest: int
    """The newest schema that this version of Afterword can open."""

    template = (
        "The store {path} has schema {version}, and this version knows {newest} at most. "
        "Start the version that wrote it, or name another store with AFTERWORD_STORE."
    )


@dataclass(eq=False)
class CopyRefused(StoreError):
    """A store cannot be copied, or not into the other one; neither was changed."""

    reason: str

    template = "{reason}"
