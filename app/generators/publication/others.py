"""When the other generators make a page: one small rule for item, by its name."""

import re
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from app.generators.publication.dates import free_moment
from app.generators.publication.exclusion.python_sites import is_pelican_page
from app.generators.publication.exclusion.script_sites import is_included
from app.generators.publication.hugo import hugo_rule
from app.generators.publication.jekyll import jekyll_rule
from app.generators.publication.material import material_rule
from app.generators.publication.script_pages import docusaurus_rule, vitepress_rule
from app.generators.publication.verdicts import PUBLISHED, Page, Rule, Verdict, no_page, value_text
from app.generators.values import Timestamp

_ISO = re.compile(
    r"\d{4}(?:-?\d{2}(?:-?\d{2})?|-?W\d{2}(?:-?\d)?|-?\d{3})?"
    r"(?:T\d{2}(?::?\d{2}(?::?\d{2}(?:[.,]\d+)?)?)?(?:Z|[-+]\d{2}(?::?\d{2})?)?)?"
)
_CODE = "the blog's own code decides whether a draft is published"


def eleventy_rule(page: Page) -> Verdict:
    """Return the verdict of Eleventy: `permalink: false`, and drafts if the configuration looks at them."""
    permalink = page.fields.get("permalink")
    if permalink is False or (isinstance(permalink, Mapping) and permalink.get("build") is False):
        return no_page("permalink: false")
    if isinstance(permalink, str) and _has_no_ending(permalink, page):
        return Verdict(fails=f"permalink: {value_text(permalink)} has neither an ending nor a slash at its end")
    folder_name = next((folder for folder in page.site.template_folders if page.path.is_relative_to(folder)), None)
    if folder_name:
        return no_page(f"it is in {folder_name}")
    day = page.fields.get("date")
    is_number = isinstance(day, int | float) and bool(day)
    if is_number or (isinstance(day, str) and not isinstance(day, Timestamp) and not _is_eleventy_day(day)):
        return Verdict(fails=f"its date is {value_text(day)}")
    if _is_draft(page) and re.search(r"\bdrafts?\b", page.site.script):
        return Verdict(doubt=_CODE)
    return PUBLISHED


def _has_no_ending(permalink: str, page: Page) -> bool:
    """Return whether a permalink names a file without an ending, which Eleventy 3 refuses to write."""
    is_allowed = page.fields.get("eleventyAllowMissingExtension") or "allowMissingExtensions" in page.site.script
    is_template = re.search(r"\{\{|\{%|\$\{", permalink)
    return not is_allowed and not is_template and re.fullmatch(r"[^.]*[^./]", permalink.strip()) is not None


def _is_eleventy_day(text: str) -> bool:
    is_word = text.strip().casefold() in {"", "last modified", "created", "git last modified", "git created"}
    return is_word or _ISO.fullmatch(text.strip()) is not None


def astro_rule(page: Page) -> Verdict:
    """Return the verdict of Astro: no name in `src/pages` begins with `_`; collections are left to the blog's code."""
    hidden = _name_with_underscore(page.below_content)
    if hidden:
        return no_page(f"the name {hidden} begins with _")
    is_route = "pages" in page.path.parts or page.site.content == PurePosixPath()
    return PUBLISHED if is_route or not _is_draft(page) else Verdict(doubt=_CODE)


def hexo_rule(page: Page) -> Verdict:
    """Return the verdict of Hexo: `published` of posts, names with `_`, `_drafts`, and days if it is told so."""
    parts = page.path.parts[1:] if page.path.parts[0] == "source" else page.path.parts
    if parts[0] == "_drafts" and page.site.values.get("render_drafts") is not True:
        return no_page("it is in _drafts")
    hidden = _name_with_underscore(PurePosixPath(*parts[1:] if parts[0] in {"_posts", "_drafts"} else parts))
    if hidden and not is_included(page):
        return no_page(f"the name {hidden} begins with _")
    is_post = parts[0] == "_posts" or page.site.is_posts_folder
    return _hexo_post(page, has_switch=is_post and page.site.values.get("render_drafts") is not True)


