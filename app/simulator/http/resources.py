"""The resources that can be read: a path of GitHub's leads to what a world holds there.

https://docs.github.com/rest/issues
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import formatdate
from typing import TypeVar

import orjson

from app.simulator.http.object_cache import ObjectCache
from app.simulator.http.objects import View, repository_object
from app.simulator.http.paging import cursor_link_header, decode_cursor, link_header, parse_page
from app.simulator.http.request_log import IncomingRequest
from app.simulator.http.responses import (
    ALL_COMMENTS_DOCS,
    COMMENT_DOCS,
    COMMENTS_DOCS,
    ISSUE_DOCS,
    ISSUES_DOCS,
    REPOSITORY_DOCS,
    SimulatedResponse,
    invalid,
    issue_deleted,
    issues_disabled,
    json_response,
    moved,
    not_found,
    too_far,
)
from app.simulator.world.tables import WorldTables
from app.simulator.world.records import Comment, Issue, Repository, User
from app.simulator.world.selection import Selection

Listed = TypeVar("Listed", Comment, Issue)

_PLACE = re.compile(r"/(?:repos/(?P<name>[^/]+/[^/]+)|repositories/(?P<id>\d{1,15}))(?P<rest>/.*)?")
_INSIDERS = frozenset(("OWNER", "MEMBER", "COLLABORATOR"))


@dataclass(frozen=True, slots=True)
class ResourceRequest:
    """One question on its way to an answer: by whom (None without a token), in which view, at which repository."""

    request: IncomingRequest
    view: View
    viewer: User | None
    repository: Repository
    rest: str

    @property
    def asked(self) -> Mapping[str, str]:
        """The parameters by name; the last of a repeated one counts."""
        return dict(self.request.parameters)

    @property
    def url(self) -> str:
        """The address in links, which goes by the repository's id."""
        return f"{self.view.base_url}/repositories/{self.repository.id}{self.rest}"


