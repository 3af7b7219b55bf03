"""Write the number of an issue into the front matter of a page, and change nothing else in its bytes.

One span of the file changes: an empty field is filled where it stands, with its comment and blanks; else a line is
inserted at the end of the block. Bytes that are not UTF-8 pass unchanged. The result is read again as the blog's
generator reads it: if it has not exactly the new number and otherwise equal fields, the page is refused.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import PurePosixPath

from app.domain.posts.posts import ProblemKind
from app.domain.posts.repositories import named_repository
from app.generators.dialects import MKDOCS_PAGE, Dialect, Keys, dialects_at, dialects_of
from app.generators.editing.edits import Edit, insert_lines
from app.generators.editing.fields import FieldStyle
from app.generators.editing.json_members import edit_json
from app.generators.editing.prefixed_lines import edit_prefixed_lines
from app.generators.editing.toml_tables import edit_toml
from app.generators.editing.yaml_lines import edit_yaml
from app.generators.fences import Block, Format
from app.generators.front_matter import decode, find_in_text
from app.generators.numbers import FIELD, Number, number_of
from app.generators.values import PageFields, ParsedBlock, Refused, own_value, page_fields

_BY_HAND = "Write the number by hand"
_NEEDS_NO_FRONT_MATTER = frozenset(
    {"hugo", "eleventy", "astro", "hexo", "docusaurus", "gray-matter", "vfile-matter", "vitepress"}
)
"""The generators that publish pages without front matter, and publish them with it alike."""
_Editor = Callable[[str, Block, int, FieldStyle], tuple[Edit, ...]]
"""Returns the edits to try, the best first; raises `ValueError` if the field has a value."""
_EDITORS: Mapping[Format, _Editor] = {
    Format.YAML: edit_yaml,
    Format.TOML: edit_toml,
    Format.JSON: edit_json,
    Format.JSON_MEMBERS: edit_json,
    **dict.fromkeys((Format.ORG, Format.RST, Format.NIKOLA, Format.META_LINES, Format.META_TAGS), edit_prefixed_lines),
}


@dataclass(frozen=True, slots=True)
class _View:
    """A page as one dialect reads it."""

    dialect: Dialect
    block: Block | None
    fields: PageFields


def set_number(content: bytes, path: PurePosixPath, generator: str | None, number: int) -> bytes:
    """Return a page with the number of its issue in the front matter.

    `generator` is a name as in `PostCatalog`, None if it is not known. Raises `ValueError` with the problem and its
    solution, as a clause and a sentence without a full stop.

    >>> set_number(b'{"title": "Hello"}', PurePosixPath("hello.md"), "hugo", 41)
    b'{"title": "Hello", "ghissueid": 41}'
    """
    text = decode(content)
    before = _views(text, path, generator)
    primary = before[0]
    style = _style(primary.dialect)
    if any(_has_value(view) for view in before):
        raise ValueError(f"it has {FIELD} already. Correct that field")
    if primary.block is None:
        edits: tuple[Edit, ...] = (_new_block(text, path, number, primary.dialect),)
    else:
        edits = _editor(primary.block)(text, primary.block, number, style)
    for edit in edits:
        result = edit.apply(text)
        if all(_is_right(view, result, path, number, is_primary=view is primary) for view in before):
            return result.encode("utf-8", errors="surrogateescape")
    raise ValueError(f"{primary.dialect.title} would not read exactly the new number. {_BY_HAND}")


def repository_in(content: bytes, path: PurePosixPath, generator: str | None) -> str | None:
    """Return the repository `owner/name` that a page names, None if it names none. Raises `ValueError`."""
    view = _views(decode(content), path, generator)[0]
    named = named_repository(lambda name: own_value(view.fields.values, name, view.dialect)[1])
    return None if named is None else str(named[1]).strip()


def _views(text: str, path: PurePosixPath, generator: str | None) -> Sequence[_View]:
    """Return the page as each version of its generator reads it; raise `ValueError` if none does."""
    views: list[_View] = []
    reasons: list[str] = []
    for dialect in dialects_of(generator) if generator else dialects_at(path):
        try:
            views.append(_view(text, path, dialect))
        except Refused as error:
            reasons.append(str(error))
    if generator == MKDOCS_PAGE.generator and not views:
        views += _views_beside_the_blog(text, path)
    with_block = [view for view in views if view.block is not None]
    if not views or (generator is None and not with_block):
        reason = reasons[0] if reasons else "it has none"
        raise ValueError(f"its front matter cannot be read ({reason}). Correct it")
    return with_block or views


def _views_beside_the_blog(text: str, path: PurePosixPath) -> Sequence[_View]:
    """Return a page of MkDocs that is no post of Material's blog, which may have lines of MultiMarkdown."""
    with suppress(Refused):
        view = _view(text, path, MKDOCS_PAGE)
        return [view] if view.block is not None else []
    return []


