"""Log lines as the formatter renders them, for settings that hold secrets."""

import json
import logging
from typing import Any

from app.cli.logs import formatter
from app.settings import Settings, load

TOKEN = 'tok"en\\of 16 character%s'.replace(" ", "_")
SECRETS = ("a webhook's secret", "häßlich & öde")


def settings(**options: Any) -> Settings:
    """Return settings with a token and two secrets of the webhook."""
    defaults = {"repo": "ada/blog", "github_token": TOKEN, "webhook_secret": ",".join(SECRETS)}
    return load(defaults | options, env_file=None)


def record(message: str, *arguments: object, **extra: object) -> logging.LogRecord:
    """Return a warning of the logger `app.sync`."""
    log_record = logging.LogRecord("app.sync", logging.WARNING, __file__, 7, message, arguments, None)
    log_record.__dict__.update(extra)
    log_record.created = 1_593_595_800.25
    return log_record


def line(message: str, *arguments: object, log_format: str = "text", **extra: object) -> str:
    """Return a record as a line of the log."""
    return formatter(settings(log_format=log_format), colours=False).format(record(message, *arguments, **extra))


def fields(message: str, *arguments: object, **extra: object) -> dict[str, Any]:
    """Return the fields of a record in JSON."""
    values: dict[str, Any] = json.loads(line(message, *arguments, log_format="json", **extra))
    return values


def traceback_of(failure: Exception, log_format: str) -> str:
    """Return the log of a record with a traceback."""
    log_record = record("It failed")
    try:
        raise failure
    except type(failure) as raised:
        log_record.exc_info = (type(raised), raised, raised.__traceback__)
    return formatter(settings(log_format=log_format), colours=False).format(log_record)


def assert_hidden(secret: str, text: str) -> None:
    """Assert that a text does not hold a secret, in whatever way it is quoted."""
    for spelling in (secret, repr(secret)[1:-1], repr(secret.encode())[2:-1], json.dumps(secret)[1:-1]):
        assert spelling not in text
