"""The catalog of posts as JSON, for the store: a new process serves what the last one knew."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from app.domain.posts.posts import Post, PostCatalog
from app.domain.records import ThreadRef
from app.domain.sites import Repository, repository

_TEXTS = ("title", "url", "date", "description", "unpublished")


def to_json(catalog: PostCatalog) -> str:
    """Return the posts of a catalog as one line of JSON, without its problems: the next read finds them again."""
    posts = [_post_to_dict(post) for post in catalog.posts]
    return json.dumps({"generator": catalog.generator, "posts": posts}, ensure_ascii=False)


def from_json(text: str, sites: Sequence[Repository]) -> PostCatalog | None:
    """Return the catalog of `to_json` with the repositories that are configured now; None for other text."""
    try:
        data = json.loads(text)
        if not isinstance(data.get("posts"), list):
            return _from_numbers(data, sites)
        return PostCatalog(tuple(_post(entry, sites) for entry in data["posts"]), generator=data.get("generator"))
    except (ValueError, AttributeError, TypeError, KeyError, RecursionError):
        return None


def _post_to_dict(post: Post) -> dict[str, Any]:
    fields = {name: getattr(post, name) for name in _TEXTS if getattr(post, name) is not None}
    threads = sorted((thread.repo.full_name, thread.number) for thread in post.threads)
    return {"source": post.source, "threads": threads, **fields}


def _post(entry: Mapping[str, Any], sites: Sequence[Repository]) -> Post:
    threads = [ThreadRef(repository(name), _number(number)) for name, number in entry["threads"]]
    texts = {name: entry[name] for name in _TEXTS if isinstance(entry.get(name), str)}
    return Post(str(entry["source"]), frozenset(ref for ref in threads if ref.repo in sites), **texts)


def _from_numbers(data: Mapping[str, Any], sites: Sequence[Repository]) -> PostCatalog:
    """Return the catalog of a store that an earlier version wrote: only the numbers by repository."""
    refs = [ThreadRef(repository(name), _number(number)) for name, numbers in data.items() for number in numbers]
    return PostCatalog(tuple(Post(f"#{ref.number}", frozenset({ref})) for ref in refs if ref.repo in sites))


def _number(value: object) -> int:
    if type(value) is not int:
        raise TypeError(value)
    return value
