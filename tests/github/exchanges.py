"""Exchanges with GitHub, made by hand and read."""

from typing import Any

import orjson

from app.github import answers
from app.github.answers import Answer, Redirect
from app.github.asks import Ask, Asks
from tests.github.objects import API

NOW = 1_600_000_000.0
BLOG = Asks(API, "octo/blog")
JSON_TYPE = {"Content-Type": "application/json; charset=utf-8"}


def read(
    ask: Ask, status: int = 200, data: Any = None, *, sent_etag: str | None = None, attempt: int = 0, **headers: Any
) -> Answer | Redirect:
    fields = JSON_TYPE | {name.replace("_", "-"): value for name, value in headers.items()}
    body = data if isinstance(data, bytes) else orjson.dumps(data)
    return answers.read(ask, status, fields, body, now=NOW, sent_etag=sent_etag, attempt=attempt)


def answered(ask: Ask, data: Any, **headers: Any) -> Answer:
    answer = read(ask, 200, data, **headers)
    assert isinstance(answer, Answer)
    return answer
