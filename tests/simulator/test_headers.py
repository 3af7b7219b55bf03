"""Headers, conditional requests and errors, as in GitHub's documentation and recorded responses."""

from base64 import b64encode

import pytest

from app.simulator.http.app import Simulator
from app.simulator.world.media_types import parse_media_type
from app.simulator.world.world import World
from tests.simulator.client import NOW, REPO, FakeClock, json_body, send_request

ISSUE = f"/repos/{REPO}/issues/1"


@pytest.fixture
def blog(world: World) -> World:
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
def test_the_media_type_selects_the_fields(accept: str, name: str, fields: tuple[str, ...]) -> None:
    media_type = parse_media_type(accept)
    assert (media_type.name, media_type.fields) == (name, fields)


def test_every_response_has_githubs_headers(simulator: Simulator, blog: World) -> None:
    response = send_request(
        simulator, ISSUE, authorization="token ghp_secret", accept="application/vnd.github.v3.html+json"
    )
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
        "x-ratelimit-reset": str(NOW + 3600),
        "x-ratelimit-resource": "core",
        "x-ratelimit-used": "1",
    }
    assert expected.items() <= response.headers.items()
    assert response.headers["etag"].startswith('W/"')
    assert "ETag, Link" in response.headers["access-control-expose-headers"]
    assert response.headers["x-github-request-id"].count(":") == 4


def test_request_ids_differ(simulator: Simulator, blog: World) -> None:
    ids = {send_request(simulator, ISSUE).headers["x-github-request-id"] for _ in range(3)}
    assert len(ids) == 3


def test_the_newer_api_version_drops_fields(simulator: Simulator, blog: World) -> None:
    newer, older = (
        send_request(simulator, ISSUE, x_github_api_version=version) for version in ("2026-03-10", "2022-11-28")
    )
    assert newer.headers["x-github-api-version-selected"] == "2026-03-10"
    assert json_body(older).keys() - json_body(newer).keys() == {"assignee"}
    assert "rate" not in json_body(send_request(simulator, "/rate_limit", x_github_api_version="2026-03-10"))
    assert json_body(send_request(simulator, "/rate_limit"))["rate"]["limit"] == 60


def test_an_unknown_api_version_is_400(simulator: Simulator, blog: World) -> None:
    assert send_request(simulator, ISSUE, x_github_api_version="1999-01-01").status == 400


@pytest.mark.parametrize("template", ["{}", "W/{}", '"other", {}', "*"])
def test_an_unchanged_resource_is_304(simulator: Simulator, blog: World, template: str) -> None:
    tag = send_request(simulator, ISSUE).headers["etag"].removeprefix("W/")
    second = send_request(simulator, ISSUE, if_none_match=template.format(tag))
    assert (second.status, second.body) == (304, b"")
    assert second.headers["etag"] == f"W/{tag}"
    assert "content-type" not in second.headers


@pytest.mark.parametrize(
    "other",
    [{"authorization": "token ghp_secret"}, {"accept": "application/vnd.github.full+json"}],
)
def test_an_etag_depends_on_media_type_and_token(simulator: Simulator, blog: World, other: dict[str, str]) -> None:
    etag = send_request(simulator, ISSUE).headers["etag"]
    assert send_request(simulator, ISSUE, if_none_match=etag, **other).status == 200


def test_an_etag_changes_with_the_content(simulator: Simulator, blog: World) -> None:
    etag = send_request(simulator, ISSUE).headers["etag"]
    blog.react(blog.issue(REPO, 1), "heart")
    assert send_request(simulator, ISSUE, if_none_match=etag).status == 200


@pytest.mark.parametrize(
    ("since", "status"),
    [
        ("Sun, 13 Sep 2020 12:26:40 GMT", 304),
        ("Sun, 13 Sep 2020 12:26:39 GMT", 200),
        ("yesterday", 200),
    ],
)
def test_an_object_supports_if_modified_since(simulator: Simulator, blog: World, since: str, status: int) -> None:
    assert send_request(simulator, ISSUE, if_modified_since=since).status == status


def test_a_list_ignores_if_modified_since(simulator: Simulator, blog: World) -> None:
    response = send_request(simulator, f"{ISSUE}/comments", if_modified_since="Sun, 13 Sep 2020 12:26:40 GMT")
    assert (response.status, "last-modified" in response.headers) == (200, False)


def test_a_request_without_user_agent_is_403(simulator: Simulator, blog: World) -> None:
    response = send_request(simulator, ISSUE, user_agent="")
    assert response.status == 403
    assert b"User-Agent header" in response.body
    assert "x-ratelimit-limit" not in response.headers


@pytest.mark.parametrize(
    "authorization",
    ["token wrong", "Bearer wrong", "Digest ghp_secret", "Basic !", "Basic " + b64encode(b"ada:wrong").decode()],
)
def test_an_unknown_token_is_401(simulator: Simulator, blog: World, authorization: str) -> None:
    response = send_request(simulator, ISSUE, authorization=authorization)
    assert response.status == 401
    assert json_body(response) == {
        "message": "Bad credentials",
        "documentation_url": "https://docs.github.com/rest",
        "status": "401",
    }


