"""Feeds: the newest comments of a post and of the whole blog, as Atom and as JSON Feed.

The models here only describe JSON Feed in OpenAPI, as far as it is used: what leaves is a document, finished before.
"""

from typing import Any, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.domain.sites import Repository
from app.render.feeds import ENTRIES, MEDIA
from app.render.i18n import words
from app.render.keys import Form, SiteFeedKey, ThreadFeedKey
from app.web.context import respond, serving
from app.web.errors import documented
from app.web.routes.api import Ghissueid, Lang, Site, once

router = APIRouter(tags=["Feeds"], dependencies=[Depends(once)], responses=documented(404, 422, 503))

_ENDS = "The post's issue was deleted: a feed without entries, so that readers' programs stop asking."


class Person(BaseModel):
    """Who wrote a comment."""

    name: str = Field(examples=["octocat"])
    url: str
    avatar: str | None = Field(None, description="Left out where its address is not known.")


class Item(BaseModel):
    """One comment."""

    id: str = Field(description="The comment on GitHub; it stays when this service moves.")
    url: str
    title: str = Field(examples=["octocat on “The Best Interview is No Interview”"])
    content_html: str = Field(description="Safe to insert into a page.")
    content_text: str
    date_published: str = Field(examples=["2020-07-01T09:30:00Z"])
    date_modified: str
    authors: list[Person]


class JsonFeed(BaseModel):
    """JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/)."""

    version: Literal["https://jsonfeed.org/version/1.1"]
    title: str
    home_page_url: str = Field(description="The post's issue, or the list of issues.")
    feed_url: str | None = Field(None, description="Left out where the service's own address is not known.")
    language: str = Field(examples=["en"])
    items: list[Item] = Field(max_length=ENTRIES)


class _Atom(Response):
    media_type = MEDIA[Form.ATOM]


class _JsonFeed(JSONResponse):
    media_type = MEDIA[Form.JSON]


_ATOM_ENDS: dict[int | str, dict[str, Any]] = {
    410: {"description": _ENDS, "content": {MEDIA[Form.ATOM]: {"schema": {"type": "string"}}}}
}
_JSON_GIVEN: dict[int | str, dict[str, Any]] = {200: {"model": JsonFeed}}
_JSON_ENDS: dict[int | str, dict[str, Any]] = {410: {"model": JsonFeed, "description": _ENDS}}


@router.get(
    "/posts/{ghissueid}.atom",
    summary="A post's newest comments (Atom)",
    response_model=None,
    response_class=_Atom,
    responses=_ATOM_ENDS,
)
async def post_atom(request: Request, site: Site, ghissueid: Ghissueid, lang: Lang = "en") -> Response:
    """The fifty newest comments, replies marked as RFC 4685 has it. Empty for a post without an issue."""
    return await _of_post(request, site, ghissueid, Form.ATOM, lang)


@router.get(
    "/posts/{ghissueid}.json",
    summary="A post's newest comments (JSON Feed)",
    response_model=None,
    response_class=_JsonFeed,
    responses=_JSON_GIVEN | _JSON_ENDS,
)
async def post_json(request: Request, site: Site, ghissueid: Ghissueid, lang: Lang = "en") -> Response:
    """The fifty newest comments. Empty for a post without an issue."""
    return await _of_post(request, site, ghissueid, Form.JSON, lang)


@router.get(
    "/comments.atom",
    summary="The blog's newest comments (Atom)",
    response_model=None,
    response_class=_Atom,
)
async def site_atom(request: Request, site: Site, lang: Lang = "en") -> Response:
    """The fifty newest comments of the whole blog, replies marked as RFC 4685 has it."""
    return await _of_site(request, site, Form.ATOM, lang)


@router.get(
    "/comments.json",
    summary="The blog's newest comments (JSON Feed)",
    response_model=None,
    response_class=_JsonFeed,
    responses=_JSON_GIVEN,
)
async def site_json(request: Request, site: Site, lang: Lang = "en") -> Response:
    """The fifty newest comments of the whole blog."""
    return await _of_site(request, site, Form.JSON, lang)


async def _of_post(request: Request, site: Repository, number: int, form: Form, lang: str) -> Response:
    served = serving(request)
    home, pictures = served.home(request), served.pictures is not None
    return await respond(request, ThreadFeedKey(site, number, form, words(lang).lang, home, pictures))


async def _of_site(request: Request, site: Repository, form: Form, lang: str) -> Response:
    served = serving(request)
    home, pictures = served.home(request), served.pictures is not None
    return await respond(request, SiteFeedKey(site, form, words(lang).lang, home, pictures))
