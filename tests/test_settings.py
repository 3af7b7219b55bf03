"""Settings: read once, frozen and masked; an unusable value is refused by the name of its variable."""

import os
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from app.domain.errors import InvalidSetting
from app.domain.sites import PostFilter, repository
from app.settings import PREFIX, Settings, load
from app.settings.environment import NameWarning, unknown_variables
from app.settings.old_names import OLD_NAMES


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*Settings.model_fields, *OLD_NAMES):
        monkeypatch.delenv(f"{PREFIX}{name.upper()}", raising=False)


def _load(**settings: Any) -> Settings:
    return load({"repo": "ada/blog", **settings}, env_file=None)


def test_only_the_repository_has_no_default() -> None:
    settings = _load()
    assert [str(repo) for repo in settings.repo] == ["ada/blog"]
    assert (settings.host, settings.port, settings.store_path) == ("127.0.0.1", 8000, "afterword.db")
    with pytest.raises(InvalidSetting, match=r"AFTERWORD_REPO: no repository is named. Write it as owner/name"):
        load({}, env_file=None)


def test_options_win_over_environment_and_environment_over_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / ".env"
    file.write_text("AFTERWORD_REPO=file/one\nAFTERWORD_PORT=1\nAFTERWORD_HOST=::1\nOTHER=x\n")
    monkeypatch.setenv("AFTERWORD_REPO", "environment/two")
    monkeypatch.setenv("AFTERWORD_PORT", "2")
    settings = load({"repo": "option/three", "host": None}, env_file=str(file))
    assert (str(settings.repo[0]), settings.port, settings.host) == ("option/three", 2, "::1")


def test_commas_separate_several_repositories() -> None:
    assert [str(repo) for repo in _load(repo="ada/blog, eve/notes").repo] == ["ada/blog", "eve/notes"]


def test_empty_variable_means_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AFTERWORD_GITHUB_TOKEN", "")
    monkeypatch.setenv("AFTERWORD_PUBLIC_URL", "")
    assert (_load().token, _load().public_url) == (None, None)


def test_repr_masks_the_token() -> None:
    settings = _load(github_token="ghp_hush")
    assert settings.token == "ghp_hush"
    assert "ghp_hush" not in repr(settings) + str(settings) + repr(vars(settings))


def test_webhook_accepts_several_secrets_and_masks_them() -> None:
    settings = _load(webhook_secret="old-hush, new-hush,")
    assert settings.secrets == (b"old-hush", b"new-hush")
    assert "hush" not in repr(settings) + str(settings) + repr(vars(settings))
    assert _load().secrets == ()


