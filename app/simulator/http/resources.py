"""The resources that can be read, and their paths.

https://docs.github.com/rest/issues
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import formatdate

import orjson

from app.simulator.http import responses
from app.simulator.http.archives import Archives
from app.simulator.http.object_cache import ObjectCache
from app.simulator.http.paging import cursor_link_header, decode_cursor, link_header, parse_page
from app.simulator.http.request_log import IncomingRequest
from app.simulator.http.responses import SimulatedResponse, StatusError
from app.simulator.world.objects import View, repository_object
from app.simulator.world.records import Issue, IssueOrComment, Repository, User, to_timestamp
from app.simulator.world.selection import Selection
from app.simulator.world.world import World

_PATH = re.compile(r"/(?:repos/(?P<name>[^/]+/[^/]+)|repositories/(?P<id>\d{1,15}))(?P<rest>/.*)?")
_DISTANT_PAST = -(2**40)
_ASSOCIATIONS_WITH_ACCESS = frozenset(("OWNER", "MEMBER", "COLLABORATOR"))


@dataclass(frozen=True, slots=True)
class RequestContext:
    """A request with what it refers to; `rest` is the path after the repository, `docs` GitHub's page about it.

    `viewer` is the user of the token, None without a token.
    """

    request: IncomingRequest
    view: View
    viewer: User | None
    repository: Repository
    rest: str
    docs: str

    @property
    def parameters(self) -> Mapping[str, str]:
        """Return the parameters by name; the last value of a repeated parameter counts."""
        return dict(self.request.parameters)

    @property
    def since(self) -> int:
        """Return the time of the parameter `since`, or a time before all others; raise 422 for any other text."""
        text = self.parameters.get("since", "")
        try:
            # A "+" that a client did not escape arrives as a blank.
            return to_timestamp(text.strip().replace(" ", "+")) if text else _DISTANT_PAST
        except ValueError:
            raise responses.invalid_parameter("since", self.docs) from None

    @property
    def url(self) -> str:
        """Return the URL for links and redirects, which goes by the repository's id."""
        return f"{self.view.base_url}/repositories/{self.repository.id}{self.rest}"


