"""Settings: environment variables `AFTERWORD_…`, also from a file `.env`, as one frozen value.

Whatever is unsafe or contradicts itself is refused at start, by the variable's name. pydantic-settings reads them.
"""

import ipaddress
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import SplitResult, urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from app.domain.errors import InvalidSetting
from app.domain.sites import Repository, PostFilter, repository

PREFIX = "AFTERWORD_"
_TOKEN = re.compile(r"[\x21-\x7e]+")
_ADDRESS = re.compile(r"[\x21-\x7e]+")
_HTTP = re.compile(r"https?://", re.IGNORECASE)
_STORE = re.compile(r"sqlite:///(?P<path>.+)|memory:")
_PULSE_WITH_TOKEN = 60.0
_PULSE_WITHOUT_TOKEN = 400.0
"""For each repository: nine rounds of two asks an hour, and readers see what changed within ten minutes."""


class Settings(BaseSettings):
    """Everything that can be set; only `repo` has no default. Its `repr` masks the token."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, frozen=True, extra="ignore")

    repo: Annotated[tuple[Repository, ...], NoDecode] = Field(
        description="The repository whose issues hold the comments, `owner/name`; several separated by commas."
    )
    github_token: SecretStr | None = Field(
        None, description="A token that may read the issues. Without one: 60 asks an hour, which is enough."
    )
    github_api_url: str = Field("https://api.github.com", description="GitHub's API; for Enterprise its own address.")
    webhook_secret: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        (), description="The secret of GitHub's webhook; several, separated by commas, while one replaces the other."
    )
    store: str = Field("sqlite:///afterword.db", description="Where the mirror is: `sqlite:///path` or `memory:`.")
    host: str = Field("127.0.0.1", description="The address to listen at; `0.0.0.0` for all.")
    port: int = Field(8000, ge=0, le=65535, description="The port to listen at; 0 takes a free one.")
    public_url: str | None = Field(
        None, description="The address under which readers reach the service, behind a proxy or a CDN."
    )
    origins: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Which sites' pages may read, as `https://blog.example.com`, separated by commas. Empty: all."
    )
    serve: str = Field(
        "any",
        description="Which issues are posts: `any`, `label:NAME`, or `posts`: those that the blog's posts name.",
    )
    posts: str | None = Field(
        None,
        description=(
            "Where the blog's posts name their issues, for `posts`: a content folder (`ghissueid: 41` in the front "
            "matter), or the address of a published list (JSON). Read again each minute."
        ),
    )
    allow_private: bool = Field(
        default=False,
        description="Whether the issues of a private repository may be published; only with `AFTERWORD_SERVE=posts`.",
    )
    pictures: bool = Field(
        default=True,
        description="Whether pictures and avatars go through Afterword, so that readers' browsers ask no other host.",
    )
    pictures_mb: int = Field(
        256,
        ge=1,
        le=1_048_576,
        description="How much room fetched pictures may take in the folder `….db-pictures` beside the store, in MB.",
    )
    picture_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Further origins that pictures may come from, as `https://ghe.example.com`, separated by commas.",
    )
    fresh_for: float = Field(
        300,
        ge=5,
        le=86400,
        description="Seconds after which a thread that is read is checked, behind the reader's back.",
    )
    pulse: float | None = Field(
        None,
        ge=1,
        le=86400,
        description=(
            "Seconds between rounds of asking what changed: 60 with a token, else 400 for each repository. "
            "A working webhook makes them rarer by itself."
        ),
    )
    cold_wait: float = Field(
        5,
        ge=0.1,
        le=60,
        description="Seconds that a reader of a thread not yet mirrored waits for GitHub, before a 503.",
    )
    catalogue_mb: int = Field(64, ge=1, le=65536, description="How much memory finished documents may take, in MB.")
    workers: int = Field(1, ge=1, le=64, description="How many processes serve; they share the store.")
    access_log: bool = Field(
        default=False, description="Whether each request is logged. It costs more than answering it."
    )
    log_addresses: bool = Field(default=False, description="Whether the access log names readers' IP addresses.")
    log_format: Literal["text", "json"] = Field("text", description="How the log is written: `text` or `json`.")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="From which level on.")

    @field_validator("repo", mode="before")
    @classmethod
    def _repositories(cls, given: object) -> object:
        if not isinstance(given, str):
            return given
        found = tuple(repository(part) for part in given.split(",") if part.strip())
        if not found:
            raise ValueError("no repository is named. Write it as owner/name")
        if len(set(found)) < len(found):
            raise ValueError("a repository is named twice. Name each once")
        return found

    @field_validator("github_token")
    @classmethod
    def _token(cls, given: SecretStr | None) -> SecretStr | None:
        if given is not None and not _TOKEN.fullmatch(given.get_secret_value()):
            raise ValueError("the token holds a space or another character that no token has. Copy it again")
        return given

    @field_validator("webhook_secret", mode="before")
    @classmethod
    def _secrets(cls, given: object) -> object:
        if not isinstance(given, str):
            return given
        secrets = tuple(SecretStr(part.strip()) for part in given.split(",") if part.strip())
        if given and not secrets:
            raise ValueError("no secret is named. Write that of the webhook, or unset it")
        return secrets

    @field_validator("log_format", "log_level", mode="before")
    @classmethod
    def _in_any_case(cls, given: object) -> object:
        return given.lower() if isinstance(given, str) else given

    @field_validator("github_api_url", "public_url")
    @classmethod
    def _address(cls, given: str | None) -> str | None:
        if given is None:
            return None
        parts = _split(given)
        if parts is None or parts.query or parts.fragment:
            raise ValueError(f"{given!r} is not an address. Write it as https://host or https://host/path")
        if parts.username or parts.password:
            raise ValueError("an address must not hold a name or a password. Take them out")
        return given.rstrip("/")

    @field_validator("origins", mode="before")
    @classmethod
    def _origins(cls, given: object) -> object:
        if not isinstance(given, str):
            return given
        origins = tuple(part.strip().rstrip("/") for part in given.split(",") if part.strip())
        return () if "*" in origins else tuple(_origin(origin) for origin in origins)

    @field_validator("picture_hosts", mode="before")
    @classmethod
    def _picture_hosts(cls, given: object) -> object:
        if not isinstance(given, str):
            return given
        origins = tuple(_origin(part.strip().rstrip("/")) for part in given.split(",") if part.strip())
        for origin in origins:
            parts = urlsplit(origin)
            if parts.scheme == "http" and parts.hostname != "localhost" and _ip(parts.hostname or "") is None:
                raise ValueError(f"pictures of {origin!r} could be exchanged on the way. Write the address with https")
        return origins

    @field_validator("store")
    @classmethod
    def _known_store(cls, given: str) -> str:
        if not _STORE.fullmatch(given) or given.endswith(":memory:"):
            raise ValueError(f"{given!r} is not a store. Write sqlite:///path/to/afterword.db or memory:")
        return given

    @field_validator("serve")
    @classmethod
    def _known_choice(cls, given: str) -> str:
        if given in {"any", "posts"}:
            return given
        if not given.startswith("label:"):
            raise ValueError(f"{given!r} is not a choice. Write any, posts or label:NAME")
        if not given.removeprefix("label:").strip():
            raise ValueError("a label must be named after `label:`")
        return given

    @field_validator("posts")
    @classmethod
    def _folder_or_address(cls, given: str | None) -> str | None:
        if given is None or not _HTTP.match(given):
            return _folder(given)
        parts = _split(given)
        if parts is None or parts.fragment:
            raise ValueError(f"{given!r} is not an address. Write it as https://blog.example.com/posts.json")
        if parts.username is not None or parts.password is not None:
            raise ValueError("an address must not hold a name or a password. Take them out")
        return given

    @model_validator(mode="after")
    def _token_stays_secret(self) -> Self:
        parts = urlsplit(self.github_api_url)
        if self.github_token and parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
            raise InvalidSetting(
                f"{PREFIX}GITHUB_API_URL", "a token would be sent unencrypted over http. Write the address with https"
            )
        return self

    @model_validator(mode="after")
    def _posts_are_known(self) -> Self:
        if self.serve == "posts" and self.posts is None:
            raise InvalidSetting(
                f"{PREFIX}POSTS",
                f"{PREFIX}SERVE=posts needs to know where the posts are. "
                "Name the blog's content folder, or the address of a published list",
            )
        return self

    @model_validator(mode="after")
    def _private_stays_private(self) -> Self:
        if not self.allow_private:
            return self
        if self.serve != "posts":
            raise InvalidSetting(
                f"{PREFIX}ALLOW_PRIVATE",
                f"with {PREFIX}SERVE={self.serve} it would publish issues of a private repository that are no posts: "
                f"set {PREFIX}SERVE=posts and {PREFIX}POSTS so that only the blog's own posts are published",
            )
        address = urlsplit(self.posts or "")
        if address.scheme.lower() == "http" and not _is_loopback(address.hostname or ""):
            raise InvalidSetting(
                f"{PREFIX}POSTS",
                "over http anyone on the way could add a private issue to the list. Write the address with https",
            )
        return self

    @property
    def store_path(self) -> str | None:
        """The file of the mirror; None for the one in memory."""
        match = _STORE.fullmatch(self.store)
        return match["path"] if match else None

    @property
    def pictures_path(self) -> Path | None:
        """The folder of fetched pictures, beside the store; None for one that ends with the process."""
        return None if self.store_path is None else Path(f"{self.store_path}-pictures")

    @property
    def token(self) -> str | None:
        """The token in the clear: for the Authorization header, and for nothing else."""
        return self.github_token.get_secret_value() if self.github_token else None

    @property
    def served(self) -> PostFilter:
        """Which issues are posts; with `posts` they are still to be read."""
        if self.serve == "posts":
            return PostFilter(listed_only=True)
        return PostFilter() if self.serve == "any" else PostFilter(self.serve.removeprefix("label:").strip())

    @property
    def pulse_seconds(self) -> float:
        """Seconds between rounds; without a token rarely enough to leave asks for readers."""
        return self.pulse or (_PULSE_WITH_TOKEN if self.github_token else _PULSE_WITHOUT_TOKEN * len(self.repo))

    @property
    def secrets(self) -> tuple[bytes, ...]:
        """The webhook's secrets in the clear, for comparing signatures, and for nothing else."""
        return tuple(secret.get_secret_value().encode() for secret in self.webhook_secret)


