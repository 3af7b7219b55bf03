"""Blogs on the simulated GitHub, and what people do there."""

import random

from app.ports.clock import Clock
from app.simulator.world.world import World

NOW = 1_750_000_000.0
"""A moment after the last change of `blog_world`, epoch seconds."""
TOKEN = "t0ken"
"""The token of the blog's owner."""


def blog_world(*counts: int) -> World:
    """Return a world whose post n has `counts[n - 1]` comments; the later posts have the later comments."""
    world = World(lambda: NOW)
    world.add_repository("ada/blog", created_at=NOW - 9e6)
    for number, count in enumerate(counts, 1):
        created_at = NOW - 8e6 + number * 60_000
        world.open_issue("ada/blog", title=f"Post {number}", body="Words.", created_at=created_at)
        for order in range(count):
            world.comment("ada/blog", number, body=f"Comment {order}", author="bob", created_at=created_at + order + 1)
    return world


def blog_world_at(clock: Clock, *counts: int) -> World:
    """Return such a world, of three posts by default, with the time of a clock and the owner's token."""
    world = blog_world(*(counts or (3, 0, 2)))
    world.clock = clock.now
    world.add_token(TOKEN, "ada")
    return world


def add_notes(world: World) -> World:
    """Add a second repository with one issue to a world."""
    world.add_repository("ada/notes")
    world.open_issue("ada/notes", title="A note", body="")
    world.comment("ada/notes", 1, body="On the note", author="bob")
    return world


def change_randomly(world: World, rng: random.Random) -> None:
    """Do something that people do, in one of the first four threads."""
    number = rng.choice([1, 2, 3, 4])
    thread = world.comment_ids.get(world.issue("ada/blog", number).id, [])
    dice = rng.random()
    if dice < 0.5 or not thread:
        world.comment("ada/blog", number, body=f"Words {rng.random()}", author="eve")
    elif dice < 0.7:
        world.edit_comment(world.comments[rng.choice(thread)], body=f"Better {rng.random()}")
    elif dice < 0.9:
        world.delete_comment(world.comments[rng.choice(thread)])
    elif dice < 0.95:
        world.open_pull_request("ada/blog", title="Noise", body="")
    else:
        world.close_issue("ada/blog", number)
