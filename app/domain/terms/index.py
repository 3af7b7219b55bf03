"""The threads of a repository by title, label and marker, and which of them is meant.

A page asks with a term, with labels, or with a marker. Other systems search GitHub: utterances takes the oldest issue
whose title contains the term, also one of another page. Here a thread answers only as this table says:

| how the term stands in titles  | pathname, url    | title, og:title              | another text     |
|--------------------------------|------------------|------------------------------|------------------|
| it is a title, or in a marker  | the oldest       | the oldest                   | the oldest       |
| as a whole part of titles      | the oldest       | the only one, else ambiguous | the oldest       |
| as words of a longer phrase    | missing          | missing                      | the oldest       |
| in a longer word or path       | missing          | missing                      | missing          |

So `posts/a` never shows the thread `posts/a-b` or `de/posts/a`, and a post "Git" never that of "Learning Git". The
first row with an issue decides; for another text the second and third rows are one. The title of another page of the
blog is no match below the first row, nor is any for the address of a home page: titles may end with its host. With
labels, only issues that have all of them count.

| issues with all the labels     | answer                                                                           |
|--------------------------------|----------------------------------------------------------------------------------|
| one                            | it                                                                               |
| several                        | open ones before closed ones; of these the ones with the fewest other labels     |
| these have the same labels     | the newest, as gitalk and gitment do                                             |
| these have different labels    | ambiguous                                                                        |

Whenever several issues could have answered, the owner has a finding. Labels compare without regard to case.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate, islice

from app.domain.posts.markers import term_digests
from app.domain.terms.heads import IssueHead
from app.domain.terms.titles import Relation, comparable, relation

IsPost = Callable[[IssueHead], bool]
_Text = tuple[str, list[int], list[int]]
"""Titles, each on a line, and where each one starts and its issue's number."""
_MOST_CONTAINING, _MOST_COMPARED = 5_000, 500
"""The most titles that contain a term, and the most of them that are compared closely: posts', the oldest first."""
MOST_CANDIDATES = 10


class TermOf(StrEnum):
    """What of the page a term is; a term that is none of these was chosen by the owner."""  # published in OpenAPI

    PATHNAME = "pathname"
    URL = "url"
    TITLE = "title"
    OG_TITLE = "og:title"


@dataclass(frozen=True, slots=True)
class ThreadQuery:
    """What a page asks with: all that is given must hold."""

    term: str | None = None
    term_of: TermOf | None = None
    labels: tuple[str, ...] = ()
    marker: str | None = None
    """A digest, or the text whose digest it is."""

    def __str__(self) -> str:
        parts = [] if self.term is None else [f"the term {self.term!r}"]
        parts += [f"the label {label!r}" for label in self.labels]
        parts += [] if self.marker is None else [f"the marker {self.marker!r}"]
        return " and ".join(parts)


class SearchOutcome(StrEnum):
    """How a search ended; the names are those of findings."""

    FOUND = "found"
    SEVERAL = "ambiguous-term"
    """One is served, and further ones could have been."""
    MISSING = "missing-term"
    AMBIGUOUS = "undecided-term"
    """Several could be meant, so none is served."""


@dataclass(frozen=True, slots=True)
class Resolution:
    """The thread that a query means, if any."""

    outcome: SearchOutcome
    number: int | None = None
    candidates: tuple[int, ...] = ()
    """The numbers that could be meant, the served one first; if it is missing, those that nearly match."""

    @property
    def names(self) -> str:
        """Return the candidates as text."""
        return ", ".join(f"#{number}" for number in self.candidates)


