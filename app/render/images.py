"""Image addresses at the service, which fetches images so that readers' browsers make no request to other hosts.

An address contains the comment's id and a digest of the image's original address. So the service stores and signs
nothing, and it fetches only images that a comment contains.
"""

from collections.abc import Mapping
from hashlib import blake2b

from app.render.sanitizer.sanitize import sanitize

_WEB_SCHEMES = ("https://", "http://")


def proxied_avatar_url(base_url: str, user_id: int) -> str:
    """Return the address of a user's avatar at the service."""
    return f"{base_url}/avatars/{user_id}"


def proxied_image_url(base_url: str, comment_id: int, url: str) -> str | None:
    """Return the address at the service of the image at `url` (absolute), or None if `url` is not http or https.

    An address of an image at the service is returned unchanged. Without a `base_url` there are no images: None.
    """
    if base_url and url.startswith(f"{base_url}/images/"):
        return url
    return f"{base_url}/images/{comment_id}/{image_name(url)}" if base_url and url.startswith(_WEB_SCHEMES) else None


def image_name(url: str) -> str:
    """Return the name of an image within its comment: a digest of its original address, 24 hex digits."""
    return blake2b(url.encode("utf-8", "replace"), digest_size=12).hexdigest()


def image_urls(html: str, *, source_url: str) -> Mapping[str, str]:
    """Return the original addresses of the images in a comment's HTML by name, as far as the sanitizer allows them.

    `source_url` as for `sanitize`.
    """
    urls: dict[str, str] = {}

    def collect(url: str) -> str:
        if url.startswith(_WEB_SCHEMES):
            urls[image_name(url)] = url
        return url

    sanitize(html, source_url=source_url, rewrite_image=collect)
    return urls
