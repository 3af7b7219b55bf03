"""The fields of settings accept and refuse what pydantic's do, which they ask about unusual values only."""

from typing import Annotated, Any, Literal

import pytest
from pydantic import Field as PydanticField
from pydantic import TypeAdapter, ValidationError

from app.settings.fields import BaseModel, Field, FieldError, FieldInfo, SecretStr

_TEXTS = (
    "0",
    "1",
    "8000",
    "08",
    " 7 ",
    "7.0",
    "7.5",
    ".5",
    "1e3",
    "+1",
    "-1",
    "1_000",
    "٣",
    "x",
    "",
    "true",
    "TRUE",
    "off",
)
_OTHERS = ("inf", "nan", "9" * 30, "text", "Text", None, 5, 5.5, True, b"7", [7])
_KINDS = (int, float, bool, str, Literal["text", "json"], int | None)


def _outcome(validate: Any, value: object) -> tuple[str, str]:
    try:
        result = validate(value)
    except ValidationError as failure:
        return "refused", failure.errors()[0]["msg"]
    except ValueError as failure:
        return "refused", str(failure)
    return type(result).__name__, repr(result)


@pytest.mark.parametrize("kind", _KINDS, ids=str)
def test_field_agrees_with_pydantic(kind: Any) -> None:
    limits: dict[str, Any] = {"ge": 1, "le": 65535} if kind in {int, float} else {}
    field = FieldInfo(type=kind, **limits)
    reference: TypeAdapter[Any] = TypeAdapter(Annotated[kind, PydanticField(**limits)])
    for value in (*_TEXTS, *_OTHERS):
        assert _outcome(field.validate, value) == _outcome(reference.validate_python, value), value


class _Pair(BaseModel):
    name: str = "ada"
    secret: SecretStr | None = Field(None, description="What is hushed.")


def test_unknown_field_is_refused() -> None:
    with pytest.raises(FieldError, match="Extra inputs are not permitted"):
        _Pair(nickname="a")
    with pytest.raises(FieldError, match="a valid string"):
        _Pair(secret=5)


def test_equal_values_make_equal_settings() -> None:
    assert _Pair(secret="hush") == _Pair(secret=SecretStr("hush")) != _Pair()
    assert hash(_Pair(secret="hush")) == hash(_Pair(secret="hush"))
    assert str(_Pair(secret="hush")) == "_Pair(name='ada', secret=SecretStr('**********'))"
