"""Where Pelican, Nikola and Material for MkDocs put a page."""

import re
import unicodedata
from collections.abc import Mapping
from pathlib import PurePosixPath

from app.generators.addressing.days import date_parts, read_day
from app.generators.addressing.paths import ascii_slug, base_path, below, encode_path
from app.generators.inherited.configuration import Configuration
from app.generators.inherited.scalars import get_any_case, mapping_of, text_of, texts_of
from app.generators.inherited.values import Fields

_FORMAT = re.compile(r"\{(?P<name>\w+)(?::(?P<format>[^{}]*))?\}")
_STRFTIME = {"%Y": "year", "%m": "month", "%d": "day", "%-m": "i_month", "%-d": "i_day", "%y": "short_year"}
_PELICAN_SETTINGS = (
    *("SLUGIFY_SOURCE", "SLUG_REGEX_SUBSTITUTIONS", "FILENAME_METADATA", "PATH_METADATA", "ARTICLE_URL", "PAGE_URL"),
    *("SITEURL", "PAGE_PATHS", "ARTICLE_PATHS", "SLUGIFY_USE_UNICODE", "SLUGIFY_PRESERVE_CASE"),
)
_PELICAN_UNKNOWN = ("SLUG_REGEX_SUBSTITUTIONS", "FILENAME_METADATA", "PATH_METADATA", "ARTICLE_PATHS", "PAGE_PATHS")


def pelican_address(path: PurePosixPath, fields: Fields, configuration: Configuration) -> str | None:
    """Return the address of an article or a page of Pelican."""
    values = configuration.values
    is_unknown = configuration.opaque & set(_PELICAN_SETTINGS) or any(name in values for name in _PELICAN_UNKNOWN)
    relative = below(path, configuration.content)
    if is_unknown or relative is None or configuration.problem or get_any_case(fields, "lang"):
        return None
    if any(get_any_case(fields, name) for name in ("save_as", "template")):
        return None
    base = base_path(text_of(values.get("SITEURL")))
    own = text_of(get_any_case(fields, "url"))
    if own:
        return None if "//" in own or ".." in own or "{" in own else encode_path(f"{base}/{own}")
    is_page = relative.parts[0] == "pages"
    template = text_of(values.get("PAGE_URL" if is_page else "ARTICLE_URL"))
    template = template or ("pages/{slug}.html" if is_page else "{slug}.html")
    url_path = _fill(template, fields, _pelican_slug(relative, fields, values))
    return None if url_path is None else encode_path(f"{base}/{url_path}")


def _pelican_slug(relative: PurePosixPath, fields: Fields, values: Fields) -> str | None:
    slug = text_of(get_any_case(fields, "slug"))
    if slug:
        return slug
    by_name = text_of(values.get("SLUGIFY_SOURCE")) == "basename"
    source = relative.stem if by_name else text_of(get_any_case(fields, "title"))
    return ascii_slug(source) if source else None


def _fill(template: str, fields: Fields, slug: str | None) -> str | None:
    """Return a template of Pelican with its slug and its date; None if it has other fields."""
    day = read_day(get_any_case(fields, "date"))
    parts = date_parts(day.moment) if day else {}
    missing = False

    def value(match: re.Match[str]) -> str:
        nonlocal missing
        text = slug if match["name"] == "slug" and not match["format"] else None
        if match["name"] == "date" and match["format"]:
            text = re.sub(r"%-?[a-zA-Z]", lambda code: parts.get(_STRFTIME.get(code.group(), ""), "?"), match["format"])
        missing = missing or text is None or "?" in text
        return text or ""

    text = _FORMAT.sub(value, template)
    return None if missing else text


def nikola_address(path: PurePosixPath, fields: Fields, configuration: Configuration) -> str | None:
    """Return the address of a post or a page of Nikola."""
    values = configuration.values
    settings = {"POSTS", "PAGES", "PRETTY_URLS", "STRIP_INDEXES", "INDEX_FILE", "SITE_URL", "TRANSLATIONS"}
    destination = _nikola_folder(path, values)
    slug = text_of(fields.get("slug")) or (None if "+" in path.stem else ascii_slug(path.stem))
    if configuration.opaque & settings or destination is None or slug is None or configuration.problem:
        return None
    if values.get("STRIP_INDEXES", True) is not True or values.get("INDEX_FILE", "index.html") != "index.html":
        return None
    pretty = fields.get("pretty_url", values.get("PRETTY_URLS", True))
    is_pretty = (text_of(pretty) or "").casefold() != "false"
    url_path = "/".join(part for part in (destination, slug) if part not in {"", "."})
    is_index = is_pretty and slug == "index"
    ending = "" if is_index else "/" if is_pretty else ".html"
    url_path = url_path.removesuffix("index") if is_index else url_path
    return encode_path(f"{base_path(text_of(values.get('SITE_URL')))}/{url_path}{ending}")


