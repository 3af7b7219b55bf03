"""Where a reader's browser finds pictures: at the service, which fetches them in its place.

An address says in which comment a picture stands and which one it is, by a digest of where GitHub has it. So nothing
has to be remembered or signed, and nobody can have anything fetched that does not stand in a comment.
"""

from collections.abc import Mapping
from hashlib import blake2b

from app.render.sanitizer.sanitize import sanitize

_WEB = ("https://", "http://")


def avatar_address(home: str, user_id: int) -> str:
    """The picture of a person, at the service of this address."""
    return f"{home}/avatars/{user_id}"


def image_address(home: str, comment_id: int, address: str) -> str | None:
    """The picture that GitHub has at `address`, which is absolute; None for what can be no picture of the web.

    One that lies at the service already stays as it is.
    """
    if home and address.startswith(f"{home}/images/"):
        return address
    return f"{home}/images/{comment_id}/{image_name(address)}" if home and address.startswith(_WEB) else None


def image_name(address: str) -> str:
    """Names a picture of a comment by where GitHub has it."""
    return blake2b(address.encode("utf-8", "replace"), digest_size=12).hexdigest()


def images(html: str, *, base_url: str) -> Mapping[str, str]:
    """The addresses of all pictures in a comment's HTML by their names: just those that the sanitiser lets through."""
    found: dict[str, str] = {}

    def collected(address: str) -> str:
        if address.startswith(_WEB):
            found[image_name(address)] = address
        return address

    sanitize(html, base_url=base_url, images=collected)
    return found
