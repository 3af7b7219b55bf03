"""Write the number of an issue into the front matter of a page, and change nothing else in its bytes.

One span of the file changes: an empty field is filled where it stands, with its comment and blanks; else a line is
inserted at the end of the block. Bytes that are not UTF-8 pass unchanged.
"""

from collections.abc import Callable, Mapping
from pathlib import PurePosixPath

from app.generators.editing.edits import Edit, insert_lines
from app.generators.editing.fields import FieldStyle
from app.generators.editing.json_members import edit_json
from app.generators.editing.prefixed_lines import edit_prefixed_lines
from app.generators.editing.toml_tables import edit_toml
from app.generators.editing.yaml_lines import edit_yaml
from app.generators.fences import Block, Format
from app.generators.front_matter import decode

_BY_HAND = "Write the number by hand"
_EDITORS: Mapping[Format, Callable[[str, Block, int, FieldStyle], Edit]] = {
    Format.YAML: edit_yaml,
    Format.TOML: edit_toml,
    Format.JSON: edit_json,
    Format.JSON_MEMBERS: edit_json,
    **dict.fromkeys((Format.ORG, Format.RST, Format.NIKOLA, Format.META_LINES, Format.META_TAGS), edit_prefixed_lines),
}
_STYLES = {
    "hugo": FieldStyle(any_case=True, nested=("params",)),
    "pelican": FieldStyle(any_case=True),
    "zola": FieldStyle(table="extra"),
}


def edit_number(text: str, block: Block | None, number: int, style: FieldStyle) -> Edit:
    """Return the edit that gives a page the number; `block` is its front matter. Raises `ValueError`."""
    if block is None:
        return _new_block(text, number, style)
    if block.error is not None:
        raise ValueError(f"its front matter cannot be read: {block.error}")
    editor = _EDITORS.get(block.format)
    if editor is None:
        raise ValueError(f"its front matter is a script. {_BY_HAND}")
    return editor(text, block, number, style)


def _new_block(text: str, number: int, style: FieldStyle) -> Edit:
    """Return the insertion of front matter at the start of a page, behind a byte order mark."""
    start = 1 if text.startswith("\ufeff") else 0
    return insert_lines(text, start, "---", f"{style.key}: {number}", "---")


def set_number(content: bytes, path: PurePosixPath, dialect: str | None, number: int) -> bytes:
    """Return a page with the number of its issue in the front matter."""
    text = decode(content)
    from app.generators import fences

    split = {"jekyll": fences.split_jekyll}.get(dialect or "", fences.split_hugo)
    edit = edit_number(text, split(text), number, _STYLES.get(dialect or "", FieldStyle()))
    return edit.apply(text).encode("utf-8", errors="surrogateescape")
