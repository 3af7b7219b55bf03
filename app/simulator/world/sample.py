"""Sample worlds: the blog of the demo, and generated blogs of any size for benchmarks.

The demo's posts lie in `blog/`, one file per issue: fields, a blank line, the issue's text, then its comments.
Each comment follows a line `--- login time`, with its reactions (`heart=2`), `hidden=reason` and `pinned`.
"""

import random
import re
from importlib.resources import files

from app.simulator.world.markdown import to_html
from app.simulator.world.records import Comment
from app.simulator.world.tables import Clock
from app.simulator.world.world import World

SAMPLE_REPO = "ada/blog"
"""The repository of the sample worlds."""

_COMMENT_HEADER = re.compile(r"^--- (\S+) (\S+)(.*)\n", re.MULTILINE)
"""Author, time and attributes of a comment; its text follows."""
_START = 1_577_836_800  # 2020-01-01
_DAY = 86_400

_SUBJECTS = ("The cache", "A good name", "My first draft", "The slow query", "Every deadline", "This comment")
_VERBS = ("taught me", "turned out to be", "reminds me of", "is cheaper than", "outlives", "quietly became")
_OBJECTS = ("a second opinion", "the whole plan", "an old friend", "**the hard part**", "a rounding error", "tea")
_CLAUSES = (
    "and no one noticed",
    "as `git log` can tell",
    "which I *should* have measured",
    "see https://example.org/notes for the numbers",
    "at least on Tuesdays",
)
_LOGINS = tuple(f"reader-{number}" for number in range(60))


def sample_world(clock: Clock) -> World:
    """Return the demo's blog: posts with comments, a pull request and a deleted account, from 2019 and 2020."""
    world = World(clock)
    world.add_repository(SAMPLE_REPO, created_at="2019-09-01T06:00:00Z")
    posts = (file for file in files("app.simulator.blog").iterdir() if file.name.endswith(".md"))
    for file in sorted(posts, key=lambda file: file.name):
        _open_post(world, file.read_text(encoding="utf-8"))
    world.delete_account("nightowl-77")
    return world


def generate_world(
    posts: int, comments: int, seed: int, pull_request_comments: int = 0, *, clock: Clock = lambda: _START + 900 * _DAY
) -> World:
    """Return a blog of a given size; the same seed gives the same blog.

    Comments have 200 to 2,000 characters and are spread unevenly over the posts. Pull requests get the numbers after
    the posts, one pull request per hundred `pull_request_comments`.
    """
    rng = random.Random(seed)  # noqa: S311 - the same world for the same seed, nothing secret
    world = World(clock)
    world.add_repository(SAMPLE_REPO, created_at=_START)
    for number in range(1, posts + 1):
        created_at = _START + number * 600
        world.open_issue(SAMPLE_REPO, title=f"Post {number}", body=f"The post number {number}.", created_at=created_at)
    for number in range(-(-pull_request_comments // 100)):
        world.open_pull_request(SAMPLE_REPO, title=f"Change {number}", body="It changes a word.", created_at=_START)
    weights = [rng.paretovariate(1.2) for _ in range(posts)]
    numbers = rng.choices(range(1, posts + 1), weights, k=comments) if posts else []
    numbers += [posts + 1 + number // 100 for number in range(pull_request_comments)]
    rng.shuffle(numbers)
    greetings, paragraphs = _greetings(rng), _paragraphs(rng)
    for order, number in enumerate(numbers):
        parts = [rng.choice(greetings), *rng.sample(paragraphs, rng.randint(2, 5))]
        world.comment(
            SAMPLE_REPO,
            number,
            body="\n\n".join(text for text, _ in parts),
            body_html="\n".join(html for _, html in parts),
            author=rng.choice(_LOGINS),
            created_at=_START + 700 * _DAY + order * 60,
        )
    return world


def _open_post(world: World, post: str) -> None:
    head, _, rest = post.partition("\n\n")
    fields = dict(line.split(": ", 1) for line in head.splitlines())
    body, *comments = _COMMENT_HEADER.split(rest)
    issue = world.open_issue(
        SAMPLE_REPO,
        title=fields["title"],
        body=body.strip(),
        author=fields["author"],
        labels=[name for name in fields.get("labels", "").split(", ") if name],
        created_at=fields["created"],
        number=int(fields["number"]),
        is_pull_request=fields.get("kind") == "pull request",
    )
    for author, created_at, attributes, text in zip(*(comments[i::4] for i in range(4)), strict=True):
        comment = world.comment(SAMPLE_REPO, issue.number, body=text.strip(), author=author, created_at=created_at)
        for attribute in attributes.split():
            _apply_attribute(world, comment, attribute)
    if "locked" in fields:
        world.lock_issue(SAMPLE_REPO, issue.number, fields["locked"])


def _apply_attribute(world: World, comment: Comment, attribute: str) -> None:
    name, _, value = attribute.partition("=")
    if name == "hidden":
        world.hide_comment(comment, value)
    elif name == "pinned":
        world.pin_comment(comment)
    else:
        world.react(comment, name, int(value))


def _greetings(rng: random.Random) -> list[tuple[str, str]]:
    """Return opening paragraphs with their HTML; half of them mention a reader, each reader once."""
    texts = [f"@{login} {_sentence(rng)}" for login in _LOGINS] + [_sentence(rng) for _ in _LOGINS]
    return [(text, to_html(text)) for text in texts]


def _paragraphs(rng: random.Random) -> list[tuple[str, str]]:
    """Return paragraphs with their HTML. Rendering each comment would take longer than what a benchmark measures."""
    texts = [_sentences(rng) for _ in range(400)]
    texts += [f"> {_sentences(rng)}" for _ in range(40)]
    texts += [f'```js\nconst answer{number} = "{rng.random()}"; // {_sentence(rng)}\n```' for number in range(40)]
    return [(text, to_html(text)) for text in texts]


def _sentences(rng: random.Random) -> str:
    return " ".join(_sentence(rng) for _ in range(rng.randint(2, 4)))


def _sentence(rng: random.Random) -> str:
    claim = " ".join(rng.choice(part) for part in (_SUBJECTS, _VERBS, _OBJECTS))
    return f"{claim}, {rng.choice(_CLAUSES)}."
