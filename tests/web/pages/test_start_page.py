"""`/` and the files of its page: what each client receives, its headers, and that no name becomes markup."""

import re
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest

from app.domain.sites import Repository
from app.render.i18n import languages
from app.web.app import create_app
from app.web.pages.start_page import REPO, SERVICE, SNIPPET_GROUPS, render_snippet
from tests.web.harness.blog import Blog
from tests.web.harness.images import UnusedImages

BROWSER = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


def _directives(policy: str) -> dict[str, str]:
    return {name: sources for name, _, sources in (part.strip().partition(" ") for part in policy.split(";"))}


@pytest.mark.parametrize("accept", [{}, {"accept": "*/*"}, {"accept": "application/json"}])
async def test_programs_receive_urls(blog: Blog, accept: dict[str, str]) -> None:
    response = await blog.request("/", accept)
    assert response.headers["content-type"] == "application/json"
    assert "Accept" in response.headers["vary"]
    assert response.json()["documentation"] == "/docs"


async def test_browsers_receive_the_page(blog: Blog) -> None:
    response = await blog.request("/", BROWSER)
    assert (response.status_code, response.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert response.headers["vary"] == "Accept, Accept-Encoding"
    assert "s-maxage" not in response.headers["cache-control"]
    again = await blog.request("/", {**BROWSER, "if-none-match": response.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    head = await blog.request("/", BROWSER, method="HEAD")
    assert (head.headers["content-length"], head.content) == (str(len(response.content)), b"")


@pytest.mark.parametrize(
    ("path", "forms"), [("/", "'self'"), ("/docs", "'none'"), ("/status", "'none'"), ("/feed", "'none'")]
)
async def test_pages_have_strict_security_headers(blog: Blog, path: str, forms: str) -> None:
    response = await blog.request(path, BROWSER)
    policy = _directives(response.headers["content-security-policy"])
    assert policy["default-src"] == "'none'"
    assert policy["require-trusted-types-for"] == "'script'"
    assert {policy[name] for name in ("base-uri", "frame-ancestors")} == {"'none'"}
    assert policy["form-action"] == forms
    assert not re.search("unsafe|http:|[*]", response.headers["content-security-policy"])
    assert response.headers["referrer-policy"] == "no-referrer"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["cross-origin-opener-policy"] == "same-origin"
    assert "camera=()" in response.headers["permissions-policy"]
    assert not re.search(r"<style|\sstyle=|<script(?![^>]* src=)|\son\w+=", response.text)


async def test_policy_allows_images_from_their_host(blog: Blog) -> None:
    policy = _directives((await blog.request("/", BROWSER)).headers["content-security-policy"])
    assert policy["img-src"] == "'self' data: https:"
    blog.context = replace(blog.context, public_url="https://comments.example.org/under")
    blog.serve(images=UnusedImages())
    policy = _directives((await blog.request("/", BROWSER)).headers["content-security-policy"])
    assert policy["img-src"] == "'self' data: https://comments.example.org"
    assert (policy["script-src"], policy["connect-src"]) == ("'self'", "'self'")


async def test_page_loads_relative_urls_and_prints_the_public_url() -> None:
    response = await Blog(public_url="https://comments.example.org").request("/", BROWSER)
    urls = re.findall(
        r'<(?:link(?! rel="expect")|script)[^>]* (?:href|src)="([^"]*)"', response.text.partition("</head>")[0]
    )
    assert urls == ["data:,", "start.css", "comments.atom", "widget.css", "widget.js", "start.js"]
    assert "https://comments.example.org/widget.js" in response.text
    assert SERVICE not in response.text


@pytest.mark.parametrize("host", ['a.example"><script>', "a b.example", "ä.example", "a.example;script-src", "a" * 300])
async def test_invalid_host_is_never_printed(blog: Blog, host: str) -> None:
    response = await blog.request("/", {**BROWSER, "host": host})
    assert response.status_code == 200
    assert host not in response.text + str(response.headers)
    assert re.search(r"https?://[a-z.]+(:None)?/widget.js", response.text)


async def test_no_name_becomes_markup(blog: Blog) -> None:
    blog.app = create_app(replace(blog.context, sites=(Repository("<b>/<i>", '<b>"/<i>'),)))
    response = await blog.request("/", BROWSER)
    assert "<b>" not in response.text
    assert "&lt;b&gt;&#34;/&lt;i&gt;" in response.text


async def test_all_languages_and_repositories_are_offered(blog: Blog) -> None:
    text = (await blog.request("/", BROWSER)).text
    assert set(re.findall(r'<option value="([^"]+)" lang=', text)) == set(languages())
    assert "<option>Owner/Blog</option><option>owner/notes</option>" in text
    single_site = create_app(replace(blog.context, sites=blog.context.sites[:1]))
    blog.app = single_site
    assert 'name="repo"' not in (await blog.request("/", BROWSER)).text


@pytest.mark.parametrize(("name", "kind"), [("start.js", "text/javascript"), ("start.css", "text/css")])
async def test_page_files_are_revalidated(blog: Blog, name: str, kind: str) -> None:
    response = await blog.request(f"/{name}", {"accept-encoding": "br"})
    assert response.headers["content-type"] == f"{kind}; charset=utf-8"
    assert (response.headers["content-encoding"], response.headers["cache-control"]) == ("br", "no-cache")
    again = await blog.request(f"/{name}", {"if-none-match": response.headers["etag"]})
    assert again.status_code == 304


@pytest.mark.parametrize(
    ("query", "address"),
    [
        ("ghissueid=7&lang=&order=&theme=", "posts/7.html?view=page"),
        (
            "ghissueid=41&repo=owner/notes&lang=de&order=newest",
            "posts/41.html?view=page&repo=owner/notes&lang=de&order=newest",
        ),
        ("ghissueid=41&lang=%0d%0ax:%20y%26", "posts/41.html?view=page&lang=%0D%0Ax%3A+y%26"),
    ],
)
async def test_form_leads_to_the_page_of_a_post(blog: Blog, query: str, address: str) -> None:
    response = await blog.request(f"/posts?{query}")
    assert (response.status_code, response.headers["location"]) == (303, address)
    assert "/" not in address.partition(".html")[0].removeprefix("posts/")


@pytest.mark.parametrize("number", ["", "0", "x", "//evil.example", "41/../.."])
async def test_form_leads_to_numbers_only(blog: Blog, number: str) -> None:
    response = await blog.request(f"/posts?ghissueid={number}")
    assert (response.status_code, response.headers["content-type"]) == (422, "text/html; charset=utf-8")
    assert "<p>The parameter ghissueid must be a whole number from 1 to 9007199254740991.</p>" in response.text


def test_every_snippet_file_is_shown() -> None:
    folder = files("app").joinpath("web", "snippets")
    file_names = {
        f"{entry.name}/{file.name}" if entry.is_dir() else entry.name
        for entry in folder.iterdir()
        for file in (entry.iterdir() if entry.is_dir() else [entry])
    }
    assert {f"{snippet.file}.txt" for group in SNIPPET_GROUPS for snippet in group.snippets} == file_names


@pytest.mark.parametrize("file", sorted({snippet.file for group in SNIPPET_GROUPS for snippet in group.snippets}))
def test_snippet_names_the_service_and_the_repository(file: str) -> None:
    text = render_snippet(file, "https://talk.example.org", "eve/notes")
    assert not re.search("comments[.]example|owner/name|@(version|script|style)", text)
    assert file == "front" or "https://talk.example.org" in text
    assert text.endswith("\n")
    assert max(map(len, text.splitlines())) <= 120


@pytest.mark.parametrize(
    "file", sorted({snippet.file for group in SNIPPET_GROUPS for snippet in group.snippets} - {"front"})
)
def test_readme_prints_every_snippet(file: str) -> None:
    code_blocks = re.findall(
        r"^```\w+\n(.*?)^```$", Path("README.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    text = render_snippet(file, SERVICE, REPO)
    if file == "pinned":  # its digests differ with every version
        text = re.sub("assets/[0-9a-f]+/", "assets/…/", re.sub(r"sha384-[\w+/=]+", "sha384-…", text))
    assert text in code_blocks
