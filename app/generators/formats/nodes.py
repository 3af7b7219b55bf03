"""The tree of a block of front matter before any generator's rules: scalars as they stand, and what is unusual."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Quirk(StrEnum):
    """Something that some readers accept and others refuse; its text goes on after "it has"."""

    TAB = "a tab between two tokens"
    TAB_IN_TEXT = "a tab inside a text"
    TAB_INDENT = "a tab as indentation"
    TAB_LINE = "a line with only a tab"
    DUPLICATE_ANCHOR = "an anchor that is given twice"
    DUPLICATE_KEY = "a field that is given twice"
    LINE_SEPARATOR = "a line separator of Unicode"
    QUESTION_MARK = "a question mark inside brackets"
    COMPLEX_KEY = "a mapping or list as the name of a field"
    MERGE_LIST = "a list of mappings behind <<"
    CONTROL_CHARACTER = "a control character"
    UNKNOWN_TAG = "an unknown tag"
    INVALID_TIMESTAMP = "a date that does not exist"
    RUBY_TYPE = "a word that begins with a colon, or a type of Ruby"
    CARRIAGE_RETURN = "a carriage return as the end of a line"
    NOT_UTF8 = "a byte that is not UTF-8"
    TOML_1_1 = "a form that TOML has since version 1.1"
    TOML_ESCAPE = "an escape that TOML has since version 1.1"


@dataclass(frozen=True, slots=True)
class Scalar:
    """A scalar as it stands in the file, without its quotes."""

    text: str
    line: int
    """From 1, in the block."""
    plain: bool = True
    """Without quotes, in one line of YAML."""
    tag: str | None = None
    """Its explicit tag, as `!issue` or `tag:yaml.org,2002:float`."""


@dataclass(frozen=True, slots=True)
class ListNode:
    """A list."""

    items: tuple["Node", ...]
    line: int
    tag: str | None = None


@dataclass(frozen=True, slots=True)
class MapNode:
    """A mapping with its pairs in order; a key may occur several times."""

    pairs: tuple[tuple["Node", "Node"], ...]
    line: int
    tag: str | None = None


Node = Scalar | ListNode | MapNode

STANDARD_TAG = "tag:yaml.org,2002:"
NO_FIELDS = MapNode((), 1)


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed block, with the first line of each quirk."""

    root: Node
    quirks: Mapping[Quirk, int]


class Unreadable(ValueError):
    """Front matter that no generator reads; the message is a clause."""

    def __init__(self, reason: str, line: int | None = None) -> None:
        super().__init__(reason)
        self.line = line
        """From 1, in the block."""


class NotFollowed(Unreadable):
    """Code that a generator runs and that cannot be followed here."""
