"""Headers, conditional asks and refusals, as GitHub's documentation and recorded answers have them."""

from base64 import b64encode

import pytest

from app.simulator.http.app import Simulator
from app.simulator.http.media_types import parse_media_type
from app.simulator.world.world import World
from tests.simulator.client import NOON, REPO, FakeClock, ask, value

ISSUE = f"/repos/{REPO}/issues/1"


@pytest.fixture
def posted(world: World) -> World:
    world.open_issue(REPO, title="One", body="Hello")
    world.comment(REPO, 1, body="Hi", author="grace")
    world.add_token("ghp_secret", "ada")
    return world


@pytest.mark.parametrize(
    ("accept", "name", "fields"),
    [
        ("", "github.v3; format=json", ("body",)),
        ("*/*", "github.v3; format=json", ("body",)),
        ("application/json", "github.v3; format=json", ("body",)),
        ("application/vnd.github+json", "github.v3; format=json", ("body",)),
        ("application/vnd.github.v3+json", "github.v3; format=json", ("body",)),
        ("application/vnd.github.raw+json", "github.v3; param=raw; format=json", ("body",)),
        ("application/vnd.github.html+json", "github.v3; param=html; format=json", ("body_html",)),
        ("application/vnd.github.v3.html+json", "github.v3; param=html; format=json", ("body_html",)),
        ("application/vnd.github.v3.html", "github.v3; param=html", ("body_html",)),
        ("application/vnd.github.text+json", "github.v3; param=text; format=json", ("body_text",)),
        (
            "text/html, application/vnd.github.v3.full+json;q=0.9",
            "github.v3; param=full; format=json",
            ("body_html", "body_text", "body"),
        ),
    ],
)
def test_a_media_type_is_told_and_decides_the_fields(accept: str, name: str, fields: tuple[str, ...]) -> None:
    media = parse_media_type(accept)
    assert (media.name, media.fields) == (name, fields)


def test_every_answer_carries_githubs_headers(simulator: Simulator, posted: World) -> None:
    answer = ask(simulator, ISSUE, authorization="token ghp_secret", accept="application/vnd.github.v3.html+json")
    expected = {
        "access-control-allow-origin": "*",
        "cache-control": "private, max-age=60, s-maxage=60",
        "content-type": "application/json; charset=utf-8",
        "date": "Sun, 13 Sep 2020 12:26:40 GMT",
        "last-modified": "Sun, 13 Sep 2020 12:26:40 GMT",
        "x-github-api-version-selected": "2022-11-28",
        "x-github-media-type": "github.v3; param=html; format=json",
        "x-ratelimit-limit": "5000",
        "x-ratelimit-remaining": "4999",
        "x-ratelimit-reset": str(NOON + 3600),
        "x-ratelimit-resource": "core",
        "x-ratelimit-used": "1",
    }
    assert expected.items() <= answer.headers.items()
    assert answer.headers["etag"].startswith('W/"')
    assert "ETag, Link" in answer.headers["access-control-expose-headers"]
    assert answer.headers["x-github-request-id"].count(":") == 4


def test_request_ids_differ(simulator: Simulator, posted: World) -> None:
    ids = {ask(simulator, ISSUE).headers["x-github-request-id"] for _ in range(3)}
    assert len(ids) == 3


def test_the_newer_version_of_the_api_leaves_out_what_is_gone(simulator: Simulator, posted: World) -> None:
    newer, older = (ask(simulator, ISSUE, x_github_api_version=version) for version in ("2026-03-10", "2022-11-28"))
    assert newer.headers["x-github-api-version-selected"] == "2026-03-10"
    assert value(older).keys() - value(newer).keys() == {"assignee"}
    assert "rate" not in value(ask(simulator, "/rate_limit", x_github_api_version="2026-03-10"))
    assert value(ask(simulator, "/rate_limit"))["rate"]["limit"] == 60


def test_an_unknown_version_of_the_api_is_400(simulator: Simulator, posted: World) -> None:
    assert ask(simulator, ISSUE, x_github_api_version="1999-01-01").status == 400


