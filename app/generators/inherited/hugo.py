"""Hugo's `cascade`: fields that a section, or the configuration, gives to the pages below it.

The nearest section wins, in one `cascade` the first entry; a page's own field wins, even an empty one. A section also
gives to itself. `params` in a cascade are the page's fields as those in its own front matter. `target`, once `_target`,
selects pages.

Hugo 0.111 has it otherwise: `params` are a field as any other, `draft` and days beat the page's own, a target's path
has the file's ending, a target outside a list is passed over, and of several targets any may win.
"""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from app.domain.posts.posts import PostProblem, ProblemKind
from app.generators.inherited.configuration import MAX_BYTES, Configuration
from app.generators.inherited.globs import parse_glob
from app.generators.inherited.scalars import get_any_case, mapping_of, mappings_of, text_of
from app.generators.inherited.values import UNKNOWN_VALUE, FieldReader, Fields
from app.generators.tree import ContentTree

_CONTENT_SUFFIXES = frozenset({".md", ".markdown", ".html", ".htm", ".org", ".mdown", ".rst", ".ad", ".adoc", ".pdc"})
_TARGETS = frozenset({"path", "kind", "environment"})
_OLD, _CURRENT = "hugo-0.111", "hugo"
"""The names of the dialects."""
_STRONG_FIELDS = frozenset({"draft", "date", "publishdate", "expirydate"})
_DECISIVE = _STRONG_FIELDS | {"ghissueid", "ghrepo", "repo", "build", "_build", "headless"}
_ADVICE = "Write ghissueid in the page."


@dataclass(frozen=True, slots=True)
class _Entry:
    """One entry of a cascade."""

    top: Fields
    params: Fields
    target: Fields
    can_be_followed: bool
    is_listed: bool

    def matches(self, page: "_Page", *, is_old: bool = False) -> bool:
        """Return whether a target selects a page; as Hugo 0.111 has it, if `is_old`."""
        if is_old and not self.is_listed:
            return True
        path = page.logical + page.suffix if is_old else page.logical
        actual = {"path": path, "kind": page.kind, "environment": "production"}
        return self.can_be_followed and all(_fits(glob, actual[name]) for name, glob in self.target.items())


@dataclass(frozen=True, slots=True)
class _Page:
    """A page as targets name it."""

    logical: str
    """The path below the content folder, without the file's ending, in lower case."""
    suffix: str
    kind: str


@dataclass(frozen=True, slots=True)
class _Section:
    """The cascade of a section or of the configuration."""

    source: str
    entries: Sequence[_Entry] = ()
    problem: str | None = None
    fields: Fields = field(default_factory=dict)
    """Those of the section itself."""


_Chain = tuple[Sequence[_Section], tuple[Hashable, ...]]
"""The sections above a page, and the versions of their files."""


