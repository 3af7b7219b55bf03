"""The pages for people are valid HTML, describe themselves, and ask for nothing but their own files."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from app.domain.errors import StoreUnusable
from tests.web.harness.blog import Blog

NODE = Path(".venv/bin/node").absolute()
PARSER = Path("tests/generators/node_modules/parse5/dist/index.js").absolute()
SCRIPT = Path(__file__).with_name("parse_errors.mjs")
BROWSER = {"accept": "text/html"}
SITE_STATE = {
    "repo": "Owner/Blog",
    "listed": True,
    "threads": 3,
    "threads_complete": 2,
    "checked_at": None,
    "failure": "<b>",
}
PAGES = ("/", "/docs", "/status", "/feed", "/feed?repo=owner/notes")


@pytest.fixture(scope="module")
def blog() -> Blog:
    """Return one blog for all tests, because rendering the documentation takes a moment."""
    blog = Blog()
    blog.readiness = {"ready": False, "sites": [SITE_STATE]}
    return blog


def _parse_errors(pages: dict[str, str]) -> dict[str, list[str]]:
    run = subprocess.run([NODE, SCRIPT, PARSER], input=json.dumps(pages), capture_output=True, text=True, check=True)
    errors: dict[str, list[str]] = json.loads(run.stdout)
    return errors


async def test_pages_are_valid_html(blog: Blog) -> None:
    pages = {target: (await blog.request(target, BROWSER)).text for target in PAGES}
    blog.reader.failure = StoreUnusable("afterword.db", "<gone>")
    pages["failure"] = (await blog.request("/feed", BROWSER)).text
    blog.reader.failure = None
    assert "</main>" in pages["failure"]
    known = {"<p><div></p>": "<main><p>a<div>b</div></p>", "open": "<!doctype html><title>t</title><main>"}
    errors = _parse_errors({**pages, **known})
    assert all(errors.pop(name) for name in known)
    assert errors == {name: [] for name in pages}


@pytest.mark.parametrize("target", PAGES)
async def test_pages_describe_themselves(blog: Blog, target: str) -> None:
    text = (await blog.request(target, BROWSER)).text
    description = re.search(r'<meta name="description" content="([^"]+)">', text)
    assert description
    assert 50 < len(description[1]) < 160
    assert text.count("<h1") == text.count("<title>") == 1
    assert '<html lang="en">' in text


@pytest.mark.parametrize("target", PAGES)
async def test_pages_link_to_relative_addresses_that_exist(blog: Blog, target: str) -> None:
    text = (await blog.request(target, BROWSER)).text
    addresses = {
        address.partition("#")[0].replace("&amp;", "&")
        for address in re.findall(r'(?:href|src|action)="([^"]*)"', text)
        if not re.match("data:|https?:|#", address)
    }
    assert not [address for address in addresses if address.startswith("/")]
    answers = {address: (await blog.request(f"/{address}", BROWSER)).status_code for address in addresses}
    expected = {"metrics": 404, "posts": 422, "readyz": 503}
    assert {address: expected.get(address, 200) for address in answers} == answers
