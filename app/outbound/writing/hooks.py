"""Change a webhook over HTTP: once, without a retry; the next run of the doctor sees what came of it."""

from app.domain.errors import InvalidRedirect
from app.github import requests
from app.github.requests import Request
from app.github.responses import Response, decipher_response
from app.outbound.github import mask_token, valid_token
from app.outbound.http import HttpClient


async def change_webhook(request: Request, content: bytes, *, api: str, token: str | None, now: float) -> Response:
    """Send a PATCH with this body; raise a `GitHubError` if GitHub refuses it or does not answer."""
    client, token = HttpClient(api, connections=1), valid_token(token)
    headers = {**requests.headers(request, api=api, token=token), "Content-Type": "application/json"}
    try:
        response = mask_token(await client.post(request, headers, content, method="PATCH"), token)
    finally:
        await client.aclose()
    result = decipher_response(request, *response, now=now)
    if not isinstance(result, Response):
        raise InvalidRedirect(request.path, result.url)
    return result
