"""`afterword posts`: the posts of a blog, and threads for those that have none."""

import typer

from app.cli.posts import create, listing

posts = typer.Typer(help="The posts of your blog, and threads for those that have none.", no_args_is_help=True)
posts.command("create")(create.create)
posts.command("list")(listing.list_posts)
