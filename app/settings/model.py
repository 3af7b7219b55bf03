"""The settings as one frozen value, and the rules that their values follow."""

from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from app.domain.errors import InvalidSetting
from app.domain.moderation.rules import ModerationRules
from app.domain.posts.content_repository import ContentRepository, content_repository, is_content_repository
from app.domain.sites import PostFilter, Repository
from app.generators.dialects import GENERATORS
from app.serving.clients.addresses import Network
from app.settings.addresses import check_networks, is_loopback, split_networks
from app.settings.databases import is_database
from app.settings.fields import AfterValidator, BaseModel, Field, SecretStr, model_validator
from app.settings.moderation import (
    ApprovalSetting,
    ApproversSetting,
    AssociationsSetting,
    DenyAuthorsSetting,
    HoldLinksSetting,
    HoldWordsSetting,
    ShowSetting,
    check_moderation,
    moderation_rules,
)
from app.settings.purging import (
    CacheTagsSetting,
    PurgeFieldSetting,
    PurgeHeaderSetting,
    PurgeUrlSetting,
    check_purging,
)
from app.settings.values import (
    GOOD_LENGTH_ADVICE,
    STORE,
    check_address,
    check_generator,
    check_owner_token,
    check_post_choice,
    check_posts,
    check_store,
    check_token,
    from_text,
    split_origins,
    split_picture_hosts,
    split_repositories,
    split_secrets,
)

PREFIX = "AFTERWORD_"
_POLL_SECONDS_WITH_TOKEN = 60.0
_POLL_SECONDS_WITHOUT_TOKEN = 400.0
"""For each repository: nine polls of two requests an hour, and readers see a change within ten minutes."""


