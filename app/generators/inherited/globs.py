"""Globs of configurations, matched in a time that grows with the lengths of glob and path alone.

A glob becomes a graph of states, as of https://swtch.com/~rsc/regexp/regexp1.html, because an expression of Python
would go back at each wildcard. The states that a path reaches are remembered for the next path.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

_MAX_LENGTH = 300
_MAX_REMEMBERED = 5000
"""Steps from one set of states to the next."""
_SET_ESCAPED = re.compile(r"[\\\[\]^&~|]")
_SINGLE_SIGNS = r"(?P<one>\?)|\[(?P<set>!?[^\]/]+)\]|(?P<group>[{},])|(?P<text>.)"
_GLOB = re.compile(rf"(?P<many>\*\*)|(?P<any>\*)|{_SINGLE_SIGNS}", re.DOTALL)
_RUBY_GLOB = re.compile(rf"(?P<folders>\*\*/)|(?P<any>\*\*?)|{_SINGLE_SIGNS}", re.DOTALL)

Fits = Callable[[str], object]
States = frozenset[int]


def _is_inside(character: str) -> bool:
    """Return whether a character may be in the name of a file."""
    return character != "/"


def _is_any(character: str) -> bool:
    return bool(character)


def _begins_shown(character: str) -> bool:
    """Return whether a name that begins with this character is not hidden."""
    return character not in "/."


@dataclass(slots=True)
class Glob:
    """A glob as a graph: the state 0 begins, `end` ends a match."""

    steps: list[list[tuple[Fits | str | None, int]]] = field(default_factory=lambda: [[]])
    """For each state the ways on: by a character, by one that fits, or by none; and to which state."""
    end: int = 0
    _next: dict[tuple[States, str], States] = field(default_factory=dict)

    def matches(self, path: str) -> bool:
        """Return whether the glob has all of a path."""
        states = self._with_free_steps({0})
        for character in path:
            key = (states, character)
            after = self._next.get(key)
            if after is None:
                if len(self._next) >= _MAX_REMEMBERED:
                    self._next.clear()
                after = self._next[key] = self._after(states, character)
            if not after:
                return False
            states = after
        return self.end in states

    def add_state(self) -> int:
        """Add a state that nothing leads to."""
        self.steps.append([])
        return len(self.steps) - 1

    def _after(self, states: States, character: str) -> States:
        return self._with_free_steps(
            {
                target
                for state in states
                for by, target in self.steps[state]
                if by is not None and (by == character if isinstance(by, str) else by(character))
            }
        )

    def _with_free_steps(self, states: set[int]) -> States:
        """Return states with all that follow without a character."""
        open_states = list(states)
        while open_states:
            for by, target in self.steps[open_states.pop()]:
                if by is None and target not in states:
                    states.add(target)
                    open_states.append(target)
        return frozenset(states)


@lru_cache(maxsize=512)
def parse_glob(text: str, *, folders_only: bool = False) -> Glob | None:
    """Return a glob: `*` and `?` stop at `/`, `**` does not; `{a,b}` are alternatives.

    With `folders_only`, as in Ruby, only `**/` crosses folders: any number of them. None if it is not valid.
    """
    if len(text) > _MAX_LENGTH:
        return None
    glob = Glob()
    groups: list[tuple[int, int]] = []
    for match in (_RUBY_GLOB if folders_only else _GLOB).finditer(text):
        is_group = match["group"] and (groups or match["group"] != ",")
        if not (_add_group(glob, groups, match["group"]) if is_group else _add_sign(glob, match)):
            return None
    return None if groups else glob


def _add_sign(glob: Glob, match: re.Match[str]) -> bool:
    """Add a wildcard, a set or a character; return False for a set that is not valid, as `[z-a]`."""
    kind = match.lastgroup
    if kind == "folders":
        folder, name, end = glob.add_state(), glob.add_state(), glob.add_state()
        glob.steps[glob.end].append((None, folder))
        glob.steps[folder] += [(_begins_shown, name), (None, end)]
        glob.steps[name] += [(_is_inside, name), ("/", folder)]
        glob.end = end
    elif kind in {"many", "any"}:
        glob.steps[glob.end].append((_is_any if kind == "many" else _is_inside, glob.end))
    elif kind == "set" and not match["set"].strip("!^"):
        for character in match.group():
            _add_step(glob, character)
    else:
        fits = _set(match["set"]) if kind == "set" else _is_inside if kind == "one" else match.group()
        if fits is None:
            return False
        _add_step(glob, fits)
    return True


def _add_group(glob: Glob, groups: list[tuple[int, int]], sign: str) -> bool:
    """Begin a group, its next alternative, or end it; return False if there is none to end.

    Of each open group the first and the last state are known.
    """
    if sign == "{":
        groups.append((glob.end, glob.add_state()))
    elif not groups:
        return False
    else:
        first, last = groups[-1]
        glob.steps[glob.end].append((None, last))
        glob.end = first
        if sign == "}":
            glob.end = last
            groups.pop()
            return True
    start = glob.add_state()
    glob.steps[glob.end].append((None, start))
    glob.end = start
    return True


def _add_step(glob: Glob, fits: Fits | str) -> None:
    """Add a step by one character."""
    state = glob.add_state()
    glob.steps[glob.end].append((fits, state))
    glob.end = state


def _set(text: str) -> Fits | None:
    negation, characters = "^" if text[0] in "!^" else "", text.lstrip("!^")
    characters = _SET_ESCAPED.sub(r"\\\g<0>", characters)
    if "--" in characters:  # a range from one hyphen to another
        characters = characters.replace("-", r"\-")
    try:
        return re.compile(f"[{negation}{characters}]", re.DOTALL).match
    except re.error:
        return None
