"""What the configurations of Pelican and MkDocs leave out."""

from pathlib import PurePosixPath

from app.generators.inherited.expressions import UnfollowedPatternError
from app.generators.inherited.scalars import mapping_of, text_of, texts_of
from app.generators.publication.exclusion.patterns import matches_glob, matches_name, pattern_texts
from app.generators.publication.verdicts import Page

_MAX_LINES = 1000
_SPHINX_SETTINGS = ("exclude_patterns", "templates_path", "html_static_path", "html_extra_path")


def pelican_exclusion(page: Page) -> str | None:
    """Return why the configuration leaves a page out; raises `UnfollowedPatternError`."""
    values, path = page.site.values, page.below_content
    if glob := matches_name(path, pattern_texts(values.get("IGNORE_FILES"))):
        return f"IGNORE_FILES has {glob}"
    kind = page.path.suffix.removeprefix(".")
    if mapping_of(values.get("READERS")).get(kind, kind) is None:
        return f"READERS has no reader for {kind}"
    is_page = is_pelican_page(page)
    name = "PAGE" if is_page else "ARTICLE"
    folders = texts_of(values.get(f"{name}_PATHS", ["pages"] if is_page else [""]))
    if not any(_is_below(path, folder) for folder in folders):
        return f"{name}_PATHS names other folders"
    for folder in texts_of(values.get(f"{name}_EXCLUDES")):
        if folder and path.parent.is_relative_to(folder):
            return f"{name}_EXCLUDES has {folder}"
    if text_of(values.get(f"{name}_SAVE_AS", "-")) == "":
        return f"{name}_SAVE_AS is empty"
    return None


def is_pelican_page(page: Page) -> bool:
    """Return whether a file is in a folder of pages, which articles are not read from."""
    folders = texts_of(page.site.values.get("PAGE_PATHS", ["pages"]))
    return any(folder and _is_below(page.below_content, folder) for folder in folders)


def _is_below(path: PurePosixPath, folder: str) -> bool:
    return path.is_relative_to(PurePosixPath(folder.strip("/"))) if folder.strip("/") else True


def sphinx_exclusion(page: Page) -> str | None:
    """Return why Sphinx leaves a document out; raises `UnfollowedPatternError`."""
    path = page.below_content
    names = [name.as_posix() for name in (path, *path.parents[:-1])]
    for setting in _SPHINX_SETTINGS:
        if setting in page.site.opaque:
            raise UnfollowedPatternError(f"{setting}, which is computed")
        for name in names:
            if glob := matches_glob(name, pattern_texts(page.site.values.get(setting))):
                return f"{setting} has {glob}"
    return None


def mkdocs_exclusion(page: Page) -> str | None:
    """Return why MkDocs leaves a page out; raises `UnfollowedPatternError`."""
    path = _below_docs(page)
    for name, usual in (("exclude_docs", "/templates/\n"), ("draft_docs", "")):
        setting = page.site.values.get(name)
        if line := _named_by_lines(path, usual + (setting if isinstance(setting, str) else "")):
            return f"{name} has {line}"
    return None


def _named_by_lines(path: PurePosixPath, text: str) -> str | None:
    """Return the line that names a file, as in a file `.gitignore`: the last line that fits counts."""
    result = None
    lines = text.splitlines()
    if len(lines) > _MAX_LINES:
        raise UnfollowedPatternError(f"more than {_MAX_LINES} lines")
    for line in lines:
        pattern = line.strip().removeprefix("!")
        if pattern.strip("/") and not pattern.startswith("#") and _fits(path, pattern):
            result = None if line.strip().startswith("!") else pattern
    return result


def _fits(path: PurePosixPath, pattern: str) -> bool:
    is_anchored = "/" in pattern.rstrip("/")
    names = [path, *path.parents[:-1]]
    glob = pattern.strip("/")
    globs = [glob] if is_anchored else [glob, f"**/{glob}"]
    return any(matches_glob(name.as_posix(), globs) for name in (names[1:] if pattern.endswith("/") else names))


def _below_docs(page: Page) -> PurePosixPath:
    docs = PurePosixPath(text_of(page.site.values.get("docs_dir")) or "docs")
    return page.path.relative_to(docs) if page.path.is_relative_to(docs) else page.below_content
