"""The identifiers that a source defines: each name once per scope, with the kind of definition."""

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import PurePosixPath

from tests.prose.sources import Source

_CONVENTIONS = frozenset({"self", "cls", "_"})
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_Target = tuple[str, "Kind", str]


class Kind(StrEnum):
    """What a name stands for."""

    MODULE = "module"
    CLASS = "class"
    FUNCTION = "function"
    PARAMETER = "parameter"
    VARIABLE = "variable"
    ATTRIBUTE = "attribute"
    MEMBER = "enum member"


@dataclass(frozen=True)
class Identifier:
    """A name with its definition; `annotation` is the source text of its type or empty."""

    path: str
    line: int
    scope: str
    name: str
    kind: Kind
    annotation: str = ""

    @property
    def bare(self) -> str:
        """The name without leading and trailing underscores."""
        return self.name.strip("_")


@cache
def split_words(name: str) -> list[str]:
    """Return the lower-case words of a name: `_HeldFor` and `_HELD_FOR` give `held`, `for`."""
    return [word.lower() for word in _WORD.findall(name)]


def find_identifiers(source: Source) -> list[Identifier]:
    """Return the identifiers that a source defines, without dunder names, `self`, `cls` and `_`."""
    first = Identifier(source.path, 1, "", PurePosixPath(source.path).stem, Kind.MODULE)
    by_scope = {(first.scope, first.name): first}
    for identifier in _walk(source.path, source.tree, "module", None):
        by_scope.setdefault((identifier.scope, identifier.name), identifier)
    return [identifier for identifier in by_scope.values() if _counts(identifier.name)]


def collect_identifiers(sources: Iterable[Source]) -> list[Identifier]:
    """Return the identifiers of several sources."""
    return [identifier for source in sources for identifier in find_identifiers(source)]


def _counts(name: str) -> bool:
    return name not in _CONVENTIONS and not (name.startswith("__") and name.endswith("__"))


def _walk(
    path: str, node: ast.AST, scope: str, owner: ast.ClassDef | None, class_scope: str = ""
) -> Iterator[Identifier]:
    """Yield definitions below a node; `owner` is the class whose body this is, `class_scope` takes `self.x`."""
    for child in ast.iter_child_nodes(node):
        annotation = _annotation(node)
        for name, kind, text in _targets(child, owner, annotation):
            target = class_scope or scope if kind is Kind.ATTRIBUTE and owner is None else scope
            yield Identifier(path, getattr(child, "lineno", 1), target, name, kind, text)
        if isinstance(child, ast.ClassDef):
            inner = f"{scope}.{child.name}"
            yield from _walk(path, child, inner, child, inner)
        elif isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _walk(path, child, f"{scope}.{child.name}", None, class_scope)
        else:
            yield from _walk(path, child, scope, owner, class_scope)


def _annotation(node: ast.AST) -> str:
    """Return the type that an assignment declares; `bool` for a value that is plainly a truth value."""
    match node:
        case ast.AnnAssign(annotation=annotation):
            return ast.unparse(annotation)
        case ast.Assign(value=ast.Constant(value=bool()) | ast.Compare() | ast.UnaryOp(op=ast.Not())):
            return "bool"
    return ""


def _targets(node: ast.AST, owner: ast.ClassDef | None, annotation: str) -> Iterator[_Target]:
    """Yield (name, kind, annotation) for the names that one node binds."""
    match node:
        case ast.ClassDef(name=name):
            yield name, Kind.CLASS, ""
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            yield name, Kind.FUNCTION, ""
        case ast.arg(arg=name, annotation=declaration):
            yield name, Kind.PARAMETER, ast.unparse(declaration) if declaration else ""
        case ast.Attribute(attr=name, ctx=ast.Store()):
            yield name, Kind.ATTRIBUTE, annotation
        case ast.Name(id=name, ctx=ast.Store()):
            yield name, _kind_of_variable(owner), annotation
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            yield name, Kind.VARIABLE, ""


def _kind_of_variable(owner: ast.ClassDef | None) -> Kind:
    if owner is None:
        return Kind.VARIABLE
    bases = [ast.unparse(base) for base in owner.bases]
    return Kind.MEMBER if any(base.endswith(("Enum", "Flag")) for base in bases) else Kind.ATTRIBUTE
