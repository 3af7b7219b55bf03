"""Eleventy's data files: global ones, those of a folder, and those beside a page."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from app.generators.formats.script_literals import exported_literal
from app.generators.inherited.configuration import MAX_BYTES, Configuration
from app.generators.inherited.scalars import mapping_of
from app.generators.inherited.values import Fields
from app.generators.tree import ContentTree

COMPUTED_DATA = "eleventyComputed"
_OVERRIDE = "override:"
_SCRIPTS = (".mjs", ".cjs", ".js")
_SUFFIXES = (".json", ".11tydata.json", *(f".11tydata{suffix}" for suffix in _SCRIPTS))
"""Of the files beside a page or in a folder, the later wins."""
_GLOBAL = frozenset(
    {"ghissueid", "ghrepo", "repo", "title", "permalink", "draft", "date", "description", "layout", COMPUTED_DATA}
)
"""Fields of a page that matter here; other global data is not read."""
_DECISIVE = re.compile(rf"\b(?:ghissueid|permalink|{COMPUTED_DATA})\b")
_SETTERS = {"input": "setInputDirectory", "includes": "setIncludesDirectory", "data": "setDataDirectory"}
_DEFAULTS = {"input": ".", "includes": "_includes", "data": "_data"}


@dataclass(frozen=True, slots=True)
class DataFile:
    """A data file, or the front matter of a layout."""

    source: str
    values: Fields = field(default_factory=dict)
    problem: str | None = None
    mentions: frozenset[str] = frozenset()
    """The names of decisive fields in a file that cannot be followed."""


def folders_of(configuration: Configuration) -> Mapping[str, PurePosixPath]:
    """Return the folders of input, includes and data, relative to the root, as the configuration names them."""
    names = {name: _folder(configuration.text, name) for name in _DEFAULTS}
    start = PurePosixPath(names["input"])
    return {name: start if name == "input" else start / folder for name, folder in names.items()}


def _folder(script: str, name: str) -> str:
    patterns = [rf"\b{name}\s*:\s*"]
    if name in _SETTERS:
        patterns.append(rf"\b{_SETTERS[name]}\(\s*")
    for pattern in patterns:
        match = re.search(rf"""{pattern}(["'`])([^"'`$\n]*)\1""", script)
        if match:
            return match[2].removeprefix("./").rstrip("/") or "."
    return _DEFAULTS[name]


class DataFiles:
    """The data files of a blog, each read once."""

    def __init__(self, tree: ContentTree, configuration: Configuration) -> None:
        self._tree = tree
        self.folders = folders_of(configuration)
        self.versions = {file.path: file.version for file in tree.files()}
        self._names = frozenset(str(path) for path in self.versions if path.name.endswith(_SUFFIXES))
        """The paths of all files that may be data: few, so that most pages have none beside them."""
        self._read: dict[PurePosixPath, DataFile] = {}
        self._last: tuple[PurePosixPath, Sequence[PurePosixPath]] | None = None
        """The data files of the page that was asked for last: it is asked for several times."""
        self._of_folder: dict[PurePosixPath, Sequence[PurePosixPath]] = {}
        data = self.folders["data"]
        self.global_paths = sorted(
            path for path in self.versions if path.parent == data and path.stem in _GLOBAL and _is_data(path)
        )

    def global_files(self) -> Iterator[DataFile]:
        """Yield the global data, each file as a mapping from its name."""
        for path in self.global_paths:
            yield self._file(path, name=path.stem)

    def local_paths(self, page: PurePosixPath) -> Sequence[PurePosixPath]:
        """Return the data files of a page, the one that wins last."""
        if self._last is None or self._last[0] is not page:
            folder = page.parent
            self._last = (page, [*self._folder_paths(folder), *self._existing(folder / page.stem)])
        return self._last[1]

    def local_files(self, page: PurePosixPath) -> Sequence[DataFile]:
        """Return the data of a page, the one that wins last."""
        return [self._file(path) for path in self.local_paths(page)]

    def _folder_paths(self, folder: PurePosixPath) -> Sequence[PurePosixPath]:
        paths = self._of_folder.get(folder)
        if paths is None:
            start = self.folders["input"]
            inside = [parent for parent in (folder, *folder.parents) if parent.is_relative_to(start) and parent.name]
            paths = [path for parent in reversed(inside) for path in self._existing(parent / parent.name)]
            self._of_folder[folder] = paths
        return paths

    def _existing(self, stem: PurePosixPath) -> list[PurePosixPath]:
        if not self._names:
            return []
        start = str(stem)
        return [PurePosixPath(name) for suffix in _SUFFIXES if (name := start + suffix) in self._names]

    def _file(self, path: PurePosixPath, name: str | None = None) -> DataFile:
        if path not in self._read:
            self._read[path] = self._parse(path, name)
        return self._read[path]

    def _parse(self, path: PurePosixPath, name: str | None) -> DataFile:
        text = ""
        try:
            text = self._tree.read(path, MAX_BYTES).decode("utf-8-sig", "replace")
            value = json.loads(text) if path.suffix == ".json" else exported_literal(text)
        except (OSError, ValueError, RecursionError) as error:
            mentions = frozenset(_DECISIVE.findall(text)) | ({name} if name else frozenset())
            return DataFile(str(path), problem=str(error).partition("\n")[0], mentions=frozenset(mentions))
        return DataFile(str(path), {name: value} if name else mapping_of(value))


def _is_data(path: PurePosixPath) -> bool:
    return path.suffix == ".json" or path.suffix in _SCRIPTS


def merge_data(below: Fields, above: Fields) -> Fields:
    """Return two levels of the data cascade in one: lists are joined, mappings merged, `override:` replaces."""
    result = dict(below)
    for name, value in above.items():
        key = name.removeprefix(_OVERRIDE)
        result[key] = value if key != name else _merge_values(result.get(key), value)
    return result


def _merge_values(old: object, new: object) -> object:
    if isinstance(old, list) and isinstance(new, list):
        return [*old, *new]
    if isinstance(old, Mapping):
        return merge_data(old, new) if isinstance(new, Mapping) else old
    return new
