"""The pages for people are valid HTML, describe themselves, and ask for nothing but their own files."""

import re

import pytest

from app.domain.errors import StoreUnusable
from tests.web.harness.blog import Blog
from tests.web.pages.html_parser import parse_errors

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
    blog.readiness = {"ready": False, "sites": [SITE_STATE], "posts": {"ready": True, "failure": None}}
    return blog


async def test_pages_are_valid_html(blog: Blog) -> None:
    pages = {target: (await blog.request(target, BROWSER)).text for target in PAGES}
    blog.reader.failure = StoreUnusable("afterword.db", "<gone>")
    pages["failure"] = (await blog.request("/feed", BROWSER)).text
    blog.reader.failure = None
    assert "</main>" in pages["failure"]
    known = {"<p><div></p>": "<main><p>a<div>b</div></p>", "open": "<!doctype html><title>t</title><main>"}
    errors = parse_errors({**pages, **known})
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
