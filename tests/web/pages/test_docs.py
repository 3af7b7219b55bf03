"""/docs and /openapi.json: complete, in words, and markup only where we write it."""

import re
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import pytest
from selectolax.lexbor import LexborHTMLParser, LexborNode

from app.web.pages.docs import render_documentation
from tests.web.harness.blog import Blog
from tests.web.harness.schema_walk import find_operations, find_texts

BASE = "https://comments.example.com/talk"


def _parse(html: str) -> LexborHTMLParser:
    return LexborHTMLParser(html)


def _text(root: LexborHTMLParser | LexborNode, selector: str) -> str:
    element = root.css_first(selector)
    assert element is not None, selector
    return " ".join(element.text().split())


async def _document(blog: Blog) -> dict[str, Any]:
    document: dict[str, Any] = (await blog.request("/openapi.json")).json()
    return document


async def test_openapi_describes_everything(blog: Blog) -> None:
    texts = list(find_texts(await _document(blog)))
    assert len(texts) > 150
    assert [where for where, text in texts if not text or text == "Successful Response"] == []


async def test_openapi_document_is_compressed_and_revalidated(blog: Blog) -> None:
    response = await blog.request("/openapi.json", {"accept-encoding": "br"})
    assert response.headers["content-encoding"] == "br"
    assert response.headers["vary"] == "Accept-Encoding"
    assert response.headers["cache-control"] == "no-cache"
    unchanged = await blog.request("/openapi.json", {"if-none-match": response.headers["etag"]})
    assert (unchanged.status_code, unchanged.content) == (304, b"")


async def test_page_shows_every_operation_in_full(blog: Blog) -> None:
    document = await _document(blog)
    page = _parse((await blog.request("/docs")).text)
    sections = {_text(section, ".path"): section for section in page.css(".operation:has(.path)")}
    operations = list(find_operations(document))
    assert len(sections) == len(operations) > 15
    for operation in operations:
        section = sections[f"{operation.method} {operation.path}"]
        assert _text(section, "h3") == operation.summary
        rows = section.css("dl > div")
        assert all(_text(row, "dd") for row in rows)
        assert [_text(row, "dt code") for row in rows] == [*operation.parameters, *operation.statuses]
        fields = [field.attributes["name"] for field in section.css("form [name]")]
        assert fields == (list(operation.parameters) if operation.method == "GET" else [])


async def test_page_shows_every_shape_and_links_to_it(blog: Blog) -> None:
    document = await _document(blog)
    page = _parse((await blog.request("/docs")).text)
    shapes = {*document["components"]["schemas"], "Problem"}
    assert len(shapes) > 10
    ids = {element.attributes["id"] for element in page.css("[id]")}
    assert shapes <= ids
    anchors = [link.attributes["href"] for link in page.css("a[href^='#']")]
    assert {anchor.removeprefix("#") for anchor in anchors if anchor} <= ids
    assert len(ids) == len(page.css("[id]"))


