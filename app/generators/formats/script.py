"""JavaScript in front matter, as far as it is an object of literals or a list of constants."""

import re
from collections.abc import Mapping

from app.generators.formats.nodes import MapNode, Node, NotFollowed, Scalar, Unreadable
from app.generators.formats.yaml_reader import read_yaml

_STATEMENT = re.compile(
    r"(?m)^[ \t]*(?:export[ \t]+)?(?:const|let|var)[ \t]+(?P<name>[A-Za-z_$][\w$]*)[ \t]*=[ \t]*"
    r"(?P<value>\"[^\"\\\n]*\"|'[^'\\\n]*'|`[^`\\$]*`|-?[0-9][0-9.]*|true|false|null)[ \t]*;?[ \t]*(?://[^\n]*)?$"
)
_PLAIN = {"true": True, "false": False, "null": None}
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")


def read_script(text: str) -> Mapping[str, object]:
    """Return the values of the literals; raises `NotFollowed` if the text is neither form."""
    code = text.strip().removesuffix(";")
    if code.startswith("{"):
        return _object(code)
    values = {match["name"]: _literal(match["value"]) for match in _STATEMENT.finditer(text)}
    if not values:
        raise NotFollowed("it is JavaScript that cannot be followed here")
    return values


def _object(text: str) -> Mapping[str, object]:
    try:
        root: Node | None = read_yaml(text).root  # an object of literals is a flow mapping of YAML
    except Unreadable:
        root = None
    if not isinstance(root, MapNode):
        raise NotFollowed("it is JavaScript that cannot be followed here")
    values: dict[str, object] = {}
    for key, value in root.pairs:
        if isinstance(key, Scalar) and isinstance(value, Scalar):
            values[key.text] = _literal(value.text) if value.plain else value.text
    return values


def _literal(text: str) -> object:
    if text[:1] in {'"', "'", "`"}:
        return text[1:-1]
    if text in _PLAIN:
        return _PLAIN[text]
    if _NUMBER.fullmatch(text):
        return float(text) if "." in text else int(text[:20])
    raise NotFollowed("it is JavaScript that cannot be followed here")
