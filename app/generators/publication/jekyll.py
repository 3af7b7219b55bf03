"""When Jekyll makes a page: its folders, the day in a post's name, `published`, and days in the future."""

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from app.generators.publication.dates import Moment, free_moment
from app.generators.publication.verdicts import PUBLISHED, Page, Site, Verdict, no_page, value_text
from app.generators.values import Timestamp

_NAME_WITH_DAY = re.compile(r"(\d{2,4}-\d{1,2}-\d{1,2})-[^/]*\.[^./]+")
_EXCLUSIONS = (
    *(".sass-cache", ".jekyll-cache", "gemfiles", "node_modules"),
    *("vendor/bundle", "vendor/cache", "vendor/gems", "vendor/ruby"),
)
_SPECIAL = ("_", ".", "#", "~")
_POSTS, _DRAFTS = "_posts", "_drafts"
_SHORT_YEAR = 4


def jekyll_rule(page: Page) -> Verdict:
    """Return the verdict of Jekyll."""
    site = page.site
    kind = _kind(page.path, site)
    if kind.startswith("no page"):
        return no_page(kind.partition(": ")[2])
    if site.values.get("unpublished") is not True and _is_held_back(page.fields):
        return no_page(f"published: {value_text(page.fields['published'])}")
    if kind == "page":
        return PUBLISHED
    if isinstance(page.fields.get("slug"), Timestamp):
        return Verdict(fails=f"its slug is {page.fields['slug']}, which is a day")
    return _day(page, is_post=kind == "post")


def _is_held_back(fields: Mapping[str, object]) -> bool:
    """Return whether `published` is false, as Ruby has it: 0 and an empty text are true."""
    published = fields.get("published", True)
    return published is False or published is None


def _kind(path: PurePosixPath, site: Site) -> str:
    """Return `post`, `page`, `document` (of a collection), or `no page: ` and the reason."""
    path = _below_source(path, site.values)
    parts = path.parts
    if any(_is_excluded(path, pattern) for pattern in _exclusions(site.values)):
        return "no page: the configuration excludes it"
    folder = site.values.get("collections_dir")
    collections = PurePosixPath(folder.strip("/")) if isinstance(folder, str) else PurePosixPath()
    is_collected = path.is_relative_to(collections)
    for index, part in enumerate(parts):
        if part == _POSTS or (site.is_posts_folder and index == 0):
            if not is_collected:
                return f"no page: it is not in {collections}"
            inside = parts[index + 1 :] if part == _POSTS else parts[index:]
            return _post_kind(inside)
        if part == _DRAFTS and len(parts) > index + 1:
            return "post" if site.values.get("show_drafts") is True else "no page: it is in _drafts"
        is_first = is_collected and index == len(collections.parts) and len(parts) > index + 1
        if is_first and part.startswith("_") and part[1:] in _collections(site.values):
            return _document_kind(parts[index + 1 :])
        if part.startswith(_SPECIAL) and not _is_included(path, part, site.values):
            return f"no page: the name {part} begins with {part[0]}"
    return "page"


def _below_source(path: PurePosixPath, values: Mapping[str, object]) -> PurePosixPath:
    """Return a path in the folder that Jekyll reads."""
    source = values.get("source")
    folder = PurePosixPath(source.strip("/") if isinstance(source, str) else ".")
    return path.relative_to(folder) if path.is_relative_to(folder) and path != folder else path


def _document_kind(inside: tuple[str, ...]) -> str:
    special = next((part for part in inside if part.startswith(_SPECIAL)), None)
    return f"no page: the name {special} begins with {special[0]}" if special else "document"


def _post_kind(inside: tuple[str, ...]) -> str:
    special = next((part for part in (inside[0], inside[-1]) if part.startswith(_SPECIAL)), None)
    if special:
        return f"no page: the name {special} begins with {special[0]}"
    return "post" if _NAME_WITH_DAY.fullmatch(inside[-1]) else "no page: the name of a post begins with its day"


def _exclusions(values: Mapping[str, object]) -> list[str]:
    own = values.get("exclude")
    return [*_EXCLUSIONS, *(str(pattern) for pattern in (own if isinstance(own, list) else ()))]


def _is_excluded(path: PurePosixPath, pattern: str) -> bool:
    text, pattern = path.as_posix(), pattern.strip("/")
    return bool(pattern) and (text == pattern or text.startswith(f"{pattern}/") or fnmatchcase(text, pattern))


def _is_included(path: PurePosixPath, part: str, values: Mapping[str, object]) -> bool:
    own = values.get("include")
    patterns = [str(pattern).strip("/") for pattern in own] if isinstance(own, list) else [".htaccess"]
    return any(pattern == part or fnmatchcase(path.as_posix(), pattern) for pattern in patterns)


def _collections(values: Mapping[str, object]) -> frozenset[str]:
    """Return the names of the collections whose documents are pages."""
    own = values.get("collections")
    if not isinstance(own, Mapping):
        return frozenset()
    return frozenset(
        name for name, options in own.items() if isinstance(options, Mapping) and options.get("output") is True
    )


def _day(page: Page, *, is_post: bool) -> Verdict:
    name_match = _NAME_WITH_DAY.fullmatch(page.path.name)
    if "date" in page.fields:
        value: object = page.fields["date"]
    elif name_match and is_post:
        value = name_match[1] if len(name_match[1].partition("-")[0]) == _SHORT_YEAR else f"20{name_match[1]}"
    else:
        return PUBLISHED
    moment = _moment(value, page.site)
    if moment is None:
        return Verdict(fails=f"its date is {value_text(value)}")
    if moment.seconds > page.site.now and page.site.values.get("future") is not True:
        return Verdict(f"date: {moment.text} is in the future", changes_at=moment.seconds)
    return PUBLISHED


def _moment(value: object, site: Site) -> Moment | None:
    return free_moment(value, site.zone)
