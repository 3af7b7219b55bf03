"""The widget's files as they are served: without comments, compressed at start, under two kinds of URLs.

A page names `/widget.js` and `/widget.css`, which caches keep for minutes. The same files and all others lie under
`/assets/{version}/`, where the version is a digest of all files; caches keep these permanently. A page with an older
script requests the older version. It receives the current file, which caches keep for minutes.

There is no build step: the application reads, fills in and compresses the files when it starts, in about 0.2 s.
"""

import base64
import gzip
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
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

from app.render.i18n import ENGLISH, elapsed_times, intl_locale, languages, translation
from app.web.document_response import choose_coding, etag_matches, raw_response

SCRIPT = "text/javascript; charset=utf-8"
STYLE = "text/css; charset=utf-8"
_JSON = "application/json; charset=utf-8"
_BEST_BROTLI, _BEST_GZIP = 11, 9
_QUICK_BROTLI, _QUICK_GZIP = 5, 5
_SHORT_LIVED = b"public, max-age=300, stale-while-revalidate=86400, stale-if-error=604800"
_IMMUTABLE = b"public, max-age=31536000, immutable"
_CROSS_ORIGIN: Mapping[str, str] = {
    "vary": "Accept-Encoding",
    "access-control-allow-origin": "*",  # browsers load modules of another origin with CORS only
    "cross-origin-resource-policy": "cross-origin",
    "timing-allow-origin": "*",
}
_FIRST_PAINT_TEXTS = (
    *("lang", "locale", "dir", "comments", "none", "failed", "retry"),
    *("owner", "bot", "edited", "pinned", "reply", "hidden"),
)
"""The texts that the first paint may need. The script contains them in English."""

_SOURCES = (
    *("widget.js", "more.js", "updates.js", "live.js", "all.js", "lists.js", "scheme.js", "terms.js"),
    *("widget.css", "content.css", "page.css", "other_systems/other-systems.css"),
)
_OTHER_SYSTEMS = ("client.js", "gitalk.js", "gitment.js", "vssue.js")
"""What stands in for the scripts of other comment systems, under their names."""
_QUOTED_NAME = re.compile(r'"(\w+)":')
"""A name in JSON that needs no quotes in JavaScript."""
_PARENTHESES = re.compile(r"(?<![\w$])\((\w+)\)=>")
"""Parentheses around the only parameter of an arrow function."""

_PAGE_ONLY_TEXTS = ("page", "first")
"""The texts that only full pages and feeds show; the script does not need them."""


@dataclass(frozen=True, slots=True)
class Asset:
    """One finished file."""

    content_type: str
    bodies: Mapping[str, bytes]
    etag: str

    @property
    def integrity(self) -> str:
        """The value of the attribute `integrity` (https://www.w3.org/TR/SRI/)."""
        return f"sha384-{base64.b64encode(hashlib.sha384(self.bodies['identity']).digest()).decode()}"


@dataclass(frozen=True, slots=True)
class Assets:
    """All of the widget's files by name, and their version."""

    version: str
    files: Mapping[str, Asset]

    def find(self, name: str) -> Asset | None:
        """Return the file of a name, if any; for a language tag the best available language, with the tag's region."""
        folder, _, file = name.rpartition("/")
        if folder != "languages" or not file.endswith(".json"):
            return self.files.get(name)
        tag = file.removesuffix(".json")
        lang, locale = translation(tag).lang, intl_locale(tag)
        if locale == intl_locale(lang):
            return self.files[f"languages/{lang}.json"]
        return _regional_file(lang, locale)


@lru_cache(maxsize=256)
def _regional_file(lang: str, locale: str) -> Asset:
    """Return the texts of a language with another locale for `Intl`."""
    texts = orjson.loads(assets().files[f"languages/{lang}.json"].bodies["identity"])
    return build_asset(_JSON, orjson.dumps(texts | {"locale": locale}).decode(), quick=True)


@lru_cache(maxsize=64)
def script_below_root(name: str, folders: int) -> Asset:
    """Return a script for pages of another system that is requested in so many folders below the service's root."""
    text = assets().files[name].bodies["identity"].decode()
    return build_asset(SCRIPT, text.replace("@root", "../" * folders or "./"), quick=True)


