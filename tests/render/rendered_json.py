"""Reads rendered JSON documents."""

from typing import Any

import orjson

from app.render.document import Document


def read_json(document: Document) -> Any:
    """Return the parsed body of a document."""
    return orjson.loads(document.bodies["identity"])