class TermIndex:
    """The issues of one repository by what they are found by. Not for several threads."""

    def __init__(self, heads: Iterable[IssueHead] = ()) -> None:
        self._heads: dict[int, IssueHead] = {}
        self._titles: dict[int, str] = {}
        self._text: _Text | None = None
        """All titles; None after a change."""
        self._by_key: defaultdict[tuple[str, str], set[int]] = defaultdict(set)
        """Numbers by (kind, text) of what they are found by exactly."""
        for head in heads:
            self.replace(head.number, head)

    def replace(self, number: int, head: IssueHead | None) -> bool:
        """Replace what an issue is found by, None if it is gone; return whether that was a change."""
        before = self._heads.get(number)
        if before == head:
            return False
        self._text = None
        if before is not None:
            self._remove(before)
        if head is not None and not head.is_pull_request:
            self._heads[number] = head
            self._titles[number] = comparable(head.title)
            for key in _keys(head):
                self._by_key[key].add(number)
        return before is not None or number in self._heads

    def has_label(self, label: str) -> bool:
        """Return whether any issue has a label."""
        return ("label", label.casefold()) in self._by_key

    def find(self, query: ThreadQuery, is_post: IsPost, page_names: Collection[str] = frozenset()) -> Resolution:
        """Return the thread that a query means, as the tables above say.

        Only issues that are posts count: others are as if they did not exist. `page_names` has the titles and addresses
        of the blog's pages, `comparable`.
        """
        if query.term is not None:
            term, *others = _spellings(comparable(query.term), query.term_of)
            resolution = self._find_term(query, term, is_post, page_names)
            for other in others if resolution.outcome is SearchOutcome.MISSING else ():
                found = self._find_term(query, other, is_post, page_names)
                resolution = resolution if found.outcome is SearchOutcome.MISSING else found
            return resolution
        if query.marker is not None:
            heads = self._allowed(self._by_marker(query.marker), query, is_post)
            return _oldest(heads) if heads else Resolution(SearchOutcome.MISSING)
        return _by_labels(self._allowed(None, query, is_post))

    def _find_term(self, query: ThreadQuery, term: str, is_post: IsPost, page_names: Collection[str]) -> Resolution:
        same = self._allowed(
            self._by_key.get(("title", term), set()) | self._by_marker(query.term or ""), query, is_post
        )
        if same or not term:
            return _oldest(same) if same else Resolution(SearchOutcome.MISSING)
        lowest = Relation.WORDS if query.term_of is None else Relation.PART
        if "://" in (query.term or "") and "/" not in term:
            lowest = Relation.SAME  # a home page: titles of other pages end with its host
        similar: list[IssueHead] = []
        matches: list[IssueHead] = []
        containing = (self._heads[number] for number in islice(self._containing(term), _MOST_CONTAINING))
        posts = (head for head in containing if is_post(head) and _has_labels(head, query.labels))
        for head in islice(posts, _MOST_COMPARED):
            if len(matches) == MOST_CANDIDATES:
                break
            title = self._titles[head.number]
            similar.append(head)
            if title not in page_names and relation(title, term) >= lowest:
                matches.append(head)
        if not matches:
            return Resolution(SearchOutcome.MISSING, candidates=_numbers(similar))
        if len(matches) > 1 and query.term_of in {TermOf.TITLE, TermOf.OG_TITLE}:
            return Resolution(SearchOutcome.AMBIGUOUS, candidates=_numbers(matches))
        return _oldest(matches)

    def _containing(self, term: str) -> Iterator[int]:
        """Yield the numbers of the issues whose titles contain a term that is not empty, the oldest first."""
        text, starts, numbers = self._text = self._text or self._join_titles()
        position = text.find(term)
        while position >= 0:
            index = bisect_right(starts, position) - 1
            yield numbers[index]
            position = text.find(term, starts[index] + len(self._titles[numbers[index]]))

    def _join_titles(self) -> _Text:
        """Return all titles as one text, which is searched at the speed of memory."""
        heads = sorted(self._heads.values(), key=_age)
        titles = [self._titles[head.number] for head in heads]
        starts = accumulate((len(title) + 1 for title in titles), initial=0)
        return "\n".join(titles), list(starts)[:-1], [head.number for head in heads]

    def _by_marker(self, text: str) -> set[int]:
        return {number for digest in term_digests(text) for number in self._by_key.get(("marker", digest), ())}

    def _allowed(self, numbers: set[int] | None, query: ThreadQuery, is_post: IsPost) -> list[IssueHead]:
        """Return those of the numbers (None: all with the labels) that are posts with all the labels, oldest first."""
        sets = [self._by_key.get(("label", label.casefold()), set()) for label in query.labels]
        sets += [] if numbers is None else [numbers]
        common = set[int].intersection(*sorted(sets, key=len)) if sets else set()
        heads = (self._heads[number] for number in common)
        return sorted((head for head in heads if is_post(head)), key=_age)

    def _remove(self, head: IssueHead) -> None:
        self._heads.pop(head.number, None)
        self._titles.pop(head.number, None)
        for key in _keys(head):
            numbers = self._by_key[key]
            numbers.discard(head.number)
            if not numbers:
                del self._by_key[key]


def _spellings(term: str, term_of: TermOf | None) -> Sequence[str]:
    """Return a term, and for the address of a page the one with or without `/index` at its end: it is the same page.

    utterances and giscus call the path of the home page `index`.
    """
    if term_of not in {TermOf.PATHNAME, TermOf.URL} or not term:
        return [term]
    if term_of is TermOf.PATHNAME and term in {"/", "index"}:
        return [term, "/" if term == "index" else "index"]
    return [term, term.removesuffix("/index") if term.endswith("/index") else f"{term}/index"]


def _age(head: IssueHead) -> tuple[str, int]:
    return head.created_at, head.number


def _has_labels(head: IssueHead, labels: Iterable[str]) -> bool:
    names = {name.casefold() for name in head.labels} if labels else set()
    return all(label.casefold() in names for label in labels)


def _keys(head: IssueHead) -> Iterable[tuple[str, str]]:
    yield "title", comparable(head.title)
    for label in head.labels:
        yield "label", label.casefold()
    for digest in head.markers:
        yield "marker", digest


def _numbers(heads: Sequence[IssueHead]) -> tuple[int, ...]:
    return tuple(head.number for head in heads[:MOST_CANDIDATES])


def _oldest(heads: Sequence[IssueHead]) -> Resolution:
    outcome = SearchOutcome.FOUND if len(heads) == 1 else SearchOutcome.SEVERAL
    return Resolution(outcome, heads[0].number, _numbers(heads))


def _by_labels(heads: list[IssueHead]) -> Resolution:
    """Return which of the issues with all the labels is meant; they are sorted from the oldest."""
    heads = [head for head in heads if head.is_open] or heads
    if not heads:
        return Resolution(SearchOutcome.MISSING)
    fewest = min(len(head.labels) for head in heads)
    plainest = [head for head in reversed(heads) if len(head.labels) == fewest]
    first = frozenset(map(str.casefold, plainest[0].labels))
    if any(frozenset(map(str.casefold, head.labels)) != first for head in plainest):
        return Resolution(SearchOutcome.AMBIGUOUS, candidates=_numbers(plainest))
    outcome = SearchOutcome.FOUND if len(heads) == 1 else SearchOutcome.SEVERAL
    further = (head for head in heads if len(head.labels) > fewest)
    return Resolution(outcome, plainest[0].number, _numbers([*plainest, *islice(further, MOST_CANDIDATES)]))
