"""From a parsed block to the fields of a page, by the rules of a dialect."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from app.generators.dialects import Dialect, Keys, Merge
from app.generators.fences import Format
from app.generators.formats.json_object import read_json
from app.generators.formats.line_formats import read_lines
from app.generators.formats.nodes import (
    STANDARD_TAG,
    Document,
    ListNode,
    MapNode,
    Node,
    NotFollowed,
    Quirk,
    Scalar,
    Unreadable,
)
from app.generators.formats.script import read_script
from app.generators.formats.toml import read_toml
from app.generators.formats.yaml_lines import read_simple_yaml
from app.generators.formats.yaml_reader import read_yaml
from app.generators.front_matter import FrontMatter, find_fields

_MAX_VALUES = 20_000
"""Of a page, after every alias stands for its value."""
_MERGE = "<<"
_TIMESTAMP = re.compile(
    r"\d{4}-(?:\d\d-\d\d|\d\d?-\d\d?(?:[Tt]|[ \t]+)\d\d?:\d\d:\d\d(?:\.\d*)?(?:[ \t]*(?:Z|[-+]\d\d?(?::\d\d)?))?)"
)
_LINE_FORMATS = frozenset({Format.ORG, Format.RST, Format.NIKOLA, Format.META_LINES, Format.META_TAGS})


class Timestamp(str):
    """A day or time that YAML itself knows, as it stands in the file."""

    __slots__ = ()


class Refused(ValueError):
    """Front matter that a dialect cannot read; the message is a clause."""

    def __init__(self, reason: str, line: int | None, *, is_ours: bool = False) -> None:
        super().__init__(reason)
        self.line = line
        """In the file, from 1."""
        self.is_ours = is_ours
        """Whether the generator can read it, but we cannot."""


@dataclass(frozen=True)
class ParsedBlock:
    """A block of front matter, parsed once for all dialects that find it in the same place."""

    front_matter: FrontMatter

    @cached_property
    def content(self) -> "Document | Mapping[str, object] | Unreadable":
        """Return a tree for YAML, the values for other languages, or why it cannot be read."""
        try:
            return self._parse()
        except Unreadable as error:
            return error

    def _parse(self) -> Document | Mapping[str, object]:
        form, text = self.front_matter.format, self.front_matter.text
        if form is Format.YAML:
            return read_simple_yaml(text) or read_yaml(text)
        if form in _LINE_FORMATS:
            return read_lines(form, text)
        if form is Format.TOML:
            return self._toml[0]
        if form is Format.SCRIPT:
            return read_script(text)
        return read_json(text if form is Format.JSON else f"{{{text}}}")

    @cached_property
    def _toml(self) -> tuple[Mapping[str, object], Mapping[Quirk, int]]:
        return read_toml(self.front_matter.text)

    @cached_property
    def quirks(self) -> Mapping[Quirk, int]:
        """Return what readers disagree on, with the line in the block."""
        content = self.content
        if isinstance(content, Document):
            quirks = content.quirks
        else:
            is_toml = self.front_matter.format is Format.TOML and not isinstance(content, Unreadable)
            quirks = self._toml[1] if is_toml else {}
        return quirks if self.front_matter.is_utf8 else {**quirks, Quirk.NOT_UTF8: 1}


@dataclass(frozen=True, slots=True)
class PageFields:
    """The fields of a page by their names, as its generator compares them."""

    values: Mapping[str, object]
    lines: Mapping[str, int] = field(default_factory=dict)
    """The line of each field of the top level in the file, from 1, if the language tells."""


def page_fields(block: ParsedBlock, dialect: Dialect) -> PageFields:
    """Return the fields of a page; raises `Refused` if the generator cannot read them."""
    front_matter, content = block.front_matter, block.content
    _check(block, dialect)
    if not isinstance(content, Document):
        values = {} if isinstance(content, Unreadable) else content
        return PageFields(_by_name(values, dialect, front_matter.format), _lines(front_matter))
    first_line = front_matter.line - 1
    resolver = _Resolver(dialect, first_line)
    try:
        values = resolver.fields(content.root)
    except Unreadable as error:
        raise Refused(str(error), None if error.line is None else first_line + error.line) from None
    return PageFields(_by_name(values, dialect, Format.YAML), resolver.lines)


def _check(block: ParsedBlock, dialect: Dialect) -> None:
    """Raise `Refused` for what the generator cannot read, whatever the fields are."""
    front_matter, content = block.front_matter, block.content
    first_line = front_matter.line - 1
    if front_matter.error is not None:
        raise Refused(front_matter.error, front_matter.line)
    if isinstance(content, Unreadable):
        line = None if content.line is None else first_line + content.line
        raise Refused(str(content), line, is_ours=isinstance(content, NotFollowed))
    if front_matter.format is Format.SCRIPT and not (dialect.runs_statements or "{" in front_matter.text.lstrip()[:1]):
        raise Refused("it has statements where an object is expected", front_matter.line)
    for quirk, line in block.quirks.items():
        if quirk in dialect.refuses:
            raise Refused(f"it has {quirk}", first_line + line)
    if dialect.needs_mapping and isinstance(content, Document) and not isinstance(content.root, MapNode):
        raise Refused("it is no list of fields", front_matter.line)


def data_fields(text: str, form: Format, dialect: Dialect) -> Mapping[str, object]:
    """Return the values of a file that is not a page, as a configuration; raises `Refused`."""
    front_matter = FrontMatter(form, 0, 0, text, 1, "\n", 0)
    return page_fields(ParsedBlock(front_matter), dialect).values


def _lines(front_matter: FrontMatter) -> Mapping[str, int]:
    occurrences = find_fields(front_matter, "ghissueid", any_case=True)
    return {"ghissueid": occurrences[-1].line} if occurrences else {}


class _Resolver:
    """Gives the nodes of YAML their values."""

    def __init__(self, dialect: Dialect, first_line: int) -> None:
        self._dialect = dialect
        self._first_line = first_line
        self._count = 0
        self.lines: dict[str, int] = {}

    def fields(self, root: Node) -> Mapping[str, object]:
        """Return the fields of a document; none if it is no mapping."""
        if not isinstance(root, MapNode):
            return {}
        values = self._mapping(root)
        for key, _ in root.pairs:
            if isinstance(key, Scalar):
                if self._dialect.needs_text_keys and not isinstance(self._scalar(key), str):
                    raise Unreadable(f"{key.text[:60] or '~'} is no name of a field", key.line)
                self.lines[key.text.casefold()] = self._first_line + key.line
        return values

    def _mapping(self, node: MapNode) -> dict[str, object]:
        inherited: dict[str, object] = {}
        own: dict[str, object] = {}
        for key, value in node.pairs:
            if not isinstance(key, Scalar):
                own[f"a {type(key).__name__}"] = None
            elif key.text == _MERGE and key.plain and self._dialect.merge is not Merge.NONE:
                inherited |= self._merge_fields(value)
                if self._dialect.merge is Merge.IN_ORDER:
                    own |= inherited
            else:
                self._check_type(key)
                if key.text in own and Quirk.DUPLICATE_KEY in self._dialect.refuses:
                    raise Unreadable(f"it has {Quirk.DUPLICATE_KEY} ({key.text[:60]})", key.line)
                own[key.text] = self._value(value)
        return {**inherited, **own}

    def _merge_fields(self, node: Node) -> dict[str, object]:
        inherited: dict[str, object] = {}
        for mapping in node.items if isinstance(node, ListNode) else (node,):
            if not isinstance(mapping, MapNode):
                raise Unreadable("<< is no mapping", node.line)
            fields = self._mapping(mapping)
            inherited = {**inherited, **fields} if self._dialect.merge is Merge.LAST_WINS else {**fields, **inherited}
        return inherited

    def _value(self, node: Node) -> object:
        self._count += 1
        if self._count > _MAX_VALUES:
            raise Unreadable(f"it has more than {_MAX_VALUES} values", node.line)
        if isinstance(node, Scalar):
            return self._scalar(node)
        return self._mapping(node) if isinstance(node, MapNode) else [self._value(item) for item in node.items]

    def _check_type(self, node: Scalar) -> None:
        """Raise `Unreadable` for what Psych takes for a symbol or an object of Ruby, which Jekyll does not allow."""
        is_symbol = node.plain and node.text.startswith(":") and len(node.text) > 1
        is_object = node.tag is not None and node.tag.startswith("!ruby/") and node.tag != "!ruby/object"
        if (is_symbol or is_object) and Quirk.RUBY_TYPE in self._dialect.refuses:
            raise Unreadable(f"it has {Quirk.RUBY_TYPE} ({node.text[:60]})", node.line)

    def _scalar(self, node: Scalar) -> object:
        self._check_type(node)
        rules = self._dialect.scalars
        if self._dialect.texts_only:
            value = rules.value(node.text) if node.plain and node.tag is None else node.text
            value = value if node.tag is None else self._with_tag(node.tag.removeprefix(STANDARD_TAG), node)
            return "null" if value is None else str(value)
        if node.tag is None:
            if not node.plain:
                return node.text
            if node.text[:4].isdigit() and _TIMESTAMP.fullmatch(node.text):
                return Timestamp(node.text)
            return rules.value(node.text)
        kind = node.tag.removeprefix(STANDARD_TAG)
        if kind == node.tag:
            return node.text if self._dialect.unknown_tag_is_text or not node.plain else rules.value(node.text)
        return self._with_tag(kind, node)

    def _with_tag(self, kind: str, node: Scalar) -> object:
        """Return the value of a scalar with a standard tag."""
        value = self._dialect.scalars.value(node.text)
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if kind == "null":
            return None
        if kind in {"int", "float"} and is_number:
            return float(str(value)) if kind == "float" else value
        is_wrong = kind in {"int", "float"} or (kind == "bool" and not isinstance(value, bool))
        if is_wrong and Quirk.UNKNOWN_TAG in self._dialect.refuses:
            raise Unreadable(f"{node.text[:60]!r} is no {kind}", node.line)
        return value if kind == "bool" and isinstance(value, bool) else node.text


def _by_name(values: Mapping[str, object], dialect: Dialect, form: Format) -> Mapping[str, object]:
    """Return fields under the names that the generator compares."""
    if form is Format.JSON and dialect.json_numbers_are_floats:
        values = {key: _as_float(value) for key, value in values.items()}
    if dialect.keys is Keys.EXACT:
        return values
    if dialect.keys is Keys.LOWER:
        return {key.lower(): value for key, value in values.items()}
    by_name = {key: value for key, value in values.items() if key == key.lower()}
    return by_name | {key.lower(): value for key, value in values.items() if key != key.lower()}


def _as_float(value: object) -> object:
    if isinstance(value, int) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError:
            return str(value)
    if isinstance(value, list):
        return [_as_float(item) for item in value]
    return {key: _as_float(item) for key, item in value.items()} if isinstance(value, dict) else value


def own_value(fields: Mapping[str, object], name: str, dialect: Dialect) -> tuple[bool, object]:
    """Return whether a page has a field of the blog's own, and its value, with the dialect's table."""
    table = fields.get(dialect.table) if dialect.table else None
    if isinstance(table, Mapping):
        inner = _by_name(table, dialect, Format.YAML)
        if name in inner:
            return True, inner[name]
    if dialect.only_table:
        return False, None
    return name in fields, fields.get(name)
