"""The settings of caches in front of the service: which tags documents carry, and who is called after a change."""

import re
from typing import Annotated, Protocol
from urllib.parse import urlsplit

from app.domain.errors import InvalidSetting
from app.settings.addresses import is_loopback, split_address
from app.settings.fields import AfterValidator, Field, SecretStr

_HEADER = re.compile(r"([A-Za-z0-9-]{1,64}): *([\x20-\x7e]{1,4096})")
_RESERVED_HEADERS = frozenset(
    {"content-type", "content-length", "surrogate-key", "host", "transfer-encoding", "connection", "expect"}
)
_FIELD = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")


class PurgeFields(Protocol):
    """The fields of the settings that a purge is made of."""

    @property
    def purge_url(self) -> str | None:
        """The address that is called."""

    @property
    def purge_header(self) -> SecretStr | None:
        """The header that proves who calls."""


def _check_url(value: str | None) -> str | None:
    if value is None:
        return None
    parts = split_address(value)
    if parts is None or parts.fragment:
        raise ValueError(f"{value!r} is not an address. Write it as https://host/path")
    if parts.username or parts.password:
        raise ValueError("an address must not hold a name or a password. Write them in AFTERWORD_PURGE_HEADER")
    return value


def _check_header(value: SecretStr | None) -> SecretStr | None:
    if value is None:
        return None
    match = _HEADER.fullmatch(value.get_secret_value().strip())
    if match is None:
        raise ValueError("it is not a header. Write its name and value, as Authorization: Bearer …")
    if match[1].lower() in _RESERVED_HEADERS:
        raise ValueError(f"the header {match[1]} is one that Afterword sets. Name the one that your CDN wants")
    return value


def _check_field(value: str) -> str:
    if not _FIELD.fullmatch(value):
        raise ValueError(f"{value!r} is not a field of JSON here. Write tags, or surrogate_keys for Fastly")
    return value


CacheTagsSetting = Annotated[
    bool,
    Field(
        default=False,
        description=(
            "Whether documents carry the headers `Surrogate-Key` and `Cache-Tag`, so that a CDN can purge them. "
            "`AFTERWORD_PURGE_URL` turns it on."
        ),
    ),
]
PurgeUrlSetting = Annotated[
    str | None,
    AfterValidator(_check_url),
    Field(description="The address that is called after each change, with the tags of the documents that it concerns."),
]
PurgeHeaderSetting = Annotated[
    SecretStr | None,
    AfterValidator(_check_header),
    Field(description="A header of that call that proves who calls, `Authorization: Bearer …`. It needs https."),
]
PurgeFieldSetting = Annotated[
    str,
    AfterValidator(_check_field),
    Field(description="The field of the call's JSON that has the tags; Fastly wants `surrogate_keys`."),
]


def check_purging(settings: PurgeFields, prefix: str) -> None:
    """Raise `InvalidSetting` for a header without an address, or one that would be sent unencrypted."""
    if settings.purge_header is None:
        return
    if settings.purge_url is None:
        raise InvalidSetting(f"{prefix}PURGE_HEADER", f"no address is called. Set {prefix}PURGE_URL, too")
    parts = urlsplit(settings.purge_url)
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise InvalidSetting(
            f"{prefix}PURGE_URL",
            f"the secret in {prefix}PURGE_HEADER would be sent unencrypted over http. Write the address with https, or "
            "let your cache trust this machine's address and leave the header out",
        )


def header_parts(header: SecretStr | None) -> tuple[str, str] | None:
    """Return name and value of a header in the clear: for the call, and for nothing else."""
    match = None if header is None else _HEADER.fullmatch(header.get_secret_value().strip())
    return None if match is None else (match[1], match[2])
