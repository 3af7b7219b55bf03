"""`/`: the start page for people, a list of URLs for programs, and the snippets that the page shows.

The snippets are files, so the tests run exactly the printed text of the page and the README in real site generators.
The page loads its files by relative URLs, so it works before the public URL leads to the service.
"""

import asyncio
from collections.abc import Sequence
from functools import cache, lru_cache
from importlib.resources import files
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

from babel import Locale
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.domain.errors import InvalidParameter
from app.render.i18n import languages
from app.web.assets import Asset, assets, build_asset, file_response
from app.web.context import web_context
from app.web.document_response import uncached_json
from app.web.pages.layout import PAGE, REVALIDATE, PageRoute, render_page, security_headers
from app.web.reads.parsing import MAX_SAFE_INTEGER, is_positive_integer

router = APIRouter(include_in_schema=False, route_class=PageRoute)

SERVICE, REPO = "https://comments.example.com", "owner/name"
"""The placeholders in the snippet files for the service's URL and the repository."""
_CACHED_PAGES = 8
"""How many URLs of the service have a rendered page in memory; others are rendered on each request."""


class Snippet(NamedTuple):
    """A snippet: its file, its purpose, where the owner puts it, how a post's layout includes it, and a note."""

    file: str
    title: str
    destination: str = ""
    call: str = ""
    note: str = ""


class SnippetGroup(NamedTuple):
    """The snippets for one kind of site."""

    name: str
    title: str
    snippets: Sequence[Snippet]


_NUMBER = Snippet("front", "The number", "the post’s front matter")
_POST, _LIST, _AT_BUILD = "Comments", "Counts", "Comments in the HTML, made at build time"
_BUILD_NOTE = (
    "Search engines and readers without JavaScript see them too. While the service is away, the build leaves the link."
)
_POSTS = "The list for AFTERWORD_POSTS"
_HUGO_POSTS_NOTE = (
    'It becomes /index.json once the home page has the output JSON: [outputs] home = ["html", "rss", "json"]'
)
_POSTS_NOTE = "It becomes /posts.json. Only posts with the tag of the list are in it."
_SCRIPT_NOTE = f"It fills the element in post.html. {_BUILD_NOTE}"
_HUGO_NOTE = f"{_BUILD_NOTE} Hugo asks once an hour."
_JEKYLL_NOTE = f"{_BUILD_NOTE} GitHub’s own build of a branch runs no plugins; an action does."
_ASTRO_NOTE = "With content collections the number is post.data.ghissueid, if the collection’s schema has it."
_PINNED_NOTE = "A browser accepts both files only unchanged. Copy both lines again when you update Afterword."
_PARTIAL, _COMPONENT = "layouts/partials/comments.html", "src/components/Comments.astro"
_PLAIN = (
    Snippet("plain/post", _POST, "the post’s page"),
    Snippet("plain/list", _LIST, "the list of posts"),
    Snippet("plain/built", _AT_BUILD, "the script that builds", note=_SCRIPT_NOTE),
)
_HUGO = (
    _NUMBER,
    Snippet("hugo/post", _POST, _PARTIAL, '{{ partial "comments.html" . }}'),
    Snippet("hugo/list", _LIST, "the layout of a list"),
    Snippet("hugo/built", _AT_BUILD, _PARTIAL, note=_HUGO_NOTE),
    Snippet("hugo/older", "The same before Hugo 0.141", _PARTIAL),
    Snippet("hugo/posts", _POSTS, "layouts/index.json", note=_HUGO_POSTS_NOTE),
)
_JEKYLL = (
    _NUMBER,
    Snippet("jekyll/post", _POST, "_includes/comments.html", "{% include comments.html %}"),
    Snippet("jekyll/list", _LIST, "the list of posts"),
    Snippet("jekyll/built", _AT_BUILD, "_plugins/comments.rb", "{{ page.ghissueid | comments }}", _JEKYLL_NOTE),
    Snippet("jekyll/posts", _POSTS, "posts.json"),
)
_ELEVENTY = (
    _NUMBER,
    Snippet("eleventy/post", _POST, "_includes/comments.njk (or .liquid)", '{% include "comments.njk" %}'),
    Snippet("eleventy/list", _LIST, "the list of posts"),
    Snippet("eleventy/built", _AT_BUILD, "eleventy.config.js", "{% comments ghissueid %}", _BUILD_NOTE),
    Snippet("eleventy/posts", _POSTS, "posts.11ty.mjs", note=_POSTS_NOTE),
)
_ASTRO = (
    _NUMBER,
    Snippet("astro/post", _POST, _COMPONENT, "<Comments ghissueid={frontmatter.ghissueid} />", _ASTRO_NOTE),
    Snippet("astro/list", _LIST, "src/pages/index.astro"),
    Snippet("astro/built", _AT_BUILD, _COMPONENT, note=_BUILD_NOTE),
    Snippet("astro/posts", _POSTS, "src/pages/posts.json.js"),
)
_OWN_NOTE = "What it asks of GitHub is answered here, in GitHub’s own shapes."
_OWN = (Snippet("host", "Change the host name", note=_OWN_NOTE),)
_PINNED = (Snippet("pinned", "Just this version", "in place of the first two lines", note=_PINNED_NOTE),)
SNIPPET_GROUPS: Sequence[SnippetGroup] = (
    SnippetGroup("plain", "HTML", _PLAIN),
    SnippetGroup("hugo", "Hugo", _HUGO),
    SnippetGroup("jekyll", "Jekyll", _JEKYLL),
    SnippetGroup("eleventy", "Eleventy", _ELEVENTY),
    SnippetGroup("astro", "Astro", _ASTRO),
    SnippetGroup("own", "A script of your own", _OWN),
    SnippetGroup("pinned", "Pinned", _PINNED),
)


