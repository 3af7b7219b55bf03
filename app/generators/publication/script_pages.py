"""When VitePress and Docusaurus make a page."""

import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import cast

from app.generators.inherited.expressions import UnfollowedPatternError
from app.generators.publication.dates import free_moment
from app.generators.publication.exclusion.patterns import matches_glob, pattern_texts
from app.generators.publication.verdicts import PUBLISHED, Page, Verdict, no_page, value_text
from app.generators.script_settings import text_lists
from app.generators.values import Timestamp

_ROUTE = re.compile(r"\[\w+\]")
_OUTPUTS = frozenset({"node_modules", "dist"})
_FOLDERS = frozenset({"blog", "docs", "versioned_docs", "i18n"})
_TEXTS = ("title", "description", "slug", "id", "sidebar_label", "author", "author_title")
_LISTS = ("tags", "keywords")
_SWITCHES = ("draft", "unlisted", "hide_table_of_contents", "hide_title")
_TRUE, _FALSE = frozenset({"true"}), frozenset({"false"})


def vitepress_rule(page: Page) -> Verdict:
    """Return the verdict of VitePress: `srcExclude`, and places; it has no drafts."""
    path, script = page.below_content, page.site.script
    folder = next((part for part in path.parts[:-1] if part in _OUTPUTS), None)
    if folder:
        return no_page(f"it is in {folder}")
    if "#" in path.as_posix():
        return no_page("its name has #")
    if _ROUTE.search(path.as_posix()):
        return Verdict(doubt="it is a template of pages, which a script makes")
    if re.search(r"\bgrayMatterOptions\b", script):
        return Verdict(doubt="its configuration says how front matter is read, which cannot be followed")
    globs = _globs(script, "srcExclude")
    glob = matches_glob(path.as_posix(), globs or ())
    return no_page(f"srcExclude has {glob}") if glob else PUBLISHED


def _globs(script: str, name: str) -> list[str] | None:
    """Return the globs of a setting, None if there is none; raises `UnfollowedPatternError`."""
    lists = text_lists(script, name)
    if lists is None:
        raise UnfollowedPatternError(f"{name}, which is computed")
    return pattern_texts([glob.removeprefix("./") for texts in lists for glob in texts]) if lists else None


def docusaurus_rule(page: Page) -> Verdict:
    """Return the verdict of Docusaurus: `draft`, places, names with `_`, and fields that it refuses."""
    reason = _docusaurus_location(page)
    if reason:
        return no_page(reason)
    if re.search(r"\bparseFrontMatter\b", page.site.script):
        return Verdict(doubt="its configuration says how front matter is read, which cannot be followed")
    if fault := _wrong_day(page) or _wrong_field(page.fields, takes_no_number="pages" in page.path.parts):
        return Verdict(fails=fault)
    draft = page.fields.get("draft")
    if not _is_on(draft):
        return PUBLISHED
    is_refused = _is_on(page.fields.get("unlisted"))
    return Verdict(fails="it is a draft and unlisted") if is_refused else no_page(f"draft: {value_text(draft)}")


def _docusaurus_location(page: Page) -> str | None:
    """Return why a file is no page where it stands; raises `UnfollowedPatternError`."""
    path = page.path
    is_root = page.site.content == PurePosixPath() and bool(page.site.script)
    if "node_modules" in path.parts[:-1]:
        return "it is in node_modules"
    if is_root and not _is_in_plugin(page):
        return "no plugin of Docusaurus reads its folder"
    relative = PurePosixPath(*path.parts[1:]) if is_root else page.below_content
    own = _globs(page.site.script, "exclude")
    if own is not None:
        return _own_exclusion(relative, own)
    hidden = next((part for part in relative.parts if part.startswith("_")), None)
    return f"the name {hidden} begins with _" if hidden else None


def _own_exclusion(relative: PurePosixPath, globs: list[str]) -> str | None:
    """Return the glob of the setting `exclude` that has a file; it takes the place of the usual ones."""
    texts = [relative.as_posix(), "/".join(relative.parts[1:])]
    glob = next((glob for text in texts if text and (glob := matches_glob(text, globs))), None)
    if glob is None and any(part.startswith("_") for part in relative.parts):
        raise UnfollowedPatternError("exclude, which may hold for other plugins")
    return f"exclude has {glob}" if glob else None


def _is_in_plugin(page: Page) -> bool:
    """Return whether a plugin may read the folder of a file: any folder, if the configuration computes a path."""
    path = page.path
    folders = re.findall(r"""\bpath\s*:\s*["'`](?:\./)?([^"'`$\n]+?)/?["'`]""", page.site.script)
    return (
        path.parts[0] in _FOLDERS
        or any(re.fullmatch(r".+_versioned_docs", part) for part in path.parts[:1])
        or path.is_relative_to("src/pages")
        or any(path.is_relative_to(folder) for folder in folders)
        or re.search(r"\bpath\s*:\s*[^\s\"'`]", page.site.script) is not None
    )


def _wrong_field(fields: Mapping[str, object], *, takes_no_number: bool) -> str | None:
    """Return which field of a page fails the build, since its type is not the one that is asked for."""
    for name in _SWITCHES:
        value = fields.get(name, False)
        if not isinstance(value, bool) and str(value).casefold() not in _TRUE | _FALSE:
            return f"{name} is {value_text(value)}, neither true nor false"
    for name in _TEXTS:
        value = fields.get(name, "")
        if (
            value is None
            or isinstance(value, bool | list | Mapping)
            or (takes_no_number and not isinstance(value, str))
        ):
            return f"{name} is {value_text(value)}, which is no text"
    for name in _LISTS:
        if name in fields and (not isinstance(fields[name], list) or "" in cast("list[object]", fields[name])):
            return f"{name} is {value_text(fields[name])}, which is no list of words"
    image = fields.get("image", "-")
    if not isinstance(image, str) or not image or " " in image:
        return f"image is {value_text(image)}, which is no address"
    return "its slug is empty" if fields.get("slug", "-") == "" else None


def _wrong_day(page: Page) -> str | None:
    """Return that the day of a blog's post is none; other pages have no day."""
    day = page.fields.get("date")
    if "date" not in page.fields or {"docs", "versioned_docs", "pages"} & set(page.path.parts):
        return None
    is_day = isinstance(day, Timestamp) or (isinstance(day, str) and free_moment(day, page.site.zone) is not None)
    return None if is_day else f"its date is {value_text(day)}"


def _is_on(value: object) -> bool:
    return value is True or (isinstance(value, str) and value.casefold() in _TRUE)