class Resources:
    """The resources of a world; with `cursors` the list of issues is paged by `after` and links only to `next`.

    A resource that cannot be read raises StatusError, which carries GitHub's response.
    """

    def __init__(self, world: World, *, cursors: bool) -> None:
        self._world = world
        self.archives = Archives(world)
        self._cursors = cursors
        self._objects = ObjectCache(world)
        self._selection = Selection(world)
        self._routes: tuple[tuple[re.Pattern[str], Callable[..., SimulatedResponse], str], ...] = (
            (re.compile(r""), self._repository, responses.REPOSITORY_DOCS),
            (re.compile(r"/issues"), self._issues, responses.ISSUES_DOCS),
            (re.compile(r"/issues/comments"), self._all_comments, responses.ALL_COMMENTS_DOCS),
            (re.compile(r"/issues/comments/(\d{1,15})"), self._comment, responses.COMMENT_DOCS),
            (re.compile(r"/issues/(\d{1,9})"), self._issue, responses.ISSUE_DOCS),
            (re.compile(r"/issues/(\d{1,9})/comments"), self._comments, responses.COMMENTS_DOCS),
            (re.compile(r"/commits/(.+)"), self._commit_id, responses.COMMIT_DOCS),
            (re.compile(r"/tarball/(.+)"), self._archive, responses.ARCHIVE_DOCS),
        )

    def respond(self, request: IncomingRequest, view: View, viewer: User | None) -> SimulatedResponse:
        """Return the response to a GET or HEAD request."""
        path = _PATH.fullmatch(request.path)
        if path is None:
            raise responses.not_found()
        rest = path["rest"] or ""
        for pattern, handler, docs in self._routes:
            match = pattern.fullmatch(rest)
            if match:
                repository = self._visible_repository(path, viewer, docs)
                context = RequestContext(request, view, viewer, repository, rest, docs)
                self._redirect_former_name(context, path)
                return handler(context, *match.groups())
        raise responses.not_found()

    def _visible_repository(self, path: re.Match[str], viewer: User | None, docs: str) -> Repository:
        """Return the repository of a path; raise 404 if it does not exist or is hidden from the viewer."""
        world = self._world
        name = (path["name"] or "").lower()
        repository_id = int(path["id"] or world.repository_ids.get(name, world.former_names.get(name, 0)))
        repository = world.repositories.get(repository_id)
        if repository is None or not self._can_read(viewer, repository):
            raise responses.not_found(docs)
        return repository

    def _redirect_former_name(self, context: RequestContext, path: re.Match[str]) -> None:
        """Raise 301 to the repository's id if the path has a former name."""
        if path["name"] and path["name"].lower() not in self._world.repository_ids:
            query = f"?{context.request.query}" if context.request.query else ""
            raise responses.moved_permanently(context.url + query)

    def _can_read(self, viewer: User | None, repository: Repository) -> bool:
        if not repository.private:
            return True
        if viewer is None:
            return False
        association = self._world.associations.get((repository.id, viewer.id))
        return viewer.login.lower() == repository.owner.lower() or association in _ASSOCIATIONS_WITH_ACCESS

    def _repository(self, context: RequestContext) -> SimulatedResponse:
        return _single(repository_object(self._world, context.repository, context.view), context.repository.created_at)

    def _issues(self, context: RequestContext) -> SimulatedResponse:
        if not context.repository.has_issues:
            raise responses.issues_disabled()
        issues = self._selection.issues(context.repository.id, context.parameters, context.since)
        return self._page(context, issues, self._objects.issue, by_cursor=self._cursors)

    def _all_comments(self, context: RequestContext) -> SimulatedResponse:
        comments = self._selection.comments(context.repository.id, context.parameters, context.since)
        return self._page(context, comments, self._objects.comment)

    def _comments(self, context: RequestContext, number: str) -> SimulatedResponse:
        if (context.repository.id, int(number)) in self._world.transferred_issues:
            raise responses.not_found(context.docs)
        comments = self._selection.thread(self._find_issue(context, int(number)), context.since)
        return self._page(context, comments, self._objects.comment)

    def _commit_id(self, context: RequestContext, ref: str) -> SimulatedResponse:
        return self.archives.commit_id(context.repository, ref, context.request.headers.get("accept", ""))

    def _archive(self, context: RequestContext, ref: str) -> SimulatedResponse:
        return self.archives.redirect(context.repository, ref, context.view.base_url)

    def _issue(self, context: RequestContext, number: str) -> SimulatedResponse:
        issue = self._find_issue(context, int(number))
        return _single(self._objects.single_issue(issue, context.view), issue.updated_at)

    def _comment(self, context: RequestContext, comment_id: str) -> SimulatedResponse:
        comment = self._world.comments.get(int(comment_id))
        if comment is None or self._world.issues[comment.issue_id].repository_id != context.repository.id:
            raise responses.not_found(context.docs)
        return _single(self._objects.comment(comment, context.view), comment.updated_at)

    def _find_issue(self, context: RequestContext, number: int) -> Issue:
        """Return the issue of a number; raise 301 if it was transferred, 410 if deleted, 404 if unknown."""
        world, key = self._world, (context.repository.id, number)
        if key in world.deleted_issues:
            raise responses.issue_deleted()
        if key in world.transferred_issues:
            raise self._transfer_redirect(context, world.transferred_issues[key])
        issue_id = world.issue_ids[context.repository.id].get(number)
        if issue_id is None:
            raise responses.not_found(context.docs)
        issue = world.issues[issue_id]
        if not (context.repository.has_issues or issue.is_pull_request):
            raise responses.issues_disabled()
        return issue

    def _transfer_redirect(self, context: RequestContext, issue_id: int) -> StatusError:
        """Return 301 to a transferred issue; 404 if it is deleted or hidden from the viewer."""
        issue = self._world.issues.get(issue_id)
        if issue is None or not self._can_read(context.viewer, self._world.repositories[issue.repository_id]):
            return responses.not_found(responses.ISSUE_DOCS)
        path = f"/repositories/{issue.repository_id}/issues/{issue.number}"
        return responses.moved_permanently(context.view.base_url + path)

    def _page(
        self,
        context: RequestContext,
        records: list[IssueOrComment],
        render: Callable[[IssueOrComment, View], orjson.Fragment],
        *,
        by_cursor: bool = False,
    ) -> SimulatedResponse:
        parameters = context.request.parameters
        page = parse_page(parameters)
        after = decode_cursor(context.parameters.get("after", "")) if by_cursor else None
        if after is None and page.is_beyond_limit:
            raise responses.pagination_limit(context.docs)
        start = page.start if after is None else after
        end = start + page.size
        response = responses.json_response(200, [render(record, context.view) for record in records[start:end]])
        if by_cursor:
            link = cursor_link_header(context.url, parameters, page, end, len(records))
        else:
            link = link_header(context.url, parameters, page, len(records))
        return response.with_headers(link=link) if link else response


def _single(value: object, updated_at: int) -> SimulatedResponse:
    return responses.json_response(200, value, last_modified=formatdate(updated_at, usegmt=True))
