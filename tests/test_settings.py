"""Settings: read once, frozen, masked, and refused by name where they cannot be used."""

import re
from pathlib import Path
from typing import Any

import pytest

from app.domain.errors import InvalidSetting
from app.domain.sites import PostFilter
from app.settings import PREFIX, Settings, load, unknown


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"{PREFIX}{name.upper()}", raising=False)


def given(**settings: Any) -> Settings:
    return load({"repo": "ada/blog", **settings}, env_file=None)


def test_only_the_repository_has_no_default() -> None:
    settings = given()
    assert [str(repo) for repo in settings.repo] == ["ada/blog"]
    assert (settings.host, settings.port, settings.store_path) == ("127.0.0.1", 8000, "afterword.db")
    with pytest.raises(InvalidSetting, match=r"AFTERWORD_REPO: no repository is named. Write it as owner/name"):
        load({}, env_file=None)


def test_an_option_wins_over_the_environment_and_that_over_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / ".env"
    file.write_text("AFTERWORD_REPO=file/one\nAFTERWORD_PORT=1\nAFTERWORD_HOST=::1\nOTHER=x\n")
    monkeypatch.setenv("AFTERWORD_REPO", "environment/two")
    monkeypatch.setenv("AFTERWORD_PORT", "2")
    settings = load({"repo": "option/three", "host": None}, env_file=str(file))
    assert (str(settings.repo[0]), settings.port, settings.host) == ("option/three", 2, "::1")


def test_several_repositories_are_separated_by_commas() -> None:
    assert [str(repo) for repo in given(repo="ada/blog, eve/notes").repo] == ["ada/blog", "eve/notes"]


def test_an_empty_variable_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AFTERWORD_GITHUB_TOKEN", "")
    monkeypatch.setenv("AFTERWORD_PUBLIC_URL", "")
    assert (given().token, given().public_url) == (None, None)


def test_the_token_shows_in_no_repr() -> None:
    settings = given(github_token="ghp_hush")
    assert settings.token == "ghp_hush"
    assert "ghp_hush" not in repr(settings) + str(settings) + repr(settings.model_dump())


def test_secrets_of_the_webhook_are_several_while_one_replaces_the_other() -> None:
    settings = given(webhook_secret="old-hush, new-hush,")
    assert settings.secrets == (b"old-hush", b"new-hush")
    assert "hush" not in repr(settings) + str(settings) + repr(settings.model_dump())
    assert given().secrets == ()


def test_settings_are_frozen() -> None:
    with pytest.raises(ValueError, match="frozen"):
        setattr(given(), "port", 1)  # noqa: B010 - the type checker refuses the plain form, which is the point


@pytest.mark.parametrize(
    ("settings", "name", "reason"),
    [
        ({"repo": "blog"}, "REPO", "'blog' is not a repository. Write it as owner/name"),
        ({"repo": "a/b/c"}, "REPO", "is not a repository"),
        ({"repo": "../etc"}, "REPO", "is not a repository"),
        ({"repo": "ada/.."}, "REPO", "is not a repository"),
        ({"repo": " , "}, "REPO", "no repository is named"),
        ({"repo": "ada/blog,ADA/Blog"}, "REPO", "named twice"),
        ({"github_token": "a b"}, "GITHUB_TOKEN", "a space"),
        ({"github_token": "ä"}, "GITHUB_TOKEN", "another character"),
        ({"github_api_url": "api.github.com"}, "GITHUB_API_URL", "is not an address"),
        ({"github_api_url": "https://me:pw@host"}, "GITHUB_API_URL", "must not hold a name or a password"),
        ({"github_api_url": "http://ghe.local", "github_token": "t"}, "GITHUB_API_URL", "unencrypted"),
        ({"github_api_url": "http://127.0.0.1:99999"}, "GITHUB_API_URL", "is not an address"),
        ({"github_api_url": "https://a b"}, "GITHUB_API_URL", "is not an address"),
        ({"store": "sqlite:///:memory:"}, "STORE", "is not a store"),
        ({"origins": "https://a?b"}, "ORIGINS", "is not an origin"),
        ({"public_url": "https://host?x=1"}, "PUBLIC_URL", "is not an address"),
        ({"store": "redis://host"}, "STORE", "is not a store"),
        ({"store": "sqlite:///"}, "STORE", "is not a store"),
        ({"origins": "https://blog.example.com/path"}, "ORIGINS", "is not an origin"),
        ({"serve": "tags"}, "SERVE", "is not a choice. Write any, posts or label:NAME"),
        ({"serve": "posts"}, "POSTS", "SERVE=posts needs to know where the posts are. Name the blog's content folder"),
        ({"posts": "no/such/folder"}, "POSTS", "there is no folder 'no/such/folder'"),
        ({"posts": "pyproject.toml"}, "POSTS", "there is no folder"),
        ({"posts": "https://a b/posts.json"}, "POSTS", "is not an address"),
        ({"posts": "https://a/posts.json#x"}, "POSTS", "is not an address"),
        ({"posts": "https://me:pw@a/posts.json"}, "POSTS", "must not hold a name or a password"),
        ({"allow_private": True}, "ALLOW_PRIVATE", "set AFTERWORD_SERVE=posts and AFTERWORD_POSTS so that only"),
        ({"allow_private": True, "serve": "label:x", "posts": "."}, "ALLOW_PRIVATE", "with AFTERWORD_SERVE=label:x"),
        ({"allow_private": True, "serve": "posts", "posts": "http://a.example/p"}, "POSTS", "over http"),
        ({"serve": "label: "}, "SERVE", "a label must be named"),
        ({"port": 65536}, "PORT", "65535"),
        ({"fresh_for": 1}, "FRESH_FOR", "5"),
        ({"pulse": 0.5}, "PULSE", "1"),
        ({"catalogue_mb": 0}, "CATALOGUE_MB", "1"),
        ({"pictures": "perhaps"}, "PICTURES", "boolean"),
        ({"pictures_mb": 0}, "PICTURES_MB", "1"),
        ({"picture_hosts": "ghe.example.com"}, "PICTURE_HOSTS", "is not an origin"),
        ({"picture_hosts": "https://ghe.example.com/images"}, "PICTURE_HOSTS", "is not an origin"),
        ({"picture_hosts": "https://me:pw@ghe.example.com"}, "PICTURE_HOSTS", "is not an origin"),
        ({"picture_hosts": "https://*.example.com, ftp://x"}, "PICTURE_HOSTS", "is not an origin"),
        ({"picture_hosts": "http://ghe.example.com"}, "PICTURE_HOSTS", "could be exchanged on the way. Write the"),
    ],
)
def test_what_cannot_be_used_is_refused_by_name(settings: dict[str, Any], name: str, reason: str) -> None:
    with pytest.raises(InvalidSetting) as refused:
        given(**settings)
    assert refused.value.name == f"AFTERWORD_{name}"
    assert reason in str(refused.value)


