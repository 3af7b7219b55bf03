"""Which issues a page asks for: what its template prints at the field, as the service reads it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from app.domain.posts.posts import NUMBER, NUMBER_ADVICE, ProblemKind
from app.domain.texts.excerpts import excerpt
from app.generators.dialects import Print
from app.generators.inherited.values import UnknownValue

FIELD = "ghissueid"
_NO_NUMBERS = (bool, Mapping)
_MAX_SHOWN = 61
_MAX_ITEMS = 100
_EXPONENT_IN_GO, _EXPONENT_IN_JS = 1e6, 1e21


@dataclass(frozen=True, slots=True)
class Number:
    """What a page says at the field `ghissueid`."""

    issues: frozenset[int] = frozenset()
    output: str | None = None
    """What a template prints there; None if the page has no such field, or no value there."""
    kind: ProblemKind | None = None
    """What is wrong with it."""
    message: str = ""
    advice: str = ""

    @property
    def label(self) -> str:
        """Return what the page prints, for a message."""
        return "nothing" if self.output is None else excerpt(self.output, _MAX_SHOWN) or '""'


NO_NUMBER = Number()


def number_of(value: object, style: Print) -> Number:
    """Return the issues of a value that a page has at the field."""
    if value is None or value in ("", [], {}):
        return Number(
            kind=ProblemKind.EMPTY_NUMBER, message="ghissueid is empty", advice="Write the number, or remove the line."
        )
    if isinstance(value, UnknownValue):  # a problem of the page says so
        return NO_NUMBER
    output = print_value(value, style)
    if isinstance(value, list):
        return _numbers(value, output, style)
    text = output.strip()
    if NUMBER.fullmatch(text) and not isinstance(value, _NO_NUMBERS):
        is_exact = output == text
        message = f"ghissueid is {output!r} with blanks, and the page asks for it as it stands"
        issues = frozenset({int(text)})
        return Number(issues, output) if is_exact else _invalid(output, message, issues)
    return _invalid(output, f"ghissueid is {_printable(value, output)}")


def _invalid(output: str, message: str, issues: frozenset[int] = frozenset()) -> Number:
    return Number(issues, output, ProblemKind.NOT_A_NUMBER, message, NUMBER_ADVICE)


def _numbers(values: list[object], output: str, style: Print) -> Number:
    texts = [print_value(value, style).strip() for value in values[:_MAX_ITEMS]]
    wrong = next((text for text in texts if not NUMBER.fullmatch(text)), None)
    if wrong is not None:
        return _invalid(output, f"ghissueid is a list with {excerpt(wrong, _MAX_SHOWN)!r}")
    issues = frozenset(int(text) for text in texts)
    if len(texts) == 1 and output == texts[0]:
        return Number(issues, output)
    message = f"ghissueid is a list, which a template without a loop prints as {excerpt(output, _MAX_SHOWN)}"
    return Number(issues, output, ProblemKind.NOT_A_NUMBER, message, "Write one number, or a loop in the template.")


def _printable(value: object, output: str) -> str:
    """Return a value for a message; a string in quotes."""
    if isinstance(value, Mapping):
        return "a mapping"
    return repr(excerpt(output, _MAX_SHOWN)) if isinstance(value, str) else excerpt(output, _MAX_SHOWN)


def print_value(value: object, style: Print) -> str:
    """Return what a template prints for a value."""
    if isinstance(value, bool):
        return str(value) if style is Print.PYTHON else str(value).lower()
    if isinstance(value, float):
        return _print_float(value, style)
    if isinstance(value, int):
        return _print_int(value, style)
    if isinstance(value, list):
        return _print_list([print_value(item, style) for item in value[:_MAX_ITEMS]], value, style)
    return value if isinstance(value, str) else ""


def _print_int(value: int, style: Print) -> str:
    if style in {Print.JAVASCRIPT, Print.JOINED} and abs(value) > 2**53:
        return _print_float(float(value), style) if abs(value) < 10**300 else "Infinity"
    return str(value)


def _print_float(value: float, style: Print) -> str:
    if math.isnan(value) or math.isinf(value):
        return str(value)
    if style in {Print.PYTHON, Print.RUBY}:
        return repr(value)
    if style is Print.GO and abs(value) >= _EXPONENT_IN_GO:
        mantissa, _, exponent = f"{value:e}".partition("e")
        digits = repr(value).replace(".", "").partition("e")[0].strip("0") or mantissa
        return f"{digits[0]}{'.' if len(digits) > 1 else ''}{digits[1:]}e{exponent}"
    is_integral = value.is_integer() and abs(value) < _EXPONENT_IN_JS
    return f"{Decimal(repr(value)):.0f}" if is_integral else repr(value)


def _print_list(texts: list[str], values: list[object], style: Print) -> str:
    if style is Print.GO:
        return f"[{' '.join(texts)}]"
    if style is Print.PYTHON:
        return repr([value if isinstance(value, str | int | float) else "…" for value in values[:_MAX_ITEMS]])
    return ("," if style is Print.JAVASCRIPT else "").join(texts)
