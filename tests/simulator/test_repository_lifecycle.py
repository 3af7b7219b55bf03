"""The life of repositories, as their readers see it."""

import pytest

from app.simulator.http.app import Simulator
from app.simulator.world.world import World
from tests.simulator.client import REPO, ask, value


@pytest.fixture
def posted(world: World) -> World:
    world.open_issue(REPO, title="One", body="Hello")
    world.comment(REPO, 1, body="Hi", author="grace")
    world.add_token("ada's", "ada")
    return world


PLACES = ["", "/issues", "/issues/1", "/issues/1/comments", "/issues/comments"]


@pytest.mark.parametrize("place", PLACES)
def test_a_repository_answers_by_its_id(simulator: Simulator, posted: World, place: str) -> None:
    by_id, by_name = (
        ask(simulator, f"{home}{place}") for home in (f"/repositories/{posted.repository(REPO).id}", f"/repos/{REPO}")
    )
    assert (by_id.status, by_id.body) == (200, by_name.body)


@pytest.mark.parametrize("place", PLACES)
def test_a_deleted_repository_is_404_by_every_name_and_by_id(simulator: Simulator, posted: World, place: str) -> None:
    home = posted.repository(REPO).id
    posted.rename_repository(REPO, "ada/notes")
    posted.delete_repository("ada/notes")
    homes = (f"/repos/{REPO}", "/repos/ada/notes", f"/repositories/{home}")
    assert [ask(simulator, where + place, authorization="token ada's").status for where in homes] == [404, 404, 404]
    assert not posted.comments
    assert not posted.issues


def test_the_name_of_a_deleted_repository_is_free(simulator: Simulator, posted: World) -> None:
    before = posted.repository(REPO).id
    posted.delete_repository(REPO)
    after = posted.add_repository(REPO).id
    assert value(ask(simulator, f"/repos/{REPO}"))["id"] == after != before
    assert ask(simulator, f"/repositories/{before}").status == 404
    assert value(ask(simulator, f"/repos/{REPO}/issues")) == []


def test_an_old_name_that_another_repository_was_given_is_lost_for_ever(simulator: Simulator, posted: World) -> None:
    posted.rename_repository(REPO, "ada/notes")
    posted.add_repository("ada/new")
    taken = posted.rename_repository("ada/new", REPO)
    assert value(ask(simulator, f"/repos/{REPO}"))["id"] == taken.id
    posted.delete_repository(REPO)
    assert ask(simulator, f"/repos/{REPO}").status == 404


def test_a_transferred_repository_leads_on_from_its_old_owner(simulator: Simulator, posted: World) -> None:
    home = posted.transfer_repository(REPO, "eve")
    moved = ask(simulator, f"/repos/{REPO}/issues/1")
    assert (home.full_name, moved.status) == ("eve/blog", 301)
    assert moved.headers["location"] == f"https://api.github.com/repositories/{home.id}/issues/1"
    assert value(ask(simulator, f"/repositories/{home.id}"))["owner"]["login"] == "eve"


def test_a_name_that_is_taken_is_refused(posted: World) -> None:
    posted.add_repository("ada/notes")
    with pytest.raises(ValueError, match="ada/notes is taken"):
        posted.rename_repository(REPO, "ada/notes")
    assert posted.rename_repository(REPO, "Ada/Blog").full_name == "Ada/Blog"
    assert posted.repository(REPO).owner == "Ada"


def test_an_archived_repository_says_so(simulator: Simulator, posted: World) -> None:
    said = []
    for archived in (False, True, False):
        posted.archive_repository(REPO, archived=archived)
        said.append(value(ask(simulator, f"/repos/{REPO}"))["archived"])
    assert said == [False, True, False]


@pytest.mark.parametrize("home", ["ada/blog", "id"])
def test_a_private_repository_is_404_for_strangers(simulator: Simulator, posted: World, home: str) -> None:
    repository = posted.make_private(REPO)
    where = f"/repositories/{repository.id}" if home == "id" else f"/repos/{home}"
    asked = [ask(simulator, where + place).status for place in PLACES]
    asked += [ask(simulator, where + place, authorization="token ada's").status for place in PLACES]
    assert asked == [404] * 5 + [200] * 5


@pytest.mark.parametrize(("private", "status"), [(False, 301), (True, 404)])
def test_a_transferred_issue_leads_on_where_it_may_be_seen_and_its_comments_are_404(
    simulator: Simulator, posted: World, status: int, *, private: bool
) -> None:
    posted.add_repository("ada/attic", private=private)
    posted.transfer_issue(REPO, 1, "ada/attic")
    place = f"/repos/{REPO}/issues/1"
    assert [ask(simulator, place).status, ask(simulator, f"{place}/comments").status] == [status, 404]


def test_an_issue_transferred_twice_leads_to_where_it_is_now(simulator: Simulator, posted: World) -> None:
    homes = [posted.add_repository(name).id for name in ("ada/attic", "ada/cellar")]
    posted.transfer_issue(REPO, 1, "ada/attic")
    posted.transfer_issue("ada/attic", 1, "ada/cellar")
    places = [ask(simulator, f"{home}/issues/1") for home in (f"/repos/{REPO}", f"/repositories/{homes[0]}")]
    assert {place.headers["location"] for place in places} == {
        f"https://api.github.com/repositories/{homes[1]}/issues/1"
    }


def test_an_issue_in_a_repository_that_was_deleted_leads_nowhere(simulator: Simulator, posted: World) -> None:
    posted.add_repository("ada/attic")
    posted.transfer_issue(REPO, 1, "ada/attic")
    posted.delete_repository("ada/attic")
    assert ask(simulator, f"/repos/{REPO}/issues/1").status == 404
