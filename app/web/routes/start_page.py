"""`/`: the start page for people, where to go from here for programs; and the snippets that it shows.

The snippets are files, so that the tests try in the real generators just what is printed here and in the README. The
page loads its own files from where it is looked at: it works before the public address leads anywhere.
"""

import asyncio
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from importlib.resources import files
from typing import NamedTuple
from urllib.parse import urlsplit

import orjson
from babel import Locale
from fastapi import APIRouter
from jinja2 import Environment, FunctionLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import Response

from app.render.i18n import languages
from app.web.assets import SCRIPT, STYLE, Asset, asset, assets, minified, sent
from app.web.context import serving
from app.web.document_response import NO_STORE

router = APIRouter(include_in_schema=False)

SERVICE, REPO = "https://comments.example.com", "owner/name"
"""What stands in the files of snippets for the service's address and the repository."""
_HTML = "text/html; charset=utf-8"
_ASKED_ANEW = b"no-cache"
_NAMES_KEPT = 8
"""Addresses of the service for which the page is kept: whoever asks under ever new ones has it made anew."""


class Part(NamedTuple):
    """One snippet: its file, what it is for, where it goes, what calls it in a post's layout, and what else to know."""

    file: str
    title: str
    place: str = ""
    call: str = ""
    note: str = ""


class Kind(NamedTuple):
    """What there is to copy for one kind of site."""

    name: str
    title: str
    parts: Sequence[Part]


_NUMBER = Part("front", "The number", "the post’s front matter")
_POST, _LIST, _BUILT = "Comments", "Counts", "Comments in the HTML, made at build time"
_AHEAD = (
    "Search engines and readers without JavaScript see them too. While the service is away, the build leaves the link."
)
KINDS: Sequence[Kind] = (
    Kind(
        "plain",
        "HTML",
        [
            Part("plain/post", _POST, "the post’s page"),
            Part("plain/list", _LIST, "the list of posts"),
            Part("plain/built", _BUILT, "the script that builds", note=f"It fills the element in post.html. {_AHEAD}"),
        ],
    ),
    Kind(
        "hugo",
        "Hugo",
        [
            _NUMBER,
            Part("hugo/post", _POST, "layouts/partials/comments.html", '{{ partial "comments.html" . }}'),
            Part("hugo/list", _LIST, "the layout of a list"),
            Part("hugo/built", _BUILT, "layouts/partials/comments.html", note=f"{_AHEAD} Hugo asks once an hour."),
            Part("hugo/older", "The same before Hugo 0.141", "layouts/partials/comments.html"),
        ],
    ),
    Kind(
        "jekyll",
        "Jekyll",
        [
            _NUMBER,
            Part("jekyll/post", _POST, "_includes/comments.html", "{% include comments.html %}"),
            Part("jekyll/list", _LIST, "the list of posts"),
            Part(
                "jekyll/built",
                _BUILT,
                "_plugins/comments.rb",
                "{{ page.ghissueid | comments }}",
                f"{_AHEAD} GitHub’s own build of a branch runs no plugins; an action does.",
            ),
        ],
    ),
    Kind(
        "eleventy",
        "Eleventy",
        [
            _NUMBER,
            Part("eleventy/post", _POST, "_includes/comments.njk (or .liquid)", '{% include "comments.njk" %}'),
            Part("eleventy/list", _LIST, "the list of posts"),
            Part("eleventy/built", _BUILT, "eleventy.config.js", "{% comments ghissueid %}", _AHEAD),
        ],
    ),
    Kind(
        "astro",
        "Astro",
        [
            _NUMBER,
            Part(
                "astro/post",
                _POST,
                "src/components/Comments.astro",
                "<Comments ghissueid={frontmatter.ghissueid} />",
                "With content collections the number is post.data.ghissueid, if the collection’s schema has it.",
            ),
            Part("astro/list", _LIST, "src/pages/index.astro"),
            Part("astro/built", _BUILT, "src/components/Comments.astro", note=_AHEAD),
        ],
    ),
    Kind(
        "own",
        "A script of your own",
        [Part("host", "Change the host name", note="What it asks of GitHub is answered here, in GitHub’s own shapes.")],
    ),
    Kind(
        "pinned",
        "Pinned",
        [
            Part(
                "pinned",
                "Just this version",
                "in place of the first two lines",
                note="A browser takes both files only as they are. Take both lines anew when you update Afterword.",
            )
        ],
    ),
)


