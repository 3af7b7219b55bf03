"""The pages of a list, followed by their links, without believing GitHub too easily."""

from collections.abc import AsyncIterator

from app.domain.errors import InvalidResponse
from app.github.requests import Request, next_page
from app.github.responses import Response
from app.ports.jobs import Priority
from app.sync.rate_budget import Budget


async def pages(budget: Budget, first: Request, purpose: Priority) -> AsyncIterator[Response]:
    """Every page from `first` on; raises what `Budget.ask` raises.

    An empty page is believed only when it is said twice; links that lead back to an earlier page are a `InvalidResponse`.
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
            raise InvalidResponse(ask.path, "its next page is one that was read before")
        seen.add(answer.next_url)
        ask = next_page(ask, answer.next_url)
