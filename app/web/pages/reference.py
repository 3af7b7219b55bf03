"""The content of /docs: the operations and shapes of an OpenAPI document, ready for a template.

The page is ours although there are renderers of OpenAPI. Those that were tried in Chromium do not work under the policy
of the service's pages. Swagger UI 5 needs 402 kB (Brotli), and stops unless Trusted Types allow its sanitiser.
ReDoc 2 needs 297 kB, and stops without inline styles. Both show nothing without JavaScript. This page is HTML of the
server; its script (1.5 kB) only sends the requests.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import quote

from markupsafe import Markup

from app.web.pages.schema_words import (
    Schema,
    describe,
    find_shapes,
    inline_markdown,
    limits,
    markdown,
    shape_name,
    without_null,
)

_METHODS = ("get", "post", "put", "patch", "delete")
_OTHER = "Other"
"""The group of operations without a tag."""


class Field(NamedTuple):
    """The field of a form that sets a parameter; with `choices` it is a menu."""

    value: str
    placeholder: str
    choices: Sequence[str]
    is_number: bool


class Parameter(NamedTuple):
    """A parameter of an operation; `location` is `path`, `query` or `header`."""

    name: str
    location: str
    is_required: bool
    kind: Markup
    description: Markup
    limits: str
    field: Field


class Body(NamedTuple):
    """What a request or response has as its body, in one media type."""

    media_type: str
    kind: Markup


class Response(NamedTuple):
    """A response of an operation."""

    status: str
    phrase: str
    description: Markup
    bodies: Sequence[Body]


class Operation(NamedTuple):
    """A method of a path; `command` is the line of a shell that sends it, empty if the method is not GET."""

    anchor: str
    method: str
    path: str
    summary: str
    description: Markup
    parameters: Sequence[Parameter]
    bodies: Sequence[Body]
    responses: Sequence[Response]
    command: str


class Group(NamedTuple):
    """The operations with one tag."""

    anchor: str
    name: str
    description: Markup
    operations: Sequence[Operation]


class Member(NamedTuple):
    """A member of a shape."""

    name: str
    kind: Markup
    description: Markup
    example: str


class Shape(NamedTuple):
    """A shape with a name; `kind` describes it if it has no members."""

    name: str
    kind: Markup
    description: Markup
    members: Sequence[Member]


class Reference(NamedTuple):
    """The whole documentation."""

    title: str
    description: Markup
    groups: Sequence[Group]
    shapes: Sequence[Shape]


def build_reference(document: Schema, base_url: str, values: Mapping[str, str]) -> Reference:
    """Return the documentation of an OpenAPI document.

    `base_url` begins the addresses in commands; `values` are better examples of path parameters than the document's.
    """
    components = document.get("components", {}).get("schemas", {})
    reader = _OperationReader(components, base_url, values)
    groups: dict[str, list[Operation]] = defaultdict(list)
    for path, methods in document["paths"].items():
        for method in _METHODS:
            if method in methods:
                tag = next(iter(methods[method].get("tags", ())), _OTHER)
                groups[tag].append(reader.read(method, path, methods[method]))
    tags = {tag["name"]: tag.get("description", "") for tag in document.get("tags", ())}
    shapes = {**dict(find_shapes(document["paths"])), **components}
    return Reference(
        title=document["info"]["title"],
        description=markdown(document["info"].get("description", "")),
        groups=[
            Group(_anchor(name), name, inline_markdown(tags.get(name, "")), operations)
            for name, operations in groups.items()
        ],
        shapes=[_shape(name, shapes[name]) for name in sorted(shapes)],
    )


@dataclass(frozen=True, slots=True)
class _OperationReader:
    """Reads operations; `components` resolves references, the rest is as `build_reference` says."""

    components: Mapping[str, Schema]
    base_url: str
    values: Mapping[str, str]

    def read(self, method: str, path: str, operation: Schema) -> Operation:
        parameters = [self._parameter(parameter) for parameter in operation.get("parameters", ())]
        responses = operation.get("responses", {})
        return Operation(
            anchor=_anchor(f"{method} {path}"),
            method=method.upper(),
            path=path,
            summary=operation.get("summary", path),
            description=markdown(operation.get("description", "")),
            parameters=parameters,
            bodies=list(_bodies(operation.get("requestBody", {}))),
            responses=[_response(str(status), responses[status]) for status in sorted(responses)],
            command=_command(self.base_url, path, parameters) if method == "get" else "",
        )

    def _parameter(self, parameter: Schema) -> Parameter:
        schema = without_null(self._resolve(parameter.get("schema", {})))
        is_path = parameter["in"] == "path"
        examples = [parameter.get("example"), *schema.get("examples", ()), schema.get("default")]
        example = next((_value(example) for example in examples if example is not None), "")
        if is_path:
            example = self.values.get(parameter["name"], example)
        return Parameter(
            name=parameter["name"],
            location=parameter["in"],
            is_required=parameter.get("required", False),
            kind=describe(schema),
            description=inline_markdown(parameter.get("description", "")),
            limits=limits(schema),
            field=Field(
                value=example if is_path else "",
                placeholder=example,
                choices=[str(choice) for choice in schema.get("enum", ())],
                is_number=schema.get("type") == "integer",
            ),
        )

    def _resolve(self, schema: Schema) -> Schema:
        """Return the schema that a parameter refers to, with what the parameter adds."""
        name = shape_name(schema) if "$ref" in schema else None
        others = {keyword: value for keyword, value in schema.items() if keyword not in {"$ref", "title"}}
        return {**self.components.get(name or "", {}), **others}


def _value(example: Any) -> str:
    return ",".join(map(str, example)) if isinstance(example, list) else str(example)


def _response(status: str, response: Schema) -> Response:
    phrase = HTTPStatus(int(status)).phrase if status.isdigit() else "any other status"
    return Response(status, phrase, inline_markdown(response.get("description", "")), list(_bodies(response)))


def _bodies(message: Schema) -> Iterator[Body]:
    """Yield the bodies of a request or a response; a body without a schema is named by its media type alone."""
    for media_type, content in message.get("content", {}).items():
        schema = content.get("schema") or {}
        is_plain = not schema or (schema.get("type") == "string" and "enum" not in schema)
        yield Body(media_type, Markup("") if is_plain else describe(schema))


def _shape(name: str, schema: Schema) -> Shape:
    members = [
        Member(member, describe(value), inline_markdown(value.get("description", "")), _example(value))
        for member, value in schema.get("properties", {}).items()
    ]
    plain = {keyword: value for keyword, value in schema.items() if keyword != "title"}
    return Shape(name, Markup("") if members else describe(plain), markdown(schema.get("description", "")), members)


def _example(schema: Schema) -> str:
    return next((str(example) for example in schema.get("examples", ())), "")


def _command(base_url: str, path: str, parameters: Sequence[Parameter]) -> str:
    """Return the line that sends a GET with the values of the form."""
    for parameter in parameters:
        if parameter.location == "path" and parameter.field.value:
            path = path.replace(f"{{{parameter.name}}}", quote(parameter.field.value, safe="!~*'()"))
    return f"curl {_quote(base_url + path)}"


def _quote(text: str) -> str:
    """Return a text as one word of a POSIX shell; unlike `shlex.quote` always in quotes, as the page's script does."""
    return "'" + text.replace("'", "'\\''") + "'"


def _anchor(text: str) -> str:
    words = "".join(character if character.isalnum() else " " for character in text.lower())
    return "-".join(words.split())