def snippet(file: str, service: str, repo: str) -> str:
    """The text of a snippet (`hugo/post`, `host`, …) for a service and a repository."""
    made = assets()
    values = {
        SERVICE: service,
        REPO: repo,
        "@version": made.version,
        "@script": made.files["widget.js"].integrity,
        "@style": made.files["widget.css"].integrity,
    }
    text = _text(f"web/snippets/{file}.txt")
    for name, value in values.items():
        text = text.replace(name, value)
    return text


def strict(*sources: str) -> dict[str, str]:
    """The headers of a page of our own; `sources` are what its policy allows besides its style sheet."""
    policy = (
        "default-src 'none'",
        *sources,
        "style-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
    )
    return {
        "content-security-policy": "; ".join(policy),
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": "camera=(), geolocation=(), microphone=()",
    }


@router.get("/")
async def start(request: Request) -> Response:
    """The page for who accepts HTML; addresses as JSON for everybody else."""
    if "text/html" not in request.headers.get("accept", "").lower():
        return _addresses(request)
    served = serving(request)
    home = served.home(request)
    # making it takes a moment, in which readers are not to wait
    page = await asyncio.to_thread(_page, home or SERVICE, tuple(site.full_name for site in served.sites))
    pictures = "https:" if served.pictures is None else _origin(home)
    headers = strict(
        "script-src 'self'", "connect-src 'self'", f"img-src 'self' data: {pictures}", "trusted-types afterword"
    )
    return sent(request, page, b"private, no-cache", {"vary": "Accept, Accept-Encoding", **headers})


@router.get("/start.js")
@router.get("/start.css")
async def file_of_the_page(request: Request) -> Response:
    """What makes the page answer, and how it and /docs look."""
    return sent(request, files_of_the_page()[request.url.path.rpartition("/")[2]], _ASKED_ANEW)


def _origin(address: str) -> str:
    scheme, host, *_ = urlsplit(address)
    return f"{scheme}://{host}" if host else ""


def _addresses(request: Request) -> Response:
    repo = serving(request).sites[0].full_name
    body = {
        "service": "Afterword",
        "documentation": "/docs",
        "openapi": "/openapi.json",
        "counts": f"/api/v1/counts?repo={repo}",
        "newest_comments": f"/api/v1/comments?repo={repo}",
        "github_compatible": f"/repos/{repo}/issues",
        "ready": "/readyz",
    }
    headers = {"cache-control": NO_STORE.decode(), "vary": "Accept"}
    return Response(orjson.dumps(body), 200, headers, media_type="application/json")


@cache
def files_of_the_page() -> Mapping[str, Asset]:
    """Its script and its style sheet, which /docs has too; made once for this process."""
    kinds = {"start.js": SCRIPT, "start.css": STYLE}
    return {name: asset(kind, minified(name, _text(f"widget/start/{name}"))) for name, kind in kinds.items()}


@lru_cache(maxsize=_NAMES_KEPT)
def _page(home: str, repos: tuple[str, ...]) -> Asset:
    kinds = [(kind, [(part, snippet(part.file, home, repos[0])) for part in kind.parts]) for kind in KINDS]
    template = _templates().get_template("widget/start/start.html")
    return asset(_HTML, template.render(repos=repos, languages=_languages(), kinds=kinds), quick=True)


@cache
def _languages() -> Sequence[tuple[str, str]]:
    """Tag and own name of each language, by name."""
    named = [(tag, Locale.parse(tag, sep="-").get_display_name() or tag) for tag in languages()]
    return sorted(named, key=lambda pair: pair[1].casefold())


@cache
def _templates() -> Environment:
    return Environment(loader=FunctionLoader(_text), autoescape=True, undefined=StrictUndefined)


@cache
def _text(name: str) -> str:
    return files("app").joinpath(*name.split("/")).read_text(encoding="utf-8")
