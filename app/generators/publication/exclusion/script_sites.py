"""What Hexo's configuration leaves out, and what Eleventy ignores: by its configuration or by files."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import PurePosixPath

from app.generators.inherited.expressions import UnfollowedPatternError
from app.generators.inherited.scalars import text_of
from app.generators.publication.exclusion.patterns import matches_glob, pattern_texts
from app.generators.publication.verdicts import Page, Site

_FOLDERS_OF_POSTS = frozenset({"_posts", "_drafts"})
_IGNORE_CALL = re.compile(r"""\bignores\.add\(\s*(["'`])(?P<glob>[^"'`\n$]+)\1\s*,?\s*\)""")
_FORMATS = re.compile(r"""(?:setTemplateFormats\(\s*|\btemplateFormats\s*:\s*)(?P<list>\[[^\]]*\]|["'][\w,. ]*["'])""")
_FRONT_MATTER = re.compile(r"setFrontMatterParsingOptions\([^)]*\b(?:delim\w*|engines|language)\b")
_NAME_IN_DATA = re.compile(r"\bdata\??\.(?P<name>\w+)")
_USUAL = frozenset({"title", "date", "tags", "layout", "page", "ghissueid", "description", "draft", "permalink"})
_MAX_NAMES = 100
_SUFFIXES: Mapping[str, str] = {"markdown": "md", "htm": "html"}


def hexo_exclusion(page: Page) -> str | None:
    """Return why the configuration leaves a page out; raises `UnfollowedPatternError`."""
    values, text = page.site.values, hexo_path(page.path).as_posix()
    if glob := matches_glob(text, pattern_texts(values.get("skip_render"))):
        return f"skip_render has {glob}"
    if glob := matches_glob(text, [glob.removeprefix("source/") for glob in pattern_texts(values.get("ignore"))]):
        return f"ignore has {glob}"
    is_in_posts = text.partition("/")[0] in _FOLDERS_OF_POSTS
    if is_in_posts and values.get("post_asset_folder") is True:
        suffix = PurePosixPath(text_of(values.get("new_post_name")) or ":title.md").suffix
        return None if page.path.suffix == suffix else f"post_asset_folder has only {suffix} as posts"
    if not is_in_posts and not is_included(page):
        glob = matches_glob(text, pattern_texts(values.get("exclude")))
        return f"exclude has {glob}" if glob else None
    return None


def is_included(page: Page) -> bool:
    """Return whether Hexo's setting `include` names a file, which may be hidden then."""
    try:
        return bool(matches_glob(hexo_path(page.path).as_posix(), pattern_texts(page.site.values.get("include"))))
    except UnfollowedPatternError:
        return False


def hexo_path(path: PurePosixPath) -> PurePosixPath:
    """Return a path in the source folder of Hexo."""
    return PurePosixPath(*path.parts[1:]) if path.parts[0] == "source" and len(path.parts) > 1 else path


def eleventy_exclusion(page: Page) -> str | None:
    """Return why Eleventy leaves a page out; raises `UnfollowedPatternError`."""
    if glob := ignored_by(page.path, page.site):
        return f"{glob} is ignored"
    formats = _formats(page.site.script)
    suffix = page.path.suffix.removeprefix(".")
    if formats and suffix not in formats and _SUFFIXES.get(suffix) not in formats:
        return f"the formats of templates are {', '.join(formats)}"
    pagination = page.fields.get("pagination")
    if isinstance(pagination, Mapping) and not pagination.get("generatePageOnEmptyData"):
        name = pagination.get("data")
        if isinstance(name, str) and page.fields.get(name) in ([], {}):
            return f"{name} has nothing to make pages of"
    return None


def ignored_by(path: PurePosixPath, site: Site) -> str | None:
    """Return the line of an ignore file, or the call, that names a file; raises `UnfollowedPatternError`."""
    globs = (*site.ignore_globs, *_ignore_calls(site.script))
    folders = (_first_match(folder.as_posix(), globs) for folder in path.parents[:-1])
    return matches_glob(path.as_posix(), globs) or next((glob for glob in folders if glob), None)


@lru_cache(maxsize=4096)
def _first_match(folder: str, globs: tuple[str, ...]) -> str | None:
    return matches_glob(folder, globs)


@lru_cache(maxsize=4)
def _ignore_calls(script: str) -> tuple[str, ...]:
    return tuple(match["glob"].removeprefix("./") for match in _IGNORE_CALL.finditer(script))


def ignored_globs(text: str, folder: PurePosixPath) -> Sequence[str]:
    """Return the globs of an ignore file in a folder, as Eleventy reads it: each from that folder."""
    lines = [line.strip() for line in text.splitlines()]
    prefix = "" if folder == PurePosixPath() else f"{folder.as_posix()}/"
    return [prefix + line.removeprefix("./").strip("/") for line in lines if line.strip("/") and line[0] not in "#!"]


def doubt_by_script(page: Page) -> str | None:
    """Return why the code of Eleventy's configuration may read a page otherwise, or leave it out."""
    own_front_matter, names = _reading_code(page.site.script)
    if own_front_matter:
        return "its configuration says how front matter is read, which cannot be followed"
    name = next((name for name in names if page.fields.get(name) not in (None, False, "", 0)), None)
    return f"the blog's own code looks at {name[:60]}, and may leave the page out" if name else None


@lru_cache(maxsize=4)
def _reading_code(script: str) -> tuple[bool, Sequence[str]]:
    """Return whether a script says how front matter is read, and the fields by which it may leave pages out."""
    names = {match["name"] for match in _NAME_IN_DATA.finditer(script)} if "addPreprocessor" in script else set[str]()
    return _FRONT_MATTER.search(script) is not None, sorted(names - _USUAL)[:_MAX_NAMES]


@lru_cache(maxsize=4)
def _formats(script: str) -> Sequence[str]:
    """Return the formats of templates that a configuration sets; none if it leaves the usual ones."""
    match = _FORMATS.search(script)
    return re.findall(r"[\w.]+", match["list"]) if match else []
