"""The fields of settings: what their types accept, and a base class that validates them.

The names are pydantic's, and so is what a field accepts. A value in its usual form is recognized here. Any other, and
each error, is left to pydantic itself: its import takes longer than the rest of a start.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import UnionType
from typing import Annotated, Any, ClassVar, Literal, NoReturn, TypeVar, get_args, get_origin

_INTEGER = re.compile(r"[0-9]{1,15}")
_NUMBER = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,15})?")
_TRUTHS: Mapping[str, bool] = {"true": True, "1": True, "false": False, "0": False}
_MASK = "**********"
_NO_DEFAULT: Any = object()
_Function = TypeVar("_Function", bound=Callable[..., Any])


class TypeMismatch(ValueError):
    """A value that is not of a field's type, or not within its limits."""

    def __init__(self, reason: str, kind: str, value: Any, context: Mapping[str, Any]) -> None:
        super().__init__(reason)
        self.kind = kind
        """The kind of pydantic's error, as `int_parsing`; `context` has the limits or the choices."""
        self.value = value
        self.context = context


class FieldError(ValueError):
    """A value that a field does not accept, or the lack of one."""

    def __init__(
        self, name: str, reason: str, *, is_missing: bool = False, mismatch: TypeMismatch | None = None
    ) -> None:
        super().__init__(f"{name}: {reason}")
        self.name = name
        self.reason = reason
        self.is_missing = is_missing
        self.mismatch = mismatch


class SecretStr:
    """A text that only `get_secret_value` shows."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def get_secret_value(self) -> str:
        """Return the text in the clear."""
        return self._text

    def __repr__(self) -> str:
        return f"SecretStr({_MASK!r})"

    def __str__(self) -> str:
        return _MASK

    def __len__(self) -> int:
        return len(self._text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SecretStr) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)


@dataclass(frozen=True, slots=True)
class BeforeValidator:
    """Converts a value before its type is checked; raises ValueError with the reason if it cannot."""

    convert: Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class AfterValidator:
    """Converts a value of the right type; raises ValueError with the reason if it is not acceptable."""

    convert: Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class FieldInfo:
    """What is known of a field."""

    default: Any = _NO_DEFAULT
    description: str | None = None
    ge: float | None = None
    le: float | None = None
    """The least and the largest number."""
    repr: bool = True
    """False if the model's `repr` leaves it out: its text has a secret."""
    type: Any = None
    before: tuple[BeforeValidator, ...] = ()
    after: tuple[AfterValidator, ...] = ()

    def is_required(self) -> bool:
        """Return whether there is no default."""
        return self.default is _NO_DEFAULT

    def validate(self, value: Any) -> Any:
        """Return the value as the field has it. Raises ValueError with the reason."""
        for validator in self.before:
            value = validator.convert(value)
        kind, is_optional = _without_none(self.type)
        if value is not None or not is_optional:
            value = self._check_type(kind, value)
        for later in self.after:
            value = later.convert(value)
        return value

    def _check_type(self, kind: Any, value: Any) -> Any:
        parse = _PARSERS.get(get_origin(kind) or kind)
        plain = None if parse is None else parse(kind, value)
        if plain is None or not self._is_within_limits(plain):
            return self._validate_by_pydantic(kind, value)
        return plain

    def _is_within_limits(self, value: Any) -> bool:
        return (self.ge is None or value >= self.ge) and (self.le is None or value <= self.le)

    def _validate_by_pydantic(self, kind: Any, value: Any) -> Any:
        import pydantic  # noqa: PLC0415 - see above

        limits = {name: limit for name, limit in (("ge", self.ge), ("le", self.le)) if limit is not None}
        adapter: Any = pydantic.TypeAdapter(Annotated[kind, pydantic.Field(**limits)])
        try:
            return adapter.validate_python(value)
        except pydantic.ValidationError as failure:
            error = failure.errors(include_url=False)[0]
            reason = error["msg"].removeprefix("Value error, ")
            raise TypeMismatch(reason, error["type"], error["input"], error.get("ctx", {})) from None


def Field(  # noqa: N802 - pydantic's name
    default: Any = _NO_DEFAULT,
    *,
    description: str | None = None,
    ge: float | None = None,
    le: float | None = None,
    repr: bool = True,  # noqa: A002 - pydantic's name
) -> Any:
    """Return what describes a field."""
    return FieldInfo(default, description, ge, le, repr)


