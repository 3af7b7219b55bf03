"""What keeps a command from starting."""

from dataclasses import dataclass

from app.domain.errors.root import AfterwordError


@dataclass(eq=False)
class InvalidSetting(AfterwordError):
    """A setting cannot be used; `name` is its environment variable."""

    name: str
    reason: str

    template = "{name}: {reason}"


@dataclass(eq=False)
class CannotStart(AfterwordError):
    """The machine lacks what serving needs."""

    reason: str

    template = "{reason}"
