"""Where Hugo puts a page: `url`, `slug`, `permalinks` and `uglyURLs`, below the path of `baseURL`."""

import re
from collections.abc import Mapping
from pathlib import PurePosixPath

from app.generators.addressing.days import date_parts, read_day
from app.generators.addressing.paths import base_path, below, encoded, replace_tokens
from app.generators.inherited.configuration import Configuration
from app.generators.inherited.scalars import get_folded, is_true, mapping_of, text_of
from app.generators.inherited.values import Fields, Untold

_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August", "September", "October"),
    *("November", "December"),
)
_REMOVED = re.compile(r"[^\w./\\#+~\-@ ]")
_HIDDEN_NAMES = frozenset({"index", "_index"})
_UNKNOWN = ("module", "disablepathtolower", "removepathaccents", "languages", "defaultcontentlanguageinsubdir")
"""Settings that change addresses in ways that are not followed here."""


def hugo_address(path: PurePosixPath, fields: Fields, configuration: Configuration) -> str | None:
    """Return the address of a page of Hugo, whose fields have names in lower case."""
    values = configuration.folded
    relative = below(path, configuration.content)
    if relative is None or configuration.problem or any(values.get(name) for name in _UNKNOWN):
        return None
    written = fields.get("url")
    if isinstance(written, Untold):
        return None
    url = text_of(written)
    place = _explicit(url) if url else _usual(relative, fields, values)
    return None if place is None else encoded(base_path(text_of(values.get("baseurl"))) + place)


def _explicit(url: str) -> str | None:
    if ":" in url or "//" in url or ".." in url:
        return None
    place = "/" + url.lstrip("/")
    return place if place.endswith("/") or "." in place.rpartition("/")[2] else f"{place}/"


def _usual(relative: PurePosixPath, fields: Fields, values: Fields) -> str | None:
    is_bundle = relative.stem in _HIDDEN_NAMES
    logical = relative.parent if is_bundle else relative.with_suffix("")
    if "." in logical.name:  # a language, an output format, or a part of the name
        return None
    if relative.stem == "_index":
        return None if values.get("uglyurls") else _folder(logical)
    slug = text_of(fields.get("slug"))
    template = _template(relative, values)
    if template is None:
        name = _sanitized(slug or logical.name)
        place = _folder(logical.parent) + (f"{name}/" if logical.name else "")
    else:
        found = _from_template(template, logical, fields)
        if found is None:
            return None
        place = _folder(PurePosixPath(found.strip("/")))
    ugly = values.get("uglyurls")
    if isinstance(ugly, Mapping):
        return None
    return f"{place.rstrip('/')}.html" if is_true(ugly) and place != "/" else place


def _template(relative: PurePosixPath, values: Fields) -> str | None:
    """Return the setting `permalinks` of the section of a page."""
    permalinks = mapping_of(values.get("permalinks"))
    section = relative.parts[0] if len(relative.parts) > 1 else "/"
    pages = mapping_of(get_folded(permalinks, "page"))
    return text_of(get_folded(pages or permalinks, section.casefold()))


def _from_template(template: str, logical: PurePosixPath, fields: Fields) -> str | None:
    day = read_day(fields.get("date"))
    title = text_of(fields.get("title"))
    slug = text_of(fields.get("slug"))
    titled = _sanitized(title) if title else None
    tokens: dict[str, str | None] = {
        "title": titled,
        "slug": _sanitized(slug) if slug else titled,
        "filename": _sanitized(logical.name),
        "contentbasename": _sanitized(logical.name),
        "slugorfilename": _sanitized(slug or logical.name),
        "slugorcontentbasename": _sanitized(slug or logical.name),
        "section": _sanitized(logical.parts[0]) if len(logical.parts) > 1 else "",
        "sections": _sections(logical.parent),
    }
    if day is not None:
        parts = date_parts(day.moment)
        tokens |= {name: parts[name] for name in ("year", "month", "day")}
        tokens |= {"monthname": _MONTHS[day.moment.month - 1], "yearday": str(day.moment.timetuple().tm_yday)}
    if "[" in template:
        return None
    found = replace_tokens(template, tokens)
    return None if found is None else found.lower()


def _sections(folder: PurePosixPath) -> str | None:
    """Return the sections of a page; only the top folder is one for certain, others need a file `_index.md`."""
    return None if folder.parent != PurePosixPath() else _sanitized(folder.name)


def _folder(path: PurePosixPath) -> str:
    name = "" if path == PurePosixPath() else path.as_posix()
    return f"/{_sanitized(name)}/" if name else "/"


def _sanitized(text: str) -> str:
    """Return a part of a path as Hugo writes it: lower case, hyphens for blanks, without what is no letter."""
    return re.sub(r"[\s-]*\s[\s-]*", "-", _REMOVED.sub("", text)).strip("-").lower()