def model_validator(*, mode: Literal["after"]) -> Callable[[_Function], _Function]:
    """Return a decorator for a method that checks the fields together, when each is valid."""

    def register(check: _Function) -> _Function:
        check.__dict__["validates"] = mode
        return check

    return register


class BaseModel:
    """A frozen value whose fields are validated when it is made. Its `repr` masks secrets."""

    model_fields: ClassVar[Mapping[str, FieldInfo]] = {}
    _checks: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        fields = {name: _describe(kind, getattr(cls, name, _NO_DEFAULT)) for name, kind in cls.__annotations__.items()}
        cls.model_fields = fields
        cls._checks = tuple(name for name, member in vars(cls).items() if hasattr(member, "validates"))
        for name in fields:
            if name in vars(cls):
                delattr(cls, name)

    def __init__(self, **values: Any) -> None:
        """Raise `FieldError` for the first field whose value is not accepted, or that has none."""
        for name, info in self.model_fields.items():
            object.__setattr__(self, name, _validate(name, info, values.pop(name, info.default)))
        for name in values:
            raise FieldError(name, "Extra inputs are not permitted")
        for name in self._checks:
            getattr(self, name)()

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise FieldError(name, "the settings are frozen")

    def __repr__(self) -> str:
        shown = (name for name, info in self.model_fields.items() if info.repr)
        return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name)!r}' for name in shown)})"

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash(tuple(vars(self).values()))


def _validate(name: str, info: FieldInfo, value: Any) -> Any:
    if value is _NO_DEFAULT:
        raise FieldError(name, "Field required", is_missing=True)
    try:
        return info.validate(value)
    except ValueError as failure:
        mismatch = failure if isinstance(failure, TypeMismatch) else None
        raise FieldError(name, str(failure), mismatch=mismatch) from None


def _describe(kind: Any, default: Any) -> FieldInfo:
    """Return what an annotation and a default say of a field."""
    info = default if isinstance(default, FieldInfo) else FieldInfo(default)
    if get_origin(kind) is not Annotated:
        return replace(info, type=kind)
    kind, *notes = get_args(kind)
    for note in notes:
        if isinstance(note, FieldInfo):
            info = replace(note, default=info.default)
    before = tuple(note for note in notes if isinstance(note, BeforeValidator))
    after = tuple(note for note in notes if isinstance(note, AfterValidator))
    return replace(info, type=kind, before=before, after=after)


def _without_none(kind: Any) -> tuple[Any, bool]:
    """Return a type without None, and whether it had None."""
    if not isinstance(kind, UnionType):
        return kind, False
    kinds = [part for part in get_args(kind) if part is not type(None)]
    if len(kinds) > 1:
        raise TypeError(f"a field has one type, and None besides: {kind}")
    return kinds[0], True


def _parse_text(_: Any, value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _parse_secret(_: Any, value: Any) -> SecretStr | None:
    if isinstance(value, SecretStr):
        return value
    if not isinstance(value, str):
        raise ValueError("Input should be a valid string")  # noqa: TRY004 - an error of the value's, as all others
    return SecretStr(value)


def _parse_integer(_: Any, value: Any) -> int | None:
    is_plain = type(value) is int or (isinstance(value, str) and _INTEGER.fullmatch(value))
    return int(value) if is_plain else None


def _parse_number(_: Any, value: Any) -> float | None:
    is_plain = type(value) in {int, float} or (isinstance(value, str) and _NUMBER.fullmatch(value))
    return float(value) if is_plain else None


def _parse_truth(_: Any, value: Any) -> bool | None:
    return value if isinstance(value, bool) else _TRUTHS.get(value) if isinstance(value, str) else None


def _parse_choice(kind: Any, value: Any) -> Any:
    return value if isinstance(value, str) and value in get_args(kind) else None


def _parse_items(_: Any, value: Any) -> tuple[Any, ...] | None:
    return value if isinstance(value, tuple) else None


_PARSERS: Mapping[Any, Callable[[Any, Any], Any]] = {
    str: _parse_text,
    SecretStr: _parse_secret,
    int: _parse_integer,
    float: _parse_number,
    bool: _parse_truth,
    Literal: _parse_choice,
    tuple: _parse_items,
}
"""What recognizes a value of a type in its usual form; None for any other value."""
