"""Which posts a page of the list shows, and in which order. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self
from urllib.parse import urlencode

from app.domain.posts.findings import Severity
from app.serving.owner.model import PostRow

PAGE_SIZE = 50
_MAX_QUERY = 100
_MAX_PAGE = 10_000
_SEVERITIES = list(Severity)

SORTS: Mapping[str, Callable[[PostRow], Any]] = {
    "title": lambda post: post.title.casefold(),
    "date": lambda post: post.date or "",
    "comments": lambda post: -1 if post.comment_count is None else post.comment_count,
    "last": lambda post: post.last_comment_at or "",
    "checked": lambda post: post.checked_at or 0.0,
    "findings": lambda post: (
        -len(_SEVERITIES) if post.severity is None else -_SEVERITIES.index(post.severity),
        len(post.findings),
    ),
}
_ASCENDING = frozenset({"title"})
FILTERS: Mapping[str, Callable[[PostRow], bool]] = {
    "all": lambda _: True,
    "findings": lambda post: bool(post.findings),
    "commented": lambda post: bool(post.comment_count),
    "none": lambda post: not post.threads,
    "unpublished": lambda post: post.unpublished_reason is not None,
}


@dataclass(frozen=True, slots=True)
class Listing:
    """A choice of posts; each value has a default that the address leaves out."""

    sort: str = "last"
    is_reversed: bool = False
    show: str = "all"
    text: str = ""
    page: int = 1

    @classmethod
    def parse(cls, query: Mapping[str, str]) -> Self:
        """Return the choice of an address; what is no choice counts as the default."""
        page = query.get("page", "1")
        is_page = page.isascii() and page.isdigit() and len(page) < len(str(_MAX_PAGE)) and int(page) > 0
        return cls(
            sort=query.get("sort", "last") if query.get("sort") in SORTS else "last",
            is_reversed=query.get("order") == "reverse",
            show=query.get("show", "all") if query.get("show") in FILTERS else "all",
            text=query.get("q", "").strip()[:_MAX_QUERY],
            page=int(page) if is_page else 1,
        )

    @property
    def query(self) -> str:
        """Return the query of this choice; empty for the default."""
        values = {
            "sort": "" if self.sort == "last" else self.sort,
            "order": "reverse" if self.is_reversed else "",
            "show": "" if self.show == "all" else self.show,
            "q": self.text,
            "page": "" if self.page == 1 else str(self.page),
        }
        return urlencode({name: value for name, value in values.items() if value})

    def sorted_by(self, sort: str) -> Self:
        """Return the same choice in another order; in the reverse one if it is sorted so already."""
        return replace(self, sort=sort, is_reversed=sort == self.sort and not self.is_reversed, page=1)

    def at_page(self, page: int) -> Self:
        """Return another page of the same choice."""
        return replace(self, page=page)

    def direction(self, sort: str) -> str | None:
        """Return `ascending` or `descending` for the sorted column, else None."""
        if sort != self.sort:
            return None
        return "ascending" if (sort in _ASCENDING) != self.is_reversed else "descending"

    def select(self, posts: Sequence[PostRow]) -> "ListedPosts":
        """Return the posts of this page."""
        text, is_shown = self.text.casefold(), FILTERS[self.show]
        matches = [post for post in posts if is_shown(post) and text in _search_text(post)]
        matches.sort(key=lambda post: (post.title.casefold(), post.source or ""))
        matches.sort(key=SORTS[self.sort], reverse=(self.sort in _ASCENDING) == self.is_reversed)
        pages = max(1, -(-len(matches) // PAGE_SIZE))
        page = min(self.page, pages)
        return ListedPosts(matches[(page - 1) * PAGE_SIZE : page * PAGE_SIZE], len(matches), page, pages)


@dataclass(frozen=True, slots=True)
class ListedPosts:
    """The posts of one page."""

    posts: Sequence[PostRow]
    total: int
    page: int
    pages: int


def _search_text(post: PostRow) -> str:
    numbers = " ".join(f"#{thread.ref.number}" for thread in post.threads)
    return f"{post.title} {post.source or ''} {numbers}".casefold()
