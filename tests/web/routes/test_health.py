import re

import pytest

from app.domain.errors import StoreUnusable
from app.web.routes.docs import page
from tests.web.blog import Blog


async def test_the_service_says_that_it_lives(blog: Blog) -> None:
    blog.reads.failure = StoreUnusable("afterword.db", "gone")
    answer = await blog.ask("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(("ready", "status"), [(True, 200), (False, 503)])
async def test_the_service_says_whether_it_may_be_sent_traffic(blog: Blog, status: int, *, ready: bool) -> None:
    blog.state = {"ready": ready, "sites": [{"repo": "Owner/Blog", "threads": 3}]}
    answer = await blog.ask("/readyz")
    assert (answer.status_code, answer.json()) == (status, blog.state)
    assert answer.headers["cache-control"] == "no-store"


async def test_every_address_that_the_root_names_answers(blog: Blog) -> None:
    named = (await blog.ask("/")).json()
    targets = [target for target in named.values() if target.startswith("/")]
    assert len(targets) == 6
    assert {(await blog.ask(target)).status_code for target in targets} == {200}


async def test_the_documentation_loads_nothing_but_its_looks(blog: Blog) -> None:
    answer = await blog.ask("/docs")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert re.findall(r"<(?:script|img|iframe|style)|\ssrc=|\sstyle=|@import|url\(", answer.text) == []
    loaded = re.findall(r'<link rel="\w+" href="([^"]*)"', answer.text)
    assert loaded == ["data:,", "start.css"]
    assert not re.search(r"@import|url\(", (await blog.ask("/start.css")).text)


async def test_the_documentation_names_every_address_parameter_and_shape(blog: Blog) -> None:
    schema = (await blog.ask("/openapi.json")).json()
    text = (await blog.ask("/docs")).text
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


def test_what_a_description_says_cannot_become_markup() -> None:
    text = page(
        {
            "info": {"title": "<b>", "description": "<script>1</script>\n\n"},
            "paths": {"/<i>": {"get": {"summary": "<i>", "responses": {"200": {"description": "<i>"}}}}},
        }
    )
    assert "<b>" not in text
    assert "<i>" not in text
    assert "<script" not in text
