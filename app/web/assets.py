"""The widget's files as they are served: without their comments, compressed ahead, under two kinds of addresses.

`/widget.js` and `/widget.css` are what a page names, and are kept for minutes. Everything else, and those two once
more, lie under `/assets/{version}/`, where the version is a digest of all of them: kept for ever. A page that still
has the script of an older version asks under that one and is given what there is now, for minutes.

Nothing is built ahead: the files are read, filled in and compressed when the application is made, in about 0.2 s.
"""

import base64
import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, partial
from importlib.resources import files
from typing import Any

import brotli
import orjson
import rcssmin
import rjsmin
from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.render.i18n import ENGLISH, languages, words
from app.web.document_response import Headers, coding, matches

SCRIPT = "text/javascript; charset=utf-8"
STYLE = "text/css; charset=utf-8"
_JSON = "application/json; charset=utf-8"
_BEST_BROTLI, _BEST_GZIP = 11, 9
_QUICK_BROTLI, _QUICK_GZIP = 5, 5
_FOR_MINUTES = b"public, max-age=300, s-maxage=300, stale-while-revalidate=86400, stale-if-error=604800"
_FOR_EVER = b"public, max-age=31536000, immutable"
_FOR_ANY_PAGE: Mapping[str, str] = {
    "vary": "Accept-Encoding",
    "access-control-allow-origin": "*",  # a module of another origin is always asked for by CORS
    "cross-origin-resource-policy": "cross-origin",
    "timing-allow-origin": "*",
}
_AT_FIRST = (
    *("lang", "dir", "comments", "none", "loading", "failed", "retry", "closed", "locked", "missing", "gone"),
    *("write", "owner", "bot", "edited", "pinned", "reply", "more", "hidden"),
)
"""The texts that the first paint may need: in English they are in the script itself."""

_OF_PAGES = ("page", "first")
"""The texts that only pages of their own and feeds have: the script never says them."""


@dataclass(frozen=True, slots=True)
class Asset:
    """One finished file."""

    content_type: str
    bodies: Mapping[str, bytes]
    etag: str

    @property
    def integrity(self) -> str:
        """What `integrity` may say of it: https://www.w3.org/TR/SRI/."""
        return f"sha384-{base64.b64encode(hashlib.sha384(self.bodies['identity']).digest()).decode()}"


@dataclass(frozen=True, slots=True)
class Assets:
    """All of the widget's files by name, and the version that they are."""

    version: str
    files: Mapping[str, Asset]

    def find(self, name: str) -> Asset | None:
        """The file of a name; of languages the one that goes best with the tag."""
        folder, _, file = name.rpartition("/")
        if folder == "languages" and file.endswith(".json"):
            return self.files[f"languages/{words(file.removesuffix('.json')).lang}.json"]
        return self.files.get(name)


@cache
def assets() -> Assets:
    """The files, read and made once for this process."""
    spoken = {tag: _of_widget({"lang": tag, **words(tag).texts}) for tag in languages()}
    english = orjson.dumps({key: spoken[ENGLISH][key] for key in _AT_FIRST}).decode()
    sources = {name: _source(name) for name in ("widget.js", "more.js", "lists.js", "widget.css", "page.css")}
    sources["widget.js"] = sources["widget.js"].replace('"@english"', english)
    spoken[ENGLISH] = {key: text for key, text in spoken[ENGLISH].items() if key not in _AT_FIRST}
    texts = {f"languages/{tag}.json": orjson.dumps(each).decode() for tag, each in spoken.items()}
    whole = "\0".join(f"{name}\0{text}" for name, text in sorted((sources | texts).items()))
    version = hashlib.blake2b(whole.encode(), digest_size=4).hexdigest()
    served = {name: minified(name, text.replace("@version", version)) for name, text in sources.items()}
    made = {name: asset(SCRIPT if _is_js(name) else STYLE, text) for name, text in served.items()}
    return Assets(version, made | {name: asset(_JSON, text) for name, text in texts.items()})


def minified(name: str, text: str) -> str:
    """A script or a style sheet without what only its readers need."""
    made: str = rjsmin.jsmin(text) if _is_js(name) else rcssmin.cssmin(text)
    return made


def asset(content_type: str, text: str, *, quick: bool = False) -> Asset:
    """A finished file of this text; `quick` where a request waits for it to be made."""
    body = text.encode()
    bodies = {
        "identity": body,
        "br": brotli.compress(body, quality=_QUICK_BROTLI if quick else _BEST_BROTLI),
        "gzip": gzip.compress(body, _QUICK_GZIP if quick else _BEST_GZIP, mtime=0),
    }
    return Asset(content_type, bodies, f'"{hashlib.blake2b(body, digest_size=16).hexdigest()}"')


def _of_widget(texts: Mapping[str, Any]) -> dict[str, Any]:
    """Without what only pages of their own say, and without the plural forms that are like all others."""
    return {key: _short(text) for key, text in texts.items() if key not in _OF_PAGES}


def _short(text: Any) -> Any:
    if not isinstance(text, dict):
        return text
    return {name: form for name, form in text.items() if name == "other" or form != text.get("other")}


def _source(name: str) -> str:
    return files("app").joinpath("widget", name).read_text(encoding="utf-8")


def _is_js(name: str) -> bool:
    return name.endswith(".js")


router = APIRouter(include_in_schema=False)


@router.get("/widget.js")
@router.get("/widget.css")
@router.get("/page.css")
async def entry(request: Request) -> Response:
    """What a page names."""
    return sent(request, assets().files[request.url.path.rpartition("/")[2]], _FOR_MINUTES)


@router.get("/assets/{version}/{name:path}")
async def versioned(request: Request, version: str, name: str) -> Response:
    """What the script loads by itself, and what a page names that wants just this version."""
    found = assets().find(name)
    if found is None:
        raise HTTPException(404)
    return sent(request, found, _FOR_EVER if version == assets().version else _FOR_MINUTES)


def sent(
    request: Request,
    file: Asset,
    cache_control: bytes = _FOR_MINUTES,
    headers: Mapping[str, str] = _FOR_ANY_PAGE,
) -> Response:
    """A file as a response, in the best coding; 304 to who has it. `headers` say who may use it, and how."""
    given = dict(request.scope["headers"])
    fields = {"etag": f"W/{file.etag}", "x-content-type-options": "nosniff", **headers}
    answer = [(name.encode(), value.encode("latin-1")) for name, value in fields.items()]
    answer.append((b"cache-control", cache_control))
    response = partial(_response, headers=answer)
    if matches(given.get(b"if-none-match"), file.etag):
        return response(304, b"")
    name = coding(given.get(b"accept-encoding"), file.bodies)
    answer += [(b"content-type", file.content_type.encode()), (b"content-length", b"%d" % len(file.bodies[name]))]
    if name != "identity":
        answer.append((b"content-encoding", name.encode()))
    return response(200, file.bodies[name])


def _response(status: int, body: bytes, headers: Headers) -> Response:
    made = Response(body, status)
    made.raw_headers = headers
    return made
