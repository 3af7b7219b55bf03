"""The sample blog: posts with front matter become finished pages, and an ASGI application serves them.

The front matter has `title`, `date`, `tags` and `ghissueid`; it is YAML between two lines `---`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.generators.dialects import JEKYLL
from app.generators.front_matter import find_in_text
from app.generators.values import ParsedBlock, page_fields

_HTML = "text/html; charset=utf-8"
_CSS = "text/css; charset=utf-8"
_NOT_FOUND = "/404.html"
_FOLDER = files("app.cli.blog")


@dataclass(frozen=True, slots=True)
class Post:
    """A post of the blog; its HTML is the owner's own and trusted."""

    slug: str
    title: str
    date: date
    tags: tuple[str, ...]
    ghissueid: int
    summary: Markup
    """The first paragraph."""
    html: Markup

    @property
    def display_date(self) -> str:
        """The date as people read it: `1 July 2020`."""
        return f"{self.date.day} {self.date:%B %Y}"


@dataclass(frozen=True, slots=True)
class Page:
    """A finished page or file."""

    content_type: str
    body: bytes


def parse_post(slug: str, text: str) -> Post:
    """Return the post in a file's text.

    Raises KeyError if the front matter lacks a field, and ValueError if a field cannot be used.
    """
    page, content = _split(text)
    markdown = MarkdownIt("commonmark").enable("table")
    return Post(
        slug=slug,
        title=str(page["title"]),
        date=date.fromisoformat(str(page["date"])),
        tags=tuple(_parse_tags(page["tags"])),
        ghissueid=int(str(page["ghissueid"])),
        summary=Markup(markdown.renderInline(content.partition("\n\n")[0])),  # noqa: S704 - the owner's own text
        html=Markup(markdown.render(content)),  # noqa: S704 - likewise
    )


def _split(text: str) -> tuple[Mapping[str, object], str]:
    """Return the fields of a post, and its text."""
    front_matter = find_in_text(text, JEKYLL.split)
    if front_matter is None:
        return {}, text
    _, _, content = text.partition(f"{front_matter.text}---")
    return page_fields(ParsedBlock(front_matter), JEKYLL).values, content.strip()


def read_posts() -> list[Post]:
    """Return all posts of the sample blog, the newest first."""
    posts = [parse_post(file.name.removesuffix(".md"), _text(file)) for file in _FOLDER.joinpath("posts").iterdir()]
    return sorted(posts, key=lambda post: post.date, reverse=True)


def write_site(folder: Path, address: str) -> Path:
    """Write the posts into a new folder as a site of Hugo has them; return its content folder.

    `address` is that of the blog. Raises OSError.
    """
    content = folder / "content"
    content.mkdir()
    (folder / "hugo.toml").write_text(f'baseURL = "{address}"\n', encoding="utf-8")
    for file in _FOLDER.joinpath("posts").iterdir():
        (content / file.name).write_bytes(file.read_bytes())
    return content


def build(service: str, repo: str) -> Mapping[str, Page]:
    """Return the whole blog by path; its pages request the comments of `repo` (`owner/name`) from `service`."""
    posts = read_posts()
    loader = FunctionLoader(lambda name: _text(_FOLDER.joinpath("templates", name)))
    templates = Environment(loader=loader, autoescape=True, undefined=StrictUndefined)

    def page(template: str, **values: object) -> Page:
        return Page(_HTML, templates.get_template(template).render(service=service, repo=repo, **values).encode())

    return {
        "/": page("list.html", posts=posts),
        _NOT_FOUND: page("not_found.html"),
        **{f"/{post.slug}/": page("post.html", post=post) for post in posts},
        **{f"/by-issue/{post.ghissueid}/": page("post.html", post=post) for post in posts},
        "/blog.css": Page(_CSS, _FOLDER.joinpath("blog.css").read_bytes()),
    }


class Blog:
    """Serves a built blog like any host of static files; `service` is the only other host that its pages contact."""

    def __init__(self, pages: Mapping[str, Page], service: str) -> None:
        self._pages = pages
        # The browser enforces that nothing comes from other hosts.
        self._policy = (
            f"default-src 'none'; script-src {service}; style-src 'self' {service}; img-src data: {service}; "
            f"connect-src {service}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
            "require-trusted-types-for 'script'; trusted-types afterword"
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond to one request with a page, or with 404 and the page for it."""
        page = self._pages.get(scope["path"])
        status = 200 if page else 404
        page = page or self._pages[_NOT_FOUND]
        headers = {"content-security-policy": self._policy, "cache-control": "no-cache"}
        await Response(page.body, status, headers, media_type=page.content_type)(scope, receive, send)


def _parse_tags(value: object) -> list[str]:
    if not isinstance(value, list):
        raise ValueError(f'the tags of a post are a list such as ["Jobs"], not {value!r}')  # noqa: TRY004 - it was read, not passed
    return [str(tag) for tag in value]


def _text(file: Traversable) -> str:
    return file.read_text(encoding="utf-8")
