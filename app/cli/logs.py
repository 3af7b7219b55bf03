"""The log: lines to read, or one JSON object a line, on the standard error output. structlog renders them.

The code logs through the standard library, as the libraries do, so that all of it passes here: what is handed over as
`extra` becomes fields, the name of the request being answered is added, and then nothing leaves that may not. A secret
of the settings is masked wherever it stands, in whatever way it was quoted, and so is what looks like one: an
`Authorization`, a token of GitHub's. In text, whatever could move a terminal's cursor or begin a line of its own is
shown as an escape, and tracebacks are indented; in JSON the format itself sees to that.
"""

import json
import logging
import math
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, TextIO
from urllib.parse import quote, quote_plus

import structlog
from pydantic import SecretStr
from structlog.typing import EventDict, Processor, WrappedLogger

from app.settings import Settings
from app.web.request_ids import REQUEST_ID

MASK = "***"
_SHORTEST = 4
"""A secret of fewer characters is left alone: whatever is shown around its masks would tell what it is."""
_QUIET: Mapping[str, int] = {
    "httpx": logging.WARNING,
    "httpcore": logging.WARNING,
    "uvicorn": logging.WARNING,
    "uvicorn.error": logging.ERROR,
    "uvicorn.access": logging.CRITICAL,
}
"""Libraries that tell what this log tells better, and from which level on they are heard all the same."""
_OWN = frozenset({"timestamp", "level", "event", "logger", "request_id", "exception", "stack"})
_RECORD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}
_LINES = ("exception", "stack")
"""Fields of several lines."""
_DEEPEST = 6
_AUTHORIZATION = "authorization"
_TELLING = re.compile(
    r"""(?ix)
    (?P<kept> (?:proxy-)?authorization ["']? \s* [:=,] \s* (?:b?["'])? (?:(?:bearer|token|basic|digest)\s+)?
            | \bbearer \s+ )
    [^\s"',;)\]}]+
    """
)
_TOKEN = re.compile(r"\b(?:gh[a-z]_[A-Za-z0-9]{16,}|github_pat_[A-Za-z0-9_]{16,})")


def configure(settings: Settings, stream: TextIO | None = None) -> None:
    """All of the process's logging goes to `stream` from now on; None: to the standard error output."""
    target = sys.stderr if stream is None else stream
    handler = _Handler(target)
    handler.setFormatter(formatter(settings, colours=target.isatty()))
    level = getattr(logging, settings.log_level.upper())
    handler.setLevel(level)  # the libraries below have levels of their own, which the root's would not bound
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name, least in _QUIET.items():
        logging.getLogger(name).setLevel(least)


def formatter(settings: Settings, *, colours: bool) -> logging.Formatter:
    """Turns a record of the standard library into one line, or into several where there is a traceback."""
    mask = masking(secrets(settings))
    rendering: list[Processor]
    if settings.log_format == "json":
        rendering = [_plain(mask), structlog.processors.JSONRenderer()]
    else:
        rendering = [_plain(mask), _on_one_line, _console(colours=colours)]
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[_fields, structlog.processors.format_exc_info],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendering],
    )


def secrets(settings: Settings) -> frozenset[str]:
    """All secrets of the settings in the clear."""
    return frozenset(_secrets([getattr(settings, name) for name in type(settings).model_fields]))


def _secrets(given: object) -> Iterator[str]:
    if isinstance(given, SecretStr):
        yield given.get_secret_value()
    elif isinstance(given, list | tuple):
        for each in given:
            yield from _secrets(each)


def masking(hidden: frozenset[str]) -> Callable[[str], str]:
    """A text without these, however quoted, and without what looks like a secret whosever it is."""
    ways = {way for secret in hidden if len(secret) >= _SHORTEST for way in _quoted(secret)}
    known = re.compile("|".join(map(re.escape, sorted(ways, key=len, reverse=True))) or r"(?!)")

    def mask(text: str) -> str:
        masked = known.sub(MASK, text)
        masked = _TELLING.sub(lambda found: found["kept"] + MASK, masked)
        return _TOKEN.sub(MASK, masked)

    return mask


def _quoted(secret: str) -> Iterator[str]:
    """A secret as `%s`, `%r`, JSON and URLs show it."""
    yield secret
    yield repr(secret)[1:-1]
    yield repr(secret.encode("utf-8", "surrogatepass"))[2:-1]
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield quote(secret, safe="", errors="replace")
    yield quote_plus(secret, errors="replace")


def _fields(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    """Time, level, message, logger and request first, then the extras; one that has such a name too gets a `_`."""
    record: logging.LogRecord = event.pop("_record")
    if "stack_info" in event:
        event["stack"] = event.pop("stack_info")
    moment = datetime.fromtimestamp(record.created, tz=UTC).isoformat(timespec="milliseconds")
    ordered: EventDict = {
        "timestamp": moment.replace("+00:00", "Z"),
        "level": record.levelname.lower(),
        "event": event.pop("event"),
        "logger": record.name,
    }
    name = REQUEST_ID.get()
    if name is not None:
        ordered["request_id"] = name
    for key, value in record.__dict__.items():
        if key not in _RECORD:
            ordered[f"{key}_" if key in _OWN or key in event else key] = value
    return {**ordered, **event, "_record": record}


def _plain(mask: Callable[[str], str]) -> Processor:
    """A processor that leaves texts, numbers and what is made of them, all masked."""

    def plain(value: object, depth: int = 0) -> Any:
        if value is None or isinstance(value, bool | int):
            return value
        if isinstance(value, float) and math.isfinite(value):
            return value
        if depth < _DEEPEST and isinstance(value, Mapping):
            return {_key(key, mask): _value(key, each, depth) for key, each in value.items()}
        if depth < _DEEPEST and isinstance(value, list | tuple | set | frozenset):
            return [plain(each, depth + 1) for each in value]
        return mask(str(value))

    def _value(key: object, value: object, depth: int) -> Any:
        return MASK if _text(key).lower().endswith(_AUTHORIZATION) else plain(value, depth + 1)

    def process(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
        masked: EventDict = plain(event)
        return masked

    return process


def _text(value: object) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _key(value: object, mask: Callable[[str], str]) -> str:
    return mask(_text(value))


def _on_one_line(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    """Nothing from outside can forge a line: what is not printable is escaped, what has lines is indented."""
    shown: EventDict = {}
    for key, value in event.items():
        if key in _LINES:
            shown[key] = "\n".join(f"    {_printable(line)}" for line in str(value).splitlines())
        else:
            shown[_printable(key)] = _printable(value) if isinstance(value, str) else value
    return shown


def _printable(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


def _console(*, colours: bool) -> structlog.dev.ConsoleRenderer:
    return structlog.dev.ConsoleRenderer(
        colors=colours,
        sort_keys=False,
        pad_event_to=0,
        pad_level=False,
        exception_formatter=structlog.dev.plain_traceback,
    )


class _Handler(logging.StreamHandler[TextIO]):
    """A stream whose own failures repeat nothing of what could not be logged."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the standard library's name
        """One line instead of the one that could not be written."""
        failure = sys.exc_info()[0]
        reason = failure.__name__ if failure is not None else "a failure"
        said = f"A line from {record.module}:{record.lineno} could not be logged: {reason}."
        instead = {"name": record.name, "levelname": record.levelname, "levelno": record.levelno, "msg": said}
        with suppress(OSError, ValueError):
            self.stream.write(self.format(logging.makeLogRecord(instead)) + self.terminator)
