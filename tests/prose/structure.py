"""The shape of the code: folders, constructors, lines, and the names and contents of test modules."""

import ast
import io
import tokenize
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from tests.prose.sources import Finding, Source

MOST_MODULES = 12
MOST_COLLABORATORS = 6
MOST_WORDS = 9
MOST_HELPER_LINES = 8
VAGUE_MODULES = frozenset({"utils", "util", "helpers", "helper", "common", "manager", "misc"})

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_Definition = _Function | ast.ClassDef
_LAYOUT = frozenset(
    {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
)
_SPECIAL = ("property", "staticmethod", "classmethod", "overload")


@dataclass(frozen=True)
class Constructor:
    """A class with the number of collaborators that its constructor takes."""

    path: str
    line: int
    class_name: str
    collaborators: tuple[str, ...]


def check_module_names(sources: Iterable[Source]) -> list[Finding]:
    """Return a finding for each module whose name says nothing about its content."""
    advice = "name the module after what it holds"
    names = ((source.path, PurePosixPath(source.path).stem) for source in sources)
    return [Finding(path, 1, name, advice) for path, name in names if name in VAGUE_MODULES]


def count_modules(sources: Iterable[Source]) -> Counter[str]:
    """Return the number of modules of each folder, without `__init__.py`."""
    paths = (PurePosixPath(source.path) for source in sources)
    return Counter(path.parent.as_posix() for path in paths if path.name != "__init__.py")


def check_folders(sources: Iterable[Source]) -> list[Finding]:
    """Return a finding for each folder that holds too many modules."""
    return [
        Finding(folder, 1, f"{count} modules", f"split the folder; at most {MOST_MODULES}")
        for folder, count in count_modules(sources).most_common()
        if count > MOST_MODULES
    ]


def find_constructors(sources: Iterable[Source]) -> list[Constructor]:
    """Return the constructors of all classes, the widest first.

    A collaborator is a parameter whose type is a class of these sources or a callable. Values such as `float`, `str`
    and `Mapping[str, Site]` are none. A dataclass counts if it has methods; its fields are the parameters.
    """
    trees = [(source.path, list(ast.walk(source.tree))) for source in sources]
    ours = {node.name for _, nodes in trees for node in nodes if isinstance(node, ast.ClassDef)}
    ours |= {name for _, nodes in trees for node in nodes for name in _callable_aliases(node)}
    constructors = [
        Constructor(path, node.lineno, node.name, _collaborators(node, ours | {"Callable"}))
        for path, nodes in trees
        for node in nodes
        if isinstance(node, ast.ClassDef)
    ]
    return sorted(constructors, key=lambda constructor: -len(constructor.collaborators))


def check_constructors(sources: Iterable[Source]) -> list[Finding]:
    """Return a finding for each constructor with too many collaborators."""
    return [
        Finding(item.path, item.line, item.class_name, f"{count} collaborators; at most {MOST_COLLABORATORS}")
        for item in find_constructors(sources)
        if (count := len(item.collaborators)) > MOST_COLLABORATORS
    ]


def _callable_aliases(node: ast.AST) -> list[str]:
    """Return the name that an assignment such as `Send = Callable[...]` gives to a type."""
    if isinstance(node, ast.Assign) and isinstance(node.value, ast.Subscript) and _heads(node.value) == ["Callable"]:
        return [target.id for target in node.targets if isinstance(target, ast.Name)]
    return []


def _collaborators(node: ast.ClassDef, ours: set[str]) -> tuple[str, ...]:
    return tuple(name for name, annotation in _parameters(node) if ours.intersection(_heads(annotation)))


def _parameters(node: ast.ClassDef) -> Iterator[tuple[str, ast.expr]]:
    """Yield the name and the type of each parameter that the constructor of a class takes."""
    methods = [child for child in node.body if isinstance(child, _Function)]
    for method in methods:
        if method.name == "__init__":
            arguments = [*method.args.posonlyargs, *method.args.args, *method.args.kwonlyargs]
            yield from ((argument.arg, argument.annotation) for argument in arguments if argument.annotation)
    if _is_dataclass(node) and any(_is_plain(method) for method in methods):
        for field in node.body:
            if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and _is_parameter(field):
                yield field.target.id, field.annotation


def _is_dataclass(node: ast.ClassDef) -> bool:
    return any("dataclass" in ast.unparse(decorator) for decorator in node.decorator_list)


def _is_plain(method: _Function) -> bool:
    """Return whether a method is an ordinary one: neither a dunder, nor a property, nor static."""
    decorators = [ast.unparse(decorator) for decorator in method.decorator_list]
    return not method.name.startswith("__") and not any(name.endswith(_SPECIAL) for name in decorators)


def _is_parameter(field: ast.AnnAssign) -> bool:
    default = ast.unparse(field.value) if field.value else ""
    return "init=False" not in default and "ClassVar" not in ast.unparse(field.annotation)


def _heads(annotation: ast.expr) -> list[str]:
    """Return the outer names of a type: `Clock | None` gives `Clock`, `None`; `Mapping[str, Site]` gives `Mapping`."""
    match annotation:
        case ast.BinOp(left=first, right=second):
            return _heads(first) + _heads(second)
        case ast.Subscript(value=ast.Name(id="Optional" | "Annotated"), slice=inner):
            return _heads(inner.elts[0] if isinstance(inner, ast.Tuple) else inner)
        case ast.Subscript(value=value):
            return _heads(value)
        case ast.Constant(value=str(text)):
            return _heads(ast.parse(text, mode="eval").body)
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return [name]
    return []


def count_code_lines(source: Source) -> int:
    """Return the lines that hold code: no blank lines, no comments, no standalone strings."""
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source.text).readline):
        if token.type not in _LAYOUT:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            lines.difference_update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return len(lines)


def check_test_names(sources: Iterable[Source]) -> list[Finding]:
    """Return a finding for each test whose name is a sentence of too many words."""
    return [
        Finding(source.path, node.lineno, node.name, f"{count} words; at most {MOST_WORDS}")
        for source in sources
        for node in ast.walk(source.tree)
        if isinstance(node, _Function) and node.name.startswith("test_")
        if (count := len(node.name.split("_")) - 1) > MOST_WORDS
    ]


def check_test_helpers(sources: Iterable[Source]) -> list[Finding]:
    """Return a finding for each helper that belongs in a module of its own, not in a test module."""
    return [
        Finding(source.path, node.lineno, node.name, "move it to a helper module, or keep it private and short")
        for source in sources
        if PurePosixPath(source.path).name.startswith("test_")
        for node in source.tree.body
        if isinstance(node, _Definition) and not _may_stay(node)
    ]


def _may_stay(node: _Definition) -> bool:
    """Return whether a definition is a test, a fixture or a private helper of a few lines."""
    is_test = node.name.startswith(("test_", "Test"))
    is_fixture = any("fixture" in ast.unparse(decorator) for decorator in node.decorator_list)
    length = (node.end_lineno or node.lineno) - node.lineno + 1
    return is_test or is_fixture or (node.name.startswith("_") and length <= MOST_HELPER_LINES)
