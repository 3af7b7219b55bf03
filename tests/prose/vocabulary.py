"""Old names and vague names, and what the vocabulary says instead."""

from dataclasses import dataclass
from functools import cache

from tests.prose.identifiers import Identifier, Kind, split_words
from tests.prose.sources import Finding, is_inside, read_rows


@dataclass(frozen=True)
class OldName:
    """A row of `old_names.txt`: a name, how it matches, what to say and the folders that may keep it."""

    name: str
    match: str
    advice: str
    exempt: tuple[str, ...] = ()

    def matches(self, identifier: Identifier) -> bool:
        """Return whether an identifier uses the old name."""
        if is_inside(identifier.path, self.exempt):
            return False
        match self.match:
            case "word":
                return self.name in split_words(identifier.name)
            case "exact":
                return self.name == identifier.bare
            case "module":
                return identifier.kind is Kind.MODULE and self.name == identifier.name
        return self.name == identifier.bare.lower()


@cache
def old_names() -> tuple[OldName, ...]:
    """Return the rows of `old_names.txt`."""
    return tuple(
        OldName(name, match, advice, tuple(exempt[0].split()) if exempt else ())
        for name, match, advice, *exempt in read_rows("old_names.txt")
    )


def suggest(identifier: Identifier) -> str:
    """Return the advice for an identifier that uses an old name; empty if it uses none."""
    candidates = _candidates(identifier.name, identifier.bare)
    return next((old.advice for old in candidates if old.matches(identifier)), "")


@cache
def _candidates(name: str, bare: str) -> tuple[OldName, ...]:
    """Return the old names that an identifier of this name may use, in any place."""
    words = {*split_words(name), name, bare, bare.lower()}
    return tuple(old for old in old_names() if old.name in words)


def check_old_names(identifiers: list[Identifier]) -> list[Finding]:
    """Return a finding for each identifier that uses an old or a vague name."""
    return [
        Finding(identifier.path, identifier.line, identifier.name, advice)
        for identifier in identifiers
        if (advice := suggest(identifier))
    ]
