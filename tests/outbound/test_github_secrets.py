import traceback
from typing import Any

import pytest
from pytest_httpx import HTTPXMock

from app.domain.errors import InvalidSetting
from tests.outbound.github_client import TOKEN, MakeGitHub, send_expecting_error

pytestmark = pytest.mark.httpx_mock(can_send_already_matched_responses=True)


@pytest.mark.parametrize("token", ["two words", "line\n", "Schlüssel", "nul\x00"])
async def test_unsendable_token_is_rejected_without_repeating_it(make_github: MakeGitHub, token: str) -> None:
    with pytest.raises(InvalidSetting) as caught:
        make_github(token=token)

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
async def test_errors_never_contain_the_token(
    make_github: MakeGitHub, httpx_mock: HTTPXMock, response: dict[str, Any]
) -> None:
    httpx_mock.add_response(**response)
    github = make_github()

    error = await send_expecting_error(github)

    printed_error = "".join(traceback.format_exception(error))
    assert not [
        text for text in (str(error), repr(error), repr(vars(error)), printed_error, repr(github)) if TOKEN in text
    ]
