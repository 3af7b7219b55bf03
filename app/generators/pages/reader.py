"""What one dialect makes of one page: the number that it prints, whether there is a page, and its title and days."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from app.domain.texts.excerpts import excerpt
from app.generators.dialects import MKDOCS_PAGE, Dialect, Failure
from app.generators.fences import Splitter
from app.generators.front_matter import find_in_text
from app.generators.inherited.values import Inheritance, UnknownValue
from app.generators.numbers import FIELD, NO_NUMBER, Number, number_of
from app.generators.publication.dates import free_moment, hugo_moment
from app.generators.publication.material import is_post
from app.generators.publication.rules import verdict_on
from app.generators.publication.verdicts import PUBLISHED, Page, Site, Verdict
from app.generators.values import PageFields, ParsedBlock, Refused, own_value, page_fields

_DECISIVE = ("draft", "published", "status", "build", "_build", "headless", "publishdate", "expirydate")
MAX_TEXT = 1000
"""Characters of a title or description that are kept."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A page as one dialect reads it."""

    dialect: Dialect
    number: Number = NO_NUMBER
    fields: Mapping[str, object] | None = None
    """Its fields with those that it is given; None if they cannot be read."""
    own: Mapping[str, object] | None = None
    """Its fields without those that it is given."""
    verdict: Verdict = PUBLISHED
    refusal: str | None = None
    """Why its generator cannot read the front matter, as a clause."""
    is_followed: bool = True
    """Whether we can read what the generator reads."""
    line: int | None = None
    """The line of the field, or of what cannot be read."""
    names_field: bool = False

    @property
    def fails(self) -> str | None:
        """Return why the whole build fails, as a clause."""
        if self.refusal and self.is_followed and self.dialect.failure is Failure.BUILD_FAILS:
            return self.refusal
        return self.verdict.fails

    @property
    def unpublished(self) -> str | None:
        """Return why there is no page."""
        if self.refusal and self.is_followed and self.dialect.failure is Failure.NO_PAGE:
            return f"its front matter cannot be read: {self.refusal}"
        return self.verdict.unpublished or self.verdict.doubt

    @property
    def outcome(self) -> object:
        """Return what is compared with other dialects."""
        if self.fails:
            return "fails"
        return ("no page",) if self.unpublished else (self.number.output, self.number.issues)

    @property
    def result_text(self) -> str:
        """Return what the generator makes of the page, for a message."""
        if self.fails:
            return "the build fails in"
        return "there is no page in" if self.unpublished else f"ghissueid is {self.number.label} in"


class PageText:
    """The start of a file, split and parsed once for all dialects that do it alike."""

    def __init__(self, path: PurePosixPath, text: str) -> None:
        self.path = path
        self.suffix = path.suffix.lower()
        self.text = text
        self._blocks: dict[Splitter, ParsedBlock | None] = {}
        self._by_span: dict[tuple[object, int, int, str | None], ParsedBlock] = {}

    def block(self, split: Splitter) -> ParsedBlock | None:
        """Return the front matter that a generator finds; None without any."""
        if split not in self._blocks:
            front_matter = find_in_text(self.text, split)
            if front_matter is not None:
                key = (front_matter.format, front_matter.start, front_matter.end, front_matter.error)
                self._blocks[split] = self._by_span.setdefault(key, ParsedBlock(front_matter))
            else:
                self._blocks[split] = None
        return self._blocks[split]


def read_page(page: PageText, dialect: Dialect, site: Site, inheritance: Inheritance) -> Reading:
    """Return what a dialect makes of a page."""
    if dialect.generator == "material" and not is_post(page.path, site):
        dialect = MKDOCS_PAGE
    split = dialect.splits.get(page.suffix, dialect.split)
    block = page.block(split)
    try:
        own = page_fields(block, dialect) if block is not None else PageFields({})
    except Refused as error:
        return _unreadable(page, dialect, site, error)
    fields = inheritance.merge(page.path, own.values, dialect.name)
    has_field, value = own_value(fields, FIELD, dialect)
    verdict = _doubt_from_elsewhere(fields) or verdict_on(Page(page.path, fields, dialect, site))
    return Reading(
        dialect,
        number_of(value, dialect.prints) if has_field else NO_NUMBER,
        fields,
        own.values,
        verdict,
        line=own.lines.get(FIELD),
        names_field=has_field,
    )


def _doubt_from_elsewhere(fields: Mapping[str, object]) -> Verdict | None:
    """Return the verdict on a page that is given a field from elsewhere, which decides and cannot be told."""
    for name in _DECISIVE:
        if isinstance(fields.get(name), UnknownValue):
            return Verdict(doubt=f"its {name} is given from elsewhere, and cannot be told")
    is_draft = bool(fields.get("draft"))
    if is_draft and isinstance(fields.get("permalink"), UnknownValue):
        return Verdict(doubt="its permalink is given by a script, which may leave drafts out")
    return None


def _unreadable(page: PageText, dialect: Dialect, site: Site, error: Refused) -> Reading:
    verdict = verdict_on(Page(page.path, {}, dialect, site))
    location = verdict if verdict.unpublished else PUBLISHED
    if dialect.failure is Failure.NO_FIELDS:
        return Reading(dialect, fields={}, own={}, verdict=location, refusal=str(error), line=error.line)
    return Reading(dialect, verdict=location, refusal=str(error), is_followed=not error.is_ours, line=error.line)


@dataclass(frozen=True, slots=True)
class Texts:
    """What a page says of itself."""

    title: str | None = None
    url: str | None = None
    date: str | None = None
    description: str | None = None


def texts_of(reading: Reading, site: Site) -> Texts:
    """Return title, explicit address, day and description of a page."""
    fields = reading.fields or {}
    moments = hugo_moment if reading.dialect.generator == "hugo" else free_moment
    moment = moments(fields.get("date"), site.zone)
    return Texts(
        _text(fields.get("title")),
        _address(fields, ("url", "permalink")),
        moment.text if moment else None,
        _text(fields.get("description")) or _text(fields.get("summary")),
    )


def _text(value: object) -> str | None:
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)[:MAX_TEXT]
    if not isinstance(value, str):
        return None
    text = value if value.isascii() else value.encode("utf-8", "replace").decode()
    return excerpt(text, MAX_TEXT) or None


def _address(fields: Mapping[str, object], names: Sequence[str]) -> str | None:
    """Return an address that is written in a page, if it is one without placeholders."""
    for name in names:
        value = fields.get(name)
        text = value.strip() if isinstance(value, str) else ""
        is_path = text.startswith("/") and not text.startswith("//")
        if (is_path or text.startswith(("http://", "https://"))) and not set(text) & set(" :{}\t\n*") - {":"}:
            return text if "{" not in text and "/:" not in text else None
    return None