def load(overrides: Mapping[str, Any], *, env_file: str | None = ".env") -> Settings:
    """The settings of this process; `overrides` (None: not given) win over the environment, that over the file.

    Raises `InvalidSetting` naming the first variable that cannot be used.
    """
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings(_env_file=env_file, **given)
    except ValidationError as failure:
        raise _refusal(failure) from None
    except UnicodeDecodeError:
        raise InvalidSetting(str(env_file), "the file is not UTF-8 text. Save it as UTF-8") from None


def unknown(environment: Iterable[str]) -> list[str]:
    """The variables that look like settings and are none: a slip of the pen should not pass in silence."""
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    return sorted(name for name in environment if name.startswith(PREFIX) and name not in known)


def _refusal(failure: ValidationError) -> InvalidSetting:
    error = failure.errors(include_input=False, include_url=False)[0]
    field = str(error["loc"][0]) if error["loc"] else "repo"
    name = f"{PREFIX}{field.upper()}"
    if error["type"] == "missing":
        return InvalidSetting(name, "no repository is named. Write it as owner/name: make serve REPO=owner/name")
    reason = error["msg"].removeprefix("Value error, ")
    return InvalidSetting(name, reason[:1].lower() + reason[1:])


def _folder(given: str | None) -> str | None:
    if given is not None and not Path(given).is_dir():
        raise ValueError(
            f"there is no folder {given!r}. Name the blog's content folder, or the address of a published list"
        )
    return given


def _split(address: str) -> SplitResult | None:
    """The parts of an http address; None for what a client could not connect to."""
    try:
        parts = urlsplit(address)
        port_is_fine = parts.port is None or parts.port > 0
    except ValueError:
        return None
    fine = parts.scheme in {"http", "https"} and parts.hostname and port_is_fine and _ADDRESS.fullmatch(address)
    return parts if fine else None


def _origin(given: str) -> str:
    """An origin as browsers send it: lower case, without the port that goes without saying."""
    parts = _split(given)
    if parts is None or parts.path or parts.query or parts.fragment or parts.username is not None:
        raise ValueError(f"{given!r} is not an origin. Write it as https://blog.example.com, without a path")
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    usual = parts.port in {None, {"http": 80, "https": 443}[parts.scheme]}
    return f"{parts.scheme}://{host}" if usual else f"{parts.scheme}://{host}:{parts.port}"


def _is_loopback(host: str) -> bool:
    ip = _ip(host)
    return host == "localhost" if ip is None else ip.is_loopback


def _ip(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
