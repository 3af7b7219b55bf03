"""How a generator spells the field of the number, and in which tables it looks for it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldStyle:
    """The field's name in one generator."""

    key: str = "ghissueid"
    """What a new field is called."""
    any_case: bool = False
    """True if another spelling, such as `GHissueID`, is the same field."""
    table: str | None = None
    """The table that a new field belongs to, as `extra` in Zola; None for the outermost level."""
    nested_tables: tuple[str, ...] = ()
    """The tables in which an empty field counts, too."""

    def names(self, key: str) -> bool:
        """Return True if a key is the field's."""
        return key == self.key or (self.any_case and key.casefold() == self.key.casefold())
