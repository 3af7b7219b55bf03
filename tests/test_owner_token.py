"""The owner's token: unsafe values are refused at start, and it is printed nowhere."""

from typing import Any

import pytest

from app.domain.errors import InvalidSetting
from app.settings import Settings, load

TOKEN = "a-token-that-only-the-owner-knows"


def _load(**options: Any) -> Settings:
    return load({"repo": "ada/blog", **options}, env_file=None)


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"owner_token": "short"}, "a token of 5 characters can be guessed"),
        ({"owner_token": "fifteen-letters"}, "a token of 15 characters can be guessed"),
        ({"owner_token": "a" * 40}, "so few different characters"),
        ({"owner_token": "two words and a few more"}, "holds a space"),
        ({"owner_token": "tökén-of-the-owner-here"}, "another character that no header can carry"),
        ({"owner_token": TOKEN, "github_token": TOKEN}, "a secret that GitHub has, too"),
        ({"owner_token": TOKEN, "webhook_secret": f"other,{TOKEN}"}, "a secret that GitHub has, too"),
    ],
)
def test_unsafe_token_is_refused_by_name(settings: dict[str, str], reason: str) -> None:
    with pytest.raises(InvalidSetting) as refusal:
        _load(**settings)
    assert refusal.value.name == "AFTERWORD_OWNER_TOKEN"
    assert reason in str(refusal.value)
    assert settings["owner_token"] not in str(refusal.value)


def test_token_is_masked() -> None:
    settings = _load(owner_token=TOKEN)
    assert settings.owner_secret == TOKEN
    assert TOKEN not in repr(settings)
    assert TOKEN not in str(vars(settings))
    assert _load(owner_token=None).owner_secret is None
    assert _load(owner_token="sixteen-letters-").owner_secret
