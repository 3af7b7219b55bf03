"""The configuration of a site generator, as far as it is written as literal values."""

import ast
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath

from app.generators.configuration_files import DATA, FILES, HUGO_FOLDERS, SCRIPTS
from app.generators.formats.script_literals import without_comments
from app.generators.inherited.scalars import deep_merge, get_any_case
from app.generators.inherited.values import FieldReader, Fields
from app.generators.tree import ContentTree

MAX_BYTES = 1 << 20
"""Of a configuration or data file more is not read."""
_ROOT = PurePosixPath()


@dataclass(frozen=True)
class Configuration:
    """What is known of a generator's configuration."""

    generator: str
    content: PurePosixPath = _ROOT
    """The folder whose pages are posts, relative to the root of the tree."""
    values: Fields = field(default_factory=dict)
    """The values that are literal; of a script in Python, those assigned to a name."""
    opaque: frozenset[str] = frozenset()
    """The names that a script in Python assigns something else than a literal."""
    text: str = ""
    """A script in JavaScript, without its comments."""
    path: PurePosixPath | None = None
    """The file; None if the blog has none."""
    problem: str | None = None
    """Why the file cannot be read, if it cannot."""
    key: Hashable = None
    """Equal as long as the configuration was not written."""

    @cached_property
    def by_lower_name(self) -> Fields:
        """Return the values by their names in lower case, as Hugo compares them."""
        return {str(name).casefold(): value for name, value in self.values.items()}


def read_configuration(tree: ContentTree, generator: str, reader: FieldReader) -> Configuration:
    """Return the configuration in the root of a tree."""
    versions = {file.path: file.version for file in tree.files()}
    names = [PurePosixPath(name) for name in FILES.get(generator, ())]
    first = next((path for path in names if path in versions), None)
    paths = [first] if first else []
    if generator == "hugo":
        paths += sorted(path for path in versions if path.parent.as_posix() in HUGO_FOLDERS and path.suffix in DATA)
    key = tuple((path.as_posix(), versions[path]) for path in paths)
    if not paths:
        return Configuration(generator, tree.content, key=key)
    try:
        return _read(tree, Configuration(generator, tree.content, path=paths[0], key=key), paths, reader)
    except (OSError, ValueError, SyntaxError, RecursionError, MemoryError) as error:
        reason = str(error).partition("\n")[0] or type(error).__name__
        return Configuration(generator, tree.content, path=paths[0], key=key, problem=reason)


def _read(
    tree: ContentTree, empty: Configuration, paths: Sequence[PurePosixPath], reader: FieldReader
) -> Configuration:
    generator, content, path, key = empty.generator, empty.content, paths[0], empty.key
    source = tree.read(path, MAX_BYTES)
    if path.suffix == ".py":
        values, opaque = python_values(source.decode("utf-8", "replace"))
        return Configuration(generator, content, values, opaque, path=path, key=key)
    if path.suffix.removeprefix(".") in SCRIPTS:
        text = without_comments(source.decode("utf-8", "replace"))
        return Configuration(generator, content, text=text, path=path, key=key)
    values = {}
    for file_path in paths:
        values = deep_merge(values, _of_file(file_path, reader.data(tree.read(file_path, MAX_BYTES), file_path.suffix)))
    return Configuration(generator, content, values, path=path, key=key)


def _of_file(path: PurePosixPath, values: Fields) -> Fields:
    """Return the values of a file; one in a folder of Hugo's configuration is named as the table that it has."""
    is_table = path.parent != _ROOT and path.stem not in {"hugo", "config"}
    if not is_table:
        return values
    return {path.stem: get_any_case(values, path.stem) or values}


def python_values(source: str) -> tuple[Fields, frozenset[str]]:
    """Return the literals that a script assigns to names, and the names that it assigns something else.

    Nothing is executed. Raises `SyntaxError`, `ValueError`, `RecursionError`, `MemoryError`.
    """
    values: dict[str, object] = {}
    opaque: set[str] = set()
    for name, expression in _assignments(ast.parse(source)):
        try:
            values[name] = ast.literal_eval(expression)
            opaque.discard(name)
        except (ValueError, TypeError):
            values.pop(name, None)
            opaque.add(name)
    return values, frozenset(opaque)


def _assignments(module: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    for statement in ast.walk(module):
        if isinstance(statement, ast.Assign):
            names = [target.id for target in statement.targets if isinstance(target, ast.Name)]
            yield from ((name, statement.value) for name in names)
        elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name) and statement.value:
            yield statement.target.id, statement.value
