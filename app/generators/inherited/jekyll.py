"""Jekyll's `defaults` in `_config.yml`: fields that pages in a scope are given, also those whose field is empty.

The longest path of a scope wins, then a scope with a type, then the later one; as `frontmatter_defaults.rb` has it.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from app.domain.posts.posts import PostProblem, ProblemKind
from app.generators.inherited.configuration import Configuration
from app.generators.inherited.globs import Glob, parse_glob
from app.generators.inherited.scalars import deep_merge, mapping_of, mappings_of, text_of
from app.generators.inherited.values import Fields

_TYPES = {"page": "pages", "post": "posts", "draft": "drafts"}


@dataclass(frozen=True, slots=True)
class _Default:
    path: str
    type: str | None
    values: Fields


class JekyllInheritance:
    """The defaults of a blog."""

    def __init__(self, configuration: Configuration) -> None:
        self._content = configuration.content
        self._key = configuration.key
        self._collections_folder = text_of(configuration.values.get("collections_dir")) or ""
        self._defaults = [
            default for entry in mappings_of(configuration.values.get("defaults")) if (default := self._default(entry))
        ]
        self._values_by_defaults: dict[tuple[int, ...], Fields] = {}
        self.problems = tuple(self._problems(configuration))

    def _default(self, values: Fields) -> _Default | None:
        if not isinstance(values.get("values"), dict):
            return None
        scope = mapping_of(values.get("scope"))
        kind = text_of(scope.get("type"))
        path = self._strip(text_of(scope.get("path")) or "")
        return _Default(path, _TYPES.get(kind, kind) if kind else None, mapping_of(values["values"]))

    def _problems(self, configuration: Configuration) -> Sequence[PostProblem]:
        if configuration.problem is None:
            return ()
        source = str(configuration.path)
        message = f"{source} cannot be read: {configuration.problem}"
        return [PostProblem(ProblemKind.VALUE_FROM_ELSEWHERE, source, message, "Mend the file.")]

    def merge(self, path: PurePosixPath, fields: Fields, version: str = "") -> Fields:
        """Return a page's fields with the defaults; a field without a value takes the default."""
        del version
        defaults = self._defaults_for(path)
        if not defaults:
            return fields
        own = {key: value for key, value in fields.items() if key not in defaults or value is not None}
        return deep_merge(defaults, own)

    def problems_for(self, path: PurePosixPath, fields: Fields) -> Sequence[PostProblem]:
        """Return the scopes that cannot be followed, as a problem of each page."""
        del fields
        unclear = [default for default in self._defaults if "*" in default.path and not _globs(default.path)]
        if not unclear:
            return ()
        source = path.relative_to(self._content).as_posix()
        message = f"the scope {unclear[0].path!r} of defaults in _config.yml cannot be followed"
        return [PostProblem(ProblemKind.VALUE_FROM_ELSEWHERE, source, message, "Write ghissueid in the page.")]

    def key_for(self, path: PurePosixPath) -> Hashable:
        """Return the version of the configuration."""
        del path
        return self._key

    def _defaults_for(self, path: PurePosixPath) -> Fields:
        text = self._strip(path.as_posix())
        kind = _type_of(PurePosixPath(text))
        indices = tuple(n for n, default in enumerate(self._defaults) if _applies(default, text, kind))
        if indices not in self._values_by_defaults:
            self._values_by_defaults[indices] = _merge([self._defaults[n] for n in indices])
        return self._values_by_defaults[indices]

    def _strip(self, path: str) -> str:
        folder = f"{self._collections_folder}/"
        return path.removeprefix(folder) if self._collections_folder else path


def _type_of(path: PurePosixPath) -> str:
    """Return the type of a page: its collection, which is the name of a folder that begins with an underscore."""
    parts = path.parts[:-1]
    if "_drafts" in parts:
        return "drafts"
    if "_posts" in parts:
        return "posts"
    return parts[0][1:] if parts and parts[0].startswith("_") else "pages"


def _applies(default: _Default, path: str, kind: str) -> bool:
    if default.type is not None and default.type != kind:
        return False
    if "*" not in default.path:
        return path.startswith(default.path.removeprefix("/") if default.path != "/" else "")
    pattern = _globs(default.path)
    page = PurePosixPath(path)
    return pattern is not None and any(pattern.matches(entry.as_posix()) for entry in (page, *page.parents))


def _globs(path: str) -> Glob | None:
    return parse_glob(path, folders_only=True)


def _merge(defaults: Sequence[_Default]) -> Fields:
    """Return the values of the defaults in one, in the order that Jekyll prefers."""
    values: Fields = {}
    last: _Default | None = None
    for default in defaults:
        if last is None or _has_precedence(last, default):
            values, last = deep_merge(values, default.values), default
        else:
            values = deep_merge(default.values, values)
    return values


def _has_precedence(old: _Default, new: _Default) -> bool:
    if len(new.path) != len(old.path):
        return len(new.path) > len(old.path)
    return new.type is not None or old.type is None
