"""/docs: the API's description as a page of plain HTML, made of the OpenAPI schema.

FastAPI's own page loads its scripts from a foreign host, which a service that keeps readers from third parties cannot
ask of its owner; this one needs no script at all.
"""

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

import orjson
from fastapi import APIRouter, FastAPI
from starlette.requests import Request
from starlette.responses import HTMLResponse

from app.web.routes.start_page import strict

router = APIRouter()

_HEADERS = {**strict("img-src data:", "trusted-types 'none'"), "cache-control": "public, max-age=300"}


@router.get("/docs", include_in_schema=False)
async def docs(request: Request) -> HTMLResponse:
    """The page."""
    app: FastAPI = request.app
    return HTMLResponse(page(app.openapi()), headers=_HEADERS)


def page(schema: Mapping[str, Any]) -> str:
    """The whole page of an OpenAPI schema."""
    about = schema["info"]
    models: Mapping[str, Any] = schema.get("components", {}).get("schemas", {})
    parts = [
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(about["title"])}: its API</title>',
        '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">',
        '<meta name="color-scheme" content="light dark"><link rel="stylesheet" href="start.css"><body>',
        '<header class="top"><a class="name" href=".">Afterword</a>',
        '<nav><a href="openapi.json">OpenAPI</a></nav></header>',
        f'<main class="api"><h1>{escape(about["title"])}: its API</h1>{_text(about["description"])}',
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
            yield _table([_parameter(each) for each in operation.get("parameters", ())])
            yield _table([_answer(*each) for each in operation["responses"].items()])


def _parameter(parameter: Mapping[str, Any]) -> tuple[str, str]:
    allowed = {
        name: value
        for name, value in parameter["schema"].items()
        if name in ("minimum", "maximum", "default", "maxItems")
    }
    told = "".join(f" {name} {value}" for name, value in allowed.items())
    return f"<code>{escape(parameter['name'])}</code>", escape(f"{parameter.get('description', '')}{told}")


def _answer(status: str, answer: Mapping[str, Any]) -> tuple[str, str]:
    shapes = [_shape(content.get("schema", {})) for content in answer.get("content", {}).values()]
    return status, " ".join([escape(answer["description"]), *shapes])


def _model(name: str, model: Mapping[str, Any]) -> str:
    fields = [
        (f"<code>{escape(field)}</code>", f"{_shape(shape)} {escape(shape.get('description', ''))}")
        for field, shape in model.get("properties", {}).items()
    ]
    examples = "".join(f"<pre>{escape(orjson.dumps(each).decode())}</pre>" for each in model.get("examples", ()))
    about = _text(model.get("description", ""))
    return f'<h3 id="{escape(name)}"><code>{escape(name)}</code></h3>{about}{_table(fields)}{examples}'


def _shape(schema: Mapping[str, Any]) -> str:
    """A schema in a few words, with a link to a shape that has a name."""
    if "$ref" in schema:
        name = escape(schema["$ref"].rpartition("/")[2])
        return f'<a href="#{name}">{name}</a>'
    if "anyOf" in schema:
        return " or ".join(_shape(each) for each in schema["anyOf"])
    if "items" in schema:
        return f"list of {_shape(schema['items'])}"
    return escape(str(schema.get("title") if "properties" in schema else schema.get("type", "")))


def _table(rows: list[tuple[str, str]]) -> str:
    cells = "".join(f"<tr><th>{first}<td>{second}" for first, second in rows)
    return f"<table>{cells}</table>" if cells else ""


def _text(markdown: str) -> str:
    """Paragraphs of escaped text; what little Markdown descriptions have reads well as it is."""
    return "".join(f"<p>{escape(paragraph)}</p>" for paragraph in markdown.split("\n\n") if paragraph)
