"""The log on standard error: lines of text, or one JSON object a line. structlog renders them.

All code logs through the standard library, as the libraries do, so every record passes here. Values in `extra` become
fields, and the id of the current HTTP request is added.

Secrets never appear. The secrets of the settings are masked, however they are quoted; so is what looks like a secret:
an `Authorization` header, a token of GitHub. In text, characters that could move a terminal's cursor or start a line
are shown as escapes, and tracebacks are indented. In JSON the format itself does that.
"""

import json
import logging
import math
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, TextIO
from urllib.parse import quote, quote_plus

from typing_extensions import override

from app.settings import SecretStr, Settings
from app.web.context import REQUEST_ID

if TYPE_CHECKING:
    from structlog.typing import EventDict, Processor, WrappedLogger

MASK = "***"
_SHORTEST_SECRET = 4
"""Shorter secrets are not masked: the text around their masks would reveal them."""
_LIBRARY_LEVELS: Mapping[str, int] = {
    "httpx": logging.WARNING,
    "httpcore": logging.WARNING,
    "uvicorn": logging.WARNING,
    "uvicorn.error": logging.ERROR,
    "uvicorn.access": logging.CRITICAL,
}
"""Libraries that log what this log says better, with the level from which their records are shown."""
_FIXED_FIELDS = frozenset({"timestamp", "level", "event", "logger", "request_id", "exception", "stack"})
_RECORD_ATTRIBUTES = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}
_MULTILINE_FIELDS = ("exception", "stack")
_MAX_DEPTH = 6
_AUTHORIZATION = "authorization"
_CREDENTIALS = re.compile(
    r"""(?ix)
    (?P<label> (?:proxy-)?authorization ["']? \s* [:=,] \s* (?:b?["'])? (?:(?:bearer|token|basic|digest)\s+)?
             | \bbearer \s+ )
    [^\s"',;)\]}]+
    """
)
_GITHUB_TOKEN = re.compile(r"\b(?:gh[a-z]_[A-Za-z0-9]{16,}|github_pat_[A-Za-z0-9_]{16,})")


def configure(settings: Settings, stream: TextIO | None = None) -> None:
    """Send all logging of the process to `stream`, or to standard error if it is None."""
    target = sys.stderr if stream is None else stream
    handler = _Handler(target)
    handler.setFormatter(_LazyFormatter(settings, colours=target.isatty()))
    level = getattr(logging, settings.log_level.upper())
    handler.setLevel(level)  # the libraries' loggers have levels of their own, which the root's level does not bound
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name, library_level in _LIBRARY_LEVELS.items():
        logging.getLogger(name).setLevel(library_level)


class _LazyFormatter(logging.Formatter):
    """The formatter of `formatter`, which is made for the first line."""

    def __init__(self, settings: Settings, *, colours: bool) -> None:
        super().__init__()
        self._make = partial(formatter, settings, colours=colours)
        self._formatter: logging.Formatter | None = None

    @override
    def format(self, record: logging.LogRecord) -> str:
        self._formatter = self._formatter or self._make()
        return self._formatter.format(record)


def formatter(settings: Settings, *, colours: bool) -> logging.Formatter:
    """Return a formatter that renders a record as one line, or as several if it has a traceback."""
    import structlog  # noqa: PLC0415 - a start without a warning needs none of this
    from structlog.dev import ConsoleRenderer, plain_traceback  # noqa: PLC0415 - likewise

    mask = masker(find_secrets(settings))
    renderers: list[Processor]
    if settings.log_format == "json":
        renderers = [_plain_values(mask), structlog.processors.JSONRenderer()]
    else:
        console_renderer = ConsoleRenderer(
            colors=colours, sort_keys=False, pad_event_to=0, pad_level=False, exception_formatter=plain_traceback
        )
        renderers = [_plain_values(mask), _escape_lines, console_renderer]
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[_order_fields, structlog.processors.format_exc_info],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderers],
    )


def find_secrets(settings: Settings) -> frozenset[str]:
    """Return all secrets of the settings in the clear."""
    return frozenset(_secrets_in([getattr(settings, name) for name in type(settings).model_fields]))


