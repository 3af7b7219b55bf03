"""The log: its lines, and what never appears in them."""

import io
import json
import logging
import re
from collections.abc import Iterator
from http import HTTPStatus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.cli.logs import MASK, configure, find_secrets, formatter, masker
from app.web.context import REQUEST_ID
from tests.cli.log_lines import SECRETS, TOKEN, assert_hidden, fields, line, record, settings, traceback_of

FORMATS = ["text", "json"]


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def restored_logging() -> Iterator[None]:
    """Restore the logging of the test run itself."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    named = ["httpx", "httpcore", "uvicorn", "uvicorn.error", "uvicorn.access"]
    levels = {name: logging.getLogger(name).level for name in named}
    yield
    root.handlers[:], root.level = before
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def test_text_line_has_time_level_message_logger_extras() -> None:
    text = line("Post %s is left", 41, asks=3, why="no answer")
    assert text == "2020-07-01T09:30:00.250Z [warning] Post 41 is left [app.sync] asks=3 why='no answer'"


def test_json_line_is_an_object_with_extras_as_fields() -> None:
    assert fields("Post %s is left", 41, asks=3, hours=1.5, again=True, author=None) == {
        "timestamp": "2020-07-01T09:30:00.250Z",
        "level": "warning",
        "event": "Post 41 is left",
        "logger": "app.sync",
        "asks": 3,
        "hours": 1.5,
        "again": True,
        "author": None,
    }


@pytest.mark.parametrize("log_format", FORMATS)
def test_line_has_the_id_of_the_current_request(log_format: str) -> None:
    name = REQUEST_ID.set("abc-1")
    text = line("Something", log_format=log_format)
    REQUEST_ID.reset(name)
    assert "abc-1" in text
    assert "abc-1" not in line("Something", log_format=log_format)


@pytest.mark.parametrize("name", ["event", "level", "logger", "timestamp", "request_id", "exception", "stack"])
def test_extra_cannot_replace_a_fixed_field(name: str) -> None:
    values = fields("The message", **{name: "the extra"})
    assert values[f"{name}_"] == "the extra"
    assert values["event"] == "The message"
    assert values["logger"] == "app.sync"


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (float("nan"), "nan"),
        (b"bytes", "b'bytes'"),
        ((1, [2, {"a": "b"}]), [1, [2, {"a": "b"}]]),
        ({b"key": {3: 4}}, {"key": {"3": 4}}),
        (HTTPStatus.OK, 200),
        (ValueError("why"), "why"),
        ({"a": {"b": {"c": {"d": {"e": {"f": 1}}}}}}, {"a": {"b": {"c": {"d": {"e": "{'f': 1}"}}}}}),
    ],
)
def test_any_value_can_be_logged(given: object, shown: object) -> None:
    assert fields("A value", value=given)["value"] == shown


@pytest.mark.parametrize("secret", [TOKEN, *SECRETS])
@pytest.mark.parametrize("log_format", FORMATS)
@pytest.mark.parametrize("template", ["%s", "%r", "<%.200s>"])
def test_secret_is_masked_in_a_message(template: str, log_format: str, secret: str) -> None:
    text = line(f"Was sent {template} by somebody", secret, log_format=log_format)
    assert MASK in text
    assert_hidden(secret, text)


@pytest.mark.parametrize("secret", [TOKEN, *SECRETS])
@pytest.mark.parametrize("log_format", FORMATS)
@pytest.mark.parametrize("shape", ["text", "bytes", "list", "value", "key", "failure", "nested"])
def test_secret_is_masked_in_every_extra(shape: str, log_format: str, secret: str) -> None:
    extras: dict[str, object] = {
        "text": secret,
        "bytes": secret.encode(),
        "list": [f"x{secret}y"],
        "value": {"a": secret},
        "key": {secret: 1},
        "failure": ValueError(secret),
        "nested": {"a": {"b": {"c": {"d": {"e": {"f": {"g": secret}}}}}}},
    }
    text = line("Was sent", given=extras[shape], log_format=log_format)
    assert MASK in text
    assert_hidden(secret, text)


@pytest.mark.parametrize("secret", [TOKEN, *SECRETS])
@pytest.mark.parametrize("log_format", FORMATS)
def test_secret_is_masked_in_a_traceback(log_format: str, secret: str) -> None:
    text = traceback_of(ValueError(f"no {secret} here", secret), log_format)
    assert "ValueError" in text
    assert_hidden(secret, text)


@given(before=st.text(), after=st.text(), secret=st.text(min_size=4).filter(lambda text: "*" not in text))
def test_any_secret_is_masked_in_any_text(before: str, after: str, secret: str) -> None:
    assert secret not in masker(frozenset({secret}))(before + secret + after)


@pytest.mark.parametrize("log_format", FORMATS)
@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer abc.def-123",
        "authorization=token abc.def-123 and more",
        "proxy-authorization: Basic abc.def-123",
        "{'Authorization': 'Bearer abc.def-123'}",
        "(b'authorization', b'Bearer abc.def-123')",
        "curl -H 'Authorization: abc.def-123'",
        "sent Bearer abc.def-123",
    ],
)
def test_any_authorization_is_masked(text: str, log_format: str) -> None:
    output = line("%s", text, log_format=log_format)
    assert "abc.def-123" not in output
    assert MASK in output


@pytest.mark.parametrize("name", ["Authorization", "proxy-authorization", b"authorization"])
def test_authorization_header_is_masked(name: str | bytes) -> None:
    shown = fields("Headers", headers={name: "anything at all", "accept": "*/*"})["headers"]
    assert sorted(shown.values()) == [MASK, "*/*"]


@pytest.mark.parametrize("token", ["ghp_" + "a1B2" * 9, "ghs_" + "a1B2" * 9, "github_pat_" + "a1B2_" * 16])
def test_any_github_token_is_masked(token: str) -> None:
    assert line("%s", f"x={token}.") == line("%s", f"x={MASK}.")


@pytest.mark.parametrize("text", ["the basic idea", "a token was revoked", "the bearer", "unauthorized: no"])
def test_words_that_only_sound_like_secrets_stay(text: str) -> None:
    assert fields("%s", text)["event"] == text


def test_secret_of_three_characters_is_not_masked() -> None:
    assert masker(frozenset({"the", ""}))("the other") == "the other"


def test_every_secret_of_the_settings_is_found() -> None:
    assert find_secrets(settings()) == {TOKEN, *SECRETS}
    assert find_secrets(settings(github_token=None, webhook_secret="")) == set()


@given(st.text())
def test_no_message_starts_a_line_or_moves_the_cursor(message: str) -> None:
    assert line("%s", message, extra_=message, more={message: [message]}).isprintable()


@given(st.text())
def test_no_message_breaks_the_json(message: str) -> None:
    text = line("%s", message, log_format="json", given={message: message})
    assert len(text.splitlines()) == 1
    assert text.isascii()
    assert isinstance(json.loads(text), dict)


@pytest.mark.parametrize(
    "forged", ["\n2026-01-01T00:00:00.000Z [error] forged", "\r\x1b[2Kforged", "\u2028forged", "\x85x"]
)
def test_exception_cannot_forge_a_line(forged: str) -> None:
    first, *others = traceback_of(ValueError(f"why{forged}"), "text").split("\n")
    assert first.startswith("2020-07-01T09:30:00.250Z [warning] It failed")
    assert all(other.startswith("    ") and other.isprintable() for other in others)


def test_requested_stack_is_logged() -> None:
    log_record = record("Where")
    log_record.stack_info = "Stack (most recent call last):\n  here"
    text = formatter(settings(), colours=False).format(log_record)
    assert text.endswith("\n    Stack (most recent call last):\n      here")


@pytest.mark.usefixtures("restored_logging")
@pytest.mark.parametrize("log_format", FORMATS)
def test_unloggable_record_is_reported_without_its_content(log_format: str) -> None:
    stream = io.StringIO()
    configure(settings(log_format=log_format), stream)
    logging.getLogger("app.sync").error("%d", f"not a number {TOKEN}")
    text = stream.getvalue()
    assert re.search(r"A line from test_logs:\d+ could not be logged: TypeError\.", text)
    assert "not a number" not in text
    assert len(text.splitlines()) == 1


@pytest.mark.usefixtures("restored_logging")
def test_closed_output_raises_nothing() -> None:
    stream = io.StringIO()
    configure(settings(), stream)
    stream.close()
    logging.getLogger("app.sync").error("Into the void")
    assert stream.closed


@pytest.mark.usefixtures("restored_logging")
@pytest.mark.parametrize("level", ["debug", "info", "warning", "error"])
def test_log_begins_at_the_level_that_is_set(level: str) -> None:
    stream = io.StringIO()
    configure(settings(log_level=level), stream)
    for name in ("debug", "info", "warning", "error"):
        logging.getLogger("app.sync").log(getattr(logging, name.upper()), "Said")
        logging.getLogger("httpx").log(getattr(logging, name.upper()), "Said too")
    levels = ["debug", "info", "warning", "error"]
    ours = levels[levels.index(level) :]
    theirs = [name for name in ours if name in {"warning", "error"}]
    text = stream.getvalue()
    assert re.findall(r"\[(\w+)\] Said \[app", text) == ours
    assert re.findall(r"\[(\w+)\] Said too \[httpx", text) == theirs


@pytest.mark.usefixtures("restored_logging")
@pytest.mark.parametrize("name", ["httpx", "httpcore", "uvicorn.error", "uvicorn.access"])
def test_libraries_log_warnings_only(name: str) -> None:
    stream = io.StringIO()
    configure(settings(log_level="debug"), stream)
    logging.getLogger(name).info("HTTP Request: GET https://api.github.com")
    assert stream.getvalue() == ""


@pytest.mark.usefixtures("restored_logging")
@pytest.mark.parametrize(("stream", "coloured"), [(io.StringIO(), False), (_Terminal(), True)])
def test_only_a_terminal_gets_colours(stream: io.StringIO, *, coloured: bool) -> None:
    configure(settings(), stream)
    logging.getLogger("app.sync").error("Said\x1b[31m")
    assert ("\x1b[" in stream.getvalue()) is coloured
    assert "Said\\x1b[31m" in stream.getvalue()


@pytest.mark.usefixtures("restored_logging")
def test_repeated_configuration_logs_each_line_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure(settings())
    configure(settings())
    logging.getLogger("app.sync").warning("Said")
    assert capsys.readouterr().err.count("Said") == 1