def _view(text: str, path: PurePosixPath, dialect: Dialect) -> _View:
    split = dialect.splits.get(path.suffix.lower(), dialect.split)
    front_matter = find_in_text(text, split)
    if front_matter is None:
        return _View(dialect, None, PageFields({}))
    return _View(dialect, split(text), page_fields(ParsedBlock(front_matter), dialect))


def _style(dialect: Dialect) -> FieldStyle:
    """Return how a dialect spells the field."""
    any_case = dialect.keys is not Keys.EXACT
    table = (dialect.table,) if dialect.table else ()
    if dialect.only_table:
        return FieldStyle(FIELD, any_case=any_case, table=dialect.table)
    return FieldStyle(FIELD, any_case=any_case, nested_tables=table)


def _editor(block: Block) -> _Editor:
    editor = _EDITORS.get(block.format)
    if editor is None:
        raise ValueError(f"its front matter is a script. {_BY_HAND}")
    return editor


def _new_block(text: str, path: PurePosixPath, number: int, dialect: Dialect) -> Edit:
    """Return the insertion of front matter at the start of a page, behind a byte order mark."""
    if dialect.generator not in _NEEDS_NO_FRONT_MATTER:
        raise ValueError("it has no front matter. Write some, with a title and the number")
    start = 1 if text.startswith("\ufeff") else 0
    if path.suffix.lower() == ".org":
        return insert_lines(text, start, f"#+{FIELD}: {number}")
    return insert_lines(text, start, "---", f"{FIELD}: {number}", "---")


def _has_value(view: _View) -> bool:
    value = own_value(view.fields.values, FIELD, view.dialect)[1]
    is_null = view.dialect.texts_only and value == "null"
    return not is_null and number_of(value, view.dialect.prints).kind is not ProblemKind.EMPTY_NUMBER


def _is_right(before: _View, result: str, path: PurePosixPath, number: int, *, is_primary: bool) -> bool:
    """Return True if a page has the number after an edit, and every other field as before.

    Another dialect than the one whose rules were followed may not see the field, as an old Hugo in a table.
    """
    try:
        after = _view(result, path, before.dialect)
    except Refused:
        return False
    is_read, value = own_value(after.fields.values, FIELD, after.dialect)
    if not is_read and not is_primary:
        return True
    is_number = number_of(value, after.dialect.prints) == Number(frozenset({number}), str(number))
    return is_number and repr(_others(before)) == repr(_others(after))


def _others(view: _View) -> Mapping[str, object]:
    """Return the fields other than the number; a table that is empty without it counts as missing."""
    table = view.dialect.table
    own = {key: value for key, value in view.fields.values.items() if key not in {FIELD, table}}
    inner = view.fields.values.get(table) if table else None
    if isinstance(inner, Mapping):
        any_case = view.dialect.keys is not Keys.EXACT
        inner = {key: value for key, value in inner.items() if (key.casefold() if any_case else key) != FIELD}
    return {**own, f"table {table}": inner} if inner else own
