"""Feeds: the newest comments of a post and of the whole blog, as Atom and as JSON Feed."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from app.domain.sites import Repository
from app.render.feeds import TYPES
from app.render.keys import Form, SiteFeedKey, ThreadFeedKey
from app.render.words import words
from app.web.errors import documented
from app.web.native import Ghissueid, Site, once
from app.web.respond import respond, serving

router = APIRouter(tags=["Feeds"], dependencies=[Depends(once)], responses=documented(404, 422, 503))

Lang = Annotated[
    str, Query(description="The language of titles as a BCP 47 tag; English where it has no words.", max_length=35)
]


def _described(summary: str, form: Form) -> dict[str, Any]:
    media = TYPES[form].partition(";")[0]
    return {
        "summary": summary,
        "response_model": None,
        "responses": {200: {"description": "The feed.", "content": {media: {"schema": {"type": "string"}}}}},
    }


@router.get("/posts/{ghissueid}.atom", **_described("A post's newest comments (Atom)", Form.ATOM))
async def post_atom(request: Request, site: Site, ghissueid: Ghissueid, lang: Lang = "en") -> Response:
    """The fifty newest comments. Empty for a post without an issue; 410 where it was deleted."""
    return await _of_post(request, site, ghissueid, Form.ATOM, lang)


@router.get("/posts/{ghissueid}.json", **_described("A post's newest comments (JSON Feed)", Form.JSON))
async def post_json(request: Request, site: Site, ghissueid: Ghissueid, lang: Lang = "en") -> Response:
    """The fifty newest comments. Empty for a post without an issue; 410 where it was deleted."""
    return await _of_post(request, site, ghissueid, Form.JSON, lang)


@router.get("/comments.atom", **_described("The blog's newest comments (Atom)", Form.ATOM))
async def site_atom(request: Request, site: Site, lang: Lang = "en") -> Response:
    """The fifty newest comments of the whole blog."""
    return await _of_site(request, site, Form.ATOM, lang)


@router.get("/comments.json", **_described("The blog's newest comments (JSON Feed)", Form.JSON))
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
