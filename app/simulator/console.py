"""Small acts by hand: a line of words does something to a running simulator, and a line says what came of it."""

import os
import re
from collections import Counter
from collections.abc import Callable, Iterator

from app.simulator.http.app import Simulator
from app.simulator.http.faults import (
    ConnectionClosed,
    ConnectionReset,
    EmptyList,
    Fault,
    HtmlPage,
    PrimaryRateLimit,
    SecondaryRateLimit,
    Status,
    TruncatedJson,
)
from app.simulator.world.records import Comment

HELP = """\
acts, one a line on the standard input:
  comment 41 eve Some words   eve comments on issue 41; its id is printed
  edit <id> Other words       edit, delete, hide <id>, show <id>, pin <id>, unpin <id> a comment
  close 41                    close, reopen, lock, unlock, remove an issue
  react 41 [heart]            react to an issue
  rename ada/notes            rename the repository; private, public
  fault 503 [10] [match]      break the next 10 (1) answers whose path the regular expression finds: a status,
                              or reset, cut, half, html, empty, primary, secondary
  mend                        end these faults
  asks                        how many asks so far, by path
"""

_FAULTS: dict[str, Fault] = {
    "reset": ConnectionReset(),
    "cut": ConnectionClosed(),
    "half": TruncatedJson(),
    "html": HtmlPage(),
    "empty": EmptyList(),
    "primary": PrimaryRateLimit(),
    "secondary": SecondaryRateLimit(),
}


class Console:
    """What a person at the keyboard does to the repository `repo`, which may be renamed meanwhile."""

    def __init__(self, simulator: Simulator, repo: str) -> None:
        self._simulator = simulator
        self._world = simulator.world
        self._home = self._world.repository(repo).id
        self._ends: list[Callable[[], None]] = []
        self._table: dict[str, Callable[[str], object]] = {
            "comment": self._comment,
            "edit": self._edit,
            "delete": lambda words: self._world.delete_comment(self._found(words)),
            "hide": lambda words: self._world.hide_comment(self._found(words)),
            "show": lambda words: self._world.hide_comment(self._found(words), None),
            "pin": lambda words: self._world.pin_comment(self._found(words)),
            "unpin": lambda words: self._world.unpin_comment(self._found(words)),
            "close": lambda words: self._world.close_issue(self._repo, int(words)),
            "reopen": lambda words: self._world.reopen_issue(self._repo, int(words)),
            "lock": lambda words: self._world.lock_issue(self._repo, int(words)),
            "unlock": lambda words: self._world.unlock_issue(self._repo, int(words)),
            "remove": lambda words: self._world.delete_issue(self._repo, int(words)),
            "react": self._react,
            "rename": lambda words: self._world.rename_repository(self._repo, words),
            "private": lambda _: self._world.make_private(self._repo),
            "public": lambda _: self._world.make_private(self._repo, private=False),
            "fault": self._fault,
            "mend": lambda _: self._mend(),
            "asks": lambda _: self._asks(),
        }

    def do(self, line: str) -> str:
        """Do what a line says and give the answer to it, which for what cannot be done says why."""
        name, _, words = line.strip().partition(" ")
        if not name:
            return ""
        if name not in self._table:
            return f"? {name}: choose one of {', '.join(self._table)}"
        try:
            said = self._table[name](words.strip())
        except KeyError as missing:
            return f"? {missing} is not there"
        except (ValueError, re.error) as failure:
            return f"? {failure}"
        return said if isinstance(said, str) else "done"

    @property
    def _repo(self) -> str:
        return self._world.repositories[self._home].full_name

    def _found(self, words: str) -> Comment:
        return self._world.comments[int(words)]

    def _comment(self, words: str) -> str:
        number, author, body = _three(words)
        return str(self._world.comment(self._repo, int(number), body=body, author=author).id)

    def _edit(self, words: str) -> None:
        comment_id, _, body = words.partition(" ")
        self._world.edit_comment(self._found(comment_id), body=body)

    def _react(self, words: str) -> None:
        number, reaction, _ = _three(words)
        self._world.react(self._world.issue(self._repo, int(number)), reaction or "heart")

    def _fault(self, words: str) -> None:
        kind, times, match = _three(words)
        fault = _FAULTS.get(kind) or Status(int(kind))
        self._ends.append(self._simulator.faults.add(fault, match=match, times=int(times or 1)))

    def _mend(self) -> None:
        while self._ends:
            self._ends.pop()()

    def _asks(self) -> str:
        charged = Counter(ask.target.partition("?")[0] for ask in tuple(self._simulator.requests))
        lines = [f"{times:6} {path}" for path, times in charged.most_common()]
        return "\n".join([*lines, f"{charged.total():6} in all"])


def lines(descriptor: int) -> Iterator[str]:
    """Read lines as they come, until the end or until nothing can be read, as in the background of a terminal.

    Without a buffered file: a thread that waits in one would keep the interpreter from ending.
    """
    rest = b""
    try:
        while read := os.read(descriptor, 65_536):
            *whole, rest = (rest + read).split(b"\n")
            yield from (line.decode(errors="replace") for line in whole)
    except OSError:
        return
    if rest:
        yield rest.decode(errors="replace")


def _three(words: str) -> tuple[str, str, str]:
    first, _, rest = words.partition(" ")
    second, _, third = rest.strip().partition(" ")
    return first, second, third.strip()
