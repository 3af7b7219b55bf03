"""Read GitHub's tags and write safe ones: how markup is spelled. `structure` decides which elements stand where."""

import re
from collections.abc import Mapping
from functools import lru_cache
from itertools import islice

from app.render.sanitizer.allow_list import (
    CONSTANT_ATTRIBUTES,
    ELEMENTS,
    GLOBAL_ATTRIBUTES,
    URL_ATTRIBUTES,
    sanitize_value,
)

_MAX_ATTRIBUTES = 40  # of one tag; GitHub's tags have about ten
_LONGEST_REPEATED = 100  # characters of the attributes of a tag that is remembered: longer ones hardly ever come again

SPACE = "\t\n\f\r "
TOKEN = re.compile(
    rf"""
      <span\ class="pl-(?P<leaf>[a-z0-9]++)">[^<]*+</span>           # most tokens of highlighted code
    | <!--(?:-?>|.*?(?:--!?>|\Z))
    | <(?P<raw>script|style|textarea|title|xmp|iframe|noembed|noframes|noscript|plaintext)(?=[{SPACE}/>])
      .*?(?:</(?P=raw)(?=[{SPACE}/>])[^>]*+(?:>|\Z)|\Z)
    | <(?:[!?]|/(?![a-z]))[^>]*+(?:>|\Z)
    | <(?P<end>/?)(?P<name>[a-z][^{SPACE}/>]*+)
      (?P<attributes>(?:[^>=]++|=[{SPACE}]*+(?:"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z))?+)*+)(?P<closed>>|\Z)
    """,
    re.IGNORECASE | re.ASCII | re.DOTALL | re.VERBOSE,
)
"""The next tag, comment, or element whose content is no markup; its groups are `leaf`, or `end`, `name`, `attributes`
and `closed`."""
LEAF = re.compile(r'<span class="pl-[a-z0-9]++">[^<]*+</span>', re.IGNORECASE | re.ASCII)
_ATTRIBUTE = re.compile(
    rf"""([^{SPACE}/>=][^{SPACE}/>=]*+)
         (?:[{SPACE}]*+=[{SPACE}]*+(?:"([^"]*+)"?|'([^']*+)'?|([^{SPACE}>]*+)))?+""",
    re.VERBOSE,
)


def parse_attributes(text: str) -> Mapping[str, str]:
    """Return values by lower-case name, with their character references. The first of a repeated name wins."""
    return _parse_repeated(text) if len(text) <= _LONGEST_REPEATED else _parse_any(text)


def _parse_any(text: str) -> Mapping[str, str]:
    attributes: dict[str, str] = {}
    for match in islice(_ATTRIBUTE.finditer(text), _MAX_ATTRIBUTES):
        attributes.setdefault(match[1].lower(), match[2] or match[3] or match[4] or "")
    return attributes


_parse_repeated = lru_cache(maxsize=1_000)(_parse_any)
"""Most tags of GitHub's markup have one of a few dozen texts, such as `dir="auto"`."""


def start_tag(name: str, attributes: Mapping[str, str]) -> str:
    """Return the start tag of an element that is allowed, with the safe ones of its attributes."""
    if not attributes and name not in CONSTANT_ATTRIBUTES:
        return f"<{name}>"
    pairs = tuple(attributes.items())
    is_short = sum(len(key) + len(value) for key, value in pairs) <= _LONGEST_REPEATED
    return _write_repeated(name, pairs) if is_short else _write_start_tag(name, pairs)


def _write_start_tag(name: str, attribute_pairs: tuple[tuple[str, str], ...]) -> str:
    attributes = dict(attribute_pairs)
    own_names = ELEMENTS[name]
    values = {key: value for key, value in attributes.items() if key in own_names or key in GLOBAL_ATTRIBUTES}
    safe_values = {key: sanitize_value(name, key, value) for key, value in values.items() if key not in URL_ATTRIBUTES}
    # nh3 adds the constant attributes itself, but in an order that changes between runs. Written here, they keep it.
    # nh3 moves the last attribute into the slot of one that it removes. It removes only URLs, so URLs are last.
    safe_values |= dict(CONSTANT_ATTRIBUTES.get(name, {})) | {
        key: value for key, value in values.items() if key in URL_ATTRIBUTES
    }
    # A value without "<" contains nothing that looks like a tag: `image_sizes` finds tags by their text.
    pairs = (f' {key}="{_escape(value)}"' for key, value in safe_values.items() if value is not None)
    return f"<{name}{''.join(pairs)}>"


def _escape(value: str) -> str:
    return value.replace('"', "&quot;").replace("<", "&lt;")


_write_repeated = lru_cache(maxsize=1_000)(_write_start_tag)
