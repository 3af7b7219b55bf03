"""The front matter of a page, YAML, TOML or JSON, as python-frontmatter tells them apart; pure.

YAML is read with PyYAML's plain loader in Python: it leaves every scalar as it is written, so that a wrong date in
another field spoils nothing, and no 041 becomes 33. The loader in C overflows its stack on a few thousand brackets,
which ends the process; this one raises.
"""

import json
import re
import tomllib
from collections.abc import Mapping
from typing import Any

import yaml  # type: ignore[import-untyped] # its stubs are no dependency; only the loader and the failure are used
from frontmatter import detect_format
from frontmatter.default_handlers import BaseHandler, YAMLHandler

from app.github.responses import plain

_JSON = json.JSONDecoder()


class _Yaml(YAMLHandler):
    """Between two lines `---`; Jekyll lets `...` end it too."""

    FM_BOUNDARY = re.compile(r"^(?:---|(?<=\n)\.\.\.)[ \t]*$", re.MULTILINE)

    def load(self, fm: str, **kwargs: object) -> Any:
        return super().load(fm, Loader=yaml.BaseLoader, **kwargs)


class _Toml(BaseHandler):
    """Between two lines `+++`; the library's own handler needs a package that Python has made superfluous."""

    FM_BOUNDARY = re.compile(r"^\+\+\+[ \t]*$", re.MULTILINE)

    def load(self, fm: str) -> dict[str, Any]:
        return tomllib.loads(fm)


class _Json(BaseHandler):
    """One object at the beginning, however it is folded; `{{` and `{%` begin templates."""

    FM_BOUNDARY = re.compile(r'\{\s*"')

    def split(self, text: str) -> tuple[str, str]:
        try:
            _, end = _JSON.raw_decode(text)
        except ValueError:
            return text, ""  # `load` says what is wrong
        return text[:end], text[end:]

    def load(self, fm: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(fm)
        return found


_HANDLERS: tuple[BaseHandler, ...] = (_Yaml(), _Toml(), _Json())


def front_matter(text: str) -> Mapping[str, object]:
    """The fields of the front matter with which a page begins; empty where it has none.

    Scalars of YAML are strings. Raises `ValueError` with what is wrong with it, on one line.
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
    except (ValueError, yaml.YAMLError, RecursionError) as failure:
        raise ValueError(f"its front matter cannot be read ({plain(str(failure))})") from None
    return fields if isinstance(fields, dict) else {}
