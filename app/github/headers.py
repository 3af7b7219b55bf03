"""Parse the header fields of a response: a malformed value counts as absent.

Follows https://www.rfc-editor.org/rfc/rfc9110 (dates 5.6.7, entity tags 8.8.3, media types 8.3.1).
"""

import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

_IMF_DATE = re.compile(
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), [0-9]{2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [1-9][0-9]{3}"
    r" [0-9]{2}:[0-9]{2}:[0-9]{2} GMT"
)
"""The one format that senders must use; the two obsolete formats are not parsed."""
_ETAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e]{0,512}"')
_JSON = re.compile(r"application/(?:[a-z0-9.-]+\+)?json", re.IGNORECASE)
_COUNT = re.compile(r"[0-9]{1,15}")


def lowercase_names(headers: Mapping[str, str]) -> Mapping[str, str]:
    """Return a dict of the same fields by lower-case name."""
    return {name.lower(): value for name, value in headers.items()}


def parse_date(text: str | None) -> float | None:
    """Return an HTTP date as epoch seconds."""
    if text is None or _IMF_DATE.fullmatch(text.strip()) is None:
        return None
    try:
        return parsedate_to_datetime(text.strip()).timestamp()
    except (ValueError, OverflowError):
        return None


def parse_count(text: str | None) -> int | None:
    """Return a non-negative integer."""
    return int(text) if text is not None and _COUNT.fullmatch(text.strip()) else None


def parse_etag(text: str | None) -> str | None:
    """Return an entity tag that may be sent back unchanged."""
    return text if text is not None and _ETAG.fullmatch(text) else None


def is_json(content_type: str | None) -> bool:
    """Return True for JSON and its `+json` types, and for a missing type: then the body itself is the proof."""
    return content_type is None or _JSON.fullmatch(content_type.partition(";")[0].strip()) is not None
