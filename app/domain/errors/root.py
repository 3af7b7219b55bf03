"""The root of the hierarchy of failures."""

from typing import ClassVar


class AfterwordError(Exception):
    """The root of the hierarchy; `str()` says what happened, then what to do: `template` with the failure's fields."""

    template: ClassVar[str] = ""

    def __str__(self) -> str:
        return self.template.format(**vars(self))
