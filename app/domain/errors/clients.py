"""Refused requests: those to the owner's page, and those beyond a client's limits."""

from dataclasses import dataclass

from app.domain.errors.root import AfterwordError


class OwnerError(AfterwordError):
    """A request to the owner's page or API that is refused."""


class SignInRequired(OwnerError):
    """Neither a session nor a token."""

    template = (
        "This is for the owner of the blog. Send AFTERWORD_OWNER_TOKEN as Authorization: Bearer, or sign in at /owner."
    )


class WrongToken(OwnerError):
    """A token that is not the owner's."""

    template = "This is not the owner's token. Use the value of AFTERWORD_OWNER_TOKEN."


class ForeignForm(OwnerError):
    """A form that another site sent, or that belongs to another session."""

    template = "This form is not from the page that you are signed in to. Open /owner again and repeat it there."


@dataclass(eq=False)
class TooManyRequests(AfterwordError):
    """A client does what costs something too often; `what` says what, `retry_after` is in seconds."""

    what: str
    retry_after: int

    template = "{what} too often. Try again in {retry_after} s."
