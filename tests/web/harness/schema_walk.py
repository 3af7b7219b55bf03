"""Walks an OpenAPI document, independently of the page that shows it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple


class SchemaOperation(NamedTuple):
    """An operation of a document, with the names of its parameters and its statuses in ascending order."""

    method: str
    path: str
    summary: str
    parameters: Sequence[str]
    statuses: Sequence[str]


def find_operations(document: Mapping[str, Any]) -> Iterator[SchemaOperation]:
    """Yield every operation."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            names = [parameter["name"] for parameter in operation.get("parameters", ())]
            yield SchemaOperation(method.upper(), path, operation["summary"], names, sorted(operation["responses"]))


def find_texts(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield where a description belongs, and the description (empty if there is none)."""
    tags = {tag["name"]: tag["description"] for tag in document["tags"]}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            where = f"{method} {path}"
            yield where, operation.get("summary", "")
            yield f"{where} description", operation.get("description", "")
            yield from ((f"{where} tag {tag}", tags.get(tag, "")) for tag in operation.get("tags", ("",)))
            for parameter in operation.get("parameters", ()):
                yield f"{where} {parameter['name']}", parameter.get("description", "")
            for status, response in operation["responses"].items():
                yield f"{where} {status}", response.get("description", "")
    yield from _find_members(document, "")


def _find_members(value: Any, where: str) -> Iterator[tuple[str, str]]:
    """Yield the descriptions of all members of all schemas."""
    if isinstance(value, Mapping):
        for name, member in value.items():
            if name == "properties" and isinstance(member, Mapping):
                for field, schema in member.items():
                    yield f"{where}.{field}", schema.get("description", "")
            yield from _find_members(member, f"{where}/{name}")
    elif isinstance(value, list):
        for item in value:
            yield from _find_members(item, where)
