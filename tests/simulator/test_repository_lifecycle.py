"""The life of a repository, as its readers see it."""

import pytest

from app.simulator.http.app import Simulator
from app.simulator.world.world import World
from tests.simulator.client import REPO, json_body, send_request


@pytest.fixture
def blog(world: World) -> World:
    world.open_issue(REPO, title="One", body="Hello")
    world.comment(REPO, 1, body="Hi", author="grace")
    world.add_token("ada's", "ada")
    return world


PATHS = ["", "/issues", "/issues/1", "/issues/1/comments", "/issues/comments"]


@pytest.mark.parametrize("path", PATHS)
def test_a_repository_is_readable_by_id(simulator: Simulator, blog: World, path: str) -> None:
    by_id, by_name = (
        send_request(simulator, f"{base}{path}")
        for base in (f"/repositories/{blog.repository(REPO).id}", f"/repos/{REPO}")
    )
    assert (by_id.status, by_id.body) == (200, by_name.body)


@pytest.mark.parametrize("path", PATHS)
def test_a_deleted_repository_is_404_everywhere(simulator: Simulator, blog: World, path: str) -> None:
    repository_id = blog.repository(REPO).id
    blog.rename_repository(REPO, "ada/notes")
    blog.delete_repository("ada/notes")
    bases = (f"/repos/{REPO}", "/repos/ada/notes", f"/repositories/{repository_id}")
    assert [send_request(simulator, base + path, authorization="token ada's").status for base in bases] == [
        404,
        404,
        404,
    ]
    assert not blog.comments
    assert not blog.issues


def test_the_name_of_a_deleted_repository_is_free(simulator: Simulator, blog: World) -> None:
    before = blog.repository(REPO).id
    blog.delete_repository(REPO)
    after = blog.add_repository(REPO).id
    assert json_body(send_request(simulator, f"/repos/{REPO}"))["id"] == after != before
    assert send_request(simulator, f"/repositories/{before}").status == 404
    assert json_body(send_request(simulator, f"/repos/{REPO}/issues")) == []


def test_a_former_name_is_lost_to_another_repository(simulator: Simulator, blog: World) -> None:
    blog.rename_repository(REPO, "ada/notes")
    blog.add_repository("ada/new")
    repository = blog.rename_repository("ada/new", REPO)
    assert json_body(send_request(simulator, f"/repos/{REPO}"))["id"] == repository.id
    blog.delete_repository(REPO)
    assert send_request(simulator, f"/repos/{REPO}").status == 404


def test_a_transferred_repository_redirects(simulator: Simulator, blog: World) -> None:
    repository = blog.transfer_repository(REPO, "eve")
    moved = send_request(simulator, f"/repos/{REPO}/issues/1")
    assert (repository.full_name, moved.status) == ("eve/blog", 301)
    assert moved.headers["location"] == f"https://api.github.com/repositories/{repository.id}/issues/1"
    assert json_body(send_request(simulator, f"/repositories/{repository.id}"))["owner"]["login"] == "eve"


def test_renaming_to_a_taken_name_fails(blog: World) -> None:
    blog.add_repository("ada/notes")
    with pytest.raises(ValueError, match="ada/notes is taken"):
        blog.rename_repository(REPO, "ada/notes")
    assert blog.rename_repository(REPO, "Ada/Blog").full_name == "Ada/Blog"
    assert blog.repository(REPO).owner == "Ada"


def test_a_repository_shows_that_it_is_archived(simulator: Simulator, blog: World) -> None:
    flags = []
    for archived in (False, True, False):
        blog.archive_repository(REPO, archived=archived)
        flags.append(json_body(send_request(simulator, f"/repos/{REPO}"))["archived"])
    assert flags == [False, True, False]


@pytest.mark.parametrize("base", ["ada/blog", "id"])
def test_a_private_repository_is_404_without_access(simulator: Simulator, blog: World, base: str) -> None:
    repository = blog.make_private(REPO)
    url = f"/repositories/{repository.id}" if base == "id" else f"/repos/{base}"
    statuses = [send_request(simulator, url + path).status for path in PATHS]
    statuses += [send_request(simulator, url + path, authorization="token ada's").status for path in PATHS]
    assert statuses == [404] * 5 + [200] * 5


@pytest.mark.parametrize(("private", "status"), [(False, 301), (True, 404)])
def test_a_transferred_issue_redirects_to_a_public_repository(
    simulator: Simulator, blog: World, status: int, *, private: bool
) -> None:
    blog.add_repository("ada/attic", private=private)
    blog.transfer_issue(REPO, 1, "ada/attic")
    path = f"/repos/{REPO}/issues/1"
    assert [send_request(simulator, path).status, send_request(simulator, f"{path}/comments").status] == [status, 404]


def test_a_twice_transferred_issue_redirects_to_the_last(simulator: Simulator, blog: World) -> None:
    repository_ids = [blog.add_repository(name).id for name in ("ada/attic", "ada/cellar")]
    blog.transfer_issue(REPO, 1, "ada/attic")
    blog.transfer_issue("ada/attic", 1, "ada/cellar")
    responses = [
        send_request(simulator, f"{base}/issues/1") for base in (f"/repos/{REPO}", f"/repositories/{repository_ids[0]}")
    ]
    assert {response.headers["location"] for response in responses} == {
        f"https://api.github.com/repositories/{repository_ids[1]}/issues/1"
    }


def test_an_issue_transferred_to_a_deleted_repository(simulator: Simulator, blog: World) -> None:
    blog.add_repository("ada/attic")
    blog.transfer_issue(REPO, 1, "ada/attic")
    blog.delete_repository("ada/attic")
    assert send_request(simulator, f"/repos/{REPO}/issues/1").status == 404