@cache
def assets() -> Assets:
    """Return the files, which are built once for this process."""
    translations = {tag: _widget_texts(tag) for tag in languages()}
    english = orjson.dumps({key: translations[ENGLISH][key] for key in _FIRST_PAINT_TEXTS}).decode()
    english = _QUOTED_NAME.sub(r"\1:", english)
    sources = {name: _source(name) for name in _SOURCES}
    sources["widget.js"] = sources["widget.js"].replace('"@english"', english)
    translations[ENGLISH] = {key: text for key, text in translations[ENGLISH].items() if key not in _FIRST_PAINT_TEXTS}
    languages_json = {f"languages/{tag}.json": orjson.dumps(texts).decode() for tag, texts in translations.items()}
    page_script = _source("other_systems/page.js")
    sources |= {name: f"(() => {{\n{page_script}{_source(f'other_systems/{name}')}}})();" for name in _OTHER_SYSTEMS}
    sources["other-systems.css"] = sources.pop("other_systems/other-systems.css")
    version = _digest(sources | languages_json)
    scripts = {name: minify(name, text.replace("@version", version)) for name, text in sources.items()}
    files_by_name = {name: build_asset(SCRIPT if _is_js(name) else STYLE, text) for name, text in scripts.items()}
    return Assets(version, files_by_name | {name: build_asset(_JSON, text) for name, text in languages_json.items()})


def _digest(texts: Mapping[str, str]) -> str:
    content = "\0".join(f"{name}\0{text}" for name, text in sorted(texts.items()))
    return hashlib.blake2b(content.encode(), digest_size=4).hexdigest()


def minify(name: str, text: str) -> str:
    """Return a script or a style sheet without comments and unneeded white space.

    A script here ends each statement with a semicolon, so it needs none before a brace, and no line end after one.
    """
    if not _is_js(name):
        return str(rcssmin.cssmin(text))
    minimal = str(rjsmin.jsmin(text)).replace("}\n", "}").replace(";}", "}")
    return _PARENTHESES.sub(r"\1=>", minimal)


def build_asset(content_type: str, text: str, *, quick: bool = False) -> Asset:
    """Return a file with this text in all content codings; `quick` compresses less, for a request that waits."""
    body = text.encode()
    bodies = {
        "identity": body,
        "br": brotli.compress(body, quality=_QUICK_BROTLI if quick else _BEST_BROTLI),
        "gzip": gzip.compress(body, _QUICK_GZIP if quick else _BEST_GZIP, mtime=0),
    }
    return Asset(content_type, bodies, f'"{hashlib.blake2b(body, digest_size=16).hexdigest()}"')


def _widget_texts(lang: str) -> dict[str, Any]:
    """Return the texts that the script needs, without plural forms that repeat the form `other`."""
    texts = {"lang": lang, "locale": intl_locale(lang), **translation(lang).texts, **elapsed_times(lang)}
    return {key: _shorten_plurals(text) for key, text in texts.items() if key not in _PAGE_ONLY_TEXTS}


def _shorten_plurals(text: Any) -> Any:
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
@router.get("/content.css")
@router.get("/page.css")
async def current_file(request: Request) -> Response:
    """Serve a file that pages name."""
    return file_response(request, assets().files[request.url.path.rpartition("/")[2]], _SHORT_LIVED)


@router.get("/assets/{version}/{name:path}")
async def versioned_file(request: Request, version: str, name: str) -> Response:
    """Serve a file that the script loads, or that a page names in exactly this version."""
    file = assets().find(name)
    if file is None:
        raise HTTPException(404)
    return file_response(request, file, _IMMUTABLE if version == assets().version else _SHORT_LIVED)


def file_response(
    request: Request, file: Asset, cache_control: bytes = _SHORT_LIVED, headers: Mapping[str, str] = _CROSS_ORIGIN
) -> Response:
    """Return a file in the best content coding, or 304 if the client has it; `headers` are added to both."""
    request_headers = dict(request.scope["headers"])
    fields = {"etag": f"W/{file.etag}", "x-content-type-options": "nosniff", **headers}
    response_headers = [(name.encode(), value.encode("latin-1")) for name, value in fields.items()]
    response_headers.append((b"cache-control", cache_control))
    if etag_matches(request_headers.get(b"if-none-match"), file.etag):
        return raw_response(304, response_headers, b"")
    coding = choose_coding(request_headers.get(b"accept-encoding"), file.bodies)
    body = file.bodies[coding]
    response_headers += [(b"content-type", file.content_type.encode()), (b"content-length", b"%d" % len(body))]
    if coding != "identity":
        response_headers.append((b"content-encoding", coding.encode()))
    return raw_response(200, response_headers, body)