@pytest.mark.parametrize("address", ["http://127.0.0.1:9", "http://localhost:9", "http://[::1]:9"])
def test_a_token_may_go_unencrypted_to_this_machine_only(address: str) -> None:
    assert given(github_api_url=address, github_token="t").token == "t"


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("*", ()),
        ("https://A.example:443/", ("https://a.example",)),
        ("http://[::1]:81", ("http://[::1]:81",)),
        ("", ()),
    ],
)
def test_origins_are_all_unless_some_are_named(text: str, allowed: tuple[str, ...]) -> None:
    assert given(origins=text).origins == allowed


@pytest.mark.parametrize(
    ("text", "hosts"),
    [
        ("", ()),
        ("https://GHE.example:443/, https://ghe.example:8443", ("https://ghe.example", "https://ghe.example:8443")),
        (
            "http://localhost:81,http://10.0.0.7,http://[::1]:5",
            ("http://localhost:81", "http://10.0.0.7", "http://[::1]:5"),
        ),
    ],
)
def test_pictures_may_come_from_further_origins(text: str, hosts: tuple[str, ...]) -> None:
    assert given(picture_hosts=text).picture_hosts == hosts


def test_pictures_are_kept_beside_the_store_and_go_with_one_in_memory() -> None:
    assert given().pictures_path == Path("afterword.db-pictures")
    assert given(store="sqlite:////data/x.db").pictures_path == Path("/data/x.db-pictures")
    assert given(store="memory:").pictures_path is None


def test_without_a_token_changes_are_asked_for_more_rarely() -> None:
    assert given().pulse_seconds > given(github_token="t").pulse_seconds
    assert given(pulse=33).pulse_seconds == 33


@pytest.mark.parametrize(("choice", "label"), [("any", None), ("label:Comments", "Comments"), ("label: a b ", "a b")])
def test_which_issues_are_posts_can_be_chosen(choice: str, label: str | None) -> None:
    assert given(serve=choice).served.label == label


@pytest.mark.parametrize("place", [".", "app", "https://blog.example.com/posts.json?v=1", "HTTP://127.0.0.1:9/posts"])
def test_posts_are_known_from_a_folder_or_an_address(place: str) -> None:
    settings = given(serve="posts", posts=place, allow_private=True)
    assert settings.posts == place
    assert settings.served == PostFilter(listed_only=True)
    assert not settings.served.is_known


def test_a_list_of_a_public_repository_may_come_over_http() -> None:
    assert given(serve="posts", posts="http://blog/posts.json").posts == "http://blog/posts.json"


def test_a_variable_that_is_no_setting_is_told() -> None:
    assert unknown(["AFTERWORD_REPO", "AFTERWORD_ALLOW_PRIVAT", "PATH"]) == ["AFTERWORD_ALLOW_PRIVAT"]


def settings_table() -> str:
    """The README's table, as the settings themselves would write it."""
    rows = []
    for name, field in Settings.model_fields.items():
        default = "" if field.default is None or field.is_required() else str(field.default)
        default = {"()": "", "False": "false", "True": "true"}.get(default, default)
        rows.append(f"| `{PREFIX}{name.upper()}` | {f'`{default}`' if default else ''} | {field.description} |")
    return "\n".join(rows)


def test_the_readme_lists_every_setting_as_it_is() -> None:
    readme = Path("README.md").read_text(encoding="utf-8")
    assert settings_table() in readme


def test_the_readme_names_no_setting_that_does_not_exist() -> None:
    readme = Path("README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"AFTERWORD_([A-Z_]+)", readme))
    assert named <= {name.upper() for name in Settings.model_fields}


def test_a_file_that_is_no_text_is_told_by_its_name(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_bytes(b"AFTERWORD_REPO=\xff\xfe")
    with pytest.raises(InvalidSetting, match="not UTF-8 text"):
        load({}, env_file=str(file))


@pytest.mark.parametrize("secrets", [",", " , ", " "])
def test_a_webhook_secret_that_names_none_is_refused(secrets: str) -> None:
    with pytest.raises(InvalidSetting, match="AFTERWORD_WEBHOOK_SECRET: no secret is named"):
        given(webhook_secret=secrets)


def test_levels_and_formats_of_the_log_are_written_in_any_case() -> None:
    settings = given(log_level="WARNING", log_format="JSON")
    assert (settings.log_level, settings.log_format) == ("warning", "json")
