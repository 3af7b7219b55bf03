"""The resources that can be read: a path of GitHub's leads to what a world holds there.

https://docs.github.com/rest/issues
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import formatdate
from typing import TypeVar

import orjson

from app.simulator.http.object_cache import Shelf
from app.simulator.http.objects import View, repository_object
from app.simulator.http.paging import cursor_link, links, page_of, position
from app.simulator.http.request_log import Question
from app.simulator.http.responses import (
    ALL_COMMENTS_DOCS,
    COMMENT_DOCS,
    COMMENTS_DOCS,
    ISSUE_DOCS,
    ISSUES_DOCS,
    REPOSITORY_DOCS,
    Answer,
    invalid,
    issue_deleted,
    issues_off,
    json_answer,
    moved,
    not_found,
    too_far,
)
from app.simulator.world.accounts import Ground
from app.simulator.world.records import Comment, Issue, Repository, User
from app.simulator.world.selection import Selection

Listed = TypeVar("Listed", Comment, Issue)

_PLACE = re.compile(r"/(?:repos/(?P<name>[^/]+/[^/]+)|repositories/(?P<id>\d{1,15}))(?P<rest>/.*)?")
_INSIDERS = frozenset(("OWNER", "MEMBER", "COLLABORATOR"))


@dataclass(frozen=True, slots=True)
class Visit:
    """One question on its way to an answer: by whom (None without a token), in which view, at which repository."""

    question: Question
    view: View
    viewer: User | None
    repository: Repository
    rest: str

    @property
    def asked(self) -> Mapping[str, str]:
        """The parameters by name; the last of a repeated one counts."""
        return dict(self.question.parameters)

    @property
    def address(self) -> str:
        """The address in links, which goes by the repository's id."""
        return f"{self.view.base}/repositories/{self.repository.id}{self.rest}"


