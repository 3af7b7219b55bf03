"""Finds faults in a feed: violations of RFC 4287 and RFC 4685 (Atom) and of the JSON Feed 1.1 specification.

It was written from the specifications (https://www.rfc-editor.org/rfc/rfc4287, whose sections its messages name;
https://www.jsonfeed.org/version/1.1/), and shares no code with the renderer.
"""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from jsonschema_rs import Draft202012Validator
from lxml import etree  # type: ignore[import-untyped] # its stubs are no dependency

ATOM, THREADING, XML = (
    "{http://www.w3.org/2005/Atom}",
    "{http://purl.org/syndication/thread/1.0}",
    "{http://www.w3.org/XML/1998/namespace}",
)
_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`\x00-\x1f]+")
_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")
_MEDIA_TYPE = re.compile(r".+/.+")
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*")
_ONCE_IN_FEED = ("generator", "icon", "logo", "rights", "subtitle")
_ONCE_IN_ENTRY = ("content", "published", "rights", "source", "summary")
_OF_TEXT = ("title", "subtitle", "summary", "rights")


def atom_faults(body: bytes) -> list[str]:
    """Return every MUST of Atom that a document breaks."""
    try:
        feed = etree.fromstring(body)
    except etree.XMLSyntaxError as error:
        return [f"2: {error}"]
    if feed.tag != f"{ATOM}feed":
        return [f"2: {feed.tag}"]
    entries = feed.findall(f"{ATOM}entry")
    faults = [*_container(feed, _ONCE_IN_FEED)]
    for entry in entries:
        faults += _container(entry, _ONCE_IN_ENTRY)
        faults += _entry(entry)
        if not _all(feed, "author") and not _all(entry, "author"):
            faults.append("4.1.2: no author")
    if not entries and not _all(feed, "author"):
        faults.append("4.1.1: no author")
    ids = Counter(entry.findtext(f"{ATOM}id") for entry in entries)
    faults += [f"4.1.1: {name} twice" for name, count in ids.items() if count > 1]
    for element in feed.iter(etree.Element):
        faults += _element(element)
    return faults


def _all(element: Any, *names: str) -> list[Any]:
    return [child for name in names for child in element.findall(f"{ATOM}{name}")]


def _container(element: Any, once: tuple[str, ...]) -> Iterator[str]:
    for name in ("id", "title", "updated"):
        if len(_all(element, name)) != 1:
            yield f"4.1.1/4.1.2: {len(_all(element, name))} of {name}"
    for name in once:
        if len(_all(element, name)) > 1:
            yield f"4.1.1/4.1.2: more than one {name}"
    alternates = Counter(
        (link.get("type"), link.get("hreflang")) for link in _all(element, "link") if _rel(link) == "alternate"
    )
    if alternates and max(alternates.values()) > 1:
        yield "4.1.1/4.1.2: alternate links of one type and language"
    if (element.text or "").strip() or any((child.tail or "").strip() for child in element):
        yield "4.1.1/4.1.2: text between elements"


def _entry(entry: Any) -> Iterator[str]:
    if not _all(entry, "content") and not any(_rel(link) == "alternate" for link in _all(entry, "link")):
        yield "4.1.2: neither content nor an alternate link"
    for content in _all(entry, "content"):
        if content.get("src") is not None and not _all(entry, "summary"):
            yield "4.1.2: content elsewhere and no summary"
    for reply in entry.findall(f"{THREADING}in-reply-to"):
        if not _IRI.fullmatch(reply.get("ref", "")):
            yield "RFC 4685, 3: in-reply-to without ref"


def _rel(link: Any) -> str:
    return str(link.get("rel", "alternate"))


def _element(element: Any) -> Iterator[str]:
    name, text = element.tag.removeprefix(ATOM), element.text or ""
    if not _LANGUAGE.fullmatch(element.get(f"{XML}lang", "en")):
        yield "2: xml:lang"
    if name in _OF_TEXT:
        yield from _text(element)
    match name:
        case "content":
            yield from _content(element)
        case "author" | "contributor":
            yield from _person(element)
        case "published" | "updated" if not _is_date(text):
            yield f"3.3: {name} {text!r}"
        case "id" | "icon" | "logo" | "uri" if not _IRI.fullmatch(text):
            yield f"4.2: {name} {text!r}"
        case "link":
            yield from _link(element)


def _text(element: Any) -> Iterator[str]:
    if element.get("type", "text") not in {"text", "html", "xhtml"}:
        yield f"3.1.1: type {element.get('type')!r}"
    if element.get("type") != "xhtml" and len(element):
        yield "3.1.1: elements in text"


def _content(element: Any) -> Iterator[str]:
    kind = element.get("type", "text")
    if kind not in {"text", "html", "xhtml"} and not _MEDIA_TYPE.fullmatch(kind):
        yield f"4.1.3.1: type {kind!r}"
    if kind in {"text", "html"} and len(element):
        yield "4.1.3.3: elements in text"
    if element.get("src") is not None and (element.text or len(element)):
        yield "4.1.3.2: content here and elsewhere"


def _person(element: Any) -> Iterator[str]:
    if len(_all(element, "name")) != 1 or not _all(element, "name")[0].text:
        yield "3.2.1: a person without a name"
    if len(_all(element, "uri")) > 1 or len(_all(element, "email")) > 1:
        yield "3.2: more than one uri or email"


def _link(element: Any) -> Iterator[str]:
    if not _IRI.fullmatch(element.get("href", "")):
        yield f"4.2.7.1: href {element.get('href')!r}"
    if not re.fullmatch(r"[^\s:/]+|[a-z]+:.+", _rel(element)):
        yield f"4.2.7.2: rel {_rel(element)!r}"
    if not _MEDIA_TYPE.fullmatch(element.get("type", "text/html")):
        yield f"4.2.7.3: type {element.get('type')!r}"


def _is_date(text: str) -> bool:
    if not _DATE.fullmatch(text):
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


_URL = {"type": "string", "format": "uri", "pattern": "^https?://"}
_TIME = {"type": "string", "format": "date-time"}
_TEXT = {"type": "string"}
_EXTENSION = {"^_[^.]+$": {"type": "object"}}
_AUTHOR = {
    "type": "object",
    "properties": {"name": _TEXT, "url": _URL, "avatar": _URL},
    "minProperties": 1,
    "patternProperties": _EXTENSION,
    "additionalProperties": False,
}
"""Deprecated in 1.1 beside `authors`, and all that 1.0 has."""
_AUTHORS = {"type": "array", "items": _AUTHOR}
_LANGUAGE_TAG = {"type": "string", "pattern": f"^{_LANGUAGE.pattern}$"}
_ATTACHMENT = {
    "type": "object",
    "required": ["url", "mime_type"],
    "properties": {
        "url": _URL,
        "mime_type": _TEXT,
        "title": _TEXT,
        "size_in_bytes": {"type": "integer"},
        "duration_in_seconds": {"type": "number"},
    },
}
_ITEM = {
    "type": "object",
    "required": ["id"],
    "anyOf": [{"required": ["content_html"]}, {"required": ["content_text"]}],
    "properties": {
        "id": {"type": "string", "minLength": 1},
        "url": _URL,
        "external_url": _URL,
        "title": _TEXT,
        "content_html": _TEXT,
        "content_text": _TEXT,
        "summary": _TEXT,
        "image": _URL,
        "banner_image": _URL,
        "date_published": _TIME,
        "date_modified": _TIME,
        "authors": _AUTHORS,
        "author": _AUTHOR,
        "tags": {"type": "array", "items": _TEXT},
        "language": _LANGUAGE_TAG,
        "attachments": {"type": "array", "items": _ATTACHMENT},
    },
    "patternProperties": _EXTENSION,
    "additionalProperties": False,
}
_JSON_FEED = Draft202012Validator(
    {
        "type": "object",
        "required": ["version", "title", "items"],
        "properties": {
            "version": {"const": "https://jsonfeed.org/version/1.1"},
            "title": {"type": "string", "minLength": 1},
            "home_page_url": _URL,
            "feed_url": _URL,
            "description": _TEXT,
            "user_comment": _TEXT,
            "next_url": _URL,
            "icon": _URL,
            "favicon": _URL,
            "authors": _AUTHORS,
            "author": _AUTHOR,
            "language": _LANGUAGE_TAG,
            "expired": {"type": "boolean"},
            "hubs": {"type": "array", "items": {"type": "object", "required": ["type", "url"]}},
            "items": {"type": "array", "items": _ITEM},
        },
        "patternProperties": _EXTENSION,
        "additionalProperties": False,
    },
    validate_formats=True,
)


def json_faults(feed: Any) -> list[str]:
    """Return what the specification of JSON Feed 1.1 does not allow in a parsed document."""
    ids = Counter(item.get("id") for item in feed.get("items", []))
    duplicates = [f"{name} twice" for name, count in ids.items() if count > 1]
    return duplicates + [f"{'/'.join(map(str, e.instance_path))}: {e.message}" for e in _JSON_FEED.iter_errors(feed)]