class Settings(BaseModel):
    """Everything that can be set; only `repo` has no default. Its `repr` masks the token and the secrets."""

    repo: Annotated[tuple[Repository, ...], from_text(split_repositories)] = Field(
        description="The repository whose issues hold the comments, `owner/name`. Separate several by commas."
    )
    github_token: Annotated[SecretStr | None, AfterValidator(check_token)] = Field(
        None, description="A token that may read the issues. Without one you have 60 requests an hour, which is enough."
    )
    github_api_url: Annotated[str, AfterValidator(check_address)] = Field(
        "https://api.github.com", description="The address of GitHub's API; GitHub Enterprise has its own."
    )
    webhook_secret: Annotated[tuple[SecretStr, ...], from_text(split_secrets)] = Field(
        (), description="The secret of GitHub's webhook. While you change it, write both, separated by a comma."
    )
    store: Annotated[str, AfterValidator(check_store)] = Field(
        "sqlite:///afterword.db",
        repr=False,
        description=(
            "Where the mirror is stored: `sqlite:///path`, `memory:`, or for several machines "
            "`postgresql://user:password@host/database`."
        ),
    )
    owner_token: Annotated[SecretStr | None, AfterValidator(check_owner_token)] = Field(
        None,
        description=(
            "The password of the owner's page `/owner` and of its API: at least 16 characters. Without it there is no "
            "such page."
        ),
    )
    host: str = Field("127.0.0.1", description="The address to listen on; `0.0.0.0` stands for all.")
    port: int = Field(8000, ge=0, le=65535, description="The port to listen on; 0 takes a free one.")
    public_url: Annotated[str | None, AfterValidator(check_address)] = Field(
        None, description="The address that readers use, if a proxy or a CDN is in front."
    )
    origins: Annotated[tuple[str, ...], from_text(split_origins)] = Field(
        (),
        description=(
            "The origins whose pages may read, separated by commas: `https://blog.example.com`, or "
            "`https://*.example.com` for all subdomains of that domain. Empty: all."
        ),
    )
    serve: Annotated[str, AfterValidator(check_post_choice)] = Field(
        "any",
        description="Which issues are posts: `any`, `label:NAME`, or `posts` for those that the blog's posts name.",
    )
    posts: Annotated[str | None, AfterValidator(check_posts)] = Field(
        None,
        description=(
            "Where the blog's posts name their issues: a content folder (`ghissueid: 41` in the front matter), the "
            "address of a published list (JSON), or a repository, `github:owner/name/path/in/it@branch`. "
            "`AFTERWORD_SERVE=posts` needs it."
        ),
    )
    generator: Annotated[str | None, AfterValidator(check_generator)] = Field(
        None,
        description=(
            "The generator of the blog, if Afterword does not recognize its configuration: "
            f"{', '.join(f'`{name}`' for name in GENERATORS)}."
        ),
    )
    allow_private: bool = Field(
        default=False,
        description="Whether the issues of a private repository may be published; only with `AFTERWORD_SERVE=posts`.",
    )
    show: ShowSetting = "all"
    show_associations: AssociationsSetting = ()
    approval: ApprovalSetting = None
    approvers: ApproversSetting = ()
    hold_words: HoldWordsSetting = ()
    hold_links: HoldLinksSetting = None
    deny_authors: DenyAuthorsSetting = ()
    pictures: bool = Field(
        default=True,
        description="Whether Afterword serves pictures and avatars, so that readers' browsers contact no other host.",
    )
    pictures_mb: int = Field(
        256,
        ge=1,
        le=1_048_576,
        description="How much disk space pictures may take in the folder `….db-pictures` beside the store, in MB.",
    )
    picture_hosts: Annotated[tuple[str, ...], from_text(split_picture_hosts)] = Field(
        (), description="More origins that pictures may come from, as `https://ghe.example.com`, separated by commas."
    )
    fresh_for: float = Field(
        300,
        ge=5,
        le=86400,
        description="Seconds after which a thread that is read is checked again, in the background.",
    )
    poll_interval: float | None = Field(
        None,
        ge=1,
        le=86400,
        description=(
            "Seconds between polls, which ask GitHub what changed: 60 with a token, else 400 for each repository. "
            "While a webhook works, polls are rarer."
        ),
    )
    cold_wait: float = Field(
        5,
        ge=0.1,
        le=60,
        description="Seconds that a reader of a thread that is not mirrored yet waits for GitHub, before a 503.",
    )
    cache_mb: int = Field(64, ge=1, le=65536, description="How much memory finished documents may take, in MB.")
    cache_tags: CacheTagsSetting = False
    purge_url: PurgeUrlSetting = None
    purge_header: PurgeHeaderSetting = None
    purge_field: PurgeFieldSetting = "tags"
    workers: int = Field(1, ge=1, le=64, description="How many processes serve; they share the store.")
    fast_reads: bool = Field(
        default=True,
        description=(
            "Whether cached documents are sent before the web framework sees a request: a quarter of the cost. Off, "
            "with a warning, if uvicorn is not of the version that this was tested with."
        ),
    )
    trusted_proxies: Annotated[str, AfterValidator(check_networks)] = Field(
        "private",
        description=(
            "Whose `X-Forwarded-For` or `Forwarded` is believed, so that limits tell readers apart: addresses and "
            "networks as `203.0.113.0/24`, separated by commas; `private` stands for this machine and private "
            "networks, `loopback` for this machine alone, `none` for no proxy."
        ),
    )
    access_log: bool = Field(
        default=False, description="Whether each request is logged. Logging costs more than the response."
    )
    log_addresses: bool = Field(default=False, description="Whether the access log names readers' IP addresses.")
    log_format: Annotated[Literal["text", "json"], from_text(str.lower)] = Field(
        "text", description="The format of the log: `text` or `json`."
    )
    log_level: Annotated[Literal["debug", "info", "warning", "error"], from_text(str.lower)] = Field(
        "info", description="The lowest level that is logged: `debug`, `info`, `warning` or `error`."
    )

    @model_validator(mode="after")
    def _check_token_is_encrypted(self) -> Self:
        parts = urlsplit(self.github_api_url)
        if self.github_token and parts.scheme == "http" and not is_loopback(parts.hostname or ""):
            raise InvalidSetting(
                f"{PREFIX}GITHUB_API_URL", "a token would be sent unencrypted over http. Write the address with https"
            )
        return self

    @model_validator(mode="after")
    def _check_owner_token_is_its_own(self) -> Self:
        secrets = (self.github_token, *self.webhook_secret)
        if self.owner_token is not None and self.owner_token in secrets:
            raise InvalidSetting(f"{PREFIX}OWNER_TOKEN", f"it is a secret that GitHub has, too. {GOOD_LENGTH_ADVICE}")
        return self

    @model_validator(mode="after")
    def _check_posts_are_set(self) -> Self:
        if self.serve == "posts" and self.posts is None:
            raise InvalidSetting(
                f"{PREFIX}POSTS",
                f"{PREFIX}SERVE=posts needs to know where the posts are. "
                "Name the blog's content folder, the address of a published list, or a repository as github:owner/name",
            )
        return self

    @model_validator(mode="after")
    def _check_private_is_safe(self) -> Self:
        if not self.allow_private:
            return self
        if self.serve != "posts":
            raise InvalidSetting(
                f"{PREFIX}ALLOW_PRIVATE",
                f"with {PREFIX}SERVE={self.serve} it would publish issues of a private repository that are no posts: "
                f"set {PREFIX}SERVE=posts and {PREFIX}POSTS so that only the blog's own posts are published",
            )
        address = urlsplit(self.posts or "")
        if address.scheme.lower() == "http" and not is_loopback(address.hostname or ""):
            raise InvalidSetting(
                f"{PREFIX}POSTS",
                "over http anyone on the way could add a private issue to the list. Write the address with https",
            )
        return self

    @model_validator(mode="after")
    def _check_moderation(self) -> Self:
        check_moderation(self, PREFIX)
        return self

    @model_validator(mode="after")
    def _check_purging(self) -> Self:
        check_purging(self, PREFIX)
        return self

    @property
    def has_cache_tags(self) -> bool:
        """Whether documents carry their tags for caches."""
        return self.cache_tags or self.purge_url is not None

    @property
    def store_path(self) -> str | None:
        """The file of the mirror; None for a mirror in memory or in a database."""
        match = STORE.fullmatch(self.store)
        return match["path"] if match else None

    @property
    def database(self) -> str | None:
        """The address of the database of the mirror, with its password; None for another store."""
        return self.store if is_database(self.store) else None

    @property
    def pictures_path(self) -> Path | None:
        """The folder of fetched pictures, beside the store; None if they are removed with the process."""
        return None if self.store_path is None else Path(f"{self.store_path}-pictures")

    @property
    def token(self) -> str | None:
        """The token in the clear: for the Authorization header, and for nothing else."""
        return self.github_token.get_secret_value() if self.github_token else None

    @property
    def owner_secret(self) -> str | None:
        """The owner's token in the clear: for comparing tokens and signing sessions, and for nothing else."""
        return self.owner_token.get_secret_value() if self.owner_token else None

    @property
    def post_filter(self) -> PostFilter:
        """Which issues are posts; with `posts` their list is not read yet."""
        if self.serve == "posts":
            return PostFilter(listed_only=True)
        return PostFilter() if self.serve == "any" else PostFilter(self.serve.removeprefix("label:").strip())

    @property
    def content_repository(self) -> ContentRepository | None:
        """The repository with the blog's posts; None for another source of posts."""
        return content_repository(self.posts) if self.posts and is_content_repository(self.posts) else None

    @property
    def proxy_networks(self) -> tuple[Network, ...]:
        """The networks of trusted proxies."""
        return split_networks(self.trusted_proxies)

    @property
    def moderation(self) -> ModerationRules:
        """Which comments readers are shown."""
        return moderation_rules(self)

    @property
    def poll_seconds(self) -> float:
        """Seconds between polls; without a token they are rare enough to leave requests for readers."""
        default = _POLL_SECONDS_WITH_TOKEN if self.github_token else _POLL_SECONDS_WITHOUT_TOKEN * len(self.repo)
        return self.poll_interval or default

    @property
    def secrets(self) -> tuple[bytes, ...]:
        """The webhook's secrets in the clear: for comparing signatures, and for nothing else."""
        return tuple(secret.get_secret_value().encode() for secret in self.webhook_secret)