def test_settings_are_frozen() -> None:
    with pytest.raises(ValueError, match="frozen"):
        setattr(_load(), "port", 1)  # noqa: B010 - the type checker refuses the plain form, which is the point


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
        ({"store": "postgresql://host"}, "STORE", "no database is named"),
        ({"store": "postgresql:///blog"}, "STORE", "no host is named"),
        ({"store": "postgresql://ada:x@host:port/blog"}, "STORE", "the port of the database is no number"),
        ({"store": "postgresql://ada:a/b@host/blog"}, "STORE", "In the password write @ as %40"),
        ({"store": "postgresql://host/blog?sslmode=yes"}, "STORE", "sslmode=yes is unknown"),
        ({"origins": "https://blog.example.com/path"}, "ORIGINS", "is not an origin"),
        ({"serve": "tags"}, "SERVE", "is not a choice. Write any, posts or label:NAME"),
        ({"serve": "posts"}, "POSTS", "SERVE=posts needs to know where the posts are. Name the blog's content folder"),
        ({"posts": "no/such/folder"}, "POSTS", "there is no folder 'no/such/folder'"),
        ({"posts": "pyproject.toml"}, "POSTS", "there is no folder"),
        ({"posts": "pyproject.toml/content"}, "POSTS", "there is no folder"),
        ({"posts": "github:ada"}, "POSTS", "names no repository. Write it as github:owner/name"),
        ({"posts": "github:ada/site@a b"}, "POSTS", "'a b' is no branch"),
        ({"generator": "frontpage"}, "GENERATOR", "is no generator that Afterword knows. Write one of hugo, "),
        ({"posts": "https://a b/posts.json"}, "POSTS", "is not an address"),
        ({"posts": "https://a/posts.json#x"}, "POSTS", "is not an address"),
        ({"posts": "https://me:pw@a/posts.json"}, "POSTS", "must not hold a name or a password"),
        ({"allow_private": True}, "ALLOW_PRIVATE", "set AFTERWORD_SERVE=posts and AFTERWORD_POSTS so that only"),
        ({"allow_private": True, "serve": "label:x", "posts": "."}, "ALLOW_PRIVATE", "with AFTERWORD_SERVE=label:x"),
        ({"allow_private": True, "serve": "posts", "posts": "http://a.example/p"}, "POSTS", "over http"),
        ({"serve": "label: "}, "SERVE", "a label must be named"),
        ({"port": 65536}, "PORT", "65535"),
        ({"fresh_for": 1}, "FRESH_FOR", "5"),
        ({"poll_interval": 0.5}, "POLL_INTERVAL", "1"),
        ({"cache_mb": 0}, "CACHE_MB", "1"),
        ({"pictures": "perhaps"}, "PICTURES", "Write true or false"),
        ({"pictures_mb": 0}, "PICTURES_MB", "1"),
        ({"picture_hosts": "ghe.example.com"}, "PICTURE_HOSTS", "is not an origin"),
        ({"picture_hosts": "https://ghe.example.com/images"}, "PICTURE_HOSTS", "is not an origin"),
        ({"picture_hosts": "https://me:pw@ghe.example.com"}, "PICTURE_HOSTS", "is not an origin"),
        ({"picture_hosts": "https://ghe.example.com, ftp://x"}, "PICTURE_HOSTS", "is not an origin"),
        ({"picture_hosts": "https://*.example.com"}, "PICTURE_HOSTS", "is no host name"),
        ({"picture_hosts": "http://ghe.example.com"}, "PICTURE_HOSTS", "could be exchanged on the way. Write the"),
    ],
)
def test_unusable_value_is_refused_by_variable_name(settings: dict[str, Any], name: str, reason: str) -> None:
    with pytest.raises(InvalidSetting) as error:
        _load(**settings)
    assert error.value.name == f"AFTERWORD_{name}"
    assert reason in str(error.value)


@pytest.mark.parametrize("address", ["http://127.0.0.1:9", "http://localhost:9", "http://[::1]:9"])
def test_token_may_go_unencrypted_to_loopback_only(address: str) -> None:
    assert _load(github_api_url=address, github_token="t").token == "t"


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
def test_pictures_may_come_from_more_origins(text: str, hosts: tuple[str, ...]) -> None:
    assert _load(picture_hosts=text).picture_hosts == hosts


@pytest.mark.parametrize(
    "store",
    [
        "postgresql://ada:s3cr3t@host/blog",
        "postgres://ada:s3cr3t@host:5432/blog",
        "postgresql:///blog?host=/run/postgresql&password=s3cr3t",
    ],
)
def test_database_is_a_store_without_a_file(store: str) -> None:
    settings = _load(store=store)
    assert (settings.database, settings.store_path, settings.pictures_path) == (store, None, None)
    assert "s3cr3t" not in f"{settings!r} {settings}"


@pytest.mark.parametrize(
    "store",
    [
        "postgresq://ada:s3cr3t@host/blog",
        "postgresql://ada:s3cr3t/@host/blog",
        "postgresql://ada:@s3cr3t:@host",
        "postgresql:/ada:s3cr3t@host/blog",
        "host=h password=s3cr3t",
        "postgres:ada:s3cr3t@host/blog",
    ],
)
def test_misspelt_database_keeps_its_password_secret(store: str) -> None:
    with pytest.raises(InvalidSetting) as refusal:
        _load(store=store)
    assert "s3cr3t" not in f"{refusal.value!r} {refusal.value}"


def test_pictures_folder_is_beside_the_store() -> None:
    assert _load().pictures_path == Path("afterword.db-pictures")
    assert _load(store="sqlite:////data/x.db").pictures_path == Path("/data/x.db-pictures")
    assert _load(store="memory:").pictures_path is None


def test_polls_are_rarer_without_a_token() -> None:
    assert _load().poll_seconds > _load(github_token="t").poll_seconds
    assert _load(poll_interval=33).poll_seconds == 33


@pytest.mark.parametrize(("choice", "label"), [("any", None), ("label:Comments", "Comments"), ("label: a b ", "a b")])
def test_which_issues_are_posts_can_be_chosen(choice: str, label: str | None) -> None:
    assert _load(serve=choice).post_filter.label == label


