"""The parameters by which a page names its thread if it has no number: terms, labels, and markers."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any

from fastapi import Depends, Query
from pydantic import BeforeValidator
from starlette.exceptions import HTTPException
from starlette.requests import Request

from app.domain.errors import InvalidParameter, ThreadUndecided
from app.domain.sites import Repository
from app.domain.terms.index import TermOf, ThreadQuery
from app.serving.terms.edition import Edition
from app.serving.terms.terms import Terms
from app.web.context import web_context
from app.web.reads.parsing import parse_choice

MAX_TERM, MAX_LABEL, MAX_LABELS, MAX_TERMS = 1_000, 100, 20, 100
"""The longest texts in characters, and the most of them in one request."""
_KINDS = ", ".join(TermOf)


def _allowed_text(maximum: int) -> str:
    return f"a text of 1 to {maximum} characters that is not only white space"


def _is_text(value: Any, maximum: int) -> bool:
    return isinstance(value, str) and len(value) <= maximum and bool(value.strip())


def _parse_text(name: str, maximum: int) -> Callable[[Any], str | None]:
    """Return a parser of texts, which raises `InvalidParameter` with this name."""

    def parse(value: Any) -> str | None:
        if value is not None and not _is_text(value, maximum):
            raise InvalidParameter(name, _allowed_text(maximum))
        return None if value is None else str(value)

    return parse


def _parse_labels(values: Any) -> list[str]:
    if len(values) > MAX_LABELS or not all(_is_text(value, MAX_LABEL) for value in values):
        raise InvalidParameter("label", f"at most {MAX_LABELS} times {_allowed_text(MAX_LABEL)}")
    return list(values)


def parse_terms(values: Sequence[str]) -> tuple[str, ...]:
    """Return terms without repeats; raise `InvalidParameter` for too many, an empty or a long one."""
    if len(values) > MAX_TERMS or not all(_is_text(value, MAX_TERM) for value in values):
        raise InvalidParameter("terms", f"at most {MAX_TERMS} times {_allowed_text(MAX_TERM)}")
    return tuple(dict.fromkeys(values))


TermOfPage = Annotated[
    TermOf | None,
    BeforeValidator(
        lambda value: None if value is None else parse_choice("term_of", tuple(TermOf), f"one of {_KINDS}")(value)
    ),
    Query(
        description=(
            "What of the page the term is. A page's path, address or title is found as a whole; a term of your own, "
            "without this, also as words of a longer title."
        ),
        examples=["pathname"],
    ),
]
_Term = Annotated[
    str | None,
    BeforeValidator(_parse_text("term", MAX_TERM)),
    Query(
        description="What the title of the issue is or contains, in any letter case, as utterances searches for it.",
        examples=["posts/hello/"],
        max_length=MAX_TERM,
    ),
]
_TitlePrefix = Annotated[
    str | None,
    BeforeValidator(_parse_text("title_prefix", MAX_LABEL)),
    Query(description="What the title has before the term, as vssue writes it.", examples=["[Vssue]"]),
]
_Labels = Annotated[
    list[str],
    BeforeValidator(_parse_labels),
    Query(
        description="A label that the issue has, as gitalk, gitment and vssue use them. Repeated: all of them.",
        examples=[["Gitalk", "/posts/hello/"]],
    ),
]
_Marker = Annotated[
    str | None,
    BeforeValidator(_parse_text("marker", MAX_TERM)),
    Query(
        description=(
            "A text, or its SHA-1, that a comment in the text of the issue names: `<!-- sha1: … -->` of the term, as "
            "giscus writes it, or `<!-- afterword: … -->` of the page's path."
        ),
        examples=["/posts/hello/"],
        max_length=MAX_TERM,
    ),
]


async def _thread_query(
    *,
    term: _Term = None,
    term_of: TermOfPage = None,
    title_prefix: _TitlePrefix = None,
    label: _Labels = [],  # noqa: B006 - FastAPI copies it
    marker: _Marker = None,
) -> ThreadQuery:
    if term is None and marker is None and not label:
        raise InvalidParameter("term", "given, or else `label` or `marker`")
    if title_prefix is not None and term is None:
        raise InvalidParameter("title_prefix", "given with a `term`")
    title = term if title_prefix is None else f"{title_prefix}{term}"
    return ThreadQuery(title, term_of, tuple(sorted(set(label))), marker)


RequestedThread = Annotated[ThreadQuery, Depends(_thread_query)]
OPENAPI_TERMS = {
    "name": "terms",
    "in": "query",
    "required": False,
    "description": f"The posts to count by their terms, repeated up to {MAX_TERMS} times.",
    "style": "form",
    "explode": True,
    "schema": {"type": "array", "items": {"type": "string", "minLength": 1, "maxLength": MAX_TERM}},
    "example": ["posts/hello/", "about"],
}


def terms_of(request: Request) -> Terms:
    """Return what finds threads; raise a 404 if this process does not."""
    terms = web_context(request).features.terms
    if terms is None:
        raise HTTPException(404)
    return terms


async def numbers_of_terms(
    request: Request, site: Repository, terms: Sequence[str], term_of: TermOf | None
) -> tuple[tuple[int | None, ...], Edition]:
    """Return the numbers of the threads that terms mean, None for none or several, and how long that holds."""
    numbers: list[int | None] = []
    edition: Edition | None = None
    for term in terms:
        try:
            number, current = await terms_of(request).number(site, ThreadQuery(term, term_of))
        except ThreadUndecided:
            numbers.append(None)
            continue
        numbers.append(number)
        edition = edition or current
    return tuple(numbers), edition or Edition()
