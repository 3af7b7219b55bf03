"""Settings under their old names, which release 0.4 accepts with a warning and release 0.5 does not."""

from collections.abc import Mapping
from dataclasses import dataclass

OLD_NAMES: Mapping[str, str] = {"pulse": "poll_interval", "catalogue_mb": "cache_mb"}
"""The old name of each renamed setting, with the new one; both in lower case and without the prefix."""


@dataclass(frozen=True, slots=True)
class OldVariable:
    """A variable that is set under its old name."""

    name: str
    """In lower case and without the prefix, like the other names here."""
    new_name: str
    is_ignored: bool
    """True if the new name is set, too: it wins."""


def find_old_variables(names: Mapping[str, object]) -> list[OldVariable]:
    """Return the old names among the names that are set."""
    return [OldVariable(old, new, is_ignored=new in names) for old, new in OLD_NAMES.items() if old in names]