@pytest.mark.parametrize("given", ["{}", "W/{}", '"other", {}', "*"])
def test_what_has_not_changed_is_304_without_a_body(simulator: Simulator, posted: World, given: str) -> None:
    strong = ask(simulator, ISSUE).headers["etag"].removeprefix("W/")
    again = ask(simulator, ISSUE, if_none_match=given.format(strong))
    assert (again.status, again.body) == (304, b"")
    assert again.headers["etag"] == f"W/{strong}"
    assert "content-type" not in again.headers


@pytest.mark.parametrize(
    "other",
    [{"authorization": "token ghp_secret"}, {"accept": "application/vnd.github.full+json"}],
)
def test_an_etag_belongs_to_media_type_and_token(simulator: Simulator, posted: World, other: dict[str, str]) -> None:
    etag = ask(simulator, ISSUE).headers["etag"]
    assert ask(simulator, ISSUE, if_none_match=etag, **other).status == 200


def test_an_etag_changes_with_the_content(simulator: Simulator, posted: World) -> None:
    etag = ask(simulator, ISSUE).headers["etag"]
    posted.react(posted.issue(REPO, 1), "heart")
    assert ask(simulator, ISSUE, if_none_match=etag).status == 200


@pytest.mark.parametrize(
    ("since", "status"),
    [
        ("Sun, 13 Sep 2020 12:26:40 GMT", 304),
        ("Sun, 13 Sep 2020 12:26:39 GMT", 200),
        ("yesterday", 200),
    ],
)
def test_a_single_object_answers_to_its_date(simulator: Simulator, posted: World, since: str, status: int) -> None:
    assert ask(simulator, ISSUE, if_modified_since=since).status == status


def test_a_list_has_no_date_to_answer_to(simulator: Simulator, posted: World) -> None:
    answer = ask(simulator, f"{ISSUE}/comments", if_modified_since="Sun, 13 Sep 2020 12:26:40 GMT")
    assert (answer.status, "last-modified" in answer.headers) == (200, False)


def test_who_does_not_name_itself_is_forbidden(simulator: Simulator, posted: World) -> None:
    answer = ask(simulator, ISSUE, user_agent="")
    assert answer.status == 403
    assert b"User-Agent header" in answer.body
    assert "x-ratelimit-limit" not in answer.headers


@pytest.mark.parametrize(
    "authorization",
    ["token wrong", "Bearer wrong", "Digest ghp_secret", "Basic !", "Basic " + b64encode(b"ada:wrong").decode()],
)
def test_an_unknown_token_is_401(simulator: Simulator, posted: World, authorization: str) -> None:
    answer = ask(simulator, ISSUE, authorization=authorization)
    assert answer.status == 401
    assert value(answer) == {
        "message": "Bad credentials",
        "documentation_url": "https://docs.github.com/rest",
        "status": "401",
    }


@pytest.mark.parametrize(
    "authorization",
    ["token ghp_secret", "bearer ghp_secret", "Basic " + b64encode(b"x:ghp_secret").decode()],
)
def test_every_spelling_of_a_token_is_known(simulator: Simulator, posted: World, authorization: str) -> None:
    assert ask(simulator, ISSUE, authorization=authorization).headers["x-ratelimit-limit"] == "5000"


def test_the_token_of_a_deleted_account_is_401(simulator: Simulator, posted: World) -> None:
    posted.delete_account("ada")
    assert ask(simulator, ISSUE, authorization="token ghp_secret").status == 401


def test_the_log_tells_of_a_token_but_never_which(simulator: Simulator, posted: World) -> None:
    ask(simulator, f"{ISSUE}?x=1", authorization="token ghp_secret", accept="a/b", if_none_match='"t"')
    ask(simulator, ISSUE)
    first, second = simulator.requests
    assert (first.method, first.target, first.accept, first.status) == ("GET", f"{ISSUE}?x=1", "a/b", 200)
    assert (first.authenticated, second.authenticated) == (True, False)
    assert (first.if_none_match, first.client_ip, first.charged) == ('"t"', "192.0.2.1", True)
    assert "ghp_secret" not in repr(simulator.requests)


