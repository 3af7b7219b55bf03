"""When Material for MkDocs makes a page of a post, and which pages are posts of its blog."""

from collections.abc import Mapping
from pathlib import PurePosixPath

from app.generators.publication.dates import free_moment
from app.generators.publication.verdicts import PUBLISHED, Page, Site, Verdict, no_page, value_text
from app.generators.values import Timestamp

_PLUGINS = frozenset({"blog", "material/blog"})
_TYPES: Mapping[str, type] = {"draft": bool, "slug": str, "pin": bool, "readtime": int}
_LISTS = ("authors", "categories")


def material_rule(page: Page) -> Verdict:
    """Return the verdict of the blog plugin; a page that is no post is published."""
    if not is_post(page.path, page.site):
        has_twin = page.path.stem.lower() == "readme" and page.path.parent in page.site.index_folders
        return no_page("there is a page index beside it") if has_twin else PUBLISHED
    fails = _fails(page)
    if fails:
        return Verdict(fails=fails)
    options = _blog(page.site.values) or {}
    if page.fields.get("draft") is True and options.get("draft") is not True:
        return no_page("draft: true")
    return _future(page) if "draft" not in page.fields else PUBLISHED


def is_post(path: PurePosixPath, site: Site) -> bool:
    """Return whether a page is a post of the blog; every page is one without a configuration."""
    blog = _blog(site.values)
    if blog is None:
        return True
    if blog.get("enabled") is False:
        return False
    docs = str(site.values.get("docs_dir", "docs"))
    folder = str(blog.get("blog_dir", "blog"))
    posts = str(blog.get("post_dir", "{blog}/posts")).replace("{blog}", folder)
    return path.is_relative_to(PurePosixPath(docs, posts))


def _blog(values: Mapping[str, object]) -> Mapping[str, object] | None:
    """Return the options of the blog plugin; None without a configuration that has it."""
    plugins = values.get("plugins")
    entries = plugins.items() if isinstance(plugins, Mapping) else [_entry(item) for item in _list(plugins)]
    for name, options in entries:
        if name in _PLUGINS:
            return options if isinstance(options, Mapping) else {}
    return None


def _entry(plugin: object) -> tuple[object, object]:
    return next(iter(plugin.items()), ("", None)) if isinstance(plugin, Mapping) else (plugin, None)


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _fails(page: Page) -> str | None:
    """Return why the build fails: a post needs a day, and its fields have types."""
    day = page.fields.get("date")
    days = list(day.values()) if isinstance(day, Mapping) else [day]
    if not days or not all(isinstance(item, Timestamp) for item in days):
        return "it has no date" if day is None else f"its date is {value_text(day)}, which is no day of YAML"
    for name, kind in _TYPES.items():
        value = page.fields.get(name)
        if value is not None and (not isinstance(value, kind) or (kind is int and isinstance(value, bool))):
            return f"{name} is {value_text(value)}"
    for name in _LISTS:
        value = page.fields.get(name)
        if value is not None and not (isinstance(value, list) and all(isinstance(item, str) for item in value)):
            return f"{name} is {value_text(value)}, and no list of words"
    return None


def _future(page: Page) -> Verdict:
    """Return the verdict on a post without `draft`, if days in the future make one."""
    options = _blog(page.site.values) or {}
    day = page.fields.get("date")
    moment = free_moment(day.get("created") if isinstance(day, Mapping) else day, page.site.zone)
    if options.get("draft_if_future_date") is True and moment and moment.seconds > page.site.now:
        return Verdict(f"date: {moment.text} is in the future", changes_at=moment.seconds)
    return PUBLISHED
