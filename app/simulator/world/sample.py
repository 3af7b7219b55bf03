"""Worlds to try things on: a blog as the demo shows it, and blogs of any size for benchmarks.

The demo's posts lie in `blog/`, one file per issue: fields, a blank line, the issue's text, and then its
comments, each after a line `--- login time` with its reactions (`heart=2`), `hidden=reason` and `pinned`.
"""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files

from app.simulator.world.tables import Clock
from app.simulator.world.markdown import to_html
from app.simulator.world.records import Comment
from app.simulator.world.world import World

SAMPLE_REPO = "ada/blog"
"""The repository of both worlds."""

_HEAD = re.compile(r"^--- (?P<author>\S+) (?P<at>\S+)(?P<marks>.*)\n", re.MULTILINE)
_OPENED = 1_577_836_800  # 2020-01-01
_DAY = 86_400

_SUBJECTS = ("The cache", "A good name", "My first draft", "The slow query", "Every deadline", "This comment")
_VERBS = ("taught me", "turned out to be", "reminds me of", "is cheaper than", "outlives", "quietly became")
_OBJECTS = ("a second opinion", "the whole plan", "an old friend", "**the hard part**", "a rounding error", "tea")
_ENDS = (
    "and nobody noticed",
    "as `git log` can tell",
    "which I *should* have measured",
    "see https://example.org/notes for the numbers",
    "at least on Tuesdays",
)
_LOGINS = tuple(f"reader-{number}" for number in range(60))


@dataclass(frozen=True, slots=True)
class _Entry:
    """One file of the demo's blog, read."""

    fields: dict[str, str]
    body: str
    comments: tuple[tuple[re.Match[str], str], ...]


def sample_world(clock: Clock) -> World:
    """Make the demo's blog: posts with their talk, a pull request, a deleted account; times lie in 2019 and 2020."""
    world = World(clock)
    world.add_repository(SAMPLE_REPO, created_at="2019-09-01T06:00:00Z")
    for entry in _entries():
        _open(world, entry)
    world.delete_account("nightowl-77")
    return world


def generate_world(
    posts: int, comments: int, seed: int, pull_request_comments: int = 0, *, clock: Clock = lambda: _OPENED + 900 * _DAY
) -> World:
    """Make a blog of a size: comments (200 to 2,000 characters) spread unevenly, the same for the same seed.

    The comments of pull requests lie on one pull request per hundred of them, after the posts.
    """
    chance = random.Random(seed)  # noqa: S311 - the same world for the same seed, nothing secret
    world = World(clock)
    world.add_repository(SAMPLE_REPO, created_at=_OPENED)
    for number in range(1, posts + 1):
        day = _OPENED + number * 600
        world.open_issue(SAMPLE_REPO, title=f"Post {number}", body=f"The post number {number}.", created_at=day)
    pulls = [
        world.open_pull_request(
            SAMPLE_REPO, title=f"Change {number}", body="It changes a word.", created_at=_OPENED
        ).number
        for number in range(-(-pull_request_comments // 100))
    ]
    shares = [chance.paretovariate(1.2) for _ in range(posts)]
    homes = chance.choices(range(1, posts + 1), shares, k=comments) if posts else []
    homes += [pulls[number // 100] for number in range(pull_request_comments)]
    chance.shuffle(homes)
    greetings, paragraphs = _greetings(chance), _paragraphs(chance)
    for order, number in enumerate(homes):
        parts = [chance.choice(greetings), *chance.sample(paragraphs, chance.randint(2, 5))]
        world.comment(
            SAMPLE_REPO,
            number,
            body="\n\n".join(text for text, _ in parts),
            body_html="\n".join(html for _, html in parts),
            author=chance.choice(_LOGINS),
            created_at=_OPENED + 700 * _DAY + order * 60,
        )
    return world


def _entries() -> Iterator[_Entry]:
    blog = files("app.simulator.blog")
    posts = (file for file in blog.iterdir() if file.name.endswith(".md"))
    for file in sorted(posts, key=lambda file: file.name):
        head, _, rest = file.read_text(encoding="utf-8").partition("\n\n")
        heads = [*_HEAD.finditer(rest)]
        ends = [*(found.start() for found in heads[1:]), len(rest)]
        yield _Entry(
            fields=dict(line.split(": ", 1) for line in head.splitlines()),
            body=(rest[: heads[0].start()] if heads else rest).strip(),
            comments=tuple((found, rest[found.end() : end].strip()) for found, end in zip(heads, ends, strict=False)),
        )


def _open(world: World, entry: _Entry) -> None:
    fields = entry.fields
    issue = world.open_issue(
        SAMPLE_REPO,
        title=fields["title"],
        body=entry.body,
        author=fields["author"],
        labels=[name for name in fields.get("labels", "").split(", ") if name],
        created_at=fields["created"],
        number=int(fields["number"]),
        is_pull_request=fields.get("kind") == "pull request",
    )
    for head, body in entry.comments:
        written = world.comment(SAMPLE_REPO, issue.number, body=body, author=head["author"], created_at=head["at"])
        for mark in head["marks"].split():
            _mark(world, written, mark)
    if "locked" in fields:
        world.lock_issue(SAMPLE_REPO, issue.number, fields["locked"])


def _mark(world: World, comment: Comment, mark: str) -> None:
    name, _, value = mark.partition("=")
    if name == "hidden":
        world.hide_comment(comment, value)
    elif name == "pinned":
        world.pin_comment(comment)
    else:
        world.react(comment, name, int(value))


def _greetings(chance: random.Random) -> list[tuple[str, str]]:
    """First paragraphs with their HTML: every reader is mentioned in some."""
    made = [f"@{login} {_sentence(chance)}" for login in _LOGINS] + [_sentence(chance) for _ in _LOGINS]
    return [(text, to_html(text)) for text in made]


def _paragraphs(chance: random.Random) -> list[tuple[str, str]]:
    """Paragraphs with their HTML, made once: rendering each comment would outweigh what is measured."""
    made = [_sentences(chance) for _ in range(400)]
    made += [f"> {_sentences(chance)}" for _ in range(40)]
    made += [f'```js\nconst answer{number} = "{chance.random()}"; // {_sentence(chance)}\n```' for number in range(40)]
    return [(text, to_html(text)) for text in made]


def _sentences(chance: random.Random) -> str:
    return " ".join(_sentence(chance) for _ in range(chance.randint(2, 4)))


def _sentence(chance: random.Random) -> str:
    claim = " ".join(chance.choice(part) for part in (_SUBJECTS, _VERBS, _OBJECTS))
    return f"{claim}, {chance.choice(_ENDS)}."
