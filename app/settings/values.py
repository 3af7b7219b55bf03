"""The rules that single values of the settings follow. Each raises `ValueError` with the problem and its solution."""

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from app.domain.posts.content_repository import content_repository, is_content_repository
from app.domain.posts.lists import is_list_address
from app.domain.sites import Repository, repository
from app.generators.dialects import GENERATORS
from app.settings import origins as origin_rules
from app.settings.addresses import is_ip, split_address
from app.settings.databases import check_database, is_database, without_credentials
from app.settings.fields import BeforeValidator, SecretStr

_TOKEN = re.compile(r"[\x21-\x7e]+")
_LEAST_OWNER_TOKEN, _LEAST_DIFFERENT = 16, 6
GOOD_LENGTH_ADVICE = "Make one of at least 16 with: openssl rand -hex 24"
STORE = re.compile(r"sqlite:///(?P<path>.+)|memory:")


def split_repositories(value: str) -> tuple[Repository, ...]:
    """Return the repositories of a list with commas."""
    repositories = tuple(repository(part) for part in value.split(",") if part.strip())
    if not repositories:
        raise ValueError("no repository is named. Write it as owner/name")
    if len(set(repositories)) < len(repositories):
        raise ValueError("a repository is named twice. Name each once")
    return repositories


def check_token(value: SecretStr | None) -> SecretStr | None:
    """Return a token that a header can carry."""
    if value is not None and not _TOKEN.fullmatch(value.get_secret_value()):
        raise ValueError("the token holds a space or another character that no token has. Copy it again")
    return value


def check_owner_token(value: SecretStr | None) -> SecretStr | None:
    """Return an owner's token that cannot be guessed."""
    if value is None:
        return None
    token = value.get_secret_value()
    if not _TOKEN.fullmatch(token):
        raise ValueError(
            "the token holds a space or another character that no header can carry. Use letters and digits"
        )
    if len(token) < _LEAST_OWNER_TOKEN:
        raise ValueError(f"a token of {len(token)} characters can be guessed. {GOOD_LENGTH_ADVICE}")
    if len(set(token)) < _LEAST_DIFFERENT:
        raise ValueError(f"a token of so few different characters can be guessed. {GOOD_LENGTH_ADVICE}")
    return value


def split_secrets(value: str) -> tuple[SecretStr, ...]:
    """Return the secrets of a list with commas."""
    secrets = tuple(SecretStr(part.strip()) for part in value.split(",") if part.strip())
    if value and not secrets:
        raise ValueError("no secret is named. Write that of the webhook, or unset it")
    return secrets


def check_address(value: str | None) -> str | None:
    """Return an address without its last slash."""
    if value is None:
        return None
    parts = split_address(value)
    if parts is None or parts.query or parts.fragment:
        raise ValueError(f"{value!r} is not an address. Write it as https://host or https://host/path")
    if parts.username or parts.password:
        raise ValueError("an address must not hold a name or a password. Take them out")
    return value.rstrip("/")


def split_origins(value: str) -> tuple[str, ...]:
    """Return origins and patterns of origins; none if all are allowed."""
    origins = origin_rules.split_origins(value)
    if value.strip() and not origins:
        raise ValueError("no origin is named. Write it as https://blog.example.com, or unset it to allow all")
    return () if "*" in origins else tuple(dict.fromkeys(map(origin_rules.normalize_pattern, origins)))


def split_picture_hosts(value: str) -> tuple[str, ...]:
    """Return the origins of pictures."""
    origins = tuple(origin_rules.normalize_origin(origin) for origin in origin_rules.split_origins(value))
    for origin in origins:
        parts = urlsplit(origin)
        if parts.scheme == "http" and parts.hostname != "localhost" and not is_ip(parts.hostname or ""):
            raise ValueError(f"pictures of {origin!r} could be exchanged on the way. Write the address with https")
    return origins


def check_store(value: str) -> str:
    """Return the place of a store."""
    if is_database(value):
        return check_database(value)
    if not STORE.fullmatch(value) or value.endswith(":memory:"):
        raise ValueError(
            f"{without_credentials(value)!r} is not a store. Write sqlite:///path/to/afterword.db, "
            "postgresql://user:password@host/database or memory:"
        )
    return value


def check_post_choice(value: str) -> str:
    """Return which issues are posts."""
    if value in {"any", "posts"}:
        return value
    if not value.startswith("label:"):
        raise ValueError(f"{value!r} is not a choice. Write any, posts or label:NAME")
    if not value.removeprefix("label:").strip():
        raise ValueError("a label must be named after `label:`")
    return value


def check_posts(value: str | None) -> str | None:
    """Return where the posts are: a folder, an address, or a repository."""
    if value is not None and is_content_repository(value):
        return str(content_repository(value))
    if value is None or not is_list_address(value):
        return _check_folder(value)
    parts = split_address(value)
    if parts is None or parts.fragment:
        raise ValueError(f"{value!r} is not an address. Write it as https://blog.example.com/posts.json")
    if parts.username is not None or parts.password is not None:
        raise ValueError("an address must not hold a name or a password. Take them out")
    return value


def check_generator(value: str | None) -> str | None:
    """Return the name of a generator in lower case."""
    name = None if value is None else value.strip().lower()
    if name is not None and name not in GENERATORS:
        raise ValueError(f"{value!r} is no generator that Afterword knows. Write one of {', '.join(GENERATORS)}")
    return name


def _check_folder(value: str | None) -> str | None:
    if value is not None and not _may_be_folder(Path(value)):
        raise ValueError(
            f"there is no folder {value!r}. Name the blog's content folder, the address of a published list, or a "
            "repository as github:owner/name"
        )
    return value


def _may_be_folder(path: Path) -> bool:
    """Return whether there is a folder, or may be one again: deploy tools and mounts leave none for a while."""
    return path.is_dir() or (not path.exists() and path.parent.is_dir())


def from_text(parse: Callable[[str], object]) -> BeforeValidator:
    """Return a validator that parses text; other values pass as they are."""
    return BeforeValidator(lambda value: parse(value) if isinstance(value, str) else value)