class Resources:
    """Answers to reads of a world; with `cursors` the list of issues goes by `after` and has only a `next`.

    What cannot be answered raises Refusal, which carries GitHub's answer.
    """

    def __init__(self, world: WorldTables, *, cursors: bool) -> None:
        self._world = world
        self._cursors = cursors
        self._shelf = ObjectCache(world)
        self._selection = Selection(world)
        self._routes: tuple[tuple[re.Pattern[str], Callable[..., SimulatedResponse], str], ...] = (
            (re.compile(r""), self._repository, REPOSITORY_DOCS),
            (re.compile(r"/issues"), self._issues, ISSUES_DOCS),
            (re.compile(r"/issues/comments"), self._all_comments, ALL_COMMENTS_DOCS),
            (re.compile(r"/issues/comments/(\d{1,15})"), self._comment, COMMENT_DOCS),
            (re.compile(r"/issues/(\d{1,9})"), self._issue, ISSUE_DOCS),
            (re.compile(r"/issues/(\d{1,9})/comments"), self._comments, COMMENTS_DOCS),
        )

    def respond(self, request: IncomingRequest, view: View, viewer: User | None) -> SimulatedResponse:
        """Answer a read."""
        place = _PLACE.fullmatch(request.path)
        if place is None:
            raise not_found()
        rest = place["rest"] or ""
        for pattern, read, docs in self._routes:
            found = pattern.fullmatch(rest)
            if found:
                visit = ResourceRequest(request, view, viewer, self._place(place, viewer, docs), rest)
                self._renamed(visit, place)
                return read(visit, *map(int, found.groups()))
        raise not_found()

    def _place(self, place: re.Match[str], viewer: User | None, docs: str) -> Repository:
        """Find the repository of a path that its asker may see."""
        world = self._world
        name = (place["name"] or "").lower()
        known = int(place["id"]) if place["id"] else world.repository_ids.get(name, world.former_names.get(name, 0))
        repository = world.repositories.get(known)
        if repository is None or not self._sees(viewer, repository):
            raise not_found(docs)
        return repository

    def _renamed(self, visit: ResourceRequest, place: re.Match[str]) -> None:
        """Lead an old name to the repository's id."""
        if place["name"] and place["name"].lower() not in self._world.repository_ids:
            query = f"?{visit.request.query}" if visit.request.query else ""
            raise moved(visit.url + query)

    def _sees(self, viewer: User | None, repository: Repository) -> bool:
        if not repository.private:
            return True
        if viewer is None:
            return False
        standing = self._world.associations.get((repository.id, viewer.id))
        return viewer.login.lower() == repository.owner.lower() or standing in _INSIDERS

    def _repository(self, visit: ResourceRequest) -> SimulatedResponse:
        return json_response(
            200,
            repository_object(self._world, visit.repository, visit.view),
            last_modified=formatdate(visit.repository.created_at, usegmt=True),
        )

    def _issues(self, visit: ResourceRequest) -> SimulatedResponse:
        if not visit.repository.has_issues:
            raise issues_disabled()
        try:
            chosen = self._selection.issues(visit.repository.id, visit.asked)
        except ValueError:
            raise invalid("since", ISSUES_DOCS) from None
        if self._cursors:
            return self._stretch(visit, chosen)
        return self._page(visit, chosen, self._shelf.issue, ISSUES_DOCS)

    def _all_comments(self, visit: ResourceRequest) -> SimulatedResponse:
        try:
            chosen = self._selection.comments(visit.repository.id, visit.asked)
        except ValueError:
            raise invalid("since", ALL_COMMENTS_DOCS) from None
        return self._page(visit, chosen, self._shelf.comment, ALL_COMMENTS_DOCS)

    def _comments(self, visit: ResourceRequest, number: int) -> SimulatedResponse:
        if (visit.repository.id, number) in self._world.transferred_issues:
            raise not_found(COMMENTS_DOCS)
        issue = self._find(visit, number, COMMENTS_DOCS)
        try:
            chosen = self._selection.thread(issue, visit.asked)
        except ValueError:
            raise invalid("since", COMMENTS_DOCS) from None
        return self._page(visit, chosen, self._shelf.comment, COMMENTS_DOCS)

    def _issue(self, visit: ResourceRequest, number: int) -> SimulatedResponse:
        issue = self._find(visit, number, ISSUE_DOCS)
        return _single(self._shelf.single_issue(issue, visit.view), issue)

    def _comment(self, visit: ResourceRequest, comment_id: int) -> SimulatedResponse:
        comment = self._world.comments.get(comment_id)
        if comment is None or self._world.issues[comment.issue_id].repository_id != visit.repository.id:
            raise not_found(COMMENT_DOCS)
        return _single(self._shelf.comment(comment, visit.view), comment)

    def _find(self, visit: ResourceRequest, number: int, docs: str) -> Issue:
        world, place = self._world, (visit.repository.id, number)
        if place in world.deleted_issues:
            raise issue_deleted()
        if place in world.transferred_issues:
            raise self._elsewhere(visit, world.transferred_issues[place])
        issue_id = world.issue_ids[visit.repository.id].get(number)
        if issue_id is None:
            raise not_found(docs)
        issue = world.issues[issue_id]
        if not (visit.repository.has_issues or issue.is_pull_request):
            raise issues_disabled()
        return issue

    def _elsewhere(self, visit: ResourceRequest, issue_id: int) -> Exception:
        """Where a transferred issue is now, if it still is and its asker may know."""
        issue = self._world.issues.get(issue_id)
        if issue is None or not self._sees(visit.viewer, self._world.repositories[issue.repository_id]):
            return not_found(ISSUE_DOCS)
        return moved(f"{visit.view.base_url}/repositories/{issue.repository_id}/issues/{issue.number}")

    def _page(
        self, visit: ResourceRequest, chosen: list[Listed], render: Callable[[Listed, View], orjson.Fragment], docs: str
    ) -> SimulatedResponse:
        page = parse_page(visit.request.parameters)
        if page.too_far:
            raise too_far(docs)
        shown = chosen[page.start : page.start + page.size]
        answer = json_response(200, [render(record, visit.view) for record in shown])
        link = link_header(visit.url, visit.request.parameters, page, len(chosen))
        return answer.with_headers(link=link) if link else answer

    def _stretch(self, visit: ResourceRequest, chosen: list[Issue]) -> SimulatedResponse:
        parameters = visit.request.parameters
        page = parse_page(parameters)
        after = decode_cursor(visit.asked.get("after", ""))
        if after is None and page.too_far:
            raise too_far(ISSUES_DOCS)
        start = page.start if after is None else after
        shown = chosen[start : start + page.size]
        answer = json_response(200, [self._shelf.issue(issue, visit.view) for issue in shown])
        link = cursor_link_header(visit.url, parameters, page, start + page.size, len(chosen))
        return answer.with_headers(link=link) if link else answer


def _single(rendered: orjson.Fragment, record: Comment | Issue) -> SimulatedResponse:
    return json_response(200, rendered, last_modified=formatdate(record.updated_at, usegmt=True))