def render_snippet(file: str, service: str, repo: str) -> str:
    """Return the text of a snippet (`hugo/post`, `host`, …) for a service and a repository."""
    widget = assets()
    values = {
        SERVICE: service,
        REPO: repo,
        "@version": widget.version,
        "@script": widget.files["widget.js"].integrity,
        "@style": widget.files["widget.css"].integrity,
    }
    text = _text(file)
    for name, value in values.items():
        text = text.replace(name, value)
    return text


@router.get("/")
async def start(request: Request) -> Response:
    """Serve the page to clients that accept HTML, and URLs as JSON to others."""
    if "text/html" not in request.headers.get("accept", "").lower():
        return _urls(request)
    context = web_context(request)
    base_url = context.base_url(request)
    # rendering takes a moment, so it runs in a thread and other requests do not wait
    page = await asyncio.to_thread(_page, base_url or SERVICE, tuple(site.full_name for site in context.sites))
    image_source = _origin(base_url) if context.proxies_images else "https:"
    directives = ("script-src 'self'", "connect-src 'self'", f"img-src 'self' data: {image_source}")
    headers = security_headers(*directives, "trusted-types afterword", forms="'self'")
    return file_response(request, page, REVALIDATE, {"vary": "Accept, Accept-Encoding", **headers})


@router.get("/posts")
async def chosen_post(request: Request) -> Response:
    """Redirect to the page of a post's comments: what the form shows without JavaScript."""
    number = request.query_params.get("ghissueid", "")
    if not is_positive_integer(number):
        raise InvalidParameter("ghissueid", f"a whole number from 1 to {MAX_SAFE_INTEGER}")
    choices = [(name, request.query_params.get(name)) for name in ("repo", "lang", "order")]
    query = urlencode([("view", "page"), *((name, value) for name, value in choices if value)], safe="/")
    return Response(status_code=303, headers={"location": f"posts/{number}.html?{query}", "cache-control": "no-store"})


def _origin(url: str) -> str:
    scheme, host, *_ = urlsplit(url)
    return f"{scheme}://{host}" if host else ""


def _urls(request: Request) -> Response:
    context = web_context(request)
    repo, path = context.sites[0].full_name, urlsplit(context.public_url or "").path
    body = {
        "service": "Afterword",
        "documentation": f"{path}/docs",
        "openapi": f"{path}/openapi.json",
        "counts": f"{path}/api/v1/counts?repo={repo}",
        "newest_comments": f"{path}/api/v1/comments?repo={repo}",
        "github_compatible": f"{path}/repos/{repo}/issues",
        "ready": f"{path}/readyz",
    }
    return uncached_json(body, vary="Accept")


@lru_cache(maxsize=_CACHED_PAGES)
def _page(base_url: str, repos: tuple[str, ...]) -> Asset:
    groups = [
        (group, [(snippet, render_snippet(snippet.file, base_url, repos[0])) for snippet in group.snippets])
        for group in SNIPPET_GROUPS
    ]
    return build_asset(PAGE, render_page("start.html", repos=repos, languages=_languages(), groups=groups), quick=True)


@cache
def _languages() -> Sequence[tuple[str, str]]:
    """Return tag and own name of each language, sorted by name."""
    names = [(tag, Locale.parse(tag, sep="-").get_display_name() or tag) for tag in languages()]
    return sorted(names, key=lambda pair: pair[1].casefold())


@cache
def _text(name: str) -> str:
    return files("app").joinpath("web", "snippets", f"{name}.txt").read_text(encoding="utf-8")
