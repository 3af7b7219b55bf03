"""A refresh that fails for some threads."""

from app.domain.errors import GitHubError


class FakeRefresh:
    """Records the numbers that it is called with; fails for some of them."""

    def __init__(self, failures: dict[int, GitHubError]) -> None:
        self.failures = failures
        self._numbers: list[int] = []

    async def __call__(self, number: int) -> None:
        self._numbers.append(number)
        if number in self.failures:
            raise self.failures[number]

    def take_numbers(self) -> list[int]:
        """Return the numbers since the last call."""
        numbers, self._numbers = self._numbers, []
        return numbers
