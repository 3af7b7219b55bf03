"""The search for issues and pull requests: words and phrases in titles and bodies, with the usual qualifiers.

The index lags behind the issues, as GitHub's does; a test sets by how much.
https://docs.github.com/rest/search/search#search-issues-and-pull-requests
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from app.simulator.http import responses
from app.simulator.http.paging import Parameters, link_header, parse_page
from app.simulator.http.responses import SimulatedResponse, StatusError
from app.simulator.world.objects import View, issue_object
from app.simulator.world.records import Issue, Repository
from app.simulator.world.tables import WorldTables

SEARCH_PATH = "/search/issues"
SEARCH_DOCS = f"{responses.DOCS}/search/search#search-issues-and-pull-requests"
MAX_QUERY = 256
MAX_RESULTS = 1000
_TERM = re.compile(r'(?:(?P<qualifier>[a-z]+):)?(?:"(?P<phrase>[^"]*)"|(?P<word>[^\s"]+))')
_WORD = re.compile(r"\w+")
_NOT_SEARCHABLE = (
    "The listed users and repositories cannot be searched either because the resources do not exist"
    " or you do not have permission to view them."
)


@dataclass(slots=True)
class SearchIndex:
    """What the search finds: `lag` is in seconds; with `incomplete` a search ends early, as under load."""

    lag: float = 0.0
    incomplete: bool = False


@dataclass(frozen=True, slots=True)
class _Query:
    repositories: tuple[Repository, ...]
    phrases: tuple[tuple[str, ...], ...]
    qualifiers: tuple[tuple[str, str], ...]


def search_issues(
    world: WorldTables,
    index: SearchIndex,
    parameters: Parameters,
    view: View,
    can_read: Callable[[Repository], bool],
) -> SimulatedResponse:
    """Return a page of the issues that match `q`. Raises StatusError for a query that GitHub refuses."""
    values = dict(parameters)
    query = _parse(world, values.get("q", ""), can_read)
    newest = world.clock() - index.lag
    matches = [
        issue
        for repository in query.repositories
        for issue in map(world.issues.__getitem__, world.issue_ids[repository.id].values())
        if issue.created_at <= newest and _matches(world, issue, query)
    ]
    by_updated = values.get("sort") == "updated"
    matches.sort(
        key=lambda issue: (issue.updated_at if by_updated else issue.created_at, issue.id),
        reverse=values.get("order") != "asc",
    )
    page = parse_page(parameters)
    if page.number > 1 and page.start >= MAX_RESULTS:
        raise StatusError(
            responses.error_response(422, f"Only the first {MAX_RESULTS} search results are available", SEARCH_DOCS)
        )
    page_items = [] if index.incomplete else matches[page.start : page.start + page.size]
    result = {
        "total_count": len(page_items) if index.incomplete else len(matches),
        "incomplete_results": index.incomplete,
        "search_type": "lexical",
        "items": [issue_object(world, issue, view) | {"score": 1.0} for issue in page_items],
    }
    response = responses.json_response(200, result)
    link = link_header(f"{view.base_url}{SEARCH_PATH}", parameters, page, min(len(matches), MAX_RESULTS))
    return response.with_headers(link=link) if link else response


def _parse(world: WorldTables, text: str, can_read: Callable[[Repository], bool]) -> _Query:
    if not text.strip():
        raise _invalid("missing", "Search text is required when searching issues.")
    terms = [(match["qualifier"], match["phrase"] or match["word"] or "") for match in _TERM.finditer(text)]
    free = [value for qualifier, value in terms if qualifier is None]
    if len(" ".join(free)) > MAX_QUERY:
        raise _invalid("invalid", f"The search is longer than {MAX_QUERY} characters.")
    names = [value.lower() for qualifier, value in terms if qualifier == "repo"]
    repositories = [world.repositories.get(world.repository_ids.get(name, 0)) for name in names]
    visible = tuple(repository for repository in repositories if repository is not None and can_read(repository))
    if not visible:
        raise _invalid("invalid", _NOT_SEARCHABLE)
    phrases = (tuple(_WORD.findall(value.lower())) for value in free)
    others = tuple((qualifier, value.lower()) for qualifier, value in terms if qualifier not in {None, "repo"})
    return _Query(visible, tuple(phrase for phrase in phrases if phrase), others)


def _matches(world: WorldTables, issue: Issue, query: _Query) -> bool:
    fields = {field for name, value in query.qualifiers if name == "in" for field in value.split(",")}
    texts = {"title": issue.title, "body": issue.body or ""}
    words = [_WORD.findall(text.lower()) for name, text in texts.items() if not fields or name in fields]
    has_phrases = all(any(_contains(text, phrase) for text in words) for phrase in query.phrases)
    return has_phrases and all(_has_quality(world, issue, name, value) for name, value in query.qualifiers)


def _has_quality(world: WorldTables, issue: Issue, name: str, value: str) -> bool:
    if name in {"is", "type", "state"}:
        return value in {"pr" if issue.is_pull_request else "issue", issue.state}
    if name == "author":
        return world.users[issue.author].login.lower() == value
    return name != "label" or value in {label.lower() for label in issue.labels}


def _contains(words: list[str], phrase: tuple[str, ...]) -> bool:
    size = len(phrase)
    return any(tuple(words[start : start + size]) == phrase for start in range(len(words) - size + 1))


def _invalid(code: str, message: str) -> StatusError:
    error = {"resource": "Search", "code": code, "field": "q", "message": message}
    body = {"message": "Validation Failed", "errors": [error], "documentation_url": SEARCH_DOCS, "status": "422"}
    return StatusError(responses.json_response(422, body))
