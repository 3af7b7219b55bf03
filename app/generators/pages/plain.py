"""Pages on which all dialects agree, so that one reading is enough: nearly every page of a blog is plain."""

import re

from app.generators.front_matter import FrontMatter
from app.generators.numbers import FIELD
from app.generators.pages.reader import PageText, Reading
from app.generators.publication.dates import free_moment
from app.generators.publication.verdicts import Site
from app.generators.values import Timestamp

_NO_FIELDS: dict[str, object] = {}
_DECISIVE = frozenset(
    (
        *("extra", "build", "_build", "headless", "outputs", "published", "publishdate", "pubdate"),
        *("expirydate", "unpublishdate", "cascade", "permalink", "status", "eleventycomputed", "render", "markup"),
    )
)
"""Fields that generators, or versions of one, treat differently."""
_SUFFIXES = frozenset({".md", ".markdown"})
_FENCE = re.compile(r"---\r?\n")
_DAY = 86_400


def is_plain_in_versions(page: PageText, reading: Reading, site: Site) -> bool:
    """Return whether the versions of a generator agree on a page; `reading` is the newest one's."""
    block = page.block(reading.dialect.splits.get(page.suffix, reading.dialect.split))
    if block is None or block.quirks or page.suffix not in _SUFFIXES or page.suffix != page.path.suffix:
        return False
    if site.held_sections and any(folder in site.held_sections for folder in page.path.parents):
        return False
    if page.path.stem == "index" and page.path.parent == site.content:
        return False
    return _is_undecided(reading)


def _is_undecided(reading: Reading) -> bool:
    """Return whether a page names a valid number outside `params`, and no field decides about its publication."""
    fields = reading.own
    if fields is None or fields is not reading.fields or reading.fails or reading.unpublished:
        return False
    if not reading.number.issues or reading.number.kind is not None:
        return False
    names = {name.lower() for name in fields}
    if len(names) != len(fields) or names & _DECISIVE or fields.get("draft") not in (None, False):
        return False
    params = fields.get("params", _NO_FIELDS)
    return isinstance(params, dict) and FIELD not in {str(name).lower() for name in params}


def is_plain_everywhere(page: PageText, reading: Reading, site: Site) -> bool:
    """Return whether all generators agree on a page; `reading` is Hugo's."""
    if not is_plain_in_versions(page, reading, site) or any(part.startswith("_") for part in page.path.parts):
        return False
    block = page.block(reading.dialect.split)
    if block is None or "params" in (reading.fields or {}) or not _has_plain_fences(page.text, block.front_matter):
        return False
    fields, number = reading.fields or {}, reading.number.output
    day = fields.get("date")
    moment = free_moment(day, site.zone) if isinstance(day, Timestamp) else None
    if moment is None or moment.seconds > site.now - _DAY:
        return False
    pattern = rf"(?m)^ghissueid: +(?:{number}|\"{number}\"|'{number}') *\r?$"
    return fields.get("draft", False) is False and re.search(pattern, block.front_matter.text) is not None


def _has_plain_fences(text: str, front_matter: FrontMatter) -> bool:
    """Return whether Hugo's block stands between two bare lines `---`, with more behind them."""
    ends = (0, len("---") + len(front_matter.text))
    return all(_FENCE.match(text, end) is not None for end in ends)
