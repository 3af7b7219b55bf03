from collections.abc import Iterator

import pytest

from app.domain.errors import AfterwordError, InvalidRedirect, NotReady
from app.domain.webhook_errors import DeliveryTooLarge


def _leaves(kind: type[AfterwordError] = AfterwordError) -> Iterator[type[AfterwordError]]:
    subclasses = [sub for sub in kind.__subclasses__() if sub.__module__.startswith("app.domain.")]
    if not subclasses:
        yield kind
    for sub in subclasses:
        yield from _leaves(sub)


@pytest.mark.parametrize("kind", list(_leaves()))
def test_every_failure_has_a_message(kind: type[AfterwordError]) -> None:
    fields = getattr(kind, "__match_args__", ())
    assert str(kind(*range(len(fields))))


def test_a_message_has_the_values_of_the_failure() -> None:
    assert str(NotReady("Post {41}", 7)) == (
        "Post {41} is not mirrored yet, and GitHub has not answered. Ask again in 7 s."
    )
    assert str(DeliveryTooLarge(26_214_400)).startswith("A delivery has 26,214,400 bytes at most")


def test_redirect_without_an_address_leads_nowhere() -> None:
    assert str(InvalidRedirect("/x", "")) == "GitHub redirects /x to nowhere, which is not followed."
