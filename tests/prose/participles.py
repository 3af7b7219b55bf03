"""Bare participles used as names: `found`, `_kept`, `Said`. The rule: say the noun.

| name | verdict |
|---|---|
| `found`, `_kept`, `RENEWED` | offends: one word, a participle or a past tense |
| `put_off`, `followed_from` | offends: a participle with a particle is no noun |
| `heard_at`, `claimed_until`, `closed_by`, `transferred_to` | passes: the field's convention for times, people, targets |
| `changed: bool` | passes: a regular participle of a truth value: a flag |
| `FAILED` in an enum | passes: a state of a state machine |
| `locked`, `Gone` | passes: a term of GitHub, HTTP or Atom, listed in `TERMS` |
"""

import re

from tests.prose.identifiers import Identifier, Kind, split_words
from tests.prose.sources import DATA, Finding
from tests.prose.vocabulary import suggest

IRREGULAR = frozenset((DATA / "participles.txt").read_text().split())
"""Past participles and past tenses that do not end in -ed."""

ISSUE_WORDS = frozenset({"found", "kept", "given", "told", "made", "said", "seen", "known"})
"""The eight words that the issue counts, over all identifier tokens."""

TERMS = {
    "locked": "GitHub's field of an issue",
    "pinned": "GitHub's field of an issue and a comment",
    "closed": "GitHub's state of an issue and action of a webhook",
    "opened": "GitHub's action of a webhook",
    "created": "GitHub's action of a webhook and order of a list",
    "edited": "GitHub's action of a webhook",
    "deleted": "GitHub's action of a webhook",
    "transferred": "GitHub's action of a webhook",
    "archived": "GitHub's field of a repository",
    "minimized": "GitHub's field of a comment in GraphQL",
    "confused": "GitHub's reaction",
    "updated": "Atom's element and GitHub's order of a list",
    "published": "Atom's element",
    "modified": "HTTP: Last-Modified",
    "unchanged": "HTTP: 304 Not Modified",
    "hidden": "HTML's attribute; GitHub's word for a minimized comment",
    "forbidden": "HTTP: 403 Forbidden",
    "gone": "HTTP: 410 Gone",
    "authenticated": "GitHub's and HTTP's word for a request with a valid token",
    "used": "GitHub's header X-RateLimit-Used",
    "allowed": "a published field of the API's problem details; HTTP: 405 Method Not Allowed",
}
"""Participles that may be names, each with its reason."""

_REGULAR = re.compile(r"[a-z]{2,}(?<!e)ed")
_NOT_REGULAR = frozenset({"embed", "hundred", "sacred", "naked", "shed", "sled", "infrared"})
_PARTICLES = frozenset(
    {
        "in",
        "from",
        "for",
        "off",
        "back",
        "away",
        "up",
        "on",
        "of",
        "with",
        "out",
        "over",
        "aside",
        "again",
    }
)
_ADVICE = "no bare participle; say the noun"


def is_participle(word: str) -> bool:
    """Return whether a lower-case word is a past participle or a past tense, with or without `un-`."""
    base = word.removeprefix("un")
    regular = _REGULAR.fullmatch(word) is not None and word not in _NOT_REGULAR
    return regular or word in IRREGULAR or base in IRREGULAR


def is_bare_participle(identifier: Identifier) -> bool:
    """Return whether an identifier names a value by a participle only."""
    if is_allowed(identifier):
        return False
    words = split_words(identifier.name)
    if len(words) == 1:
        return is_participle(words[0])
    return len(words) == 2 and is_participle(words[0]) and words[1] in _PARTICLES


def is_allowed(identifier: Identifier) -> bool:
    """Return whether the field uses this participle as a name: a term, a flag or a state."""
    if identifier.bare in TERMS or identifier.bare.lower() in TERMS:
        return True
    is_flag = identifier.annotation.startswith("bool") and identifier.bare.lower() not in IRREGULAR
    return is_flag or identifier.kind is Kind.MEMBER


def check_participles(identifiers: list[Identifier]) -> list[Finding]:
    """Return a finding for each bare participle."""
    return [
        Finding(identifier.path, identifier.line, identifier.name, suggest(identifier) or _ADVICE)
        for identifier in identifiers
        if is_bare_participle(identifier)
    ]
