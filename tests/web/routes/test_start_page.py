"""`/` and the files of its page: who gets which, under which headers, and that no name becomes markup."""

import re
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from app.domain.sites import Repository
from app.render.i18n import languages
from app.web.app import create_app
from app.web.routes.start_page import KINDS, REPO, SERVICE, snippet
from tests.web.blog import Blog

BROWSER = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


def directives(policy: str) -> dict[str, str]:
    return {name: sources for name, _, sources in (part.strip().partition(" ") for part in policy.split(";"))}


@pytest.mark.parametrize("accept", [{}, {"accept": "*/*"}, {"accept": "application/json"}])
async def test_programs_get_addresses(blog: Blog, accept: dict[str, str]) -> None:
    answer = await blog.ask("/", accept)
    assert answer.headers["content-type"] == "application/json"
    assert "Accept" in answer.headers["vary"]
    assert answer.json()["documentation"] == "/docs"


async def test_browsers_get_the_page(blog: Blog) -> None:
    answer = await blog.ask("/", BROWSER)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert answer.headers["vary"] == "Accept, Accept-Encoding"
    assert "s-maxage" not in answer.headers["cache-control"]
    again = await blog.ask("/", {**BROWSER, "if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    head = await blog.ask("/", BROWSER, method="HEAD")
    assert (head.headers["content-length"], head.content) == (str(len(answer.content)), b"")


@pytest.mark.parametrize("path", ["/", "/docs"])
async def test_the_pages_of_the_service_are_strict(blog: Blog, path: str) -> None:
    answer = await blog.ask(path, BROWSER)
    policy = directives(answer.headers["content-security-policy"])
    assert policy["default-src"] == "'none'"
    assert policy["require-trusted-types-for"] == "'script'"
    assert {policy[name] for name in ("base-uri", "form-action", "frame-ancestors")} == {"'none'"}
    assert not re.search("unsafe|http:|[*]", answer.headers["content-security-policy"])
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert "camera=()" in answer.headers["permissions-policy"]
    assert not re.search(r"<style|\sstyle=|<script(?![^>]* src=)|\son\w+=", answer.text)


async def test_pictures_come_from_where_they_are(blog: Blog) -> None:
    policy = directives((await blog.ask("/", BROWSER)).headers["content-security-policy"])
    assert policy["img-src"] == "'self' data: https:"
    proxied = replace(blog.serving, pictures=NoPictures(), public_url="https://comments.example.org/under")
    blog.app = create_app(proxied)
    policy = directives((await blog.ask("/", BROWSER)).headers["content-security-policy"])
    assert policy["img-src"] == "'self' data: https://comments.example.org"
    assert (policy["script-src"], policy["connect-src"]) == ("'self'", "'self'")


class NoPictures:
    """A proxy that nobody asks."""

    async def avatar(self, user_id: int) -> Any:
        raise AssertionError(user_id)

    async def image(self, comment_id: int, name: str) -> Any:
        raise AssertionError(comment_id, name)


async def test_the_page_loads_its_files_from_where_it_is_looked_at_and_prints_the_public_address() -> None:
    answer = await Blog(public_url="https://comments.example.org").ask("/", BROWSER)
    loaded = re.findall(r'<(?:link|script)[^>]* (?:href|src)="([^"]*)"', answer.text.partition("</head>")[0])
    assert loaded == ["data:,", "start.css", "widget.css", "widget.js", "start.js"]
    assert "https://comments.example.org/widget.js" in answer.text
    assert SERVICE not in answer.text


@pytest.mark.parametrize("host", ['a.example"><script>', "a b.example", "ä.example", "a.example;script-src", "a" * 300])
async def test_a_host_that_is_none_is_printed_nowhere(blog: Blog, host: str) -> None:
    answer = await blog.ask("/", {**BROWSER, "host": host})
    assert answer.status_code == 200
    assert host not in answer.text + str(answer.headers)
    assert re.search(r"https?://[a-z.]+(:None)?/widget.js", answer.text)


async def test_no_name_becomes_markup(blog: Blog) -> None:
    blog.app = create_app(replace(blog.serving, sites=(Repository("<b>/<i>", '<b>"/<i>'),)))
    answer = await blog.ask("/", BROWSER)
    assert "<b>" not in answer.text
    assert "&lt;b&gt;&#34;/&lt;i&gt;" in answer.text


async def test_all_languages_and_repositories_are_offered(blog: Blog) -> None:
    text = (await blog.ask("/", BROWSER)).text
    assert set(re.findall(r'<option value="([^"]+)" lang=', text)) == set(languages())
    assert "<option>Owner/Blog</option><option>owner/notes</option>" in text
    alone = create_app(replace(blog.serving, sites=blog.serving.sites[:1]))
    blog.app = alone
    assert 'name="repo"' not in (await blog.ask("/", BROWSER)).text


@pytest.mark.parametrize(("name", "kind"), [("start.js", "text/javascript"), ("start.css", "text/css")])
async def test_the_files_of_the_page_are_asked_anew_and_cost_nothing_then(blog: Blog, name: str, kind: str) -> None:
    answer = await blog.ask(f"/{name}", {"accept-encoding": "br"})
    assert answer.headers["content-type"] == f"{kind}; charset=utf-8"
    assert (answer.headers["content-encoding"], answer.headers["cache-control"]) == ("br", "no-cache")
    again = await blog.ask(f"/{name}", {"if-none-match": answer.headers["etag"]})
    assert again.status_code == 304


def test_every_file_of_snippets_is_shown() -> None:
    folder = files("app").joinpath("web", "snippets")
    there = {
        f"{each.name}/{file.name}" if each.is_dir() else each.name
        for each in folder.iterdir()
        for file in (each.iterdir() if each.is_dir() else [each])
    }
    assert {f"{part.file}.txt" for kind in KINDS for part in kind.parts} == there


@pytest.mark.parametrize("file", sorted({part.file for kind in KINDS for part in kind.parts}))
def test_a_snippet_names_the_service_and_the_repository_that_are_served(file: str) -> None:
    text = snippet(file, "https://talk.example.org", "eve/notes")
    assert not re.search("comments[.]example|owner/name|@(version|script|style)", text)
    assert file == "front" or "https://talk.example.org" in text
    assert text.endswith("\n")
    assert max(map(len, text.splitlines())) <= 120


@pytest.mark.parametrize("file", sorted({part.file for kind in KINDS for part in kind.parts} - {"front"}))
def test_the_readme_prints_what_is_tried(file: str) -> None:
    printed = re.findall(
        r"^```\w+\n(.*?)^```$", Path("README.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    text = snippet(file, SERVICE, REPO)
    if file == "pinned":  # which differ with every version
        text = re.sub("assets/[0-9a-f]+/", "assets/…/", re.sub(r"sha384-[\w+/=]+", "sha384-…", text))
    assert text in printed
