"""The sample blog: posts with front matter become finished pages, and an ASGI application serves them.

The front matter has `title`, `date`, `tags` and `ghissueid`; it is YAML between two lines `---`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from importlib.resources.abc import Traversable

import frontmatter
from jinja2 import Environment, FunctionLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

_HTML = "text/html; charset=utf-8"
_CSS = "text/css; charset=utf-8"
_ABSENT = "/404.html"


@dataclass(frozen=True, slots=True)
class Post:
    """A post of the blog, read; its HTML is the owner's own and trusted."""

    slug: str
    title: str
    date: date
    tags: tuple[str, ...]
    ghissueid: int
    summary: Markup
    """The first paragraph."""
    html: Markup

    @property
    def written(self) -> str:
        """The date as people read it: `1 July 2020`."""
        return f"{self.date.day} {self.date:%B %Y}"


@dataclass(frozen=True, slots=True)
class Page:
    """One finished page or file."""

    content_type: str
    body: bytes


def read_post(slug: str, text: str) -> Post:
    """A post from its file's text; KeyError where the front matter lacks a field, ValueError where one is unfit."""
    document = frontmatter.loads(text)
    markdown = MarkdownIt("commonmark").enable("table")
    return Post(
        slug=slug,
        title=str(document["title"]),
        date=date.fromisoformat(str(document["date"])),
        tags=tuple(_words(document["tags"])),
        ghissueid=int(str(document["ghissueid"])),
        summary=Markup(markdown.renderInline(document.content.partition("\n\n")[0])),  # noqa: S704 - the owner's own text
        html=Markup(markdown.render(document.content)),  # noqa: S704 - likewise
    )


def read_posts() -> list[Post]:
    """All posts of the sample blog, the newest first."""
    posts = [read_post(file.name.removesuffix(".md"), _text(file)) for file in _folder().joinpath("posts").iterdir()]
    return sorted(posts, key=lambda post: post.date, reverse=True)


def build(service: str, repo: str) -> Mapping[str, Page]:
    """The whole blog by path; its pages ask `service` for the comments of `repo` (`owner/name`)."""
    posts = read_posts()
    templates = Environment(
        loader=FunctionLoader(lambda name: _text(_folder().joinpath("templates", name))),
        autoescape=True,
        undefined=StrictUndefined,
    )

    def page(template: str, **values: object) -> Page:
        html = templates.get_template(template).render(service=service, repo=repo, **values)
        return Page(_HTML, html.encode())

    return {
        "/": page("list.html", posts=posts),
        _ABSENT: page("absent.html"),
        **{f"/{post.slug}/": page("post.html", post=post) for post in posts},
        **{f"/by-issue/{post.ghissueid}/": page("post.html", post=post) for post in posts},
        "/blog.css": Page(_CSS, _folder().joinpath("blog.css").read_bytes()),
    }


class Blog:
    """Serves a built blog as any host of static files would; `service` is the one other host its pages may ask."""

    def __init__(self, pages: Mapping[str, Page], service: str) -> None:
        self._pages = pages
        # The browser itself keeps the promise that nothing comes from other hosts.
        self._policy = (
            f"default-src 'none'; script-src {service}; style-src 'self' {service}; img-src data: {service}; "
            f"connect-src {service}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
            "require-trusted-types-for 'script'; trusted-types afterword"
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One ASGI connection."""
        found = self._pages.get(scope["path"])
        page = found or self._pages[_ABSENT]
        headers = {"content-security-policy": self._policy, "cache-control": "no-cache"}
        status = 200 if found else 404
        await Response(page.body, status, headers, media_type=page.content_type)(scope, receive, send)


def _words(given: object) -> list[str]:
    if not isinstance(given, list):
        raise ValueError(f'the tags of a post are a list such as ["Jobs"], not {given!r}')  # noqa: TRY004 - it was read, not passed
    return [str(word) for word in given]


def _folder() -> Traversable:
    return files("app.cli.blog")


def _text(file: Traversable) -> str:
    return file.read_text(encoding="utf-8")
