"""What only all pages of a blog together tell: which are beyond a limit, and which have the same address."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from app.domain.posts.posts import Post, PostProblem, ProblemKind

_DAY = re.compile(r"(?:\A|/)_posts/(?:.*/)?(?P<day>\d{4}-\d\d?-\d\d?)-[^/]*\Z")
_ADVICE = "Give each post an address of its own."


def within_limit(posts: Sequence[Post], generator: str | None, values: Mapping[str, object]) -> Sequence[Post]:
    """Return posts; those beyond Jekyll's `limit_posts`, which keeps the newest, are not published."""
    limit = values.get("limit_posts")
    if generator != "jekyll" or not isinstance(limit, int) or isinstance(limit, bool) or limit < 1:
        return posts
    days = {post.source: day for post in posts if not post.unpublished and (day := _day(post))}
    newest = set(sorted(days, key=lambda source: (days[source], source))[-limit:])
    reason = f"limit_posts: {limit}"
    return [replace(post, unpublished=reason) if post.source in days.keys() - newest else post for post in posts]


def _day(post: Post) -> str | None:
    """Return the day of a post; None for a page that is none."""
    match = _DAY.search(f"_posts/{post.source}" if "_posts/" not in post.source else post.source)
    return None if match is None else post.date or "-".join(part.zfill(2) for part in match["day"].split("-"))


def same_addresses(posts: Iterable[Post]) -> Iterator[PostProblem]:
    """Yield a problem for each published post whose address a post with another number has, too."""
    by_address: dict[str, list[Post]] = {}
    for post in posts:
        if post.url and post.threads and not post.unpublished:
            by_address.setdefault(post.url, []).append(post)
    for url, group in by_address.items():
        if len({post.threads for post in group}) > 1:
            for post in group:
                other = next(twin.source for twin in group if twin is not post)
                message = f"{other} has the same address {url}, and only one of the two becomes a page"
                yield PostProblem(ProblemKind.GENERATORS_DIFFER, post.source, message, _ADVICE, post.line)
