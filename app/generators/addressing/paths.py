"""Paths of addresses: how they are joined, encoded, and where a configuration puts the whole blog."""

import re
from pathlib import PurePosixPath
from urllib.parse import quote, urlsplit

_SAFE = "/-._~!$&'()*+,;=:@%"
_SLASHES = re.compile(r"/{2,}")


def encode_path(path: str) -> str:
    """Return a path from the root with the characters of an address; what is encoded already stays."""
    return quote(_SLASHES.sub("/", f"/{path}"), safe=_SAFE)


def base_path(url: str | None) -> str:
    """Return the path of the address of a blog without a slash at the end: empty for a blog at the root."""
    try:
        return urlsplit(url or "").path.rstrip("/")
    except ValueError:
        return ""


def below(path: PurePosixPath, folder: PurePosixPath) -> PurePosixPath | None:
    """Return a path relative to a folder; None if it is not in it."""
    try:
        return path.relative_to(folder)
    except ValueError:
        return None


def ascii_slug(text: str) -> str | None:
    """Return a text of ASCII in lower case with hyphens, as Pelican and Nikola make it; None for other letters."""
    if not text.isascii():
        return None
    return re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", text).strip().lower())


def replace_tokens(template: str, values: dict[str, str | None], pattern: str = r":([a-z_]+)") -> str | None:
    """Return a template with its tokens replaced; None if the value of one is not known."""
    missing = False

    def value(match: re.Match[str]) -> str:
        nonlocal missing
        text = values.get(match[1])
        missing = missing or text is None
        return text or ""

    text = re.sub(pattern, value, template)
    return None if missing else text