@pytest.mark.parametrize(
    "target",
    [
        "/",
        f"/repos/{REPO}/",
        f"/repos/{REPO}/issues/",
        f"{ISSUE}/",
        "/repos/ada/absent/issues",
        f"/repos/{REPO}/issues/0",
        f"/repos/{REPO}/issues/comments/1",
        f"/repos/{REPO}/pulls",
        "/repositories/1",
        "/users/ada",
    ],
)
def test_what_is_not_there_is_404(simulator: Simulator, posted: World, target: str) -> None:
    assert ask(simulator, target).status == 404


def test_a_comment_is_found_only_in_its_own_repository(simulator: Simulator, posted: World) -> None:
    posted.add_repository("ada/other")
    (comment_id,) = posted.comments
    assert ask(simulator, f"/repos/ada/other/issues/comments/{comment_id}").status == 404
    assert ask(simulator, f"/repos/{REPO}/issues/comments/{comment_id}").status == 200


def test_writing_is_404(simulator: Simulator, posted: World) -> None:
    assert ask(simulator, f"{ISSUE}/comments", method="POST").status == 404


def test_a_browser_may_ask_first(simulator: Simulator) -> None:
    answer = ask(simulator, ISSUE, method="OPTIONS")
    assert answer.status == 204
    assert "Authorization" in answer.headers["access-control-allow-headers"]
    assert "GET" in answer.headers["access-control-allow-methods"]


def test_a_renamed_repository_leads_on_with_the_query(simulator: Simulator, posted: World) -> None:
    posted.rename_repository(REPO, "ada/journal")
    answer = ask(simulator, f"{ISSUE}/comments?page=2")
    url = f"https://api.github.com/repositories/{posted.repository('ada/journal').id}/issues/1/comments?page=2"
    assert (answer.status, answer.headers["location"], value(answer)["url"]) == (301, url, url)
    assert value(answer)["message"] == "Moved Permanently"
    assert ask(simulator, f"/repos/{REPO}").headers["location"] == url.removesuffix("/issues/1/comments?page=2")


def test_an_old_name_belongs_to_whoever_takes_it(simulator: Simulator, posted: World) -> None:
    posted.rename_repository(REPO, "ada/journal")
    taken = posted.add_repository(REPO)
    assert value(ask(simulator, f"/repos/{REPO}"))["id"] == taken.id


@pytest.mark.parametrize("association", ["MEMBER", "COLLABORATOR"])
def test_a_private_repository_is_seen_by_those_inside(simulator: Simulator, posted: World, association: str) -> None:
    posted.make_private(REPO)
    posted.add_token("theirs", "grace")
    assert ask(simulator, ISSUE, authorization="token theirs").status == 404
    posted.set_association(REPO, "grace", association)
    assert ask(simulator, ISSUE, authorization="token theirs").status == 200


def test_where_an_issue_went_is_told_only_to_who_may_see_it_there(simulator: Simulator, posted: World) -> None:
    posted.add_repository("ada/attic", private=True)
    posted.transfer_issue(REPO, 1, "ada/attic")
    assert ask(simulator, ISSUE).status == 404
    moved = ask(simulator, ISSUE, authorization="token ghp_secret")
    attic = posted.repository("ada/attic").id
    assert (moved.status, moved.headers["location"]) == (
        301,
        f"https://api.github.com/repositories/{attic}/issues/1",
    )
    posted.delete_issue("ada/attic", 1)
    assert ask(simulator, ISSUE, authorization="token ghp_secret").status == 404


@pytest.mark.parametrize("place", ["issues", "issues/comments", "issues/1/comments"])
def test_a_since_that_is_no_time_is_422(simulator: Simulator, posted: World, place: str) -> None:
    answer = ask(simulator, f"/repos/{REPO}/{place}?since=soon")
    assert (answer.status, value(answer)["message"]) == (422, "Validation Failed")


def test_an_uploaded_picture_is_signed_for_five_minutes(simulator: Simulator, world: World, clock: FakeClock) -> None:
    world.open_issue(REPO, title="One", body="![x](https://github.com/user-attachments/assets/a1b2)")
    html = "application/vnd.github.html+json"
    etags = []
    for later in (0, 1, 300):
        clock.now = NOON + later
        etags.append(ask(simulator, ISSUE, accept=html).headers["etag"])
    assert etags[0] == etags[1] != etags[2]
