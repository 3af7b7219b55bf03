"""JSON as generators read it: of a field that is given twice, the last one counts."""

import json
from collections.abc import Mapping
from typing import Any, NoReturn

from app.generators.formats.nodes import Unreadable


def read_json(text: str) -> Mapping[str, object]:
    """Return the members of a JSON object; raises `Unreadable`."""
    try:
        value: Any = json.loads(text, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        raise Unreadable(error.msg[:1].lower() + error.msg[1:], error.lineno) from None
    except (ValueError, RecursionError):
        raise Unreadable("it is not JSON that can be read") from None
    if not isinstance(value, dict):
        raise Unreadable("it is no JSON object")
    return value


def _refuse(name: str) -> NoReturn:
    raise ValueError(name)
