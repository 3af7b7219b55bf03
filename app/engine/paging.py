"""The pages of a list, followed by their links, without believing GitHub too easily."""

from collections.abc import AsyncIterator

from app.domain.errors import BrokenAnswer
from app.engine.budget import Budget
from app.engine.shared import Purpose
from app.github.answers import Answer
from app.github.asks import Ask, next_page


async def pages(budget: Budget, first: Ask, purpose: Purpose) -> AsyncIterator[Answer]:
    """Every page from `first` on; raises what `Budget.ask` raises.

    An empty page is believed only when it is said twice; links that lead back to an earlier page are a `BrokenAnswer`.
    """
    ask, seen = first, {first.url}
    while True:
        answer = await budget.ask(ask, purpose)
        if answer.data == []:
            answer = await budget.ask(ask, purpose)
        yield answer
        if answer.next_url is None:
            return
        if answer.next_url in seen:
            raise BrokenAnswer(ask.path, "its next page is one that was read before")
        seen.add(answer.next_url)
        ask = next_page(ask, answer.next_url)
