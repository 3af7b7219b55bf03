"""JavaScript in front matter, as far as it is an object of literals or a list of constants."""

import re
from collections.abc import Mapping

from app.generators.formats.nodes import NotFollowed
from app.generators.formats.script_literals import literal, without_comments

_STATEMENT = re.compile(
    r"(?m)^[ \t]*(?:export[ \t]+)?(?:const|let|var)[ \t]+(?P<name>[A-Za-z_$][\w$]*)[ \t]*=[ \t]*"
    r"(?P<value>\"[^\"\\\n]*\"|'[^'\\\n]*'|`[^`\\$]*`|-?[0-9][0-9.]*|true|false|null)[ \t]*;?[ \t]*(?://[^\n]*)?$"
)


def read_script(text: str) -> Mapping[str, object]:
    """Return the values of the literals; raises `NotFollowed` if the text is neither form."""
    try:
        return _values(text)
    except (ValueError, RecursionError):
        raise NotFollowed("it is JavaScript that cannot be followed here") from None


def _values(text: str) -> Mapping[str, object]:
    code = without_comments(text).strip().removesuffix(";")
    if code.startswith("{"):
        fields = literal(code)
    else:
        fields = {match["name"]: literal(match["value"]) for match in _STATEMENT.finditer(text)}
    if not isinstance(fields, Mapping) or not fields:
        raise ValueError(text)
    return fields
