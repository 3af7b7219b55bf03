"""`afterword posts list`: the posts as the generator sees them."""

from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from app.cli.console import print_line, printable
from app.cli.options import Json, Repo
from app.cli.posts.catalog import Folder, content_folder, emptiness, read_blog
from app.domain.posts.posts import Post, PostCatalog
from app.outbound.clock import SystemClock
from app.settings import load


def list_posts(
    folder: Folder = None,
    repo: Repo = None,
    json: Json = False,  # noqa: FBT002 - a flag of the command line
    missing: Annotated[  # noqa: FBT002 - a flag of the command line
        bool, typer.Option("--missing", help="Only published posts without a thread.")
    ] = False,
) -> None:
    """List the posts in the content folder, with their threads, and whether they are published. Asks GitHub nothing."""
    settings = load({"repo": repo}, warn=lambda warning: print_line(Console(stderr=True), str(warning)))
    location = content_folder(folder, settings)
    catalog = read_blog(location, settings, SystemClock().now())
    warning = emptiness(location, catalog)
    if warning is not None:
        print_line(Console(stderr=True), warning)
    posts = [post for post in catalog.posts if not missing or (post.unpublished is None and not post.threads)]
    if json:
        typer.echo(orjson.dumps([_json_object(post, catalog) for post in posts]).decode())
    else:
        Console().print(_table(posts, catalog, with_repository=len(settings.repo) > 1))


def _table(posts: list[Post], catalog: PostCatalog, *, with_repository: bool) -> Table:
    table = Table("post", "issue", "title", "address", "published", box=None, pad_edge=False)
    problems = {problem.source: problem.message for problem in catalog.problems}
    for post in posts:
        threads = (f"{ref.repo}#{ref.number}" if with_repository else f"#{ref.number}" for ref in sorted(post.threads))
        published = "yes" if post.unpublished is None else f"no: {post.unpublished}"
        cells = (
            post.source,
            ", ".join(threads) or problems.get(post.source, "–"),
            post.title or "–",
            post.url or "–",
            published,
        )
        table.add_row(*(Text(printable(cell)) for cell in cells))
    return table


def _json_object(post: Post, catalog: PostCatalog) -> dict[str, Any]:
    return {
        "source": post.source,
        "threads": [{"repo": str(ref.repo), "ghissueid": ref.number} for ref in sorted(post.threads)],
        "title": post.title,
        "url": post.url,
        "date": post.date,
        "description": post.description,
        "published": post.unpublished is None,
        "unpublished_reason": post.unpublished,
        "problems": [problem.message for problem in catalog.problems if problem.source == post.source],
    }
