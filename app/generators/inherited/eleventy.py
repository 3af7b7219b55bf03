"""Eleventy's data cascade: global data, layouts, folders, files beside a page, its own fields, computed data.

The later wins, even with an empty value; mappings are merged and lists joined.
"""

import re
from collections.abc import Hashable, Iterator, Sequence
from pathlib import PurePosixPath

from app.domain.posts.posts import PostProblem, ProblemKind
from app.generators.inherited.configuration import MAX_BYTES, Configuration
from app.generators.inherited.eleventy_files import COMPUTED_DATA, DataFile, DataFiles, merge_data
from app.generators.inherited.scalars import mapping_of, text_of
from app.generators.inherited.values import FieldReader, Fields
from app.generators.tree import ContentTree

_TEMPLATE = re.compile(r"\{\{|\{%|\$\{|<%")
_LAYOUT_SUFFIXES = ("", ".njk", ".liquid", ".html", ".md", ".11ty.js")
_MAX_LAYOUTS = 20
_DECISIVE = ("ghissueid", "permalink")
_ADVICE = "Write the value in the page."


class EleventyInheritance:
    """The data cascade of a blog."""

    def __init__(self, tree: ContentTree, configuration: Configuration, reader: FieldReader) -> None:
        self._tree, self._reader, self._content = tree, reader, configuration.content
        self._files = DataFiles(tree, configuration)
        self._global = [*self._files.global_files(), *_global_data_of_script(configuration)]
        self._layouts: dict[str, DataFile | None] = {}
        includes, versions = self._files.folders["includes"], self._files.versions
        common = [*self._files.global_paths, *(path for path in versions if path.is_relative_to(includes))]
        self._key = (configuration.key, tuple(sorted((str(path), versions[path]) for path in common)))
        self.problems: Sequence[PostProblem] = ()

    def merge(self, path: PurePosixPath, fields: Fields, version: str = "") -> Fields:
        """Return a page's fields as its data cascade has them; computed data beats its own."""
        del version
        below = self._below(path, fields)
        if not below and COMPUTED_DATA not in fields:
            return fields
        data: Fields = {}
        for data_file in below:
            data = merge_data(data, data_file.values)
        data = merge_data(data, fields)
        computed_data = mapping_of(data.get(COMPUTED_DATA))
        return {**data, **{name: value for name, value in computed_data.items() if _is_literal(value)}}

    def problems_for(self, path: PurePosixPath, fields: Fields) -> Sequence[PostProblem]:
        """Return the scripts that may give a page its number or address, and computed data with templates."""
        source = path.relative_to(self._content).as_posix()
        messages = self._messages(self._below(path, fields), fields)
        return [PostProblem(ProblemKind.VALUE_FROM_ELSEWHERE, source, message, _ADVICE) for message in messages]

    def _messages(self, below: Sequence[DataFile], fields: Fields) -> Iterator[str]:
        for data_file in below:
            if data_file.problem and any(
                COMPUTED_DATA in data_file.mentions or name not in fields for name in data_file.mentions
            ):
                names = " and ".join(sorted(data_file.mentions))
                yield f"{data_file.source} may give {names}, and cannot be followed: {data_file.problem}"
        computed_data: Fields = {}
        for values in (*(data_file.values for data_file in below), fields):
            computed_data = merge_data(computed_data, mapping_of(values.get(COMPUTED_DATA)))
        for name in _DECISIVE:
            if name in computed_data and not _is_literal(computed_data[name]):
                yield f"eleventyComputed gives {name} by a template, which cannot be followed"

    def key_for(self, path: PurePosixPath) -> Hashable:
        """Return the versions of the data files of a page, of the global ones and the layouts."""
        versions = self._files.versions
        local = tuple((str(data_file), versions[data_file]) for data_file in self._files.local_paths(path))
        return (self._key, local) if local else self._key

    def _below(self, path: PurePosixPath, fields: Fields) -> Sequence[DataFile]:
        """Return what gives a page fields, the one that wins last."""
        local = self._files.local_files(path)
        candidates = (
            fields,
            *(data_file.values for data_file in reversed(local)),
            *(data_file.values for data_file in self._global),
        )
        name = next((text for values in candidates if (text := text_of(values.get("layout")))), None)
        return [*self._global, *self._layout_chain(name), *local]

    def _layout_chain(self, name: str | None) -> Sequence[DataFile]:
        """Return a layout with those that it has itself, the outermost first."""
        chain: list[DataFile] = []
        while name and len(chain) < _MAX_LAYOUTS and (layout := self._layout(name)):
            chain.insert(0, layout)
            name = text_of(layout.values.get("layout"))
        return chain

    def _layout(self, name: str) -> DataFile | None:
        if name not in self._layouts:
            paths = (self._files.folders["includes"] / f"{name}{suffix}" for suffix in _LAYOUT_SUFFIXES)
            path = next((path for path in paths if path in self._files.versions), None)
            self._layouts[name] = self._read_layout(path) if path else None
        return self._layouts[name]

    def _read_layout(self, path: PurePosixPath) -> DataFile:
        try:
            return DataFile(str(path), self._reader.front_matter(self._tree.read(path, MAX_BYTES), path))
        except (OSError, ValueError, RecursionError) as error:
            return DataFile(str(path), problem=str(error).partition("\n")[0], mentions=frozenset({"ghissueid"}))


def _global_data_of_script(configuration: Configuration) -> Iterator[DataFile]:
    """Yield the problem of a configuration that adds data by a script."""
    names = re.findall(r"addGlobalData\(\s*[\"'`](ghissueid|permalink|eleventyComputed)\b", configuration.text)
    if names:
        yield DataFile(str(configuration.path), problem="it is a script", mentions=frozenset(names))


def _is_literal(value: object) -> bool:
    text = text_of(value)
    return text is None or not _TEMPLATE.search(text)
