"""What Nikola, Pelican and Material for MkDocs give to pages from elsewhere."""

import re
from collections.abc import Hashable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from app.domain.posts.posts import PostProblem, ProblemKind
from app.generators.inherited.configuration import MAX_BYTES, Configuration
from app.generators.inherited.expressions import UnfollowedPatternError, expression
from app.generators.inherited.scalars import mapping_of, text_of, texts_of
from app.generators.inherited.values import FieldReader, Fields
from app.generators.tree import ContentTree

_NAME_PATTERNS: Fields = {"FILENAME_METADATA": r"(?P<date>\d{4}-\d{2}-\d{2}).*", "PATH_METADATA": None}
"""The settings of Pelican that take fields from the names of files, and their usual values."""
_ADVICE = "Write ghissueid in the page."


def _problem(source: str, message: str, advice: str = _ADVICE) -> PostProblem:
    return PostProblem(ProblemKind.VALUE_FROM_ELSEWHERE, source, message, advice)


class NikolaInheritance:
    """Files `.meta` beside posts: a post that has one has all its fields there, and none of its own."""

    problems: Sequence[PostProblem] = ()

    def __init__(self, tree: ContentTree, configuration: Configuration, reader: FieldReader) -> None:
        self._tree, self._reader, self._content = tree, reader, configuration.content
        self._versions = {file.path: file.version for file in tree.files() if file.path.suffix == ".meta"}
        self._read: dict[PurePosixPath, Fields | str] = {}

    def merge(self, path: PurePosixPath, fields: Fields, version: str = "") -> Fields:
        """Return the fields of the file beside a post; its own if there is none, or it is empty."""
        del version
        other_fields = self._meta_fields(path)
        return other_fields if isinstance(other_fields, Mapping) and other_fields else fields

    def problems_for(self, path: PurePosixPath, fields: Fields) -> Sequence[PostProblem]:
        """Return that the file beside a post cannot be read."""
        del fields
        other_fields = self._meta_fields(path)
        if not isinstance(other_fields, str):
            return ()
        source = path.relative_to(self._content).as_posix()
        return [_problem(source, f"{path.with_suffix('.meta')} cannot be read: {other_fields}", "Mend the file.")]

    def key_for(self, path: PurePosixPath) -> Hashable:
        """Return the version of the file beside a post."""
        return self._versions.get(path.with_suffix(".meta"))

    def _meta_fields(self, page: PurePosixPath) -> Fields | str:
        """Return the fields, or why they cannot be read."""
        path = page.with_suffix(".meta")
        if path not in self._versions:
            return {}
        if path not in self._read:
            try:
                self._read[path] = self._reader.front_matter(self._tree.read(path, MAX_BYTES), path)
            except (OSError, ValueError, RecursionError) as error:
                self._read[path] = str(error).partition("\n")[0]
        return self._read[path]


class PelicanInheritance:
    """`DEFAULT_METADATA`, and `EXTRA_PATH_METADATA` for a file or a folder; a page's own fields win."""

    def __init__(self, configuration: Configuration) -> None:
        self._content, self._key = configuration.content, configuration.key
        default = configuration.values.get("DEFAULT_METADATA")
        self._default = _lower(dict(default) if isinstance(default, list | tuple) else mapping_of(default))
        extra = mapping_of(configuration.values.get("EXTRA_PATH_METADATA"))
        self._extra = sorted(
            (str(path).replace("\\", "/"), _lower(mapping_of(meta_file))) for path, meta_file in extra.items()
        )
        self._patterns = {
            name: _pattern(text_of(configuration.values.get(name, usual))) for name, usual in _NAME_PATTERNS.items()
        }
        self.problems = tuple(self._problems(configuration))

    def _problems(self, configuration: Configuration) -> Iterator[PostProblem]:
        source = str(configuration.path)
        for name in ("DEFAULT_METADATA", "EXTRA_PATH_METADATA"):
            if name in configuration.opaque:
                yield _problem(source, f"{source} computes {name}, which may give pages ghissueid")
        for name in _NAME_PATTERNS:
            if name in configuration.opaque or (self._patterns[name] is None and configuration.values.get(name)):
                yield _problem(
                    source, f"{source} takes fields from the names of files by {name}, in a way that cannot be followed"
                )
        if configuration.problem:
            yield _problem(source, f"{source} cannot be read: {configuration.problem}", "Mend the file.")

    def merge(self, path: PurePosixPath, fields: Fields, version: str = "") -> Fields:
        """Return a page's fields with those of the configuration."""
        del version
        source = path.relative_to(self._content).as_posix()
        other_fields = {**self._default, **self._from_name(path, source)}
        for name, values in self._extra:
            if source == name or source.startswith(name.rstrip("/") + "/"):
                other_fields |= values
        own = {key.casefold() for key in fields}
        return {**{name: value for name, value in other_fields.items() if name not in own}, **fields}

    def _from_name(self, path: PurePosixPath, source: str) -> Fields:
        """Return the fields that the name of a file, or its path, gives."""
        fields: dict[str, object] = {}
        for name, text in (("FILENAME_METADATA", path.stem), ("PATH_METADATA", source)):
            pattern = self._patterns[name]
            match = pattern.match(text) if pattern else None
            fields |= {} if match is None else _lower({key: value for key, value in match.groupdict().items() if value})
        return fields

    def problems_for(self, path: PurePosixPath, fields: Fields) -> Sequence[PostProblem]:
        """Return the problem of the configuration, if a page has no number of its own."""
        if not self.problems or "ghissueid" in {key.casefold() for key in fields}:
            return ()
        source = path.relative_to(self._content).as_posix()
        return [_problem(source, problem.message) for problem in self.problems]

    def key_for(self, path: PurePosixPath) -> Hashable:
        """Return the version of the configuration."""
        del path
        return self._key