class HugoInheritance:
    """The cascades of a blog by section."""

    def __init__(self, tree: ContentTree, configuration: Configuration, reader: FieldReader) -> None:
        self._content = configuration.content
        self._site = _Section(str(configuration.path), _entries(configuration.values), configuration.problem)
        self._key = configuration.key
        self._sections: dict[PurePosixPath, _Section] = {}
        self._versions: dict[PurePosixPath, Hashable] = {}
        self._last: tuple[PurePosixPath, _Page] | None = None
        self._last_chain: tuple[PurePosixPath, _Chain] | None = None
        self._chains: dict[PurePosixPath, _Chain] = {}
        self.problems = tuple(self._read(tree, reader))

    def _read(self, tree: ContentTree, reader: FieldReader) -> Iterator[PostProblem]:
        for file in tree.files():
            path = file.path
            if not path.is_relative_to(self._content):
                continue
            if path.name.startswith("_index.") and path.suffix in _CONTENT_SUFFIXES:
                self._sections[path.parent] = _read_section(tree, path, reader)
                self._versions[path.parent] = file.version
            elif path.name.startswith("_content.") and path.suffix == ".gotmpl":
                yield _adapter_problem(path.relative_to(self._content).as_posix())

    @property
    def section_fields(self) -> Mapping[PurePosixPath, Fields]:
        """Return the fields of the files `_index`, by folder."""
        return {folder: section.fields for folder, section in self._sections.items()}

    def merge(self, path: PurePosixPath, fields: Fields, version: str = "") -> Fields:
        """Return a page's fields with those of the cascades above it."""
        entries = self._entries_above(path)
        if version == _CURRENT and "cascade" in fields and path.stem != "_index":
            entries = [*_entries(fields), *entries]  # the page itself is the first that gets it
        if not entries:
            return fields
        is_old, page = version == _OLD, self._page(path)
        matching = [entry for entry in entries if entry.matches(page, is_old=is_old)]
        if not matching:
            return fields
        return _merge_as_old(matching, fields) if is_old else _merge(matching, fields)

    def problems_for(self, path: PurePosixPath, fields: Fields) -> Sequence[PostProblem]:
        """Return what of the cascades above a page cannot be followed."""
        sections, _ = self._chain(path)
        if not sections or not self._is_doubtful(sections):
            return ()
        source = path.relative_to(self._content).as_posix()
        texts = [text for section in sections if (text := _message_about(section))]
        messages = [(ProblemKind.VALUE_FROM_ELSEWHERE, text, _ADVICE) for text in texts]
        ambiguous = _ambiguous(self._entries_above(path), self._page(path), fields)
        if ambiguous:
            text = f"several entries of a cascade give {ambiguous}, and older versions of Hugo take any of them"
            messages.append((ProblemKind.GENERATORS_DIFFER, text, "Write the field in the page."))
        return [PostProblem(kind, source, text, advice) for kind, text, advice in messages]

    def _is_doubtful(self, sections: Sequence[_Section]) -> bool:
        """Return whether something may have to be said of the pages below sections."""
        entries = [entry for section in sections for entry in section.entries]
        return len(entries) > 1 or any(section.problem for section in sections) or not entries[0].can_be_followed

    def key_for(self, path: PurePosixPath) -> Hashable:
        """Return the versions of the files that give this page fields."""
        return self._chain(path)[1]

    def _page(self, path: PurePosixPath) -> _Page:
        """Return a page as targets name it; the last one is kept, because each version of Hugo asks for it."""
        if self._last is None or self._last[0] != path:
            self._last = (path, _page(path, self._content))
        return self._last[1]

    def _entries_above(self, path: PurePosixPath) -> Sequence[_Entry]:
        return [entry for section in self._chain(path)[0] for entry in section.entries]

    def _chain(self, path: PurePosixPath) -> _Chain:
        """Return the sections above a page, the nearest first, the configuration last, and their versions."""
        if self._last_chain is None or self._last_chain[0] is not path:
            self._last_chain = (path, self._chain_from(path.parent))
        return self._last_chain[1]

    def _chain_from(self, folder: PurePosixPath) -> _Chain:
        """Return the sections of a folder and those above it; folders without a section share them."""
        new: list[PurePosixPath] = []
        while (chain := self._chains.get(folder)) is None and folder.name:
            new.append(folder)
            folder = folder.parent
        if chain is None:
            new.append(folder)
            chain = ([self._site] if self._site.entries or self._site.problem else [], (self._key,))
        for parent in reversed(new):
            section = self._sections.get(parent)
            if section is not None:
                used = [section] if section.entries or section.problem else []
                chain = ([*used, *chain[0]], (*chain[1], (str(parent), self._versions[parent])))
            self._chains[parent] = chain
        return chain


def _adapter_problem(source: str) -> PostProblem:
    message = f"{source} makes pages when the site is built, and their numbers cannot be read"
    return PostProblem(ProblemKind.VALUE_FROM_ELSEWHERE, source, message, "Publish a list of the posts instead.")


