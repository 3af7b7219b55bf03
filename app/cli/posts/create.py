"""`afterword posts create`: a thread for each published post without one, and its number in the front matter."""

import asyncio
import logging
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Annotated

import typer
from rich.console import Console

from app.bootstrap.new_threads import open_thread_maker
from app.cli.exit_status import EXIT_ERROR, EXIT_FAILURES, EXIT_RATE_LIMIT
from app.cli.options import Json, Repo
from app.cli.posts.catalog import Folder, content_folder, emptiness, read_blog
from app.cli.posts.printing import Printer
from app.domain.errors import CannotStart, GitHubError, InvalidSetting, RateLimited
from app.domain.posts.posts import Post, PostCatalog
from app.domain.posts.thread_text import DEFAULT_TEMPLATE, check_template
from app.generators.addressing.blog import is_address
from app.generators.editing import repository_in, set_number
from app.github.responses import single_line
from app.outbound.clock import SystemClock, random
from app.outbound.writing.pages import FolderPages
from app.ports.clock import Clock
from app.settings import Settings, load
from app.sync.new_threads.maker import EditPage, Options
from app.sync.new_threads.plan import Plan, plan_threads
from app.sync.new_threads.report import PostOutcome, Report, explain_refusal

_MAX_TEMPLATE_BYTES = 65_536
_MAX_LABEL = 50
_FIELDS_SUFFIXES = {"nikola": ".meta"}
"""The suffix of the files that have the fields of the page beside them, by generator."""


def create(  # noqa: PLR0917 - the options of the command line
    folder: Folder = None,
    repo: Repo = None,
    label: Annotated[
        list[str] | None,
        typer.Option(
            "--label", metavar="NAME", help="A label for the new issues; may be repeated. [default: AFTERWORD_SERVE's]"
        ),
    ] = None,
    template: Annotated[
        Path | None,
        typer.Option(
            "--template",
            metavar="FILE",
            help="The text of the new issues, with {{title}}, {{url}}, {{description}} and {{date}}.",
        ),
    ] = None,
    base_url: Annotated[
        str | None,
        typer.Option(
            "--base-url", metavar="URL", help="The address of the blog. [default: from the blog's configuration]"
        ),
    ] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, metavar="N", help="Open at most this many issues.")
    ] = None,
    pause: Annotated[
        float, typer.Option("--pause", min=0.0, max=3600.0, help="Seconds between two issues; GitHub asks for one.")
    ] = 1.0,
    wait: Annotated[bool, typer.Option("--wait", help="If GitHub's limit is reached, wait and go on.")] = False,  # noqa: FBT002
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Write nothing; print what would be written.")] = False,  # noqa: FBT002
    json: Json = False,  # noqa: FBT002
) -> None:
    """Open an issue for each published post without ghissueid, and write its number into the post's front matter.

    No post gets two issues, also if the command is stopped at any moment: run it again. Nothing else in the files
    changes. The token needs the permission Issues: write. Exit status 0: done; 1: some posts failed, each with the
    reason; 2: it cannot start; 3: GitHub's limit is reached, run it again later.
    """
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    settings = load({"repo": repo}, warn=logging.getLogger(__name__).warning)
    if settings.token is None and not dry_run:
        raise InvalidSetting(
            "AFTERWORD_GITHUB_TOKEN", "opening issues needs a token with the permission Issues: write. Set it to one"
        )
    options = Options(
        labels=_labels(label, settings),
        template=_read_template(template),
        base_url=_base_url(base_url),
        limit=limit,
        pause=pause,
        waits=wait,
        dry_run=dry_run,
    )
    printer = Printer(Console(soft_wrap=True), Console(stderr=True), options, settings.repo[0], is_json=json)
    status = asyncio.run(run(settings, content_folder(folder, settings), options, SystemClock(), printer))
    raise typer.Exit(status)


async def run(settings: Settings, folder: Path, options: Options, clock: Clock, printer: Printer) -> int:
    """Make the threads, print what happens, and return the exit status. Raises an `AfterwordError`."""
    catalog = await asyncio.to_thread(read_blog, folder, settings, clock.now())
    plan = plan_threads(catalog)
    if options.base_url is None:
        options = replace(options, base_url=_known_address(catalog, settings))
    edit = page_editor(settings, settings.generator or catalog.generator)
    pages = FolderPages(folder, fields_suffix=_FIELDS_SUFFIXES.get(catalog.generator or ""))
    printer.options, printer.emptiness = options, emptiness(folder, catalog)
    async with open_thread_maker(settings, (pages, edit), options, (clock, random), printer.print_result) as maker:
        try:
            report = await maker.run(plan)
        except RateLimited as error:
            report = Report(waiting_until=error.until)
        except GitHubError as error:
            raise CannotStart(f"{explain_refusal(error, settings.repo[0])}.") from None
    printer.print_end(plan, report)
    return _exit_status(plan, report)


def _exit_status(plan: Plan, report: Report) -> int:
    if report.waiting_until is not None:
        return EXIT_RATE_LIMIT
    if report.stopped_by is not None and not (report.count(PostOutcome.CREATED) or report.count(PostOutcome.FOUND)):
        return EXIT_ERROR
    has_problem = any(post.is_problem for post in plan.omissions)
    return EXIT_FAILURES if report.count(PostOutcome.FAILED) or has_problem else 0


def page_editor(settings: Settings, generator: str | None) -> EditPage:
    """Return what writes the number of an issue of the first repository into a page."""
    repo = settings.repo[0]

    def edit(post: Post, content: bytes, number: int) -> bytes:
        path = PurePosixPath(post.source)
        result = set_number(content, path, generator, number)
        name = repository_in(content, path, generator)
        if name is not None and name.lower() != repo.key:
            raise ValueError(f"it names the repository {single_line(name)}. Run the command for that one, with --repo")
        return result

    return edit


def _labels(names: list[str] | None, settings: Settings) -> tuple[str, ...]:
    """Return the labels that were named, else the one by which Afterword knows posts."""
    default = settings.post_filter.label
    labels = tuple(name.strip() for name in names) if names else (default,) if default else ()
    if not all(0 < len(label) <= _MAX_LABEL for label in labels):
        raise CannotStart(f"--label: a label has one to {_MAX_LABEL} characters. Correct it.")
    return labels


def _read_template(path: Path | None) -> str:
    if path is None:
        return DEFAULT_TEMPLATE
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_TEMPLATE_BYTES + 1)
    except OSError as error:
        raise CannotStart(f"The template {str(path)!r} cannot be read ({error.strerror}). Name another file.") from None
    if len(content) > _MAX_TEMPLATE_BYTES:
        raise CannotStart(f"The template {str(path)!r} is larger than {_MAX_TEMPLATE_BYTES} bytes. Shorten it.")
    try:
        return check_template(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise CannotStart(f"The template {str(path)!r} is not UTF-8 text. Save it as UTF-8.") from None
    except ValueError as error:
        raise CannotStart(f"The template {str(path)!r} cannot be used: {error}.") from None


def _base_url(value: str | None) -> str | None:
    if value is not None and not is_address(value):
        raise CannotStart(f"--base-url: {value!r} is not an address. Write it as https://blog.example.com")
    return value


def _known_address(blog: PostCatalog, settings: Settings) -> str | None:
    """Return the address of the blog if it was not named: from its configuration, or the only origin that may read."""
    is_one = len(settings.origins) == 1 and "*" not in settings.origins[0]
    return blog.address or (settings.origins[0] if is_one else None)
