"""/docs: the API's documentation as plain HTML, rendered from the OpenAPI schema.

FastAPI's own page loads scripts from another host. This page needs no script, because the service keeps its users away
from third parties.
"""

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

import orjson
from fastapi import APIRouter, FastAPI
from starlette.requests import Request
from starlette.responses import HTMLResponse

from app.web.routes.start_page import security_headers

router = APIRouter()

_LIMITS = ("minimum", "maximum", "default", "maxItems")
"""The limits of a parameter that the page shows."""
_HEADERS = {**security_headers("img-src data:", "trusted-types 'none'"), "cache-control": "public, max-age=300"}


@router.get("/docs", include_in_schema=False)
async def docs(request: Request) -> HTMLResponse:
    """Serve the documentation."""
    app: FastAPI = request.app
    return HTMLResponse(render_page(app.openapi()), headers=_HEADERS)


def render_page(schema: Mapping[str, Any]) -> str:
    """Return the HTML page of an OpenAPI schema."""
    info = schema["info"]
    models = schema.get("components", {}).get("schemas", {})
    parts = [
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(info["title"])}: its API</title>',
        '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">',
        '<meta name="color-scheme" content="light dark"><link rel="stylesheet" href="start.css"><body>',
        '<header class="top"><a class="name" href=".">Afterword</a>',
        '<nav><a href="openapi.json">OpenAPI</a></nav></header>',
        f'<main class="api"><h1>{escape(info["title"])}: its API</h1>{_text(info["description"])}',
        "<h2>Addresses</h2>",
        *_operations(schema["paths"]),
        "<h2>Shapes</h2>",
        *(_model(name, model) for name, model in models.items()),
    ]
    return "\n".join(parts)


def _operations(paths: Mapping[str, Any]) -> Iterator[str]:
    for path, methods in paths.items():
        for method, operation in methods.items():
            yield f"<h3><code>{method.upper()} {escape(path)}</code></h3>"
            yield f"<p><strong>{escape(operation['summary'])}.</strong></p>{_text(operation.get('description', ''))}"
            yield _table([_parameter(parameter) for parameter in operation.get("parameters", ())])
            yield _table([_response(status, response) for status, response in operation["responses"].items()])


def _parameter(parameter: Mapping[str, Any]) -> tuple[str, str]:
    limits = [f" {name} {value}" for name, value in parameter["schema"].items() if name in _LIMITS]
    return f"<code>{escape(parameter['name'])}</code>", escape(f"{parameter.get('description', '')}{''.join(limits)}")


def _response(status: str, response: Mapping[str, Any]) -> tuple[str, str]:
    shapes = [_shape(content.get("schema", {})) for content in response.get("content", {}).values()]
    return status, " ".join([escape(response["description"]), *shapes])


def _model(name: str, model: Mapping[str, Any]) -> str:
    fields = [
        (f"<code>{escape(field)}</code>", f"{_shape(shape)} {escape(shape.get('description', ''))}")
        for field, shape in model.get("properties", {}).items()
    ]
    examples = "".join(f"<pre>{escape(orjson.dumps(example).decode())}</pre>" for example in model.get("examples", ()))
    description = _text(model.get("description", ""))
    return f'<h3 id="{escape(name)}"><code>{escape(name)}</code></h3>{description}{_table(fields)}{examples}'


def _shape(schema: Mapping[str, Any]) -> str:
    """Return a short description of a schema, with a link if it has a name."""
    if "$ref" in schema:
        name = escape(schema["$ref"].rpartition("/")[2])
        return f'<a href="#{name}">{name}</a>'
    if "anyOf" in schema:
        return " or ".join(_shape(option) for option in schema["anyOf"])
    if "items" in schema:
        return f"list of {_shape(schema['items'])}"
    return escape(str(schema.get("title") if "properties" in schema else schema.get("type", "")))


def _table(rows: list[tuple[str, str]]) -> str:
    cells = "".join(f"<tr><th>{first}<td>{second}" for first, second in rows)
    return f"<table>{cells}</table>" if cells else ""


def _text(markdown: str) -> str:
    """Return paragraphs of escaped text; the little Markdown of descriptions reads well as plain text."""
    return "".join(f"<p>{escape(paragraph)}</p>" for paragraph in markdown.split("\n\n") if paragraph)
