"""What a plain scalar of YAML means: one table of rules for each reader that generators use.

| rules | reader | generators |
|---|---|---|
| GO_YAML | goccy/go-yaml | Hugo since 0.152 |
| GO_YAML_2 | yaml.v2, yaml.v3 | Hugo before |
| PSYCH | Psych, libyaml | Jekyll |
| JS_YAML | js-yaml 4 | Eleventy, Astro, Hexo, Docusaurus |
| JS_YAML_3 | js-yaml 3 | gray-matter: VitePress, Gatsby, Metalsmith |
| YAML_1_2 | yaml (eemeli) | vfile-matter |
| PYYAML | PyYAML | Material for MkDocs |
| RUAMEL | ruamel.yaml | Nikola |
| SERDE | serde_yaml | Zola |

The rules are tried in order; a scalar that none matches is a string.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

_MAX_DIGITS = 400
"""A scalar of more characters is a string: no number of an issue has as many."""


@dataclass(frozen=True, slots=True)
class NumberForm:
    """One way to write a number."""

    pattern: re.Pattern[str]
    value: Callable[[str], int | float]
    """Computes the number of a scalar that has the pattern, less underscores and commas."""


@dataclass(frozen=True, slots=True)
class ScalarRules:
    """How one reader takes plain scalars."""

    numbers: tuple[NumberForm, ...]
    true: frozenset[str] = frozenset({"true", "True", "TRUE"})
    false: frozenset[str] = frozenset({"false", "False", "FALSE"})
    null: frozenset[str] = frozenset({"", "~", "null", "Null", "NULL"})

    def value(self, text: str) -> object:
        """Return the value of a plain scalar: None, a bool, a number, or the text itself."""
        first = text[:1]
        if first in _NUMBER_STARTS and len(text) <= _MAX_DIGITS:
            return self._number(text)
        if text in self.null:
            return None
        if text in self.true:
            return True
        return False if text in self.false else text

    def _number(self, text: str) -> object:
        for form in self.numbers:
            if form.pattern.fullmatch(text):
                try:
                    return form.value(text.replace("_", "").replace(",", ""))
                except ValueError:  # as "+." is
                    return text
        return None if text in self.null else text


_NUMBER_STARTS = frozenset("0123456789+-.")


def _int(base: int) -> Callable[[str], int]:
    """Return a function that reads digits of a base behind a sign and a prefix."""
    return lambda text: int(re.sub(r"^([-+]?)0[xXoObB]", r"\1", text), base)


def _within_64_bits(text: str) -> int:
    number = int(text.removeprefix("+") if text.startswith("+-") else text)
    if abs(number) >= 2**64:
        raise ValueError(text)
    return abs(number) if text.startswith("+-") else number


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(text)
    return number


def _sixties(exponents: Callable[[int, int], int]) -> Callable[[str], int | float]:
    """Return a function that reads 1:30; `exponents` gives the power of 60 by index and count of the parts."""

    def value(text: str) -> int | float:
        parts = text.lstrip("+-").split(":")
        number: int | float = 0
        for index, part in enumerate(parts):
            number += (float(part) if "." in part else int(part)) * 60 ** exponents(index, len(parts))
        return -number if text.startswith("-") else number

    return value


def _forms(*forms: tuple[str, Callable[[str], int | float]]) -> tuple[NumberForm, ...]:
    return tuple(NumberForm(re.compile(pattern, re.ASCII), value) for pattern, value in forms)


_BASE_60 = _sixties(lambda index, count: count - index - 1)
_HOURS = _sixties(lambda index, _: abs(index - 2))
"""Ruby's reading: 1:30 is 1 h 30 min in seconds."""
_INFINITY = (r"[-+]?\.(?:inf|Inf|INF)", lambda text: float("-inf" if text.startswith("-") else "inf"))
_NAN = (r"\.(?:nan|NaN|NAN)", lambda _: float("nan"))
_YES = frozenset({"yes", "Yes", "YES", "on", "On", "ON"})
_NO = frozenset({"no", "No", "NO", "off", "Off", "OFF"})
_TRUE, _FALSE = frozenset({"true", "True", "TRUE"}), frozenset({"false", "False", "FALSE"})

