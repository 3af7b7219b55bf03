"""Where Jekyll puts a page: `permalink` in the page or the configuration, below `baseurl`."""

import re
from pathlib import PurePosixPath

from app.generators.addressing.days import date_parts, read_day, zone_named
from app.generators.addressing.paths import encode_path, replace_tokens
from app.generators.inherited.configuration import Configuration
from app.generators.inherited.scalars import mapping_of, text_of, texts_of
from app.generators.inherited.values import Fields

_STYLES = {
    "none": "/:categories/:title:output_ext",
    "date": "/:categories/:year/:month/:day/:title:output_ext",
    "ordinal": "/:categories/:year/:y_day/:title:output_ext",
    "pretty": "/:categories/:year/:month/:day/:title/",
    "weekdate": "/:categories/:year/W:week/:short_day/:title:output_ext",
}
_HTML = frozenset({".md", ".markdown", ".mkd", ".mkdn", ".mkdown", ".html", ".htm"})
_NOT_PRETTY, _NO_LETTERS = re.compile(r"[^\w._~!$&'()+,;=@]+"), re.compile(r"[\W_]+")
_OTHER = ("collections_dir", "source", "markdown_ext", "include")
"""Settings that change addresses in ways that are not followed here."""
_POST = re.compile(r"(?P<day>\d{2,4}-\d{1,2}-\d{1,2})-(?P<slug>.+)")


def jekyll_address(path: PurePosixPath, fields: Fields, configuration: Configuration) -> str | None:
    """Return the address of a page of Jekyll; None for files whose kind a plugin decides."""
    if configuration.problem or path.suffix not in _HTML or any(configuration.values.get(name) for name in _OTHER):
        return None
    own = None if fields.get("permalink") is False else text_of(fields.get("permalink"))
    template = own or _template(path, configuration.values)
    tokens = _tokens(path, fields, configuration) if template else None
    url_path = replace_tokens(template, tokens) if template and tokens is not None else None
    if url_path is None or ".." in url_path:
        return None
    base = (text_of(configuration.values.get("baseurl")) or "").strip("/")
    return encode_path(f"{base}/{url_path}".replace("./", "/"))


def _template(path: PurePosixPath, values: Fields) -> str | None:
    style = text_of(values.get("permalink")) or "date"
    collection = _collection(path)
    own_template = text_of(mapping_of(mapping_of(values.get("collections")).get(collection or "")).get("permalink"))
    if collection == "posts":
        template = own_template or style
        return _STYLES.get(template, template)
    if own_template:
        return _STYLES.get(own_template, own_template)
    if collection:
        return f"/:collection/:path{_ending(style)}"
    return "/:path/" if path.stem == "index" else f"/:path/:basename{_ending(style)}"


def _ending(style: str) -> str:
    """Return what the style of posts puts at the end of other addresses."""
    if style == "pretty" or style.endswith("/"):
        return "/"
    return ":output_ext" if style in {"date", "ordinal", "none"} or style.endswith(":output_ext") else ""


def _collection(path: PurePosixPath) -> str | None:
    """Return the collection of a file: posts may stand below other folders."""
    folders = path.parts[:-1]
    if "_posts" in folders:
        return "posts"
    return folders[0][1:] if folders and folders[0].startswith("_") else None


def _tokens(path: PurePosixPath, fields: Fields, configuration: Configuration) -> dict[str, str | None] | None:
    collection = _collection(path)
    name_match = _POST.fullmatch(path.stem)
    if collection == "posts" and name_match is None:
        return None
    name = name_match["slug"].rstrip(".") if name_match and collection else path.stem
    slug = text_of(fields.get("slug"))
    inner = path.parent if collection is None else PurePosixPath(*path.parts[1:]).with_suffix("")
    tokens: dict[str, str | None] = {
        "output_ext": ".htm" if path.suffix == ".htm" else ".html",
        "basename": path.stem,
        "path": "" if inner == PurePosixPath() else inner.as_posix(),
        "collection": collection,
        "title": slugify(slug or name, is_pretty=True),
        "slug": slugify(slug or name, is_pretty=False),
        "name": slugify(path.stem, is_pretty=False),
        "categories": _categories(path, fields),
    }
    zone = zone_named(text_of(configuration.values.get("timezone")))
    day = read_day(fields.get("date") or (name_match["day"] if name_match else None))
    if zone is not None and day is not None:
        moment = day.as_utc().astimezone(zone) if day.has_time else day.moment
        tokens |= date_parts(moment)
        tokens |= {"y_day": f"{moment.timetuple().tm_yday:03}", "week": f"{moment.isocalendar().week:02}"}
    return tokens


def _categories(path: PurePosixPath, fields: Fields) -> str:
    folders = path.parts[: path.parts.index("_posts")] if "_posts" in path.parts else ()
    value = fields.get("categories")
    labels = list(texts_of(value)) if isinstance(value, list | tuple) else (text_of(value) or "").split()
    single = text_of(fields.get("category"))
    categories = [*folders, *labels, *([single] if single else [])]
    return "/".join(dict.fromkeys(category.lower() for category in categories))


def slugify(text: str, *, is_pretty: bool) -> str:
    """Return a slug as `Jekyll::Utils.slugify` makes it; the mode `pretty` keeps the case and some marks."""
    slug = (_NOT_PRETTY if is_pretty else _NO_LETTERS).sub("-", text).strip("-")
    return slug if is_pretty else slug.lower()
