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

    @property
    def refusal(self) -> str:
        """Return why an empty field is left alone that is written twice, with an anchor or a tag, or as a text."""
        return f"its empty {self.key} is written in a way that Afterword does not fill. Write the number by hand"

    def names(self, key: str) -> bool:
        """Return True if a key is the field's."""
        return key == self.key or (self.any_case and key.casefold() == self.key.casefold())