GO_YAML = ScalarRules(
    _forms(
        (r"[-+]?0x[0-9a-fA-F_]*[0-9a-fA-F][0-9a-fA-F_]*", _int(16)),
        (r"[-+]?0b[01_]*[01][01_]*", _int(2)),
        (r"[-+]?0o[0-7_]*[0-7][0-7_]*", _int(8)),
        (r"[-+]?0[0-7_]+", _int(8)),
        (r"(?:\+-|[-+]_*)?(?:0|[1-9][0-9_]{0,25})", _within_64_bits),
        (r"(?:[-+]_*)?(?:[0-9][0-9_]*)?\.[0-9_]*(?:[eE][-+]?[0-9]+)?", float),
        _INFINITY,
        _NAN,
    )
)
GO_YAML_2 = ScalarRules(
    _forms(
        (r"[-+]?0[xX][0-9a-fA-F_]*[0-9a-fA-F][0-9a-fA-F_]*", _int(16)),
        (r"[-+]?0[bB][01_]*[01][01_]*", _int(2)),
        (r"[-+]?0[oO][0-7_]*[0-7][0-7_]*", _int(8)),
        (r"[-+]?0[0-7_]+", _int(8)),
        (r"(?:[-+]_*)?(?:0|[1-9][0-9_]{0,25})", lambda text: int(text) if abs(int(text)) < 2**64 else float(text)),
        (r"(?:[-+]_*)?(?:\.[0-9]+|[0-9][0-9_]*(?:\.[0-9_]*)?)(?:[eE][-+]?[0-9_]+)?", _finite),
        _INFINITY,
        _NAN,
    ),
    true=_TRUE | _YES | {"y", "Y"},
    false=_FALSE | _NO | {"n", "N"},
)
PSYCH = ScalarRules(
    _forms(
        (r"[-+]?(?:0|[1-9](?:[0-9]|,[0-9]|_[0-9])*)", int),
        (r"[-+]?0[0-7_,]+", _int(8)),
        (r"[-+]?0x[0-9a-fA-F_,]*[0-9a-fA-F][0-9a-fA-F_,]*", _int(16)),
        (r"[-+]?0b[01_,]*[01][01_,]*", _int(2)),
        (r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9]){1,2}", _HOURS),
        (r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9]){1,2}\.[0-9_]*", _HOURS),
        (r"[-+]?(?:[0-9][0-9_,]*)?\.[0-9]*(?:[eE][-+][0-9]+)?", float),
        _INFINITY,
        _NAN,
    ),
    true=_TRUE | _YES,
    false=_FALSE | _NO,
    null=frozenset({"", "~", *("".join(letters) for letters in product("nN", "uU", "lL", "lL"))}),
)
JS_YAML = ScalarRules(
    _forms(
        (r"[-+]?0b[01]+", _int(2)),
        (r"[-+]?0o[0-7]+", _int(8)),
        (r"[-+]?0x[0-9a-fA-F]+", _int(16)),
        (r"[-+]?[0-9]+", int),
        (r"(?:[-+]?[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?", _finite),
        _INFINITY,
        _NAN,
    )
)
JS_YAML_3 = ScalarRules(
    _forms(
        (r"[-+]?0b[01_]*[01]", _int(2)),
        (r"[-+]?0x[0-9a-fA-F_]*[0-9a-fA-F]", _int(16)),
        (r"[-+]?0[0-7_]*[0-7]", _int(8)),
        (r"[-+]?(?:0|[1-9](?:[0-9_]*[0-9])?)", int),
        (r"[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+", _BASE_60),
        (r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*(?<!_)", _BASE_60),
        (r"(?:[-+]?(?:0|[1-9][0-9_]*)(?:\.[0-9_]*)?|\.[0-9_]*[0-9])(?:[eE][-+]?[0-9]+)?(?<!_)", float),
        _INFINITY,
        _NAN,
    )
)
YAML_1_2 = ScalarRules(
    _forms(
        (r"0o[0-7]+", _int(8)),
        (r"[-+]?[0-9]+", int),
        (r"0x[0-9a-fA-F]+", _int(16)),
        (r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", float),
        _INFINITY,
        _NAN,
    )
)
PYYAML = ScalarRules(
    _forms(
        (r"[-+]?0b[01_]*[01][01_]*", _int(2)),
        (r"[-+]?0[0-7_]+", _int(8)),
        (r"[-+]?(?:0|[1-9][0-9_]*)", int),
        (r"[-+]?0x[0-9a-fA-F_]*[0-9a-fA-F][0-9a-fA-F_]*", _int(16)),
        (r"[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+", _BASE_60),
        (r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*", _BASE_60),
        (r"(?:[-+]?[0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*)(?:[eE][-+][0-9]+)?", float),
        _INFINITY,
        _NAN,
    ),
    true=_TRUE | _YES,
    false=_FALSE | _NO,
)
RUAMEL = ScalarRules(
    _forms(
        (r"[-+]?0b[01_]*[01][01_]*", _int(2)),
        (r"[-+]?0o[0-7_]*[0-7][0-7_]*", _int(8)),
        (r"(?:[-+]_*)?[0-9][0-9_]*", int),
        (r"[-+]?0x[0-9a-fA-F_]*[0-9a-fA-F][0-9a-fA-F_]*", _int(16)),
        (r"[-+]?[0-9][0-9_]*(?:\.[0-9_]*(?:[eE][-+]?[0-9]+)?|[eE][-+]?[0-9]+)", float),
        (r"[-+]?\.[0-9_]*[0-9][0-9_]*(?:[eE][-+][0-9]+)?", float),
        _INFINITY,
        _NAN,
    )
)
SERDE = ScalarRules(
    _forms(
        (r"[-+]?0x[0-9a-fA-F]+", _int(16)),
        (r"[-+]?0o[0-7]+", _int(8)),
        (r"[-+]?0b[01]+", _int(2)),
        (r"[-+]?(?:0|[1-9][0-9]*)", int),
        (r"[-+]?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?", float),
        _INFINITY,
        _NAN,
    )
)
