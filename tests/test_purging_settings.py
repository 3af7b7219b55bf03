"""The settings of caches in front: what is refused, and what stays masked."""

from typing import Any

import pytest

from app.domain.errors import InvalidSetting
from app.settings import Settings, load
from app.settings.purging import header_parts

_CDN = "https://cdn.example.com/purge"


def _load(**settings: Any) -> Settings:
    return load({"repo": "ada/blog", **settings}, env_file=None)


def test_address_of_a_cdn_turns_tags_on() -> None:
    settings = [_load(), _load(cache_tags="true"), _load(purge_url=_CDN)]
    assert [value.has_cache_tags for value in settings] == [False, True, True]


def test_purge_header_is_split_and_masked() -> None:
    settings = _load(purge_url=_CDN, purge_header="Authorization: Bearer hush")
    assert header_parts(settings.purge_header) == ("Authorization", "Bearer hush")
    assert "hush" not in repr(settings)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"purge_url": "cdn.example.com"}, "AFTERWORD_PURGE_URL: .* Write it as https://host/path"),
        ({"purge_url": "https://me:hush@cdn.example.com"}, "AFTERWORD_PURGE_URL: .* a name or a password"),
        ({"purge_url": _CDN, "purge_header": "hush"}, "AFTERWORD_PURGE_HEADER: it is not a header"),
        ({"purge_url": _CDN, "purge_header": "Host: x"}, "AFTERWORD_PURGE_HEADER: the header Host is one"),
        ({"purge_url": _CDN, "purge_field": "a b"}, "AFTERWORD_PURGE_FIELD: 'a b' is not a field"),
        ({"purge_header": "X-Token: hush"}, "AFTERWORD_PURGE_HEADER: no address is called"),
        (
            {"purge_url": "http://cdn.example.com/", "purge_header": "X-Token: hush"},
            "AFTERWORD_PURGE_URL: .* unencrypted",
        ),
    ],
)
def test_unusable_purge_setting_is_refused(settings: dict[str, str], message: str) -> None:
    with pytest.raises(InvalidSetting, match=message) as caught:
        _load(**settings)
    assert "hush" not in str(caught.value)
