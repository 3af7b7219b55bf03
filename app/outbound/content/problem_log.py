"""The log of what is wrong with posts: each new problem once, and never thousands of lines."""

import logging
from collections.abc import Iterable

from app.domain.posts.posts import PostProblem
from app.github.responses import single_line

_MAX_WARNINGS = 20

_log = logging.getLogger(__name__)


class ProblemLog:
    """The warnings of one read; only those that the previous read did not have are logged."""

    def __init__(self) -> None:
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


def after_failure(*, has_posts: bool) -> str:
    """Return in a sentence what follows from a source that cannot be read; `has_posts` if it was read before."""
    return "The posts stay as they were." if has_posts else "AFTERWORD_SERVE=posts serves nothing until it can."