def _pattern(text: str | None) -> re.Pattern[str] | None:
    """Return the expression of a setting; None if there is none, or if it cannot be followed."""
    try:
        return expression(text) if text else None
    except UnfollowedPatternError:
        return None


def _lower(fields: Fields) -> Fields:
    return {str(name).casefold(): value for name, value in fields.items()}


class MaterialInheritance:
    """Files `.meta.yml` of the plugin `meta`, from the top: mappings are merged, lists joined, a page's own win."""

    problems: Sequence[PostProblem] = ()

    def __init__(self, tree: ContentTree, configuration: Configuration, reader: FieldReader) -> None:
        self._content = configuration.content
        name = meta_file_of(configuration)
        self._meta_fields: list[tuple[str, Hashable, Fields | str]] = []
        for file in sorted(tree.files(), key=lambda file: (len(file.path.parts), str(file.path))):
            if name is not None and file.path.name == name and file.path.is_relative_to(self._content):
                folder = file.path.parent.relative_to(self._content).as_posix()
                self._meta_fields.append(
                    ("" if folder == "." else folder, file.version, _data(tree, file.path, reader))
                )

    def merge(self, path: PurePosixPath, fields: Fields, version: str = "") -> Fields:
        """Return a page's fields with those of the files above it."""
        del version
        result: Fields = {}
        for _, _, values in self._above(path):
            if isinstance(values, Mapping):
                result = _add(result, values)
        return _add(result, fields) if result else fields

    def problems_for(self, path: PurePosixPath, fields: Fields) -> Sequence[PostProblem]:
        """Return the files above a page that cannot be read."""
        del fields
        source = path.relative_to(self._content).as_posix()
        unreadable = [(folder, reason) for folder, _, reason in self._above(path) if isinstance(reason, str)]
        return [
            _problem(source, f"the meta file in {folder or '.'} cannot be read: {reason}", "Mend the file.")
            for folder, reason in unreadable
        ]

    def key_for(self, path: PurePosixPath) -> Hashable:
        """Return the versions of the files above a page."""
        return tuple((folder, version) for folder, version, _ in self._above(path))

    def _above(self, path: PurePosixPath) -> Sequence[tuple[str, Hashable, Fields | str]]:
        """Return the files whose folder the page's path begins with, as the plugin compares them: as text."""
        source = path.relative_to(self._content).as_posix()
        return [meta_file for meta_file in self._meta_fields if source.startswith(meta_file[0])]


def meta_file_of(configuration: Configuration) -> str | None:
    """Return the name of the files of the plugin `meta`; None if it is not used."""
    plugins = configuration.values.get("plugins")
    for plugin in plugins if isinstance(plugins, list) else [plugins]:
        options = mapping_of(plugin)
        names = [*options, *texts_of(plugin)]
        plugin_name = next((name for name in names if name in {"meta", "material/meta"}), None)
        if plugin_name:
            return text_of(mapping_of(options.get(plugin_name)).get("meta_file")) or ".meta.yml"
    return None


def _data(tree: ContentTree, path: PurePosixPath, reader: FieldReader) -> Fields | str:
    try:
        return reader.data(tree.read(path, MAX_BYTES), ".yml")
    except (OSError, ValueError, RecursionError) as error:
        return str(error).partition("\n")[0]


def _add(below: Fields, above: Fields) -> Fields:
    result = dict(below)
    for key, value in above.items():
        old = result.get(key)
        if isinstance(old, Mapping) and isinstance(value, Mapping):
            result[key] = _add(old, value)
        elif isinstance(old, list) and isinstance(value, list):
            result[key] = [*old, *value]
        else:
            result[key] = value
    return result