def _hexo_post(page: Page, *, has_switch: bool) -> Verdict:
    """Return the verdict by `published`, which pages that are no posts do not have, and by the day."""
    published = page.fields.get("published")
    if has_switch and published is not None and (published in ("false", "0") or not published):
        return no_page(f"published: {value_text(published)}")
    moment = free_moment(page.fields.get("date"), page.site.zone)
    if moment and moment.seconds > page.site.now and page.site.values.get("future") is False:
        return Verdict(f"date: {moment.text} is in the future", changes_at=moment.seconds)
    return PUBLISHED


def nikola_rule(page: Page) -> Verdict:
    """Return the verdict of Nikola, which builds every post that has a title and a day."""
    folders = [item for name in ("POSTS", "PAGES") if isinstance(item := page.site.values.get(name), tuple | list)]
    if len(folders) == len(("POSTS", "PAGES")) and not any(_is_in(page.path, item) for item in folders):
        return no_page("neither POSTS nor PAGES in conf.py names it")
    day = page.fields.get("date")
    if day in (None, "") and "pages" not in page.path.parts:
        return Verdict(fails="it has no date")
    if day not in (None, "") and free_moment(day, page.site.zone) is None:
        return Verdict(fails=f"its date is {value_text(day)}")
    return PUBLISHED


def _is_in(path: PurePosixPath, entries: Sequence[object]) -> bool:
    """Return whether one of Nikola's entries, as `("posts/*.md", "posts", "post.tmpl")`, names a file."""
    patterns = [
        entry[0] for entry in entries if isinstance(entry, tuple | list) and entry and isinstance(entry[0], str)
    ]
    globs = [PurePosixPath(pattern) for pattern in patterns]
    return any(path.is_relative_to(item.parent) and fnmatchcase(path.name, item.name) for item in globs)


def pelican_rule(page: Page) -> Verdict:
    """Return the verdict of Pelican: `status`, and the day that an article needs."""
    status = page.fields.get("status", "published")
    text = str(status).strip().casefold()
    if text in {"draft", "skip"}:
        return no_page(f"status: {text}")
    if text not in {"published", "hidden"}:
        return no_page(f"status: {value_text(status)} is unknown")
    if not page.fields.get("title"):
        return no_page("it has no title")
    day = page.fields.get("date")
    is_page = is_pelican_page(page)
    moment = free_moment(day, page.site.zone)
    if day is not None and moment is None:
        return no_page(f"its date is {value_text(day)}")
    if "save_as" in page.fields and not page.fields["save_as"]:
        return no_page("save_as is empty")
    if moment and moment.seconds > page.site.now and not is_page and page.site.values.get("WITH_FUTURE_DATES") is False:
        return Verdict(f"date: {moment.text} is in the future", changes_at=moment.seconds)
    if day is None and not is_page and not page.site.values.get("DEFAULT_DATE"):
        return no_page("it has no date")
    return PUBLISHED


def zola_rule(page: Page) -> Verdict:
    """Return the verdict of Zola: `draft` and `render`."""
    for name, hiding_value in (("draft", True), ("render", False)):
        value = page.fields.get(name)
        if value is not None and not isinstance(value, bool):
            return Verdict(fails=f"{name} is {value_text(value)}, neither true nor false")
        if value is hiding_value:
            return no_page(f"{name}: {value_text(value)}")
    return PUBLISHED


def script_rule(page: Page) -> Verdict:
    """Return the verdict of generators whose drafts are left out by the blog's own code."""
    if "node_modules" in page.path.parts:
        return no_page("it is in node_modules")
    if page.dialect.drafts_are_filtered_by_code and _is_draft(page):
        return Verdict(doubt=_CODE)
    return PUBLISHED


def _name_with_underscore(path: PurePosixPath) -> str | None:
    """Return the first part of a path that begins with `_`."""
    return next((part for part in path.parts if part.startswith("_")), None)


def _is_draft(page: Page) -> bool:
    return page.fields.get("draft") not in (None, False, "", "false", 0)


RULES: Mapping[str, Rule] = {
    "hugo": hugo_rule,
    "jekyll": jekyll_rule,
    "eleventy": eleventy_rule,
    "astro": astro_rule,
    "hexo": hexo_rule,
    "docusaurus": docusaurus_rule,
    "material": material_rule,
    "nikola": nikola_rule,
    "pelican": pelican_rule,
    "gray-matter": script_rule,
    "vitepress": vitepress_rule,
    "vfile-matter": script_rule,
    "zola": zola_rule,
    "ablog": script_rule,
}
"""The rules by the generator of a dialect."""