def _secrets_in(value: object) -> Iterator[str]:
    if isinstance(value, SecretStr):
        yield value.get_secret_value()
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _secrets_in(item)


def masker(secrets: frozenset[str]) -> Callable[[str], str]:
    """Return a function that masks these secrets in a text, however they are quoted, and what looks like a secret."""
    spellings = {spelling for secret in secrets if len(secret) >= _SHORTEST_SECRET for spelling in _spellings(secret)}
    pattern = re.compile("|".join(map(re.escape, sorted(spellings, key=len, reverse=True))) or r"(?!)")

    def mask(text: str) -> str:
        text = pattern.sub(MASK, text)
        text = _CREDENTIALS.sub(lambda match: match["label"] + MASK, text)
        return _GITHUB_TOKEN.sub(MASK, text)

    return mask


def _spellings(secret: str) -> Iterator[str]:
    """Yield a secret as `%s`, `%r`, JSON and URLs show it."""
    yield secret
    yield repr(secret)[1:-1]
    yield repr(secret.encode("utf-8", "surrogatepass"))[2:-1]
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield quote(secret, safe="", errors="replace")
    yield quote_plus(secret, errors="replace")


def _order_fields(_logger: "WrappedLogger", _name: str, event: "EventDict") -> "EventDict":
    """Put time, level, message, logger and request id first, then the extras; `_` follows an extra of such a name."""
    record: logging.LogRecord = event.pop("_record")
    if "stack_info" in event:
        event["stack"] = event.pop("stack_info")
    timestamp = datetime.fromtimestamp(record.created, tz=UTC).isoformat(timespec="milliseconds")
    fields: EventDict = {
        "timestamp": timestamp.replace("+00:00", "Z"),
        "level": record.levelname.lower(),
        "event": event.pop("event"),
        "logger": record.name,
    }
    if (request_id := REQUEST_ID.get()) is not None:
        fields["request_id"] = request_id
    for key, value in record.__dict__.items():
        if key not in _RECORD_ATTRIBUTES:
            fields[f"{key}_" if key in _FIXED_FIELDS or key in event else key] = value
    return {**fields, **event, "_record": record}


def _plain_values(mask: Callable[[str], str]) -> "Processor":
    """Return a processor that leaves only texts, numbers and collections of them, all masked."""

    def plain(value: object, depth: int = 0) -> Any:
        if value is None or isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value)):
            return value
        if depth < _MAX_DEPTH and isinstance(value, Mapping):
            return {mask(_text(key)): plain_item(key, item, depth) for key, item in value.items()}
        if depth < _MAX_DEPTH and isinstance(value, list | tuple | set | frozenset):
            return [plain(item, depth + 1) for item in value]
        return mask(str(value))

    def plain_item(key: object, value: object, depth: int) -> Any:
        return MASK if _text(key).lower().endswith(_AUTHORIZATION) else plain(value, depth + 1)

    return lambda _logger, _name, event: plain(event)


def _text(value: object) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _escape_lines(_logger: "WrappedLogger", _name: str, event: "EventDict") -> "EventDict":
    """Escape unprintable characters and indent texts of several lines, so that no input can forge a log line."""
    fields: EventDict = {}
    for key, value in event.items():
        if key in _MULTILINE_FIELDS:
            fields[key] = "\n".join(f"    {_printable(line)}" for line in str(value).splitlines())
        else:
            fields[_printable(key)] = _printable(value) if isinstance(value, str) else value
    return fields


def _printable(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


class _Handler(logging.StreamHandler[TextIO]):
    """A stream handler whose own errors repeat nothing of the record that it could not log."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the standard library's name
        """Log that a record could not be logged, in one line."""
        failure = sys.exc_info()[0]
        reason = failure.__name__ if failure is not None else "a failure"
        message = f"A line from {record.module}:{record.lineno} could not be logged: {reason}."
        replacement = {"name": record.name, "levelname": record.levelname, "levelno": record.levelno, "msg": message}
        with suppress(OSError, ValueError):
            self.stream.write(self.format(logging.makeLogRecord(replacement)) + self.terminator)
