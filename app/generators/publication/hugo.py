"""When Hugo makes a page: drafts, days, build options, and where a file stands."""

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from pathlib import PurePosixPath

from app.generators.dialects import HUGO_0_111
from app.generators.inherited.scalars import get_any_case, mapping_of, texts_of
from app.generators.publication.dates import Moment, hugo_moment
from app.generators.publication.exclusion.hugo import NO_HTML
from app.generators.publication.verdicts import PUBLISHED, Page, Site, Verdict, no_page, value_text

_TRUE = frozenset({"1", "t", "T", "true", "TRUE", "True"})
_PUBLICATION_FIELDS = ("publishdate", "pubdate", "published", "date")
_EXPIRY_FIELDS = ("expirydate", "unpublishdate")
_DATE_FIELDS = ("date", "publishdate", "pubdate", "published", "lastmod", "modified", "expirydate", "unpublishdate")
"""The days that the current Hugo must be able to read."""
_HTML = frozenset({".html", ".htm"})
_NO_DAY = -62_135_596_800.0
"""The first day of year 1, which Hugo takes for none."""


def hugo_rule(page: Page) -> Verdict:
    """Return the verdict of Hugo."""
    is_current = page.dialect.name == "hugo"
    fails = _fails(page) if is_current else None
    if fails:
        return Verdict(fails=fails)
    reason = _location(page, is_current=is_current) or _draft(page, is_current=is_current)
    reason = reason or _build(page, is_current=is_current)
    if reason:
        return no_page(reason)
    return _section(page) or _days(page)


def _fails(page: Page) -> str | None:
    """Return why the build of the current Hugo fails."""
    if page.path.suffix.lower() in _HTML and not _allows_html(page.site.values):
        return "a page in HTML needs security.allowContent in the configuration"
    for name in _DATE_FIELDS:
        value = page.fields.get(name)
        if value not in (None, "") and hugo_moment(value, page.site.zone) is None:
            return f"{name} is {value_text(value)}, which is no date that it reads"
    build = page.fields.get("build")
    if "_build" in page.fields:
        return "_build is now build"
    if build is not None and not isinstance(build, Mapping):
        return f"build is {value_text(build)}"
    params = page.fields.get("params")
    if params is not None and not isinstance(params, Mapping):
        return f"params is {value_text(params)}"
    return None


def _allows_html(values: Mapping[str, object]) -> bool:
    security = get_any_case(values, "security")
    allowed = get_any_case(security, "allowcontent") if isinstance(security, Mapping) else None
    patterns = allowed if isinstance(allowed, Sequence) and not isinstance(allowed, str) else [allowed]
    return any(isinstance(pattern, str) and ("html" in pattern or ".*" in pattern) for pattern in patterns)


def _location(page: Page, *, is_current: bool) -> str | None:
    if not is_current and page.path.suffix != page.path.suffix.lower():
        return f"it ends with {page.path.suffix} in capitals"
    if not is_current and page.path.name.partition(".")[0] == "index" and page.path.parent == page.site.content:
        return "a page index in the root has no page"
    if page.site.index_folders and page.path.name.partition(".")[0] not in {"index", "_index"}:
        for folder in page.path.parents:
            if folder in page.site.index_folders:
                return f"it belongs to the page {folder.as_posix()}/index"
    return None


def _draft(page: Page, *, is_current: bool) -> str | None:
    fields = page.fields
    if page.site.settings.get("builddrafts") is True:
        return None
    draft = fields.get("draft")
    if _is_true(draft, floats=is_current):
        return f"draft: {value_text(draft)}"
    if "published" in fields and "draft" not in fields and not _is_published(fields["published"], is_current):
        return f"published: {value_text(fields['published'])}"
    return None


def _is_true(value: object, *, floats: bool) -> bool:
    if isinstance(value, bool | int):
        return bool(value)
    if isinstance(value, float):
        return floats and value != 0
    return isinstance(value, str) and value in _TRUE


def _is_published(value: object, is_current: bool) -> bool:  # noqa: FBT001 - as its caller has it
    """Return whether `published`, which was a switch before it was a day, lets a page be."""
    if is_current:
        return value is not None
    return _is_true(value, floats=False)


def _build(page: Page, *, is_current: bool) -> str | None:
    fields = page.fields
    if _is_true(fields.get("headless"), floats=True) and (is_current or page.path.stem == "index"):
        return f"headless: {value_text(fields['headless'])}"
    outputs = fields.get("outputs")
    formats = {str(name).casefold() for name in (outputs if isinstance(outputs, list) else [outputs]) if name}
    if formats and formats <= NO_HTML:
        return f"outputs: {', '.join(sorted(formats))}"
    name = "build" if is_current else "_build"
    build = fields.get(name)
    options = {str(key).casefold(): value for key, value in mapping_of(build).items()}
    render = options.get("render", "always")
    text = render.casefold() if isinstance(render, str) else render
    if text in {"never", "link"} or (render is False and is_current):
        return f"{name}: {{render: {value_text(render)}}}"
    return None


def _days(page: Page) -> Verdict:
    settings, zone, now = page.site.settings, page.site.zone, page.site.now
    changes = []
    start = _first(page.fields, _names(page, "publishdate", _PUBLICATION_FIELDS), zone)
    if start and start[1].seconds > now and settings.get("buildfuture") is not True:
        return Verdict(f"{start[0]}: {start[1].text} is in the future", changes_at=start[1].seconds)
    end = _first(page.fields, _names(page, "expirydate", _EXPIRY_FIELDS), zone)
    if end and end[1].seconds > _NO_DAY and settings.get("buildexpired") is not True:
        if end[1].seconds <= now:
            return no_page(f"{end[0]}: {end[1].text} is over")
        changes.append(end[1].seconds)
    return Verdict(changes_at=min(changes)) if changes else PUBLISHED


def _names(page: Page, kind: str, usual: Sequence[str]) -> Sequence[str]:
    """Return the fields that Hugo looks for a day in, as the table `frontmatter` of its configuration may say."""
    own = texts_of(get_any_case(mapping_of(page.site.settings.get("frontmatter")), kind))
    names = [name.casefold() for name in own if name]
    if not names:
        return usual
    return [field_name for name in names for field_name in (usual if name == ":default" else (name,))]


def held_sections(
    sections: Mapping[PurePosixPath, Mapping[str, object]], site: Site
) -> Mapping[PurePosixPath, Verdict]:
    """Return the sections that older versions of Hugo leave out with all pages below, or may do later."""
    verdicts = {
        folder: _section_verdict(Page(folder / "_index.md", fields, HUGO_0_111, site))
        for folder, fields in sections.items()
    }
    return {folder: verdict for folder, verdict in verdicts.items() if verdict != PUBLISHED}


def _section_verdict(page: Page) -> Verdict:
    reason = _draft(page, is_current=False)
    return no_page(f"its section has {reason}") if reason else _days(page)


def _section(page: Page) -> Verdict | None:
    if page.dialect.name != "hugo-0.111" or not page.site.held_sections:
        return None
    verdicts = (page.site.held_sections.get(folder) for folder in page.path.parents)
    return next((verdict for verdict in verdicts if verdict and (verdict.unpublished or verdict.changes_at)), None)


def _first(fields: Mapping[str, object], names: Sequence[str], zone: tzinfo) -> tuple[str, Moment] | None:
    """Return the first of some days that a page has."""
    for name in names:
        value = fields.get(name)
        if value is not None and (moment := hugo_moment(value, zone)):
            return name, moment
    return None