@pytest.mark.parametrize("place", [".", "app", "https://blog.example.com/posts.json?v=1", "HTTP://127.0.0.1:9/posts"])
def test_posts_come_from_a_folder_or_an_address(place: str) -> None:
    settings = _load(serve="posts", posts=place, allow_private=True)
    assert settings.posts == place
    assert settings.post_filter == PostFilter(listed_only=True)
    assert not settings.post_filter.is_known


def test_posts_may_be_in_a_repository() -> None:
    settings = _load(serve="posts", posts="github:Ada/Site/content@live", allow_private=True)
    assert str(settings.content_repository) == settings.posts == "github:Ada/Site/content@live"
    assert _load(posts=".").content_repository is None
    assert _load(generator="Hugo").generator == "hugo"


def test_posts_alone_do_not_decide_what_is_served() -> None:
    assert _load(posts="app").post_filter == PostFilter()


def test_list_of_a_public_repository_may_use_http() -> None:
    assert _load(serve="posts", posts="http://blog/posts.json").posts == "http://blog/posts.json"


def test_variable_that_is_no_setting_is_reported() -> None:
    assert unknown_variables(["AFTERWORD_REPO", "AFTERWORD_ALLOW_PRIVAT", "PATH"]) == ["AFTERWORD_ALLOW_PRIVAT"]