class Reads:
    """Answers to reads of a world; with `cursors` the list of issues goes by `after` and has only a `next`.

    What cannot be answered raises Refusal, which carries GitHub's answer.
    """

    def __init__(self, world: Ground, *, cursors: bool) -> None:
        self._world = world
        self._cursors = cursors
        self._shelf = Shelf(world)
        self._selection = Selection(world)
        self._routes: tuple[tuple[re.Pattern[str], Callable[..., Answer], str], ...] = (
            (re.compile(r""), self._repository, REPOSITORY_DOCS),
            (re.compile(r"/issues"), self._issues, ISSUES_DOCS),
            (re.compile(r"/issues/comments"), self._all_comments, ALL_COMMENTS_DOCS),
            (re.compile(r"/issues/comments/(\d{1,15})"), self._comment, COMMENT_DOCS),
            (re.compile(r"/issues/(\d{1,9})"), self._issue, ISSUE_DOCS),
            (re.compile(r"/issues/(\d{1,9})/comments"), self._comments, COMMENTS_DOCS),
        )

    def answer(self, question: Question, view: View, viewer: User | None) -> Answer:
        """Answer a read."""
        place = _PLACE.fullmatch(question.path)
        if place is None:
            raise not_found()
        rest = place["rest"] or ""
        for pattern, read, docs in self._routes:
            found = pattern.fullmatch(rest)
            if found:
                visit = Visit(question, view, viewer, self._place(place, viewer, docs), rest)
                self._renamed(visit, place)
                return read(visit, *map(int, found.groups()))
        raise not_found()

    def _place(self, place: re.Match[str], viewer: User | None, docs: str) -> Repository:
        """Find the repository of a path that its asker may see."""
        world = self._world
        name = (place["name"] or "").lower()
        known = int(place["id"]) if place["id"] else world.names.get(name, world.old_names.get(name, 0))
        repository = world.repositories.get(known)
        if repository is None or not self._sees(viewer, repository):
            raise not_found(docs)
        return repository

    def _renamed(self, visit: Visit, place: re.Match[str]) -> None:
        """Lead an old name to the repository's id."""
        if place["name"] and place["name"].lower() not in self._world.names:
            query = f"?{visit.question.query}" if visit.question.query else ""
            raise moved(visit.address + query)

    def _sees(self, viewer: User | None, repository: Repository) -> bool:
        if not repository.private:
            return True
        if viewer is None:
            return False
        standing = self._world.associations.get((repository.id, viewer.id))
        return viewer.login.lower() == repository.owner.lower() or standing in _INSIDERS

    def _repository(self, visit: Visit) -> Answer:
        return json_answer(
            200,
            repository_object(self._world, visit.repository, visit.view),
            last_modified=formatdate(visit.repository.created_at, usegmt=True),
        )

    def _issues(self, visit: Visit) -> Answer:
        if not visit.repository.has_issues:
            raise issues_off()
        try:
            chosen = self._selection.issues(visit.repository.id, visit.asked)
        except ValueError:
            raise invalid("since", ISSUES_DOCS) from None
        if self._cursors:
            return self._stretch(visit, chosen)
        return self._page(visit, chosen, self._shelf.issue, ISSUES_DOCS)

    def _all_comments(self, visit: Visit) -> Answer:
        try:
            chosen = self._selection.comments(visit.repository.id, visit.asked)
        except ValueError:
            raise invalid("since", ALL_COMMENTS_DOCS) from None
        return self._page(visit, chosen, self._shelf.comment, ALL_COMMENTS_DOCS)

    def _comments(self, visit: Visit, number: int) -> Answer:
        if (visit.repository.id, number) in self._world.transferred:
            raise not_found(COMMENTS_DOCS)
        issue = self._find(visit, number, COMMENTS_DOCS)
        try:
            chosen = self._selection.thread(issue, visit.asked)
        except ValueError:
            raise invalid("since", COMMENTS_DOCS) from None
        return self._page(visit, chosen, self._shelf.comment, COMMENTS_DOCS)

    def _issue(self, visit: Visit, number: int) -> Answer:
        issue = self._find(visit, number, ISSUE_DOCS)
        return _single(self._shelf.single_issue(issue, visit.view), issue)

    def _comment(self, visit: Visit, comment_id: int) -> Answer:
        comment = self._world.comments.get(comment_id)
        if comment is None or self._world.issues[comment.issue_id].repository_id != visit.repository.id:
            raise not_found(COMMENT_DOCS)
        return _single(self._shelf.comment(comment, visit.view), comment)

    def _find(self, visit: Visit, number: int, docs: str) -> Issue:
        world, place = self._world, (visit.repository.id, number)
        if place in world.deleted:
            raise issue_deleted()
        if place in world.transferred:
            raise self._elsewhere(visit, world.transferred[place])
        issue_id = world.numbers[visit.repository.id].get(number)
        if issue_id is None:
            raise not_found(docs)
        issue = world.issues[issue_id]
        if not (visit.repository.has_issues or issue.is_pull_request):
            raise issues_off()
        return issue

    def _elsewhere(self, visit: Visit, issue_id: int) -> Exception:
        """Where a transferred issue is now, if it still is and its asker may know."""
        issue = self._world.issues.get(issue_id)
        if issue is None or not self._sees(visit.viewer, self._world.repositories[issue.repository_id]):
            return not_found(ISSUE_DOCS)
        return moved(f"{visit.view.base}/repositories/{issue.repository_id}/issues/{issue.number}")

    def _page(
        self, visit: Visit, chosen: list[Listed], render: Callable[[Listed, View], orjson.Fragment], docs: str
    ) -> Answer:
        page = page_of(visit.question.parameters)
        if page.too_far:
            raise too_far(docs)
        shown = chosen[page.start : page.start + page.size]
        answer = json_answer(200, [render(record, visit.view) for record in shown])
        link = links(visit.address, visit.question.parameters, page, len(chosen))
        return answer.having(link=link) if link else answer

    def _stretch(self, visit: Visit, chosen: list[Issue]) -> Answer:
        parameters = visit.question.parameters
        page = page_of(parameters)
        after = position(visit.asked.get("after", ""))
        if after is None and page.too_far:
            raise too_far(ISSUES_DOCS)
        start = page.start if after is None else after
        shown = chosen[start : start + page.size]
        answer = json_answer(200, [self._shelf.issue(issue, visit.view) for issue in shown])
        link = cursor_link(visit.address, parameters, page, start + page.size, len(chosen))
        return answer.having(link=link) if link else answer


def _single(rendered: orjson.Fragment, record: Comment | Issue) -> Answer:
    return json_answer(200, rendered, last_modified=formatdate(record.updated_at, usegmt=True))
