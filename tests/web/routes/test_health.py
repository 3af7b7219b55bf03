import re

import pytest

from app.domain.errors import StoreUnusable
from app.web.routes.docs import render_page
from tests.web.harness.blog import Blog


async def test_healthz_needs_no_document(blog: Blog) -> None:
    blog.reader.failure = StoreUnusable("afterword.db", "gone")
    response = await blog.request("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    assert response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(("ready", "status"), [(True, 200), (False, 503)])
async def test_readyz_shows_the_readiness(blog: Blog, status: int, *, ready: bool) -> None:
    blog.readiness = {"ready": ready, "sites": [{"repo": "Owner/Blog", "threads": 3}]}
    response = await blog.request("/readyz")
    assert (response.status_code, response.json()) == (status, blog.readiness)
    assert response.headers["cache-control"] == "no-store"


async def test_every_url_of_the_root_responds(blog: Blog) -> None:
    urls = (await blog.request("/")).json()
    targets = [target for target in urls.values() if target.startswith("/")]
    assert len(targets) == 6
    assert {(await blog.request(target)).status_code for target in targets} == {200}


async def test_documentation_loads_only_its_style_sheet(blog: Blog) -> None:
    response = await blog.request("/docs")
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in response.headers["content-security-policy"]
    assert re.findall(r"<(?:script|img|iframe|style)|\ssrc=|\sstyle=|@import|url\(", response.text) == []
    stylesheets = re.findall(r'<link rel="\w+" href="([^"]*)"', response.text)
    assert stylesheets == ["data:,", "start.css"]
    assert not re.search(r"@import|url\(", (await blog.request("/start.css")).text)


async def test_documentation_names_every_path_parameter_and_model(blog: Blog) -> None:
    schema = (await blog.request("/openapi.json")).json()
    text = (await blog.request("/docs")).text
    parameters = {
        parameter["name"]
        for methods in schema["paths"].values()
        for operation in methods.values()
        for parameter in operation.get("parameters", ())
    }
    assert {"ghissueid", "limit", "cursor", "ids", "per_page", "since"} <= parameters
    missing = [name for name in [*schema["paths"], *parameters] if f"{name}</code>" not in text]
    assert missing == []
    assert [name for name in schema["components"]["schemas"] if f'id="{name}"' not in text] == []


def test_descriptions_cannot_become_markup() -> None:
    text = render_page(
        {
            "info": {"title": "<b>", "description": "<script>1</script>\n\n"},
            "paths": {"/<i>": {"get": {"summary": "<i>", "responses": {"200": {"description": "<i>"}}}}},
        }
    )
    assert "<b>" not in text
    assert "<i>" not in text
    assert "<script" not in text


@pytest.mark.parametrize("path", ["/readyz", "/metrics"])
@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
async def test_scripts_may_not_read_what_is_the_owners(blog: Blog, path: str, method: str) -> None:
    response = await blog.request(path, {"origin": "https://evil.example"}, method=method)
    assert not [name for name in response.headers if name.startswith("access-control-")]


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST"])
@pytest.mark.parametrize("path", ["/", "/docs", "/openapi.json", "/healthz", "/readyz", "/nothing", "/api/v1/posts/41"])
async def test_no_browser_guesses_a_media_type(blog: Blog, path: str, method: str) -> None:
    response = await blog.request(path, method=method)
    assert response.headers["x-content-type-options"] == "nosniff"


async def test_openapi_says_what_integers_and_cursors_may_be(blog: Blog) -> None:
    paths = (await blog.request("/openapi.json")).json()["paths"]
    parameters = paths["/api/v1/posts/{ghissueid}/comments"]["get"]["parameters"]
    schemas = {parameter["name"]: parameter["schema"] for parameter in parameters}
    assert (schemas["limit"]["minimum"], schemas["limit"]["maximum"]) == (1, 100)
    assert schemas["cursor"]["pattern"] == "^[A-Za-z0-9_-]{32}$"
    assert all(schema.keys().isdisjoint({"ge", "le"}) for schema in schemas.values())
