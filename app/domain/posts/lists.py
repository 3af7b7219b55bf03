"""A published list of posts, as a template of the generator writes it."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.domain.posts.fields import post_of_page
from app.domain.posts.posts import Post
from app.domain.sites import Repository


@dataclass(frozen=True, slots=True)
class ParsedList:
    """The posts of a published list, and why entries of it were skipped."""

    posts: tuple[Post, ...]
    errors: tuple[str, ...]


def parse_list(data: object, sites: Sequence[Repository]) -> ParsedList:
    """Return the posts of a published list: an array, or an object whose `posts` is one.

    An entry is a number or an object with the fields of a page's front matter. An invalid entry is skipped. Raises
    `ValueError` if the list is invalid as a whole, or if it has invalid entries and no valid post.
    """
    entries = data.get("posts") if isinstance(data, dict) else data
    if not isinstance(entries, list):
        raise ValueError('it is neither an array nor an object with an array "posts"')  # noqa: TRY004 - it is data
    posts: list[Post] = []
    errors: list[str] = []
    for position, entry in enumerate(entries, start=1):
        try:
            fields = entry if isinstance(entry, dict) else {"ghissueid": entry}
            posts.append(post_of_page(fields, f"entry {position}", sites))
        except ValueError as error:
            errors.append(f"entry {position}: {error}")
    if errors and not posts:
        raise ValueError(f"not one of its entries can be used, beginning with {errors[0]}")
    return ParsedList(tuple(posts), tuple(errors))
