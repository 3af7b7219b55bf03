"""Reads the settings of a process: options win over environment variables, those win over the file `.env`."""

import logging
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from app.domain.errors import InvalidSetting
from app.settings.fields import FieldError
from app.settings.model import PREFIX, Settings
from app.settings.old_names import OLD_NAMES, OldVariable, find_old_variables

_SIMILARITY = 0.85
"""From 0 to 1. A shared beginning counts, so names of different settings are quite similar, too."""
_NO_REPO = "no repository is named. Write it as owner/name: make serve REPO=owner/name, or with --repo owner/name."
_ADVICE: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "int_parsing": lambda _: "Write a whole number",
    "int_type": lambda _: "Write a whole number",
    "int_parsing_size": lambda _: "Write a smaller number",
    "float_parsing": lambda _: "Write a number",
    "finite_number": lambda _: "Write a number",
    "bool_parsing": lambda _: "Write true or false",
    "literal_error": lambda context: "Write " + str(context["expected"]).replace("'", ""),
    "greater_than_equal": lambda context: f"Write {context['ge']:.0f} or more",
    "less_than_equal": lambda context: f"Write {context['le']:.0f} or less",
}
"""What to do, by the kind of pydantic's error. No secret has such a kind, so its value may be printed."""


@dataclass(frozen=True, slots=True)
class NameWarning:
    """A warning about the name of a variable; `str()` is one text of both sentences."""

    message: str
    advice: str
    is_unknown: bool
    """True if it is no setting; False if it is one under a former name."""

    def __str__(self) -> str:
        return f"{self.message} {self.advice}".rstrip()


def load(
    options: Mapping[str, Any], *, env_file: str | None = ".env", warn: Callable[[NameWarning], None] = lambda _: None
) -> Settings:
    """Return the settings of this process.

    `options` are values by field name; None means that an option is not set. `warn` is called for each variable that
    is set under its old name, or that is no setting. Raises `InvalidSetting` for the first variable with an unusable
    value.
    """
    variables = _read_variables(env_file)
    strangers = [_unknown_name(name) for name in unknown_variables(variable_name(name) for name in variables)]
    old_variables = find_old_variables(variables)
    for warning in (*strangers, *map(_former_name, old_variables)):
        warn(warning)
    old_names = {variable.new_name: variable.name for variable in old_variables if not variable.is_ignored}
    names = {field: old_names.get(field, field) for field in Settings.model_fields}
    values: dict[str, Any] = {field: variables[name] for field, name in names.items() if name in variables}
    explicit = {field: value for field, value in options.items() if value is not None}
    try:
        return Settings(**{**values, **explicit})
    except FieldError as failure:
        hints = " ".join(map(str, strangers))
        raise _refusal(failure, {**names, **{field: field for field in explicit}}, hints) from None


def unknown_variables(names: Iterable[str]) -> list[str]:
    """Return the names that begin like a setting and are none, sorted: a typing error must not pass in silence."""
    settings = {variable_name(field) for field in (*Settings.model_fields, *OLD_NAMES)}
    return sorted(name for name in names if name.startswith(PREFIX) and name not in settings)


def _unknown_name(name: str) -> NameWarning:
    """Return what to say of a variable that is no setting, with the setting that was probably meant."""
    similar = get_close_matches(name, [variable_name(field) for field in Settings.model_fields], 1, _SIMILARITY)
    question = f"Do you mean {similar[0]}?" if similar else ""
    return NameWarning(f"{name} is not a setting and is ignored.", question, is_unknown=True)


def variable_name(field: str) -> str:
    """Return the name of the environment variable for a field: `AFTERWORD_PORT` for `port`."""
    return f"{PREFIX}{field.upper()}"


def _read_variables(env_file: str | None) -> dict[str, str]:
    """Return what is set, by name in lower case and without the prefix. The file is read once: it may be a pipe."""
    prefix = PREFIX.lower()
    names = ((name.lower(), value) for source in (_read_file(env_file), os.environ) for name, value in source.items())
    return {name.removeprefix(prefix): value for name, value in names if name.startswith(prefix) and value}


def _read_file(env_file: str | None) -> Mapping[str, str | None]:
    """Return the variables in a file; none if there is no file, or a folder of its name."""
    path = None if env_file is None else Path(env_file).expanduser()
    if path is None or not (path.is_file() or path.is_fifo()):
        return {}
    from dotenv import dotenv_values  # noqa: PLC0415 - few starts need it

    try:
        with _plain_words():
            return dotenv_values(path, encoding="utf-8")
    except UnicodeDecodeError:
        raise InvalidSetting(str(env_file), "the file is not UTF-8 text. Save it as UTF-8") from None


@contextmanager
def _plain_words() -> Iterator[None]:
    """Say what the file's parser says of a line, whose number is the record's argument, in plain words."""

    def reword(record: logging.LogRecord) -> bool:
        record.msg = "Line %s of the file with the settings is ignored: it is not NAME=value, or a quote has no end."
        return True

    logger = logging.getLogger("dotenv.main")
    logger.addFilter(reword)
    try:
        yield
    finally:
        logger.removeFilter(reword)


def _former_name(variable: OldVariable) -> NameWarning:
    old, new = variable_name(variable.name), variable_name(variable.new_name)
    if variable.is_ignored:
        message, advice = f"{old} is ignored because {new} is set, which replaces it.", f"Remove {old}."
    else:
        message, advice = f"{old} is now called {new}.", "The old name works in this release only: rename it."
    return NameWarning(message, advice, is_unknown=False)


def _refusal(failure: FieldError, names: Mapping[str, str], hints: str) -> InvalidSetting:
    """Return the error of a field; `names` gives for each field the name under which it was set."""
    name = variable_name(names.get(failure.name, failure.name))
    if failure.is_missing:
        return InvalidSetting(name, f"{_NO_REPO} {hints}".rstrip(" ."))
    mismatch = failure.mismatch
    if mismatch is not None and mismatch.kind in _ADVICE:
        return InvalidSetting(name, f"{mismatch.value!r} cannot be used. {_ADVICE[mismatch.kind](mismatch.context)}")
    return InvalidSetting(name, failure.reason[:1].lower() + failure.reason[1:])