@pytest.mark.parametrize(
    "authorization",
    ["token ghp_secret", "bearer ghp_secret", "Basic " + b64encode(b"x:ghp_secret").decode()],
)
def test_every_authorization_scheme_is_accepted(simulator: Simulator, blog: World, authorization: str) -> None:
    assert send_request(simulator, ISSUE, authorization=authorization).headers["x-ratelimit-limit"] == "5000"


def test_the_token_of_a_deleted_account_is_401(simulator: Simulator, blog: World) -> None:
    blog.delete_account("ada")
    assert send_request(simulator, ISSUE, authorization="token ghp_secret").status == 401


def test_the_log_never_contains_a_token(simulator: Simulator, blog: World) -> None:
    send_request(simulator, f"{ISSUE}?x=1", authorization="token ghp_secret", accept="a/b", if_none_match='"t"')
    send_request(simulator, ISSUE)
    first, second = simulator.requests
    assert (first.method, first.target, first.accept, first.status) == ("GET", f"{ISSUE}?x=1", "a/b", 200)
    assert (first.authenticated, second.authenticated) == (True, False)
    assert (first.if_none_match, first.client_ip, first.counts_against_limit) == ('"t"', "192.0.2.1", True)
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
def test_an_unknown_path_is_404(simulator: Simulator, blog: World, target: str) -> None:
    assert send_request(simulator, target).status == 404


def test_a_comment_of_another_repository_is_404(simulator: Simulator, blog: World) -> None:
    blog.add_repository("ada/other")
    (comment_id,) = blog.comments
    assert send_request(simulator, f"/repos/ada/other/issues/comments/{comment_id}").status == 404
    assert send_request(simulator, f"/repos/{REPO}/issues/comments/{comment_id}").status == 200


def test_a_post_request_is_404(simulator: Simulator, blog: World) -> None:
    assert send_request(simulator, f"{ISSUE}/comments", method="POST").status == 404


def test_a_preflight_request_is_204(simulator: Simulator) -> None:
    response = send_request(simulator, ISSUE, method="OPTIONS")
    assert response.status == 204
    assert "Authorization" in response.headers["access-control-allow-headers"]
    assert "GET" in response.headers["access-control-allow-methods"]


def test_a_renamed_repository_redirects_with_the_query(simulator: Simulator, blog: World) -> None:
    blog.rename_repository(REPO, "ada/journal")
    response = send_request(simulator, f"{ISSUE}/comments?page=2")
    url = f"https://api.github.com/repositories/{blog.repository('ada/journal').id}/issues/1/comments?page=2"
    assert (response.status, response.headers["location"], json_body(response)["url"]) == (301, url, url)
    assert json_body(response)["message"] == "Moved Permanently"
    assert send_request(simulator, f"/repos/{REPO}").headers["location"] == url.removesuffix(
        "/issues/1/comments?page=2"
    )


def test_a_new_repository_takes_a_former_name(simulator: Simulator, blog: World) -> None:
    blog.rename_repository(REPO, "ada/journal")
    repository = blog.add_repository(REPO)
    assert json_body(send_request(simulator, f"/repos/{REPO}"))["id"] == repository.id


@pytest.mark.parametrize("association", ["MEMBER", "COLLABORATOR"])
def test_members_read_a_private_repository(simulator: Simulator, blog: World, association: str) -> None:
    blog.make_private(REPO)
    blog.add_token("member", "grace")
    assert send_request(simulator, ISSUE, authorization="token member").status == 404
    blog.set_association(REPO, "grace", association)
    assert send_request(simulator, ISSUE, authorization="token member").status == 200


def test_a_transfer_redirects_only_authorized_readers(simulator: Simulator, blog: World) -> None:
    blog.add_repository("ada/attic", private=True)
    blog.transfer_issue(REPO, 1, "ada/attic")
    assert send_request(simulator, ISSUE).status == 404
    redirect = send_request(simulator, ISSUE, authorization="token ghp_secret")
    attic = blog.repository("ada/attic").id
    assert (redirect.status, redirect.headers["location"]) == (
        301,
        f"https://api.github.com/repositories/{attic}/issues/1",
    )
    blog.delete_issue("ada/attic", 1)
    assert send_request(simulator, ISSUE, authorization="token ghp_secret").status == 404


@pytest.mark.parametrize("path", ["issues", "issues/comments", "issues/1/comments"])
def test_an_invalid_since_is_422(simulator: Simulator, blog: World, path: str) -> None:
    response = send_request(simulator, f"/repos/{REPO}/{path}?since=soon")
    assert (response.status, json_body(response)["message"]) == (422, "Validation Failed")


def test_an_uploaded_image_is_signed_for_five_minutes(simulator: Simulator, world: World, clock: FakeClock) -> None:
    world.open_issue(REPO, title="One", body="![x](https://github.com/user-attachments/assets/a1b2)")
    html = "application/vnd.github.html+json"
    etags = []
    for later in (0, 1, 300):
        clock.now = NOW + later
        etags.append(send_request(simulator, ISSUE, accept=html).headers["etag"])
    assert etags[0] == etags[1] != etags[2]
