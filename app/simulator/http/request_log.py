"""A request as it arrives, and the entry of the request log that remains of it."""

from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import Request

from app.simulator.http.paging import Parameters


@dataclass(frozen=True, slots=True)
class IncomingRequest:
    """A request; `base_url` is the address that the client used, header names are in lower case."""

    method: str
    path: str
    query: str
    parameters: Parameters
    headers: Mapping[str, str]
    base_url: str
    client_ip: str
    body: bytes = b""

    @classmethod
    def of(cls, request: Request, base_url: str | None, body: bytes = b"") -> "IncomingRequest":
        """Convert a request of starlette; `base_url` overrides the address that the client used."""
        return cls(
            method=request.method,
            path=request.url.path,
            query=request.url.query,
            parameters=tuple(request.query_params.multi_items()),
            headers={name.lower(): value for name, value in request.headers.items()},
            base_url=base_url or f"{request.url.scheme}://{request.url.netloc}",
            client_ip=request.client.host if request.client else "",
            body=body,
        )

    @property
    def target(self) -> str:
        """Return the path with its query."""
        return f"{self.path}?{self.query}" if self.query else self.path

    @property
    def token(self) -> str | None:
        """Return the token of `token X`, `Bearer X` or the password of `Basic`; None without `Authorization`.

        A header that cannot be parsed gives "", which is no valid token.
        """
        scheme, _, credential = self.headers.get("authorization", "").partition(" ")
        if not scheme:
            return None
        if scheme.lower() == "basic":
            return _password(credential)
        return credential.strip() if scheme.lower() in {"token", "bearer"} else ""


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """An entry of the request log: the request and the status of its response, never the token itself.

    `counts_against_limit` tells whether the request used the primary rate limit.
    """

    method: str
    target: str
    accept: str
    authenticated: bool
    if_none_match: str | None
    status: int
    counts_against_limit: bool
    client_ip: str


def _password(credential: str) -> str:
    try:
        return b64decode(credential, validate=True).decode().partition(":")[2]
    except ValueError:
        return ""
