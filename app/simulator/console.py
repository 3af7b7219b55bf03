"""The console of a running simulator: a line of words executes a command, and its result is a line of text."""

import os
import re
from collections import Counter
from collections.abc import Callable, Iterator

from app.simulator.http import faults
from app.simulator.http.app import Simulator
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

_FAULTS: dict[str, faults.Fault] = {
    "reset": faults.ConnectionReset(),
    "cut": faults.ConnectionClosed(),
    "half": faults.TruncatedJson(),
    "html": faults.HtmlPage(),
    "empty": faults.EmptyList(),
    "primary": faults.PrimaryRateLimit(),
    "secondary": faults.SecondaryRateLimit(),
}


class Console:
    """The commands that a person types, for the repository `repo`, which is known by its id if it is renamed."""

    def __init__(self, simulator: Simulator, repo: str) -> None:
        self._simulator = simulator
        self._world = simulator.world
        self._repository_id = self._world.repository(repo).id
        self._fault_removers: list[Callable[[], None]] = []
        self._commands: dict[str, Callable[[str], object]] = {
            "comment": self._write_comment,
            "edit": self._edit_comment,
            "delete": lambda arguments: self._world.delete_comment(self._comment(arguments)),
            "hide": lambda arguments: self._world.hide_comment(self._comment(arguments)),
            "show": lambda arguments: self._world.hide_comment(self._comment(arguments), None),
            "pin": lambda arguments: self._world.pin_comment(self._comment(arguments)),
            "unpin": lambda arguments: self._world.unpin_comment(self._comment(arguments)),
            "close": lambda arguments: self._world.close_issue(self._repo, int(arguments)),
            "reopen": lambda arguments: self._world.reopen_issue(self._repo, int(arguments)),
            "lock": lambda arguments: self._world.lock_issue(self._repo, int(arguments)),
            "unlock": lambda arguments: self._world.unlock_issue(self._repo, int(arguments)),
            "remove": lambda arguments: self._world.delete_issue(self._repo, int(arguments)),
            "react": self._react,
            "rename": lambda arguments: self._world.rename_repository(self._repo, arguments),
            "private": lambda _: self._world.make_private(self._repo),
            "public": lambda _: self._world.make_private(self._repo, private=False),
            "fault": self._add_fault,
            "mend": lambda _: self._remove_faults(),
            "asks": lambda _: self._count_requests(),
        }

    def execute(self, line: str) -> str:
        """Execute a line and return its result; for a command that fails this is the reason after `? `."""
        name, _, arguments = line.strip().partition(" ")
        if not name:
            return ""
        if name not in self._commands:
            return f"? {name}: choose one of {', '.join(self._commands)}"
        try:
            result = self._commands[name](arguments.strip())
        except KeyError as error:
            return f"? {error} is not there"
        except (ValueError, re.error) as error:
            return f"? {error}"
        return result if isinstance(result, str) else "done"

    @property
    def _repo(self) -> str:
        return self._world.repositories[self._repository_id].full_name

    def _comment(self, arguments: str) -> Comment:
        return self._world.comments[int(arguments)]

    def _write_comment(self, arguments: str) -> str:
        number, author, body = _split_in_three(arguments)
        return str(self._world.comment(self._repo, int(number), body=body, author=author).id)

    def _edit_comment(self, arguments: str) -> None:
        comment_id, _, body = arguments.partition(" ")
        self._world.edit_comment(self._comment(comment_id), body=body)

    def _react(self, arguments: str) -> None:
        number, reaction, _ = _split_in_three(arguments)
        self._world.react(self._world.issue(self._repo, int(number)), reaction or "heart")

    def _add_fault(self, arguments: str) -> None:
        kind, times, match = _split_in_three(arguments)
        fault = _FAULTS.get(kind) or faults.Status(int(kind))
        self._fault_removers.append(self._simulator.faults.add(fault, match=match, times=int(times or 1)))

    def _remove_faults(self) -> None:
        while self._fault_removers:
            self._fault_removers.pop()()

    def _count_requests(self) -> str:
        counts = Counter(request.target.partition("?")[0] for request in tuple(self._simulator.requests))
        lines = [f"{times:6} {path}" for path, times in counts.most_common()]
        return "\n".join([*lines, f"{counts.total():6} in all"])


def read_lines(descriptor: int) -> Iterator[str]:
    """Yield lines as they arrive, until the end of the file or an error, such as in the background of a terminal.

    No buffered file is used: a thread that waits in one would prevent the interpreter from exiting.
    """
    rest = b""
    try:
        while data := os.read(descriptor, 65_536):
            *complete_lines, rest = (rest + data).split(b"\n")
            yield from (line.decode(errors="replace") for line in complete_lines)
    except OSError:
        return
    if rest:
        yield rest.decode(errors="replace")


def _split_in_three(arguments: str) -> tuple[str, str, str]:
    first, _, rest = arguments.partition(" ")
    second, _, third = rest.strip().partition(" ")
    return first, second, third.strip()
