"""Avatars and the pictures of comments, so that a reader's browser asks no host but this one for them."""

import hashlib
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path
from pydantic import BeforeValidator
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.serving.image_proxy import Image
from app.web.context import ServesPictures, serving
from app.web.document_response import Headers, matches
from app.web.errors import documented
from app.web.routes.api import LARGEST, whole

_FAILURES = documented(404, 422, 503)
_FAILURES[404]["description"] = "Nothing that is served here shows such a picture, or it is not to be had."
_FAILURES[503]["description"] = "Its host does not answer: ask again after `Retry-After` seconds."
router = APIRouter(tags=["Pictures"], responses=_FAILURES)

_AVATARS_FOR = b"public, max-age=86400, stale-while-revalidate=604800, stale-if-error=604800"
_IMAGES_FOR = b"public, max-age=31536000, immutable"
_SVG = "image/svg+xml"
_HARMLESS: Headers = [
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'; sandbox"),
    (b"cross-origin-resource-policy", b"cross-origin"),
    (b"access-control-allow-origin", b"*"),
]
"""Even a picture that a browser would take for a document may then do nothing."""


async def _proxy(request: Request) -> ServesPictures:
    pictures = serving(request).pictures
    if pictures is None:
        raise HTTPException(404)
    return pictures


Proxy = Annotated[ServesPictures, Depends(_proxy)]
_AN_IMAGE: dict[int | str, dict[str, Any]] = {200: {"description": "The picture.", "content": {"image/*": {}}}}


@router.get("/avatars/{user_id}", summary="An avatar", response_class=Response, responses=_AN_IMAGE)
async def avatar(
    request: Request,
    pictures: Proxy,
    user_id: Annotated[
        int,
        BeforeValidator(whole("user_id", LARGEST)),
        Path(ge=1, le=LARGEST, description="GitHub's id of somebody who has written here."),
    ],
) -> Response:
    """The picture of somebody who has written here."""
    picture = await pictures.avatar(user_id)
    etag = f'"{hashlib.blake2b(picture.body, digest_size=16).hexdigest()}"'
    return _sent(request, picture, etag, _AVATARS_FOR)


@router.get(
    "/images/{comment_id}/{name}", summary="A picture of a comment", response_class=Response, responses=_AN_IMAGE
)
async def image(
    request: Request,
    pictures: Proxy,
    comment_id: Annotated[int, BeforeValidator(whole("comment_id", LARGEST)), Path(ge=1, le=LARGEST)],
    name: Annotated[str, Path(pattern="^[0-9a-f]{24}$", description="As the comment's HTML names it.")],
) -> Response:
    """A picture that stands in a comment."""
    # of up to 8 MB, and never another under its name
    return _sent(request, await pictures.image(comment_id, name), f'"{name}"', _IMAGES_FOR)


def _sent(request: Request, picture: Image, etag: str, cache_control: bytes) -> Response:
    given = dict(request.scope["headers"])
    headers = [(b"etag", etag.encode()), (b"cache-control", cache_control), *_HARMLESS]
    known = matches(given.get(b"if-none-match"), etag)
    response = Response(b"" if known else picture.body, 304 if known else 200)
    if not known:
        # an image element shows an attachment all the same; who opens its address gets a file, never a document
        saved = b'attachment; filename="picture.svg"' if picture.content_type == _SVG else b"inline"
        headers += [
            (b"content-type", picture.content_type.encode()),
            (b"content-length", b"%d" % len(picture.body)),
            (b"content-disposition", saved),
        ]
    response.raw_headers = headers
    return response
