"""Reads the settings of a process: options win over environment variables, those win over the file `.env`."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_settings import BaseSettings, DotEnvSettingsSource, EnvSettingsSource, SettingsConfigDict

from app.domain.errors import InvalidSetting
from app.settings.model import PREFIX, Settings
from app.settings.old_names import OLD_NAMES, OldVariable, find_old_variables


class _Source(BaseSettings):
    """How pydantic-settings reads variables: names in any case, an empty value is none."""

    model_config = SettingsConfigDict(env_ignore_empty=True)


def load(
    options: Mapping[str, Any], *, env_file: str | None = ".env", warn: Callable[[str], None] = lambda _: None
) -> Settings:
    """Return the settings of this process.

    `options` are values by field name; None means that an option is not set. `warn` receives a sentence for each
    variable that is set under its old name. Raises `InvalidSetting` for the first variable with an unusable value.
    """
    variables = _read_variables(env_file)
    old_variables = find_old_variables(variables)
    for variable in old_variables:
        warn(_describe(variable))
    old_names = {variable.new_name: variable.name for variable in old_variables if not variable.is_ignored}
    names = {field: old_names.get(field, field) for field in Settings.model_fields}
    values: dict[str, Any] = {field: variables[name] for field, name in names.items() if name in variables}
    explicit = {field: value for field, value in options.items() if value is not None}
    try:
        return Settings(**{**values, **explicit})
    except ValidationError as failure:
        raise _refusal(failure, {**names, **{field: field for field in explicit}}) from None


def unknown_variables(names: Iterable[str]) -> list[str]:
    """Return the names that begin like a setting and are none, sorted: a typing error must not pass in silence."""
    settings = {variable_name(field) for field in (*Settings.model_fields, *OLD_NAMES)}
    return sorted(name for name in names if name.startswith(PREFIX) and name not in settings)


def variable_name(field: str) -> str:
    """Return the name of the environment variable for a field: `AFTERWORD_PORT` for `port`."""
    return f"{PREFIX}{field.upper()}"


def _read_variables(env_file: str | None) -> dict[str, str]:
    """Return what is set, by name in lower case and without the prefix. The file is read once: it may be a pipe."""
    try:
        file = DotEnvSettingsSource(_Source, env_file=env_file)
    except UnicodeDecodeError:
        raise InvalidSetting(str(env_file), "the file is not UTF-8 text. Save it as UTF-8") from None
    variables = {**file.env_vars, **EnvSettingsSource(_Source).env_vars}
    prefix = PREFIX.lower()
    return {
        name.removeprefix(prefix): value
        for name, value in variables.items()
        if name.startswith(prefix) and value is not None
    }


def _describe(variable: OldVariable) -> str:
    old, new = variable_name(variable.name), variable_name(variable.new_name)
    if variable.is_ignored:
        return f"{old} is ignored because {new} is set, which replaces it. Remove {old}."
    return f"{old} is now called {new}. The old name works in this release only: rename it."


def _refusal(failure: ValidationError, names: Mapping[str, str]) -> InvalidSetting:
    """Return the first error; `names` gives for each field the name under which it was set."""
    error = failure.errors(include_input=False, include_url=False)[0]
    field = str(error["loc"][0]) if error["loc"] else "repo"
    name = variable_name(names.get(field, field))
    if error["type"] == "missing":
        return InvalidSetting(name, "no repository is named. Write it as owner/name: make serve REPO=owner/name")
    reason = error["msg"].removeprefix("Value error, ")
    return InvalidSetting(name, reason[:1].lower() + reason[1:])
