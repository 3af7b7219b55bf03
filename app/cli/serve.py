"""`afterword serve`: import the repository while serving it, and keep it up to date."""

from typing import Annotated

import typer

from app.cli.options import Repo, Store
from app.cli.service import start


def serve(
    repo: Repo = None,
    store: Store = None,
    host: Annotated[str | None, typer.Option("--host", help="The address to listen at; 0.0.0.0 for all.")] = None,
    port: Annotated[int | None, typer.Option("--port", help="The port to listen at; 0 takes a free one.")] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers", metavar="N", help="How many processes serve, sharing the store; one of them asks GitHub."
        ),
    ] = None,
    inherit: Annotated[tuple[int, int] | None, typer.Option("--inherit", hidden=True)] = None,
) -> None:
    """Serve the comments of a repository; import it first if the store does not have it.

    A second start serves at once from the store, whether GitHub can be reached or not. SIGTERM and Ctrl-C finish the
    requests in progress, then stop with exit status 0; a second Ctrl-C cancels them. With --workers, a worker that
    dies is replaced while the others serve.
    """
    options = {"repo": repo, "store": store, "host": host, "port": port, "workers": workers}
    raise typer.Exit(start.serve(options, inherit))
