"""Which posts need a thread, and why the others do not."""

from collections import Counter
from dataclasses import dataclass

from app.domain.posts.markers import address_key, page_digests
from app.domain.posts.posts import Post, PostCatalog, PostProblem, ProblemKind
from app.domain.records import ThreadRef

_BLOCKING = frozenset(
    {
        ProblemKind.NOT_A_NUMBER,
        ProblemKind.UNKNOWN_REPOSITORY,
        ProblemKind.UNREADABLE,
        ProblemKind.UNREADABLE_FOLDER,
        ProblemKind.GENERATORS_DIFFER,
        ProblemKind.VALUE_FROM_ELSEWHERE,
    }
)
"""Problems of a page whose number cannot be trusted to be absent."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A published post without a number."""

    post: Post
    digests: tuple[str, ...]
    """The digests of its markers, that of a new thread first."""


@dataclass(frozen=True, slots=True)
class SkippedPost:
    """A page that gets no thread, and why."""

    source: str
    reason: str
    is_problem: bool = False
    """True if the owner has something to correct."""
    is_doubt: bool = False
    """True if the number may come from a script or a template, which cannot be followed."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The posts of a catalog that need a thread, the oldest first, and the pages that get none."""

    candidates: tuple[Candidate, ...]
    omissions: tuple[SkippedPost, ...]
    threads_in_use: frozenset[ThreadRef]
    """The issues that posts name already: none of them becomes the thread of another post."""


def plan_threads(catalog: PostCatalog) -> Plan:
    """Return what there is to do for a catalog."""
    problems = {problem.source: problem for problem in catalog.problems if problem.kind in _BLOCKING}
    address_counts = Counter(address_key(post.url) for post in catalog.posts if post.url)
    candidates: list[Candidate] = []
    omissions: list[SkippedPost] = []
    for post in sorted(catalog.posts, key=lambda post: (post.date or "9999", post.source)):
        problem = problems.pop(post.source, None)
        if post.threads:
            continue
        if problem is not None and problem.kind is ProblemKind.UNREADABLE:
            omissions.append(_omission(problem))
        elif post.unpublished is not None:
            omissions.append(SkippedPost(post.source, f"it is not published: {post.unpublished}"))
        elif problem is not None:
            omissions.append(_omission(problem))
        elif post.title is None:
            omissions.append(SkippedPost(post.source, "it has no title. Give it one", is_problem=True))
        else:
            is_alone = post.url is None or address_counts[address_key(post.url)] == 1
            candidates.append(Candidate(post, page_digests(post)[0 if is_alone else -1 :]))
    sources = {post.source for post in catalog.posts}
    omissions += [_omission(problem) for problem in problems.values() if problem.source not in sources]
    return Plan(tuple(candidates), tuple(omissions), catalog.threads)


def _omission(problem: PostProblem) -> SkippedPost:
    is_doubt = problem.kind is ProblemKind.VALUE_FROM_ELSEWHERE
    reason = f"{problem.message}. {problem.advice}"
    return SkippedPost(problem.source, reason, is_problem=not is_doubt, is_doubt=is_doubt)
