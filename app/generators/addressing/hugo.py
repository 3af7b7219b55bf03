"""Where Hugo puts a page: `url`, `slug`, `permalinks` and `uglyURLs`, below the path of `baseURL`."""

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import PurePosixPath

from app.generators.addressing.days import date_parts, read_day
from app.generators.addressing.paths import base_path, below, encode_path, replace_tokens
from app.generators.inherited.configuration import Configuration
from app.generators.inherited.scalars import get_any_case, is_true, mapping_of, text_of, texts_of
from app.generators.inherited.values import Fields, UnknownValue

_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August", "September", "October"),
    *("November", "December"),
)
_ROOT = PurePosixPath()
_BLANKS = re.compile(r"[\s-]*\s[\s-]*")
_NO_PATH_CHARACTER = re.compile(r"[^\w./\\#+~\-@ ]")
_NAME_WITH_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_HIDDEN_NAMES = frozenset({"index", "_index"})
_OTHER_SETTINGS = ("module", "disablepathtolower", "removepathaccents", "languages", "defaultcontentlanguageinsubdir")
"""Settings that change addresses in ways that are not followed here."""


def hugo_address(path: PurePosixPath, fields: Fields, configuration: Configuration) -> str | None:
    """Return the address of a page of Hugo, whose fields have names in lower case."""
    values = configuration.by_lower_name
    relative = below(path, configuration.content)
    if relative is None or configuration.problem or any(values.get(name) for name in _OTHER_SETTINGS):
        return None
    own_url = fields.get("url")
    if isinstance(own_url, UnknownValue):
        return None
    url = text_of(own_url)
    path_below = _explicit(url) if url else _usual(relative, fields, values)
    return None if path_below is None else encode_path(base_path(text_of(values.get("baseurl"))) + path_below)


def _explicit(url: str) -> str | None:
    if ":" in url or "//" in url or ".." in url:
        return None
    path_below = "/" + url.lstrip("/")
    return path_below if path_below.endswith("/") or "." in path_below.rpartition("/")[2] else f"{path_below}/"


def _usual(relative: PurePosixPath, fields: Fields, values: Fields) -> str | None:
    is_bundle = relative.stem in _HIDDEN_NAMES
    logical = relative.parent if is_bundle else relative.with_suffix("")
    if "." in logical.name:  # a language, an output format, or a part of the name
        return None
    if relative.stem == "_index":
        return None if values.get("uglyurls") else _folder(logical)
    slug = text_of(fields.get("slug"))
    if _NAME_WITH_DAY.match(logical.name) and _takes_names_apart(values):
        return None
    template = _template(relative, values)
    if template is None:
        name = _path_part(slug or logical.name)
        path_below = _folder(logical.parent) + (f"{name}/" if logical.name else "")
    else:
        template_path = _from_template(template, logical, fields)
        if template_path is None:
            return None
        path_below = _folder(PurePosixPath(template_path.strip("/")))
    ugly = values.get("uglyurls")
    if isinstance(ugly, Mapping):
        return None
    return f"{path_below.rstrip('/')}.html" if is_true(ugly) and path_below != "/" else path_below


def _takes_names_apart(values: Fields) -> bool:
    """Return whether days, and with them slugs, are taken from the names of files."""
    settings = mapping_of(get_any_case(values, "frontmatter"))
    return any(text.casefold() == ":filename" for setting in settings.values() for text in texts_of(setting))


def _template(relative: PurePosixPath, values: Fields) -> str | None:
    """Return the setting `permalinks` of the section of a page."""
    permalinks = mapping_of(values.get("permalinks"))
    section = relative.parts[0] if len(relative.parts) > 1 else "/"
    pages = mapping_of(get_any_case(permalinks, "page"))
    return text_of(get_any_case(pages or permalinks, section.casefold()))


def _from_template(template: str, logical: PurePosixPath, fields: Fields) -> str | None:
    day = read_day(fields.get("date"))
    title = text_of(fields.get("title"))
    slug = text_of(fields.get("slug"))
    title_slug = _path_part(title) if title else None
    tokens: dict[str, str | None] = {
        "title": title_slug,
        "slug": _path_part(slug) if slug else title_slug,
        "filename": _path_part(logical.name),
        "contentbasename": _path_part(logical.name),
        "slugorfilename": _path_part(slug or logical.name),
        "slugorcontentbasename": _path_part(slug or logical.name),
        "section": _path_part(logical.parts[0]) if len(logical.parts) > 1 else "",
        "sections": _sections(logical.parent),
    }
    if day is not None:
        parts = date_parts(day.moment)
        tokens |= {name: parts[name] for name in ("year", "month", "day")}
        tokens |= {"monthname": _MONTHS[day.moment.month - 1], "yearday": str(day.moment.timetuple().tm_yday)}
    if "[" in template:
        return None
    template_path = replace_tokens(template, tokens)
    return None if template_path is None else template_path.lower()


def _sections(folder: PurePosixPath) -> str | None:
    """Return the sections of a page; only the top folder is one for certain, others need a file `_index.md`."""
    return None if folder.parent != PurePosixPath() else _path_part(folder.name)


def _folder(path: PurePosixPath) -> str:
    name = "" if path == _ROOT else path.as_posix()
    return f"/{_path_part(name)}/" if name else "/"


@lru_cache(maxsize=1024)
def _path_part(text: str) -> str:
    """Return a part of a path as Hugo writes it: lower case, hyphens for blanks, without what is no letter."""
    return _BLANKS.sub("-", _NO_PATH_CHARACTER.sub("", text)).strip("-").lower()
