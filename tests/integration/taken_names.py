"""Another repository that has taken the blog's old name."""

from app.simulator.world.world import World
from tests.integration.local_service import LocalService


def let_another_take_the_name(world: World, *, issues: int) -> None:
    """Rename the repository; another one takes the old name, with issues of the same numbers."""
    world.rename_repository("ada/blog", "ada/journal")
    world.add_repository("ada/blog")
    for number in range(1, issues + 1):
        world.open_issue("ada/blog", title="Foreign", body="")
        world.comment("ada/blog", number, body="Foreign", author="mallory")


async def assert_nothing_foreign(service: LocalService) -> None:
    """Assert that readers get all of the blog, and nothing of the other repository."""
    counts = []
    for number in (1, 2, 3):
        response = await service.get(f"/api/v1/posts/{number}/comments?limit=100")
        assert "Foreign" not in response.text
        counts.append(len(response.json()["comments"]))
    assert counts == [3, 0, 2]
    assert await service.status(4) == "missing"
    assert "Foreign" not in (await service.get("/api/v1/comments")).text