def _read_section(tree: ContentTree, path: PurePosixPath, reader: FieldReader) -> _Section:
    try:
        fields = reader.front_matter(tree.read(path, MAX_BYTES), path)
        return _Section(str(path), _entries(fields), fields=fields)
    except (OSError, ValueError, RecursionError) as error:
        return _Section(str(path), (), str(error).partition("\n")[0] or "it cannot be read")


def _message_about(section: _Section) -> str | None:
    if section.problem:
        return f"{section.source} may give this page fields, and cannot be read: {section.problem}"
    if all(entry.can_be_followed for entry in section.entries):
        return None
    return f"a cascade in {section.source} selects pages in a way that cannot be followed"


def _entries(fields: Fields) -> Sequence[_Entry]:
    cascade = get_any_case(fields, "cascade")
    return [_entry(values, is_listed=isinstance(cascade, list | tuple)) for values in mappings_of(cascade)]


def _entry(values: Fields, *, is_listed: bool) -> _Entry:
    by_name = _by_name(values)
    target = _by_name(mapping_of(by_name.get("target") or by_name.get("_target")))
    top = {key: value for key, value in by_name.items() if key not in {"target", "_target", "params"}}
    globs = [text for name in _TARGETS if (text := text_of(target.get(name)))]
    can_be_followed = target.keys() <= _TARGETS and all(parse_glob(glob) for glob in globs)
    return _Entry(top, _by_name(mapping_of(by_name.get("params"))), target, can_be_followed, is_listed)


def _by_name(fields: Fields) -> dict[str, object]:
    return {str(key).casefold(): value for key, value in fields.items()}


def _fits(glob: object, actual: str) -> bool:
    pattern = parse_glob((text_of(glob) or "").casefold())
    return pattern is not None and pattern.matches(actual)


def _merge(entries: Sequence[_Entry], fields: Fields) -> Fields:
    """Return fields with those of the entries; the first wins."""
    own = _by_name(fields).keys() | _own_params(fields)
    top: dict[str, object] = {}
    params: dict[str, object] = {}
    for entry in entries:
        names = own | top.keys() | params.keys()
        top |= {key: value for key, value in entry.top.items() if key not in names}
        params |= {key: value for key, value in entry.params.items() if key not in names}
        if entry.top.keys() & {"slug", "url"} and "kind" not in entry.target:
            top["url"] = UNKNOWN_VALUE  # the section above may have got the same
    if not params:
        return {**top, **fields}
    name = next((key for key in fields if str(key).casefold() == "params"), "params")
    return {**top, **fields, name: {**params, **mapping_of(fields.get(name))}}


def _own_params(fields: Fields) -> set[str]:
    return {str(key).casefold() for key in mapping_of(get_any_case(fields, "params"))}


def _merge_as_old(entries: Sequence[_Entry], fields: Fields) -> Fields:
    """Return fields with those of the entries as Hugo 0.111 merges them."""
    own = _by_name(fields).keys()
    values: dict[str, object] = {}
    for entry in entries:
        values |= {key: value for key, value in entry.top.items() if key not in values}
    added_values = {key: value for key, value in values.items() if key not in own or key in _STRONG_FIELDS}
    return {**fields, **added_values}


def _ambiguous(entries: Sequence[_Entry], page: _Page, fields: Fields) -> str | None:
    """Return a field that several entries of different targets give a page; None if there is none that matters."""
    for name in sorted(_DECISIVE - _by_name(fields).keys()):
        giving = [entry for entry in entries if name in entry.top and entry.matches(page, is_old=True)]
        targets = {repr(entry.target) for entry in giving}
        if len(targets) > 1:
            return name
    return None


def _page(path: PurePosixPath, content: PurePosixPath) -> _Page:
    relative = path.relative_to(content)
    is_folder = relative.stem in {"index", "_index"}
    logical = relative.parent if is_folder else relative.with_suffix("")
    text = "" if logical == PurePosixPath() else logical.as_posix()
    kind = "section" if relative.stem == "_index" else "page"
    suffix = f"/{relative.name}" if is_folder else relative.suffix
    return _Page("/" + text.replace(" ", "-").casefold(), suffix, kind)
