"""Where Eleventy, Astro, Hexo and Docusaurus put a page, as far as their configuration is written as literals."""

import re
from pathlib import PurePosixPath

from app.generators.addressing.days import date_parts, read_day
from app.generators.addressing.paths import base_path, below, encode_path, replace_tokens
from app.generators.inherited.configuration import Configuration
from app.generators.inherited.eleventy_files import folders_of
from app.generators.inherited.scalars import mapping_of, text_of
from app.generators.inherited.values import Fields
from app.generators.script_settings import setting

_TEMPLATE = re.compile(r"\{\{|\{%|\$\{|<%")
_DAY_PREFIX = re.compile(r"^\d{4}-\d{2}-\d{2}-")
_PAGE_NAME = re.compile(r"\{\{-?\s*page\.(fileSlug|filePathStem)\s*-?\}\}")
_DOCUSAURUS = re.compile(
    r"(?P<folder>.*?)(?P<day>\d{4}[-/]\d{1,2}[-/]\d{1,2})[-/]?(?P<text>.*?)(?:/index)?\.mdx?", re.DOTALL
)


def eleventy_address(path: PurePosixPath, fields: Fields, configuration: Configuration) -> str | None:
    """Return the address of a page of Eleventy."""
    relative = below(path, folders_of(configuration)["input"])
    prefix = setting(configuration.text, "pathPrefix")
    is_changed = re.search(
        r"addPassthroughCopy\([^)]*permalink|addGlobalData\([\"']permalink|urlTransforms|addUrlTransform",
        configuration.text,
    )
    if relative is None or prefix is None or is_changed:
        return None
    permalink = fields.get("permalink")
    if isinstance(permalink, dict):
        permalink = permalink.get("build")
    text = text_of(permalink)
    url_path = _eleventy_permalink(text, relative) if text is not None else _eleventy_usual(relative)
    return None if url_path is None else encode_path(f"{prefix.strip('/')}/{url_path}")


def _eleventy_permalink(text: str, relative: PurePosixPath) -> str | None:
    """Return the address of a permalink, in which the names of the page may stand as templates."""
    name, folder = _DAY_PREFIX.sub("", relative.stem), _folder(relative.parent)
    slug = _DAY_PREFIX.sub("", relative.parent.name) if name == "index" else name
    names = {"fileSlug": slug, "filePathStem": f"/{folder}{name}"}
    text = _PAGE_NAME.sub(lambda match: names[match[1]], text)
    if _TEMPLATE.search(text) or text in {"true", "false"}:
        return None
    return f"/{text.lstrip('/')}".removesuffix("index.html")


def _eleventy_usual(relative: PurePosixPath) -> str | None:
    if relative.suffix != relative.suffix.lower():
        return None
    name, folder = relative.stem, _folder(relative.parent)
    return f"/{folder}" if name in {"index", relative.parent.name} else f"/{folder}{name}/"


def _folder(path: PurePosixPath) -> str:
    return "" if path == PurePosixPath() else f"{path.as_posix()}/"


def astro_address(path: PurePosixPath, fields: Fields, configuration: Configuration) -> str | None:
    """Return the address of a page of Astro in `src/pages`; other pages are where the blog's own routes put them."""
    del fields
    script = configuration.text
    base, form, slash = (setting(script, name) for name in ("base", "format", "trailingSlash"))
    relative = below(path, PurePosixPath("src/pages"))
    if relative is None or base is None or form is None or slash is None or "i18n" in script or "[" in str(relative):
        return None
    is_index = relative.stem == "index"
    name = (_folder(relative.parent) if is_index else str(relative.with_suffix(""))).rstrip("/")
    prefix = base.strip("/")
    if form not in {"", "directory"}:
        return None
    ending = "" if slash == "never" else "/"
    return encode_path(f"{prefix}/{name}{ending}" if name else f"{prefix}/")


def hexo_address(path: PurePosixPath, fields: Fields, configuration: Configuration) -> str | None:
    """Return the address of a page of Hexo."""
    values = configuration.values
    if configuration.problem:
        return None
    root = text_of(values.get("root"))
    base = root if root is not None else base_path(text_of(values.get("url")))
    relative = below(path, PurePosixPath(text_of(values.get("source_dir")) or "source"))
    if relative is None:
        return None
    if relative.parts[0] == "_drafts" or values.get("include"):
        return None
    post = below(relative, PurePosixPath("_posts"))
    url_path = _hexo_post(post, fields, values) if post is not None else _hexo_page(relative, fields)
    if url_path is None:
        return None
    pretty = mapping_of(values.get("pretty_urls"))
    if text_of(pretty.get("trailing_index")) == "false" or url_path.endswith("/index.html"):
        url_path = url_path.removesuffix("index.html")
    if text_of(pretty.get("trailing_html")) == "false":
        url_path = url_path.removesuffix(".html")
    return encode_path(f"{base.strip('/')}/{url_path}")


def _hexo_page(relative: PurePosixPath, fields: Fields) -> str | None:
    permalink = text_of(fields.get("permalink"))
    if permalink:
        return permalink if permalink.endswith((".html", "/")) else f"{permalink}.html"
    return relative.with_suffix(".html").as_posix()


def _hexo_post(post: PurePosixPath, fields: Fields, values: Fields) -> str | None:
    own = text_of(fields.get("permalink"))
    if own:
        return own if own.endswith(("/", ".html")) else None
    template = text_of(values.get("permalink")) or ":year/:month/:day/:title/"
    if (text_of(values.get("new_post_name")) or ":title.md") != ":title.md":
        return None
    day = read_day(fields.get("date"))
    is_local = text_of(values.get("timezone")) in {None, "", "UTC"} and day is not None and day.moment.tzinfo is None
    name = post.with_suffix("").as_posix()
    has_categories = any(fields.get(field) for field in ("category", "categories"))
    tokens: dict[str, str | None] = {
        "title": name,
        "name": PurePosixPath(name).name,
        "category": None if has_categories else text_of(values.get("default_category")) or "uncategorized",
    }
    if day is not None and (is_local or not day.has_time):
        tokens |= date_parts(day.moment)
    return replace_tokens(template, tokens)


def docusaurus_address(path: PurePosixPath, fields: Fields, configuration: Configuration) -> str | None:
    """Return the address of a post of Docusaurus in the folder `blog`."""
    script = configuration.text
    base = setting(script, "baseUrl")
    relative = below(path, PurePosixPath("blog"))  # docs have numbers in names, sidebars and versions
    if base is None or relative is None or "routeBasePath" in script or "trailingSlash" in script:
        return None
    slug = text_of(fields.get("slug"))
    if slug:
        return None if read_day(slug) else encode_path(f"{base}/blog/{slug}")
    day_match = _DOCUSAURUS.fullmatch(relative.as_posix())
    if day_match:
        day = day_match["day"].replace("-", "/")
        return encode_path(f"{base}/blog/{day}/{day_match['folder']}{day_match['text']}")
    name = relative.parent if relative.stem == "index" else relative.with_suffix("")
    return encode_path(f"{base}/blog/{name.as_posix()}")
