"""JSON Schema in words: what a value may be, as a short piece of HTML with links to the named shapes.

Understands what OpenAPI 3.1 descriptions of this service contain (https://json-schema.org/draft/2020-12), and calls
everything else "any value" rather than printing a keyword without an explanation.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from markdown_it import MarkdownIt
from markupsafe import Markup, escape

Schema = Mapping[str, Any]

_TYPES = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
    "object": "an object",
}
_OR = Markup(" or ")
_ALTERNATIVES = {"anyOf": _OR, "oneOf": _OR, "allOf": Markup(" and ")}
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).disable("image")
_LARGEST_LIMIT = 10**9
"""Limits above it only say that a number must not be absurd."""


def markdown(text: str) -> Markup:
    """Return the HTML of a description that is written in Markdown, without the HTML that the text may contain."""
    return Markup(_MARKDOWN.render(text))  # noqa: S704 - the renderer escapes HTML in the text


def inline_markdown(text: str) -> Markup:
    """Return the HTML of one paragraph of Markdown."""
    return Markup(_MARKDOWN.renderInline(text))  # noqa: S704 - likewise


def describe(schema: Schema) -> Markup:
    """Return what a value of this schema is: `a whole number or null`, with links to the shapes that have names."""
    name = shape_name(schema)
    if name is not None:
        return Markup('<a href="#{0}">{0}</a>').format(name)
    for keyword, word in _ALTERNATIVES.items():
        if keyword in schema:
            return word.join(unique(describe(option) for option in schema[keyword]))
    if "const" in schema or "enum" in schema:
        return _OR.join(map(code, schema.get("enum", [schema.get("const")])))
    return _describe_type(schema)


def _describe_type(schema: Schema) -> Markup:
    kind = schema.get("type", "object" if "properties" in schema else None)
    if isinstance(kind, list):
        return _OR.join(describe({**schema, "type": name}) for name in kind)
    if kind == "array":
        return Markup("a list of {}").format(_plural(schema.get("items", {})))
    if kind == "object":
        return _describe_object(schema)
    return escape(_TYPES.get(str(kind), "any value"))


def _describe_object(schema: Schema) -> Markup:
    members, values = schema.get("properties", {}), schema.get("additionalProperties")
    if members:
        rows = [
            Markup("<li>{}: {}. {}</li>").format(code(name), describe(member), inline_markdown(_text(member)))
            for name, member in members.items()
        ]
        return Markup("an object: <ul>{}</ul>").format(Markup("").join(rows))
    if isinstance(values, Mapping) and values:
        return Markup("an object whose values are {}").format(describe(values))
    return escape(_TYPES["object"])


def _plural(schema: Schema) -> Markup:
    words = describe(schema)
    plural = {"text": "texts", "a whole number": "whole numbers", "an object": "objects", "any value": "values"}
    return escape(plural.get(words, words))


def limits(schema: Schema) -> str:
    """Return the limits of a parameter in words: `from 1 to 100; the default is 50`; empty if it has none."""
    words = []
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None:
        words.append(f"from {low} to {high}" if high is not None and high < _LARGEST_LIMIT else f"from {low}")
    if "maxLength" in schema:
        words.append(f"at most {schema['maxLength']} characters")
    if schema.get("default") is not None:
        words.append(f"the default is {schema['default']}")
    return "; ".join(words)


def without_null(schema: Schema) -> Schema:
    """Return the schema of a parameter without null, because a URL cannot send it: an absent parameter is null."""
    options = [option for option in schema.get("anyOf", ()) if option.get("type") != "null"]
    if not options:
        return schema
    others = {keyword: value for keyword, value in schema.items() if keyword != "anyOf"}
    return {**others, **(options[0] if len(options) == 1 else {"anyOf": options})}


def shape_name(schema: Schema) -> str | None:
    """Return the name of a shape that a schema refers to, or that is written out in it; None if it has no name."""
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    return str(schema["title"]) if "title" in schema and "properties" in schema else None


def find_shapes(value: Any) -> Iterator[tuple[str, Schema]]:
    """Yield name and schema of each shape with a name that is written out anywhere in an OpenAPI document."""
    if isinstance(value, Mapping):
        name = shape_name(value)
        if name is not None and "$ref" not in value:
            yield name, value
        for member in value.values():
            yield from find_shapes(member)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from find_shapes(item)


def code(value: Any) -> Markup:
    """Return a value as code."""
    return Markup("<code>{}</code>").format("null" if value is None else value)


def unique(words: Iterable[Markup]) -> Iterator[Markup]:
    """Yield each of the words once, in order."""
    yield from dict.fromkeys(words)


def _text(schema: Schema) -> str:
    return str(schema.get("description", ""))
