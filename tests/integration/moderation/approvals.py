"""A blog whose comments the owner approves by a reaction, and checks of its threads."""

from typing import Any

from app.simulator.world.records import Comment
from app.simulator.world.world import World
from tests.integration.local_service import BLOG, LocalService
from tests.integration.worlds import NOW, TOKEN, blog_world_at

APPROVED: dict[str, Any] = {"show": "approved", "approval": "rocket", "github_token": TOKEN}
PATH = "/api/v1/posts/1/comments"


def comment_on(world: World, body: str, *, author: str = "bob", at: float = NOW - 1000) -> Comment:
    """Write a comment on post 1."""
    return world.comment("ada/blog", 1, body=body, author=author, created_at=at)


async def approve(service: LocalService) -> list[str]:
    """Ask who reacted, once; return the targets of the requests to GitHub."""
    service.take_requests()
    assert service.application.approvals is not None
    await service.application.approvals.request_all(BLOG)
    return service.take_requests()


async def check(service: LocalService, seconds: float = 301) -> list[str]:
    """Let time pass, read post 1 as a reader, and wait for the check that this starts; then ask who reacted.

    Return the texts that the next reader gets.
    """
    service.clock.advance(seconds)
    await service.get(PATH)
    await service.finish_refreshes()
    await approve(service)
    return await service.texts(1)


async def reasons(service: LocalService) -> list[str]:
    """Return the kinds of reasons of what is held back, the newest first."""
    return [str(item.reason.kind) for item in await service.application.held_comments.newest(BLOG)]


def approval_world(clock: Any) -> World:
    """Return a blog of two posts without comments; `ada` owns it."""
    return blog_world_at(clock, 0, 0)
