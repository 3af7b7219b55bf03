import traceback
from typing import Any

import pytest
from pytest_httpx import HTTPXMock

from app.domain.errors import InvalidSetting
from tests.outbound.github_client import TOKEN, Make, failing

pytestmark = pytest.mark.httpx_mock(can_send_already_matched_responses=True)


@pytest.mark.parametrize("token", ["two words", "line\n", "Schlüssel", "nul\x00"])
async def test_a_token_that_cannot_be_sent_is_refused_without_being_repeated(make: Make, token: str) -> None:
    with pytest.raises(InvalidSetting) as caught:
        make(token=token)

    assert caught.value.name == "AFTERWORD_GITHUB_TOKEN"
    assert token not in str(caught.value)


ECHO = f"You sent Bearer {TOKEN}"


@pytest.mark.parametrize(
    "response",
    [
        {"status_code": 400, "json": {"message": ECHO}},
        {"status_code": 401, "json": {"message": ECHO}},
        {"status_code": 403, "json": {"message": ECHO}},
        {"status_code": 404, "text": ECHO},
        {"status_code": 410, "json": {"message": ECHO}},
        {"status_code": 429, "json": {"message": ECHO}},
        {"status_code": 502, "text": ECHO},
        {"status_code": 302, "headers": {"Location": f"https://evil.example/?{TOKEN}"}},
        {"status_code": 200, "text": ECHO},
        {"status_code": 206, "text": ECHO},
    ],
)
async def test_the_token_is_in_nothing_that_is_raised(
    make: Make, httpx_mock: HTTPXMock, response: dict[str, Any]
) -> None:
    httpx_mock.add_response(**response)
    github = make()

    failure = await failing(github)

    shown = "".join(traceback.format_exception(failure))
    assert not [
        text for text in (str(failure), repr(failure), repr(vars(failure)), shown, repr(github)) if TOKEN in text
    ]