def _nikola_folder(path: PurePosixPath, values: Fields) -> str | None:
    """Return the folder of the output for the first pattern that has a file."""
    for name in ("POSTS", "PAGES"):
        patterns = values.get(name)
        for entry in patterns if isinstance(patterns, list | tuple) else ():
            pattern, destination, *_ = (*texts_of(entry), "", "")
            inner = below(path.parent, PurePosixPath(pattern).parent)
            if inner is not None and path.match(PurePosixPath(pattern).name or "?"):
                return "/".join(part for part in (destination, inner.as_posix()) if part not in {"", "."})
    return None


def material_address(path: PurePosixPath, fields: Fields, configuration: Configuration) -> str | None:
    """Return the address of a post of the plugin `blog`, or of a page, of Material for MkDocs."""
    values = configuration.values
    relative = below(path, PurePosixPath(text_of(values.get("docs_dir")) or "docs"))
    if relative is None or configuration.problem or text_of(values.get("use_directory_urls")) == "false":
        return None
    base = base_path(text_of(values.get("site_url")))
    options = _blog_options(values)
    folder = PurePosixPath(text_of(options.get("blog_dir")) or "blog") if options is not None else None
    if folder is not None and below(relative, folder / "posts") is not None:
        url_path = _blog_post(relative, fields, options or {}, folder)
        return None if url_path is None else encode_path(f"{base}/{url_path}")
    name = relative.parent if relative.stem in {"index", "README"} else relative.with_suffix("")
    return encode_path(f"{base}/{name.as_posix()}/") if name != PurePosixPath() else encode_path(f"{base}/")


def _blog_options(values: Fields) -> Fields | None:
    plugins = values.get("plugins")
    for plugin in plugins if isinstance(plugins, list) else ():
        if text_of(plugin) in {"blog", "material/blog"}:
            return {}
        options = mapping_of(plugin)
        for name in ("blog", "material/blog"):
            if name in options:
                return mapping_of(options[name])
    return None


def _blog_post(relative: PurePosixPath, fields: Fields, options: Fields, folder: PurePosixPath) -> str | None:
    if any(name in options for name in ("post_dir", "post_slugify", "post_slugify_separator")):
        return None
    template = text_of(options.get("post_url_format")) or "{date}/{slug}"
    title, slug = text_of(fields.get("title")), text_of(fields.get("slug"))
    tokens = {
        "slug": slug or (_material_slug(title) if title else None),
        "file": relative.stem,
        "date": _material_date(fields.get("date"), text_of(options.get("post_url_date_format")) or "yyyy/MM/dd"),
    }
    if any(tokens.get(match["name"]) is None for match in _FORMAT.finditer(template)):
        return None
    url_path = _FORMAT.sub(lambda match: tokens[match["name"]] or "", template)
    prefix = "" if folder == PurePosixPath() else f"{folder.as_posix()}/"
    return f"{prefix}{url_path}/"


def _material_slug(title: str) -> str:
    """Return a slug as `pymdownx.slugs.slugify(case="lower")` makes it."""
    text = re.sub(r"<[^>]*>", "", unicodedata.normalize("NFC", title))
    return re.sub(r"\s", "-", re.sub(r"[^\w\- ]", "", text).strip().lower())


def _material_date(value: object, form: str) -> str | None:
    created = mapping_of(value).get("created", value)
    day = read_day(created)
    if day is None or (day.moment.tzinfo is not None and day.has_time and day.moment.utcoffset()):
        return None
    parts: Mapping[str, str] = date_parts(day.moment)
    codes = {"yyyy": "year", "MM": "month", "dd": "day", "yy": "short_year", "M": "i_month", "d": "i_day"}
    words = re.findall(r"[A-Za-z]+", form)
    if any(word not in codes for word in words):
        return None
    return re.sub(r"[A-Za-z]+", lambda match: parts[codes[match.group()]], form)