async def test_page_is_words_and_markup_without_leftovers(blog: Blog) -> None:
    page = _parse((await blog.request("/docs")).text)
    text = page.body.text(separator=" ") if page.body else ""
    assert not re.search(r"`|\]\(|\bNone\b|\$ref|undefined", text)
    assert not re.search(r"https?://(?!blog\.test|comments\.example|github\.com/(owner|octocat)|jsonfeed)", text)
    levels = [int((element.tag or "")[1:]) for element in page.css("h1, h2, h3, h4")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert max(later - earlier for earlier, later in pairwise(levels)) == 1


async def test_page_has_its_files_and_no_other(blog: Blog) -> None:
    response = await blog.request("/docs")
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    policy = response.headers["content-security-policy"]
    assert "default-src 'none'; script-src 'self'; connect-src 'self';" in policy
    assert "trusted-types 'none'" in policy
    urls = re.findall(r'<(?:link(?! rel="expect")|script)[^>]* (?:href|src)="([^"]*)"', response.text)
    assert urls == ["data:,", "start.css", "docs.css", "docs.js"]
    assert re.findall(r"<(?:img|iframe|style)|\sstyle=|\son\w+=", response.text) == []
    for name in urls[1:]:
        file = await blog.request(f"/{name}")
        assert (file.status_code, re.search(r"@import|url\(|innerHTML|eval", file.text)) == (200, None)
    script = (await blog.request("/docs.js", {"accept-encoding": "br"})).headers["content-length"]
    assert int(script) < 1600


async def test_page_is_revalidated(blog: Blog) -> None:
    first = await blog.request("/docs", {"accept-encoding": "br"})
    assert first.headers["cache-control"] == "private, no-cache"
    again = await blog.request("/docs", {"if-none-match": first.headers["etag"]})
    assert again.status_code == 304


async def test_commands_name_the_service_and_its_repository() -> None:
    page = (await Blog(public_url=BASE).request("/docs")).text
    assert f"curl &#39;{BASE}/api/v1/posts/41&#39;" in page
    assert f"curl &#39;{BASE}/repos/Owner/Blog/issues/41/comments&#39;" in page


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "integer"}, "a whole number"),
        ({"type": ["string", "null"]}, "text or null"),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}, {"type": "null"}]}, "a whole number or null"),
        ({"oneOf": [{"enum": ["a", 1, None]}, {"const": "b"}]}, "a or 1 or null or b"),
        ({"allOf": [{"type": "object"}, {"type": "string"}]}, "an object and text"),
        ({"type": "array", "items": {"type": "string"}}, "a list of texts"),
        ({"type": "array", "items": {"$ref": "#/components/schemas/Comment"}}, "a list of Comment"),
        ({"type": "object", "additionalProperties": {"type": "number"}}, "an object whose values are a number"),
        ({"properties": {"a": {"type": "string", "description": "B."}}}, "an object: a: text. B."),
        ({"type": "strange"}, "any value"),
    ],
)
def test_schemas_become_words(schema: dict[str, Any], words: str) -> None:
    content = {"application/json": {"schema": schema}}
    responses = {"200": {"description": "Text.", "content": content}, "default": {"description": "Other."}}
    page = _parse(_render({"summary": "S", "responses": responses}))
    assert _text(page, ".body") == f"application/json: {words}"


def test_parameters_become_fields() -> None:
    parameters = [
        {"name": "n", "in": "path", "required": True, "schema": {"type": "integer"}, "example": 7},
        {"name": "way", "in": "query", "required": True, "schema": {"enum": ["up", "down"]}},
        {"name": "X-Key", "in": "header", "schema": {"type": "string", "maxLength": 5}},
    ]
    page = _parse(_render({"parameters": parameters, "responses": {}}))
    number, key = page.css("form input")
    assert (number.attributes["value"], number.attributes["inputmode"]) == ("7", "numeric")
    assert (key.attributes["data-in"], key.attributes["value"]) == ("header", "")
    assert [option.text() for option in page.css("form option")] == ["up", "down"]
    assert "at most 5 characters" in page.css("dd")[2].text()


def test_descriptions_cannot_become_markup() -> None:
    evil = "<script>1</script>\"><i x='[a](javascript:alert(1)) ![p](https://evil.example/p.png)"
    parameter = {"name": evil, "in": "query", "description": evil, "schema": {"enum": [evil], "examples": [evil]}}
    shape = {"title": evil, "properties": {evil: {"description": evil, "examples": [evil]}}, "description": evil}
    body = {"200": {"description": evil, "content": {evil: {"schema": shape}}}}
    operation = {"summary": evil, "description": evil, "tags": [evil], "parameters": [parameter], "responses": body}
    html = _render(operation, f"/{evil}", evil)
    page = _parse(html)
    assert [script.attributes for script in page.css("script")] == [{"type": "module", "src": "docs.js"}]
    assert page.css("i, img, [x]") == []
    hrefs = [link.attributes["href"] or "" for link in page.css("a")]
    assert [href for href in hrefs if href.startswith("javascript")] == []


def _render(operation: Mapping[str, Any], path: str = "/a", title: str = "T") -> str:
    document = {"info": {"title": title, "description": title}, "paths": {path: {"get": operation}}}
    return render_documentation(document, BASE, "owner/name")


async def test_openapi_says_what_integers_and_cursors_may_be(blog: Blog) -> None:
    paths = (await _document(blog))["paths"]
    parameters = paths["/api/v1/posts/{ghissueid}/comments"]["get"]["parameters"]
    schemas = {parameter["name"]: parameter["schema"] for parameter in parameters}
    assert (schemas["limit"]["minimum"], schemas["limit"]["maximum"]) == (1, 100)
    assert schemas["cursor"]["pattern"] == "^[A-Za-z0-9_-]{32}$"
    assert all(schema.keys().isdisjoint({"ge", "le"}) for schema in schemas.values())
