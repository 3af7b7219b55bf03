"""The log of what is wrong with posts: each new problem once, and never thousands of lines."""

import logging
from collections.abc import Iterable

from app.domain.posts.posts import PostProblem
from app.github.responses import single_line

_MAX_WARNINGS = 20

_log = logging.getLogger(__name__)


NOTHING_LEFT = "there is no {} in it any more. If all are gone for good, leave one without a number"
"""Why an empty source changes nothing, and what to do; `{}` is `page` or `entry`."""


class ProblemLog:
    """The warnings of one read; only those that the previous read did not have are logged."""

    def __init__(self) -> None:
        self.failure: str | None = None
        """Why the last read failed, in sentences that do not name the source; empty if it did not, None before it."""
        self._current_failure = ""
        self._previous: frozenset[str] = frozenset()
        self._current: list[str] = []

    def add(self, text: str) -> None:
        """Add a warning of this read."""
        self._current.append(text)

    def add_problems(self, problems: Iterable[PostProblem]) -> None:
        """Add a warning for each problem."""
        for problem in problems:
            position = single_line(problem.source) + ("" if problem.line is None else f", line {problem.line}")
            self.add(f"{position}: {single_line(problem.message).rstrip('.')}. {problem.advice}")

    def fail(self, prefix: str, reason: str, *, has_posts: bool) -> None:
        """Add the warning that nothing can be read; `has_posts` if something was read before.

        `prefix` begins the sentence that `reason` ends. The warnings of the previous read still hold.
        """
        reason = single_line(reason).rstrip(".")
        consequence = _after_failure(has_posts=has_posts)
        self._current_failure = f"The posts cannot be read: {reason}. {consequence}"
        self.repeat()
        self.add(f"{prefix}: {reason}. {consequence}")

    def repeat(self) -> None:
        """Add all warnings of the previous read: they still hold."""
        self._current += self._previous

    def end_read(self) -> None:
        """Log the new warnings and end the read."""
        new = [text for text in dict.fromkeys(self._current) if text not in self._previous]
        for text in new[:_MAX_WARNINGS]:
            _log.warning("%s", text)
        if len(new) > _MAX_WARNINGS:
            _log.warning("And %d more of the posts have something wrong.", len(new) - _MAX_WARNINGS)
        self._previous, self._current = frozenset(self._current), []
        self.failure, self._current_failure = self._current_failure, ""


def _after_failure(*, has_posts: bool) -> str:
    return "The posts stay as they were." if has_posts else "AFTERWORD_SERVE=posts serves nothing until it can."