def test_wrong_name_in_the_file_is_reported(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("AFTERWORD_REPO=ada/blog\nAFTERWORD_WEBHOK_SECRET=x\nAFTERWORD_NONSENSE=1\nOTHER=x\n")
    _, warnings = _load_with_warnings(str(file))
    assert warnings == [
        "AFTERWORD_NONSENSE is not a setting and is ignored.",
        "AFTERWORD_WEBHOK_SECRET is not a setting and is ignored. Do you mean AFTERWORD_WEBHOOK_SECRET?",
    ]


def test_line_of_the_file_that_says_nothing_is_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = tmp_path / ".env"
    file.write_text("AFTERWORD_REPO=ada/blog\nno setting\n")
    load({}, env_file=str(file))
    assert [record.getMessage()[:50] for record in caplog.records] == [
        "Line 2 of the file with the settings is ignored: i"
    ]


def test_missing_repository_tells_of_a_similar_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AFTERWORD_REPOS", "ada/blog")
    with pytest.raises(InvalidSetting, match=r"no repository is named.* Do you mean AFTERWORD_REPO\?"):
        load({}, env_file=None)


def _settings_table() -> str:
    rows = []
    for name, field in Settings.model_fields.items():
        default = "" if field.default is None or field.is_required() else str(field.default)
        default = {"()": "", "False": "false", "True": "true"}.get(default, default)
        rows.append(f"| `{PREFIX}{name.upper()}` | {f'`{default}`' if default else ''} | {field.description} |")
    return "\n".join(rows)


def test_readme_lists_every_setting() -> None:
    readme = Path("README.md").read_text(encoding="utf-8")
    assert _settings_table() in readme


def test_readme_names_only_existing_settings() -> None:
    readme = Path("README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"AFTERWORD_([A-Z_]+)", readme))
    assert named <= {name.upper() for name in (*Settings.model_fields, *OLD_NAMES)}


def test_file_that_is_not_text_is_named(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_bytes(b"AFTERWORD_REPO=\xff\xfe")
    with pytest.raises(InvalidSetting, match="not UTF-8 text"):
        load({}, env_file=str(file))


@pytest.mark.parametrize("secrets", [",", " , ", " "])
def test_list_of_webhook_secrets_without_any_is_refused(secrets: str) -> None:
    with pytest.raises(InvalidSetting, match="AFTERWORD_WEBHOOK_SECRET: no secret is named"):
        _load(webhook_secret=secrets)


def test_log_level_and_format_ignore_case() -> None:
    settings = _load(log_level="WARNING", log_format="JSON")
    assert (settings.log_level, settings.log_format) == ("warning", "json")


def _file_with(folder: Path, *lines: str) -> str:
    file = folder / ".env"
    file.write_text("\n".join(lines))
    return str(file)


def _load_with_warnings(env_file: str | None = None, **options: Any) -> tuple[Settings, list[str]]:
    warnings: list[NameWarning] = []
    settings = load({"repo": "ada/blog", **options}, env_file=env_file, warn=warnings.append)
    return settings, list(map(str, warnings))


OLD_AND_NEW = [("PULSE", "POLL_INTERVAL", "poll_interval"), ("CATALOGUE_MB", "CACHE_MB", "cache_mb")]


@pytest.mark.parametrize(("old", "new", "field"), OLD_AND_NEW)
@pytest.mark.parametrize("name", ["AFTERWORD_{}", "afterword_{}"])
def test_old_name_works_in_the_environment(
    monkeypatch: pytest.MonkeyPatch, name: str, old: str, new: str, field: str
) -> None:
    monkeypatch.setenv(name.format(old), "33")
    settings, warnings = _load_with_warnings()
    assert getattr(settings, field) == 33
    assert warnings == [
        f"AFTERWORD_{old} is now called AFTERWORD_{new}. The old name works in this release only: rename it."
    ]


@pytest.mark.parametrize(("old", "new", "field"), OLD_AND_NEW)
def test_old_name_works_in_the_file(tmp_path: Path, old: str, new: str, field: str) -> None:
    settings, (warning,) = _load_with_warnings(_file_with(tmp_path, f"AFTERWORD_{old}=33"))
    assert getattr(settings, field) == 33
    assert f"AFTERWORD_{old} is now called AFTERWORD_{new}." in warning


def test_old_name_in_environment_wins_over_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AFTERWORD_PULSE", "2")
    settings, warnings = _load_with_warnings(_file_with(tmp_path, "AFTERWORD_PULSE=3"))
    assert settings.poll_interval == 2
    assert len(warnings) == 1


@pytest.mark.parametrize(("old", "new", "field"), OLD_AND_NEW)
@pytest.mark.parametrize("is_new_in_file", [False, True])
def test_new_name_wins_over_the_old(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, old: str, new: str, field: str, *, is_new_in_file: bool
) -> None:
    in_file, in_environment = (new, old) if is_new_in_file else (old, new)
    values = {new: "44", old: "nonsense, which is not read"}
    monkeypatch.setenv(f"AFTERWORD_{in_environment}", values[in_environment])
    settings, warnings = _load_with_warnings(_file_with(tmp_path, f"AFTERWORD_{in_file}={values[in_file]}"))
    assert getattr(settings, field) == 44
    assert warnings == [
        f"AFTERWORD_{old} is ignored because AFTERWORD_{new} is set, which replaces it. Remove AFTERWORD_{old}."
    ]


@pytest.mark.parametrize("value", ["", None])
def test_no_warning_without_an_old_name(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    if value is not None:
        monkeypatch.setenv("AFTERWORD_PULSE", value)
    monkeypatch.setenv("AFTERWORD_CACHE_MB", "7")
    settings, warnings = _load_with_warnings()
    assert (settings.poll_interval, settings.cache_mb, warnings) == (None, 7, [])


@pytest.mark.parametrize(("old", "new", "field"), OLD_AND_NEW)
def test_errors_name_the_variable_that_is_set(monkeypatch: pytest.MonkeyPatch, old: str, new: str, field: str) -> None:
    monkeypatch.setenv(f"AFTERWORD_{old}", "0")
    with pytest.raises(InvalidSetting, match=f"^AFTERWORD_{old}: "):
        _load()
    with pytest.raises(InvalidSetting, match=f"^AFTERWORD_{new}: "):
        _load(**{field: 0})
    monkeypatch.setenv(f"AFTERWORD_{new}", "0")
    with pytest.raises(InvalidSetting, match=f"^AFTERWORD_{new}: "):
        _load()


def test_old_names_are_not_unknown() -> None:
    assert unknown_variables(["AFTERWORD_PULSE", "AFTERWORD_CATALOGUE_MB", "AFTERWORD_PULSES"]) == ["AFTERWORD_PULSES"]


def test_file_is_read_once(tmp_path: Path) -> None:
    pipe = tmp_path / ".env"
    os.mkfifo(pipe)
    with ThreadPoolExecutor() as threads:
        writing = threads.submit(pipe.write_text, "AFTERWORD_CATALOGUE_MB=33\nAFTERWORD_PORT=1\n")
        settings, warnings = _load_with_warnings(str(pipe))
        writing.result()
    assert (settings.cache_mb, settings.port, len(warnings)) == (33, 1, 1)


def test_settings_without_loading_read_no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AFTERWORD_PORT", "1")
    assert Settings(repo=(repository("ada/blog"),)).port == 8000


def test_folder_of_posts_may_come_later() -> None:
    assert _load(posts="tests/nowhere").posts == "tests/nowhere"
