"""What Hugo's configuration leaves out: ignored files, kinds, outputs, disabled languages, and unmounted folders."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from app.generators.inherited.expressions import expression
from app.generators.inherited.scalars import get_any_case, mapping_of, mappings_of, text_of, texts_of
from app.generators.publication.exclusion.patterns import matches_glob, pattern_texts
from app.generators.publication.inputs import normal
from app.generators.publication.verdicts import Page

NO_HTML = frozenset({"json", "rss", "xml", "calendar", "css", "csv", "sass", "webappmanifest", "markdown"})
"""Formats of output that are no page."""


def hugo_exclusion(page: Page) -> str | None:
    """Return why the configuration leaves a page out; raises `UnfollowedPatternError`."""
    if page.path.name.startswith("#"):
        return "its name begins with #"
    settings = page.site.settings
    if not settings:
        return None
    for text in pattern_texts(settings.get("ignorefiles")):
        if expression(text).search(f"/{page.path.as_posix()}"):
            return f"ignoreFiles has {text[:60]}"
    return _kind(page) or _language(page) or _mount(page)


def _kind(page: Page) -> str | None:
    """Return why pages of this kind are left out."""
    kind = "page"
    if page.path.stem == "_index":
        kind = "section" if len(page.below_content.parts) > 1 else "home"
    disabled_names = {text.casefold() for text in texts_of(page.site.settings.get("disablekinds"))}
    if kind in disabled_names:
        return f"disableKinds has {kind}"
    outputs = get_any_case(mapping_of(page.site.settings.get("outputs")), kind)
    formats = {text.casefold() for text in texts_of(outputs)}
    if formats and formats <= NO_HTML and not page.fields.get("outputs"):
        return f"outputs gives each {kind} {', '.join(sorted(formats))} only"
    return None


def _language(page: Page) -> str | None:
    """Return why there is no page in this language."""
    languages = mapping_of(page.site.settings.get("languages"))
    names = {name.casefold(): mapping_of(options) for name, options in languages.items()}
    disabled_names = {text.casefold() for text in texts_of(page.site.settings.get("disablelanguages"))}
    disabled_names |= {name for name, options in names.items() if get_any_case(options, "disabled") is True}
    name = page.path.stem.rpartition(".")[2].casefold() if "." in page.path.stem else None
    folders = {name: text_of(get_any_case(options, "contentdir")) for name, options in names.items()}
    if all(folders.values()) and folders:
        name = _language_of_folder(page.path, {key: folder or "" for key, folder in folders.items()})
        if name is None:
            return "it is in the contentDir of no language"
    return f"the language {name} is disabled" if name in disabled_names else None


def _language_of_folder(path: PurePosixPath, folders: Mapping[str, str]) -> str | None:
    inside = [
        (len(folder), name) for name, folder in folders.items() if path.is_relative_to(normal(PurePosixPath(folder)))
    ]
    return max(inside)[1] if inside else None


def content_mounts(values: Mapping[str, object]) -> Sequence[Mapping[str, object]]:
    """Return the mounts of the configuration that give the site its content; none without such."""
    module = mapping_of(get_any_case(values, "module"))
    return [
        mount for mount in mappings_of(get_any_case(module, "mounts")) if target_of(mount).parts[:1] == ("content",)
    ]


def target_of(mount: Mapping[str, object]) -> PurePosixPath:
    """Return where a mount puts its files, a path that begins with `content` for pages."""
    return normal(PurePosixPath(text_of(get_any_case(mount, "target")) or "."))


def source_of(mount: Mapping[str, object]) -> PurePosixPath:
    """Return the folder that a mount publishes."""
    return normal(PurePosixPath(text_of(get_any_case(mount, "source")) or "."))


def _mount(page: Page) -> str | None:
    mounts = content_mounts(page.site.values) if "module" in page.site.settings else ()
    if not mounts or page.path in page.site.mount_paths:
        return None
    reasons = list(_mount_reasons(page.path, mounts))
    if not reasons:
        return "module.mounts names another folder"
    return None if None in reasons else reasons[0]


def _mount_reasons(path: PurePosixPath, mounts: Sequence[Mapping[str, object]]) -> Iterator[str | None]:
    for mount in mounts:
        if path.is_relative_to(source_of(mount)):
            yield filter_reason(path.relative_to(source_of(mount)).as_posix(), mount)


def filter_reason(below: str, mount: Mapping[str, object]) -> str | None:
    """Return why a mount leaves a file out."""
    files = pattern_texts(get_any_case(mount, "files"))
    left_out_globs = [
        *pattern_texts(get_any_case(mount, "excludefiles")),
        *(t[1:].strip() for t in files if t[:1] == "!"),
    ]
    wanted_globs = [*pattern_texts(get_any_case(mount, "includefiles")), *(t for t in files if t[:1] != "!")]
    glob = matches_glob(below, [text.lstrip("/") for text in left_out_globs], any_case=True)
    if glob:
        return f"module.mounts leaves {glob} out"
    if wanted_globs and not matches_glob(below, [text.lstrip("/") for text in wanted_globs], any_case=True):
        return "module.mounts has other files only"
    return None
