"""A blog with a comment that a rule holds back, and everything that readers can get of it."""

import re
from dataclasses import dataclass

from app.render.sanitizer.sanitize import image_name
from app.simulator.world.records import Comment
from app.simulator.world.world import World
from tests.fakes import FakeClock
from tests.integration.local_service import LocalService
from tests.integration.worlds import NOW, blog_world_at

OPENING = "The first line says nothing."
SPAM = "Buy [casino](https://spam.example/a) chips [here](https://spam.example/b)"
PICTURE = "https://pictures.example/chip.png"


@dataclass(frozen=True)
class ModeratedBlog:
    """The world, and its comments on post 1 in their order: a good one, spam, a reply to the spam."""

    world: World
    good: Comment
    spam: Comment
    reply: Comment


def moderated_blog(clock: FakeClock) -> ModeratedBlog:
    """Return a blog of two posts; on the first, mallory's comment is spam."""
    world = blog_world_at(clock, 0, 1)
    good = world.comment("ada/blog", 1, body="A good one", author="bob", created_at=NOW - 3000)
    spam = world.comment(
        "ada/blog", 1, body=f"{OPENING}\n\n{SPAM}\n\n![]({PICTURE})", author="mallory", created_at=NOW - 2000
    )
    world.pin_comment(spam)
    reply = world.comment("ada/blog", 1, body=f"> {OPENING}\n\nNo!", author="bob", created_at=NOW - 1000)
    return ModeratedBlog(world, good, spam, reply)


def reads(blog: ModeratedBlog) -> list[str]:
    """Return the addresses of everything that readers can get which has comments, or tells of them."""
    api, github = "/api/v1", "/repos/ada/blog"
    orders = [f"{api}/posts/1/comments?order={order}&pinned=first" for order in ("oldest", "newest", "reactions")]
    return [
        f"{api}/posts/1",
        *orders,
        f"{api}/counts",
        f"{api}/counts?ids=1",
        f"{api}/comments",
        f"{api}/comments?hidden=false",
        "/posts/1.html",
        "/posts/1.html?view=page",
        *(f"/{name}.{form}" for name in ("posts/1", "comments") for form in ("atom", "json")),
        f"{github}/issues",
        f"{github}/issues/1",
        f"{github}/issues/1/comments",
        f"{github}/issues/comments",
        f"{github}/issues/comments?sort=updated&direction=desc&per_page=1",
        f"{github}/issues/comments/{blog.spam.id}",
        "/feed",
        "/status",
    ]


async def read_everything(service: LocalService, blog: ModeratedBlog) -> dict[str, str]:
    """Return the texts of everything that readers can get, by address."""
    responses = {path: await service.get(path, accept="application/vnd.github.full+json") for path in reads(blog)}
    texts = {path: f"{response.text}\n{response.headers.get('link')}" for path, response in responses.items()}
    assert all(response.status_code in {200, 404} for response in responses.values()), responses
    return texts


def traces(blog: ModeratedBlog, texts: dict[str, str]) -> list[str]:
    """Return the addresses whose documents have a trace of the spam."""
    pattern = re.compile(rf"mallory|casino|chip\.png|\b{blog.spam.id}\b")
    return [path for path, text in texts.items() if pattern.search(text)]


async def image_statuses(service: LocalService, blog: ModeratedBlog) -> list[int]:
    """Return the statuses of the spam's picture and of its author's avatar."""
    user = blog.world.users[blog.spam.author]
    paths = [f"/images/{blog.spam.id}/{image_name(PICTURE)}", f"/avatars/{user.id}"]
    return [(await service.get(path)).status_code for path in paths]
