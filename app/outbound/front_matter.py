"""The front matter of a page, YAML, TOML or JSON, as python-frontmatter distinguishes them; pure.

PyYAML's plain loader in Python reads YAML. It leaves each scalar as text: a wrong date in another field does no harm,
and 041 does not become 33. The loader in C has crashed the process; this one raises.
"""

import json
import re
import tomllib
from collections.abc import Mapping
from typing import Any

import yaml  # type: ignore[import-untyped] # its stubs are no dependency; only the loader and the error are used
from frontmatter import detect_format
from frontmatter.default_handlers import BaseHandler, YAMLHandler

from app.github.responses import single_line

_JSON = json.JSONDecoder()


class _Yaml(YAMLHandler):
    """Between two lines `---`; Jekyll also accepts `...` as the end."""

    FM_BOUNDARY = re.compile(r"^(?:---|(?<=\n)\.\.\.)[ \t]*$", re.MULTILINE)

    def load(self, fm: str, **kwargs: object) -> Any:
        return super().load(fm, Loader=yaml.BaseLoader, **kwargs)


class _Toml(BaseHandler):
    """Between two lines `+++`; the library's own handler needs a package that `tomllib` makes superfluous."""

    FM_BOUNDARY = re.compile(r"^\+\+\+[ \t]*$", re.MULTILINE)

    def load(self, fm: str) -> dict[str, Any]:
        return tomllib.loads(fm)


class _Json(BaseHandler):
    """One object at the start, in any layout; `{{` and `{%` begin templates instead."""

    FM_BOUNDARY = re.compile(r'\{\s*"')

    def split(self, text: str) -> tuple[str, str]:
        try:
            _, end = _JSON.raw_decode(text)
        except ValueError:
            return text, ""  # `load` says what is wrong
        return text[:end], text[end:]

    def load(self, fm: str) -> Any:
        return json.loads(fm)


_HANDLERS: tuple[BaseHandler, ...] = (_Yaml(), _Toml(), _Json())


def front_matter(text: str) -> Mapping[str, object]:
    """Return the fields of the front matter at the start of a page; empty if it has none.

    YAML scalars are strings. Raises `ValueError` with the reason, on one line, if the front matter is invalid.
    """
    page = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").lstrip()
    handler = detect_format(page, _HANDLERS)
    if handler is None:
        return {}
    try:
        block, _ = handler.split(page)
    except (ValueError, RecursionError):
        raise ValueError("its front matter has no end. Close it with the line that it begins with") from None
    try:
        fields = handler.load(block)
    except (ValueError, yaml.YAMLError, RecursionError) as error:
        raise ValueError(f"its front matter cannot be read ({single_line(str(error))})") from None
    return fields if isinstance(fields, dict) else {}
