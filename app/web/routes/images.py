"""Avatars and images of comments, so that a reader's browser loads them from no other host."""

import hashlib
from collections.abc import AsyncIterator, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path
from pydantic import BeforeValidator
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from app.ports.images import Image, ImageRest
from app.web.context import ImageReader, web_context
from app.web.document_response import Headers, etag_matches, raw_response
from app.web.errors import problem_responses
from app.web.parameters import READ_ERRORS, integer_limits
from app.web.reads.parsing import parse_positive_integer

_ERRORS: Mapping[int, str] = READ_ERRORS | {
    404: "Nothing that is served here shows such a picture, or it is not to be had.",
    503: "Its host does not answer: ask again after `Retry-After` seconds.",
}
router = APIRouter(tags=["Pictures"], responses=problem_responses(_ERRORS))

_AVATAR_CACHE_CONTROL = b"public, max-age=86400, stale-while-revalidate=604800, stale-if-error=604800"
_IMAGE_CACHE_CONTROL = b"public, max-age=31536000, immutable"
_DIGEST_BYTES = 60_000
_SVG = "image/svg+xml"
_SAFETY_HEADERS: Headers = [
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'; sandbox"),
    (b"cross-origin-resource-policy", b"cross-origin"),
    (b"access-control-allow-origin", b"*"),
]
"""With these, an image that a browser treats as a document can do nothing."""


async def _find_images(request: Request) -> ImageReader:
    images = web_context(request).features.images
    if images is None:
        raise HTTPException(404)
    return images


Images = Annotated[ImageReader, Depends(_find_images)]
_IMAGE_RESPONSE: dict[int | str, dict[str, Any]] = {200: {"description": "The picture.", "content": {"image/*": {}}}}


@router.get(
    "/avatars/{user_id}",
    summary="An avatar",
    description="The picture of somebody who has written here.",
    response_class=Response,
    responses=_IMAGE_RESPONSE,
)
async def avatar(
    request: Request,
    images: Images,
    user_id: Annotated[
        int,
        BeforeValidator(parse_positive_integer("user_id")),
        Path(
            description="GitHub's id of somebody who has written here.",
            examples=[583231],
            json_schema_extra=integer_limits(),
        ),
    ],
) -> Response:
    """Serve the avatar of a user who has written a comment."""
    image = await images.avatar(user_id)
    start = image.body[:_DIGEST_BYTES]  # the same whether it comes from memory or from the disk
    etag = f'"{hashlib.blake2b(b"%d " % image.size + start, digest_size=16).hexdigest()}"'
    return _image_response(request, image, etag, _AVATAR_CACHE_CONTROL)


@router.get(
    "/images/{comment_id}/{name}",
    summary="A picture of a comment",
    description="A picture that stands in a comment.",
    response_class=Response,
    responses=_IMAGE_RESPONSE,
)
async def image(
    request: Request,
    images: Images,
    comment_id: Annotated[
        int,
        BeforeValidator(parse_positive_integer("comment_id")),
        Path(description="GitHub's id of the comment.", examples=[652730456], json_schema_extra=integer_limits()),
    ],
    name: Annotated[
        str,
        Path(
            pattern="^[0-9a-f]{24}$",
            description="The picture's name, as the comment's HTML has it.",
            examples=["0123456789abcdef01234567"],
        ),
    ],
) -> Response:
    """Serve an image of a comment."""
    # a name always has the same image, so it serves as ETag, and up to 8 MB need no digest
    return _image_response(request, await images.image(comment_id, name), f'"{name}"', _IMAGE_CACHE_CONTROL)


def _image_response(request: Request, image: Image, etag: str, cache_control: bytes) -> Response:
    request_headers = dict(request.scope["headers"])
    headers = [(b"etag", etag.encode()), (b"cache-control", cache_control), *_SAFETY_HEADERS]
    if etag_matches(request_headers.get(b"if-none-match"), etag):
        return raw_response(304, headers, b"")
    # an <img> shows an attachment too; a browser that opens the URL itself saves a file and shows no document
    disposition = b'attachment; filename="picture.svg"' if image.content_type == _SVG else b"inline"
    headers += [
        (b"content-type", image.content_type.encode()),
        (b"content-length", b"%d" % image.size),
        (b"content-disposition", disposition),
    ]
    if image.rest is None:
        return raw_response(200, headers, image.body)
    response = StreamingResponse(_parts(image.body, image.rest))
    response.raw_headers = headers
    return response


async def _parts(start: bytes, rest: ImageRest) -> AsyncIterator[bytes]:
    yield start
    async for part in rest.parts():
        yield part
