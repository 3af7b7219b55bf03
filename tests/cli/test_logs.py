import io
import json
import logging
import re
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.cli.logs import MASK, configure, formatter, masking, secrets
from app.settings import Settings, load
from app.web.request_ids import REQUEST_ID

TOKEN = 'tok"en\\of 16 character%s'.replace(" ", "_")
SECRETS = ("a webhook's secret", "häßlich & öde")
FORMATS = ["text", "json"]


def settings(**given: Any) -> Settings:
    known = {"repo": "ada/blog", "github_token": TOKEN, "webhook_secret": ",".join(SECRETS)}
    return load(known | given, env_file=None)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def untouched() -> Iterator[None]:
    """The logging of the test run itself comes back as it was."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    named = ["httpx", "httpcore", "uvicorn", "uvicorn.error", "uvicorn.access"]
    levels = {name: logging.getLogger(name).level for name in named}
    yield
    root.handlers[:], root.level = before
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def a_record(message: str, *arguments: object, **extra: object) -> logging.LogRecord:
    record = logging.LogRecord("app.sync", logging.WARNING, __file__, 7, message, arguments, None)
    record.__dict__.update(extra)
    record.created = 1_593_595_800.25
    return record


def line(message: str, *arguments: object, log_format: str = "text", **extra: object) -> str:
    return formatter(settings(log_format=log_format), colours=False).format(a_record(message, *arguments, **extra))


def fields(message: str, *arguments: object, **extra: object) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(line(message, *arguments, log_format="json", **extra))
    return told


def failing(failure: Exception, log_format: str) -> str:
    record = a_record("It failed")
    try:
        raise failure
    except type(failure) as raised:
        record.exc_info = (type(raised), raised, raised.__traceback__)
    return formatter(settings(log_format=log_format), colours=False).format(record)


def test_a_line_of_text_says_when_how_grave_what_where_and_the_extras() -> None:
    said = line("Post %s is left", 41, asks=3, why="no answer")
    assert said == "2020-07-01T09:30:00.250Z [warning] Post 41 is left [app.sync] asks=3 why='no answer'"


def test_a_line_of_json_is_one_object_with_the_extras_as_fields() -> None:
    assert fields("Post %s is left", 41, asks=3, hours=1.5, again=True, nobody=None) == {
        "timestamp": "2020-07-01T09:30:00.250Z",
        "level": "warning",
        "event": "Post 41 is left",
        "logger": "app.sync",
        "asks": 3,
        "hours": 1.5,
        "again": True,
        "nobody": None,
    }


@pytest.mark.parametrize("log_format", FORMATS)
def test_a_line_bears_the_name_of_the_request_being_answered(log_format: str) -> None:
    name = REQUEST_ID.set("abc-1")
    said = line("Something", log_format=log_format)
    REQUEST_ID.reset(name)
    assert "abc-1" in said
    assert "abc-1" not in line("Something", log_format=log_format)


@pytest.mark.parametrize("name", ["event", "level", "logger", "timestamp", "request_id", "exception", "stack"])
def test_an_extra_cannot_take_the_place_of_what_every_line_has(name: str) -> None:
    told = fields("The message", **{name: "the extra"})
    assert told[f"{name}_"] == "the extra"
    assert told["event"] == "The message"
    assert told["logger"] == "app.sync"


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
def test_every_value_can_be_shown(given: object, shown: object) -> None:
    assert fields("A value", value=given)["value"] == shown


@pytest.mark.parametrize("secret", [TOKEN, *SECRETS])
@pytest.mark.parametrize("log_format", FORMATS)
@pytest.mark.parametrize("template", ["%s", "%r", "<%.200s>"])
def test_a_secret_is_masked_in_a_message_however_it_is_put_there(template: str, log_format: str, secret: str) -> None:
    said = line(f"Was sent {template} by somebody", secret, log_format=log_format)
    assert MASK in said
    assert_hidden(secret, said)


@pytest.mark.parametrize("secret", [TOKEN, *SECRETS])
@pytest.mark.parametrize("log_format", FORMATS)
@pytest.mark.parametrize("shape", ["text", "bytes", "list", "value", "key", "failure", "nested"])
def test_a_secret_is_masked_in_every_extra(shape: str, log_format: str, secret: str) -> None:
    extras: dict[str, object] = {
        "text": secret,
        "bytes": secret.encode(),
        "list": [f"x{secret}y"],
        "value": {"a": secret},
        "key": {secret: 1},
        "failure": ValueError(secret),
        "nested": {"a": {"b": {"c": {"d": {"e": {"f": {"g": secret}}}}}}},
    }
    said = line("Was sent", given=extras[shape], log_format=log_format)
    assert MASK in said
    assert_hidden(secret, said)


@pytest.mark.parametrize("secret", [TOKEN, *SECRETS])
@pytest.mark.parametrize("log_format", FORMATS)
def test_a_secret_is_masked_in_a_traceback(log_format: str, secret: str) -> None:
    said = failing(ValueError(f"no {secret} here", secret), log_format)
    assert "ValueError" in said
    assert_hidden(secret, said)


def assert_hidden(secret: str, said: str) -> None:
    for way in (secret, repr(secret)[1:-1], repr(secret.encode())[2:-1], json.dumps(secret)[1:-1]):
        assert way not in said


@given(before=st.text(), after=st.text(), secret=st.text(min_size=4).filter(lambda text: "*" not in text))
def test_whatever_a_secret_is_made_of_it_is_masked_in_whatever_text(before: str, after: str, secret: str) -> None:
    assert secret not in masking(frozenset({secret}))(before + secret + after)


@pytest.mark.parametrize("log_format", FORMATS)
@pytest.mark.parametrize(
    "told",
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
def test_an_authorization_is_masked_whosever_it_is(told: str, log_format: str) -> None:
    said = line("%s", told, log_format=log_format)
    assert "abc.def-123" not in said
    assert MASK in said


@pytest.mark.parametrize("name", ["Authorization", "proxy-authorization", b"authorization"])
def test_an_authorization_among_headers_is_masked_whatever_it_says(name: str | bytes) -> None:
    shown = fields("Headers", headers={name: "anything at all", "accept": "*/*"})["headers"]
    assert sorted(shown.values()) == [MASK, "*/*"]


@pytest.mark.parametrize("token", ["ghp_" + "a1B2" * 9, "ghs_" + "a1B2" * 9, "github_pat_" + "a1B2_" * 16])
def test_a_token_of_githubs_is_masked_whosever_it_is(token: str) -> None:
    assert line("%s", f"x={token}.") == line("%s", f"x={MASK}.")


@pytest.mark.parametrize("text", ["the basic idea", "a token was revoked", "the bearer", "unauthorized: no"])
def test_words_that_only_sound_like_secrets_stay(text: str) -> None:
    assert fields("%s", text)["event"] == text


def test_a_secret_of_three_characters_does_not_riddle_the_log() -> None:
    assert masking(frozenset({"the", ""}))("the other") == "the other"


def test_every_secret_of_the_settings_is_known() -> None:
    assert secrets(settings()) == {TOKEN, *SECRETS}
    assert secrets(settings(github_token=None, webhook_secret="")) == set()


@given(st.text())
def test_no_message_makes_a_line_of_its_own_or_moves_the_cursor(message: str) -> None:
    assert line("%s", message, extra_=message, more={message: [message]}).isprintable()


@given(st.text())
def test_no_message_breaks_the_json(message: str) -> None:
    said = line("%s", message, log_format="json", given={message: message})
    assert len(said.splitlines()) == 1
    assert said.isascii()
    assert isinstance(json.loads(said), dict)


@pytest.mark.parametrize(
    "forged", ["\n2026-01-01T00:00:00.000Z [error] forged", "\r\x1b[2Kforged", "\u2028forged", "\x85x"]
)
def test_a_failure_cannot_forge_a_line(forged: str) -> None:
    first, *others = failing(ValueError(f"why{forged}"), "text").split("\n")
    assert first.startswith("2020-07-01T09:30:00.250Z [warning] It failed")
    assert all(each.startswith("    ") and each.isprintable() for each in others)


def test_a_stack_that_was_asked_for_is_shown() -> None:
    record = a_record("Where")
    record.stack_info = "Stack (most recent call last):\n  here"
    said = formatter(settings(), colours=False).format(record)
    assert said.endswith("\n    Stack (most recent call last):\n      here")


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("log_format", FORMATS)
def test_a_line_that_cannot_be_made_says_so_and_repeats_nothing(log_format: str) -> None:
    stream = io.StringIO()
    configure(settings(log_format=log_format), stream)
    logging.getLogger("app.sync").error("%d", f"not a number {TOKEN}")
    said = stream.getvalue()
    assert re.search(r"A line from test_log:\d+ could not be logged: TypeError\.", said)
    assert "not a number" not in said
    assert len(said.splitlines()) == 1


@pytest.mark.usefixtures("untouched")
def test_an_output_that_is_closed_ends_nothing() -> None:
    stream = io.StringIO()
    configure(settings(), stream)
    stream.close()
    logging.getLogger("app.sync").error("Into the void")
    assert stream.closed


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("level", ["debug", "info", "warning", "error"])
def test_the_log_begins_at_the_level_that_is_set(level: str) -> None:
    stream = io.StringIO()
    configure(settings(log_level=level), stream)
    for each in ("debug", "info", "warning", "error"):
        logging.getLogger("app.sync").log(getattr(logging, each.upper()), "Said")
        logging.getLogger("httpx").log(getattr(logging, each.upper()), "Said too")
    levels = ["debug", "info", "warning", "error"]
    ours = levels[levels.index(level) :]
    theirs = [each for each in ours if each in {"warning", "error"}]
    said = stream.getvalue()
    assert re.findall(r"\[(\w+)\] Said \[app", said) == ours
    assert re.findall(r"\[(\w+)\] Said too \[httpx", said) == theirs


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("name", ["httpx", "httpcore", "uvicorn.error", "uvicorn.access"])
def test_the_libraries_chatter_is_not_logged(name: str) -> None:
    stream = io.StringIO()
    configure(settings(log_level="debug"), stream)
    logging.getLogger(name).info("HTTP Request: GET https://api.github.com")
    assert stream.getvalue() == ""


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize(("stream", "coloured"), [(io.StringIO(), False), (Terminal(), True)])
def test_only_a_terminal_gets_colours(stream: io.StringIO, *, coloured: bool) -> None:
    configure(settings(), stream)
    logging.getLogger("app.sync").error("Said\x1b[31m")
    assert ("\x1b[" in stream.getvalue()) is coloured
    assert "Said\\x1b[31m" in stream.getvalue()


@pytest.mark.usefixtures("untouched")
def test_the_log_goes_to_the_standard_error_output_once_however_often_it_is_set_up(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure(settings())
    configure(settings())
    logging.getLogger("app.sync").warning("Said")
    assert capsys.readouterr().err.count("Said") == 1
