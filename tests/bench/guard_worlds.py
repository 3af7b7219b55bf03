"""Make the simulated blogs that the guard records."""

from collections.abc import Callable
from pathlib import Path

from tests.bench.guard_ground import (
    BLOG,
    HIDE_REASONS,
    NOTES,
    REACTIONS,
    START,
    Comment,
    World,
    sample_world,
    to_html,
)

SIZES = {100: 0, 101: 1, 102: 2, 103: 30, 104: 100, 105: 101, 106: 252, 107: 1_234}
"""How many comments each thread has."""
SAMPLE_POSTS = (7, 12, 19, 28, 35, 41, 42)
HOSTILE, MARKDOWN, SOUP, MIXED, SPAM = 110, 111, 112, 120, 121
LOCKED, CLOSED, NOT_PLANNED, DELETED, MOVED, MOVED_AWAY, PULL, LABELLED = 130, 131, 132, 133, 134, 135, 136, 137
MISSING = 99
_ELSEWHERE = "eve/elsewhere"
_TESTS = Path(__file__).parent.parent
_ESCAPES = {r"\n": "\n", r"\t": "\t", r"\r": "\r", r"\0": "\0", r"\x01": "\x01"}
_OPENED = 1_600_000_000


def vectors(*parts: str) -> list[str]:
    """Return the hostile comments of a file of the tests, one a line."""
    lines = _TESTS.joinpath(*parts).read_text(encoding="utf-8").split("\n")
    texts = [line for line in lines if line and not line.startswith("# ")]
    for escape, character in _ESCAPES.items():
        texts = [text.replace(escape, character) for text in texts]
    return texts


def small_world(clock: Callable[[], float] = lambda: START) -> World:
    """Return the sample blog, a second repository, and a thread in each state."""
    world = sample_world(clock)
    world.add_repository(NOTES, created_at=_OPENED)
    world.add_repository(_ELSEWHERE, created_at=_OPENED)
    world.open_issue(NOTES, title="A note", body="Of one line.", created_at=_OPENED)
    world.comment(NOTES, 1, body="A word on the note.", author="mia", created_at=_OPENED + 60)
    for number in (100, 101, 102, 103):
        fill(world, number, SIZES[number])
    _states(world)
    return world


def full_world(clock: Callable[[], float] = lambda: START) -> World:
    """Return the sample blog with threads of every size, hostile comments, and a thread in each state."""
    world = sample_world(clock)
    world.add_repository(NOTES, created_at=_OPENED)
    world.add_repository(_ELSEWHERE, created_at=_OPENED)
    for number, size in SIZES.items():
        fill(world, number, size)
    _hostile(world, HOSTILE, [(text, text) for text in vectors("render", "hostile", "vectors.txt")])
    markdown = vectors("widget", "hostile", "markdown.txt")
    _hostile(world, MARKDOWN, [(text, to_html(text)) for text in markdown])
    soup = vectors("render", "hostile", "soup.txt")
    _hostile(world, SOUP, [("".join(soup[at : at + 7]), "".join(soup[at : at + 7])) for at in range(0, len(soup), 7)])
    _mixed(world)
    _states(world)
    return world


def fill(world: World, number: int, size: int) -> None:
    """Open a thread of this many comments; some answer others."""
    start = _OPENED + number * 10_000
    world.open_issue(BLOG, title=f"Post {number}", body="Some **words**.", number=number, created_at=start)
    for order in range(size):
        at = start + 60 * order
        world.comment(BLOG, number, body=_text(order), author=f"reader-{order % 17}", created_at=at)


def _text(order: int) -> str:
    mention = f"@reader-{(order - 1) % 17} " if order % 3 == 1 else ""
    quote = f"> Comment {order - 2}: a sentence with `code`.\n\n" if order % 5 == 4 else ""
    return f"{quote}{mention}Comment {order}: a sentence with `code`.\n\nAnd *more* of https://example.org/{order}."


def _hostile(world: World, number: int, texts: list[tuple[str, str]]) -> None:
    start = _OPENED + number * 10_000
    world.open_issue(BLOG, title=f'<b>Post</b> {number} & "more"\'', number=number, created_at=start)
    for order, (body, html) in enumerate(texts):
        world.comment(
            BLOG, number, body=body, body_html=html, author=f"mallory-{order % 5}", created_at=start + 60 * order
        )


def _mixed(world: World) -> None:
    """Open a thread with each mark that a comment may have."""
    start = _OPENED + MIXED * 10_000
    world.open_issue(BLOG, title="Mixed", body=None, number=MIXED, created_at=start)

    def write(body: str | None, author: str) -> Comment:
        at = start + 60 * len(world.comment_ids[world.issue(BLOG, MIXED).id])
        return world.comment(BLOG, MIXED, body=body, author=author, created_at=at)

    for reason in HIDE_REASONS:
        world.hide_comment(write(f"Hidden as {reason}.", "quick-hire-pro"), reason)
    for reaction in REACTIONS:
        world.react(write(f"Liked with {reaction}.", "mia"), reaction, 3)
    write("From an account that goes.", "goner")
    write("Built.", "deploy-helper[bot]")
    write("By the owner.", "ada")
    write(None, "mia")
    write("![wide](https://user-images.githubusercontent.com/1/wide.png) and ![](https://example.org/far.png)", "mia")
    write("![again](https://private-user-images.githubusercontent.com/1/2.png?jwt=3)", "goner")
    world.edit_comment(write("First thought.", "mia"), body="Second thought.")
    world.pin_comment(write("On top, please.", "ada"))
    world.react(world.issue(BLOG, MIXED), "rocket", 2)
    world.set_association(BLOG, "mia", "CONTRIBUTOR")
    world.delete_account("goner")
    _spam(world)


def _spam(world: World) -> None:
    """Open a thread in which every comment is hidden."""
    start = _OPENED + SPAM * 10_000
    world.open_issue(BLOG, title="Only spam", body="", number=SPAM, created_at=start)
    for order in range(3):
        comment = world.comment(BLOG, SPAM, body="Buy!", author="quick-hire-pro", created_at=start + 60 * order)
        world.hide_comment(comment, "spam")


def _states(world: World) -> None:
    """Open a thread in each state that GitHub has."""
    for number in (LOCKED, CLOSED, NOT_PLANNED, DELETED, MOVED, MOVED_AWAY):
        fill(world, number, 2)
    world.lock_issue(BLOG, LOCKED, "too heated")
    world.close_issue(BLOG, CLOSED)
    world.close_issue(BLOG, NOT_PLANNED, by="mia", reason="not_planned")
    world.delete_issue(BLOG, DELETED)
    world.transfer_issue(BLOG, MOVED, NOTES)
    world.transfer_issue(BLOG, MOVED_AWAY, _ELSEWHERE)
    world.open_issue(BLOG, title="A change", number=PULL, created_at=_OPENED, is_pull_request=True)
    world.comment(BLOG, PULL, body="Looks good.", author="mia")
    fill(world, LABELLED, 1)
    world.set_labels(BLOG, LABELLED, "Jobs", "Life")
