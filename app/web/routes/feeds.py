"""Feeds: the newest comments of a post and of the whole blog, as Atom and as JSON Feed.

The models only describe the used part of JSON Feed in OpenAPI: `app.render.feeds` renders the documents, and
`app.web.document_response` makes their headers.
"""

from functools import cache
from typing import Any, Literal
from urllib.parse import urlencode

from babel.localedata import locale_identifiers
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.render.feeds import CONTENT_TYPES, MAX_ENTRIES
from app.render.i18n import translation
from app.render.keys import FeedFormat, SiteFeedKey, ThreadFeedKey
from app.web.context import NamedSite, serve_document, web_context
from app.web.parameters import Ghissueid, Lang, RequestedSite, read_router

router = read_router("Feeds")

_DELETED_ISSUE = "The post's issue was deleted: a feed without entries, so that readers' programs stop asking."


class Person(BaseModel):
    """Who wrote a comment."""

    name: str = Field(description="The account's name on GitHub.", examples=["octocat"])
    url: str = Field(description="The account's page on GitHub.", examples=["https://github.com/octocat"])
    avatar: str | None = Field(None, description="The account's picture; left out if its address is not known.")


class Item(BaseModel):
    """One comment."""

    id: str = Field(
        description="It stays when this service moves, and when the repository or its issue gets another name."
    )
    url: str = Field(description="The comment on GitHub.")
    title: str = Field(
        description="Who wrote it, in the blog's feed also where, and the first words.",
        examples=["octocat: Thank you, that helped me"],
    )
    content_html: str = Field(description="Safe to insert into a page.")
    content_text: str = Field(description="Without markup.")
    date_published: str = Field(description="When it was written.", examples=["2020-07-01T09:30:00Z"])
    date_modified: str = Field(description="When its text last changed.", examples=["2020-07-01T09:30:00Z"])
    authors: list[Person] = Field(description="Who wrote it: one person.")
    author: Person = Field(description="The same, for programs that know JSON Feed 1.0 only.")


class JsonFeed(BaseModel):
    """A feed in the format [JSON Feed 1.1](https://www.jsonfeed.org/version/1.1/)."""

    version: Literal["https://jsonfeed.org/version/1.1"] = Field(description="The version of the format.")
    title: str = Field(description="The title of the post's issue, or the name of the repository.")
    home_page_url: str = Field(description="The post's issue, or the list of issues.")
    feed_url: str | None = Field(
        None, description="The feed's own address, as it was requested; left out if it is not known."
    )
    authors: list[Person] = Field(description="The repository.")
    author: Person = Field(description="The same, for programs that know JSON Feed 1.0 only.")
    language: str = Field(description="The language of the feed's own texts.", examples=["en"])
    items: list[Item] = Field(description="The newest comments, the newest first.", max_length=MAX_ENTRIES)


class _Atom(Response):
    media_type = CONTENT_TYPES[FeedFormat.ATOM]


class _JsonFeed(JSONResponse):
    media_type = CONTENT_TYPES[FeedFormat.JSON]


_ATOM_410: dict[int | str, dict[str, Any]] = {
    410: {"description": _DELETED_ISSUE, "content": {CONTENT_TYPES[FeedFormat.ATOM]: {"schema": {"type": "string"}}}}
}
_JSON_200: dict[int | str, dict[str, Any]] = {200: {"model": JsonFeed}}
_JSON_410: dict[int | str, dict[str, Any]] = {410: {"model": JsonFeed, "description": _DELETED_ISSUE}}


@router.get(
    "/posts/{ghissueid}.atom",
    summary="A post's newest comments (Atom)",
    description="The fifty newest comments, replies marked as RFC 4685 has it. Empty for a post without an issue.",
    response_class=_Atom,
    response_description="The feed.",
    responses=_ATOM_410,
)
async def post_atom(request: Request, site: RequestedSite, ghissueid: Ghissueid, lang: Lang = "en") -> Response:
    """Serve the Atom feed of a post."""
    return await _serve_feed(request, site, FeedFormat.ATOM, lang, ghissueid)


@router.get(
    "/posts/{ghissueid}.json",
    summary="A post's newest comments (JSON Feed)",
    description="The fifty newest comments. Empty for a post without an issue.",
    response_class=_JsonFeed,
    response_description="The feed.",
    responses=_JSON_200 | _JSON_410,
)
async def post_json(request: Request, site: RequestedSite, ghissueid: Ghissueid, lang: Lang = "en") -> Response:
    """Serve the JSON Feed of a post."""
    return await _serve_feed(request, site, FeedFormat.JSON, lang, ghissueid)


@router.get(
    "/comments.atom",
    summary="The blog's newest comments (Atom)",
    description="The fifty newest comments of the whole blog, replies marked as RFC 4685 has it.",
    response_class=_Atom,
    response_description="The feed.",
)
async def site_atom(request: Request, site: RequestedSite, lang: Lang = "en") -> Response:
    """Serve the Atom feed of a site."""
    return await _serve_feed(request, site, FeedFormat.ATOM, lang)


@router.get(
    "/comments.json",
    summary="The blog's newest comments (JSON Feed)",
    description="The fifty newest comments of the whole blog.",
    response_class=_JsonFeed,
    response_description="The feed.",
    responses=_JSON_200,
)
async def site_json(request: Request, site: RequestedSite, lang: Lang = "en") -> Response:
    """Serve the JSON Feed of a site."""
    return await _serve_feed(request, site, FeedFormat.JSON, lang)


async def _serve_feed(
    request: Request, site: NamedSite, feed_format: FeedFormat, lang: str, number: int | None = None
) -> Response:
    """Serve the feed of a post, or of the whole site if `number` is None."""
    context = web_context(request)
    options = (feed_format, translation(lang).lang, context.base_url(request), context.proxies_images)
    query = _own_query(request, site.name)
    key = (
        SiteFeedKey(site.repo, *options, query) if number is None else ThreadFeedKey(site.repo, number, *options, query)
    )
    return await serve_document(request, key)


def _own_query(request: Request, name: str | None) -> str:
    """Return the query of the feed's own address: that of the request, without what a feed does not depend on.

    Each query is one of a few, because a document is made for each: a name or language in another spelling is replaced
    by the usual one.
    """
    tag = request.query_params.get("lang", "")
    values = {"repo": name, "lang": tag if tag in _language_tags() else translation(tag).lang}
    fields = [(field, values[field]) for field, _ in request.query_params.multi_items() if field in values]
    queries = urlencode(fields, safe="/"), urlencode(fields)
    raw = request.scope["query_string"].decode("latin-1")
    return raw if raw in queries else queries[0]


@cache
def _language_tags() -> frozenset[str]:
    """Return the tags of all languages that CLDR knows, in their usual spelling."""
    return frozenset(name.replace("_", "-") for name in locale_identifiers())
