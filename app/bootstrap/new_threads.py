"""What makes the threads of posts, opened and closed."""

import os
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager

from app.domain.sites import Repository
from app.outbound.github import HttpGitHub
from app.outbound.writing.issues import HttpIssueWriter
from app.outbound.writing.journal import MemoryJournal, open_journal, state_folder
from app.ports.clock import Clock
from app.ports.writing.journal import Journal
from app.ports.writing.pages import Pages
from app.settings import Settings
from app.sync.new_threads.lookup import MarkerLookup
from app.sync.new_threads.maker import EditPage, Options, ThreadMaker, Tools
from app.sync.new_threads.report import PostResult


@asynccontextmanager
async def open_thread_maker(
    settings: Settings,
    content: tuple[Pages, EditPage],
    options: Options,
    system: tuple[Clock, Callable[[], float]],
    notify: Callable[[PostResult], None],
) -> AsyncGenerator[ThreadMaker, None]:
    """Yield what makes threads in the first repository of the settings.

    `content` are the files of the pages and what edits one, `system` the clock and a source of random numbers. Raises
    `CannotStart` if another process does the same on this machine.
    """
    (pages, edit), (clock, random), repo = content, system, settings.repo[0]
    async with AsyncExitStack() as opened:
        journal = opened.enter_context(_journal(settings, repo, is_needed=not options.dry_run))
        github = HttpGitHub(settings.github_api_url, settings.token, clock, random)
        opened.push_async_callback(github.aclose)
        writer = HttpIssueWriter(settings.github_api_url, settings.token, clock, random)
        opened.push_async_callback(writer.aclose)
        lookup = MarkerLookup(github, settings.github_api_url, repo)
        yield ThreadMaker(Tools(lookup, writer, pages, journal, edit, clock), options, notify)


@contextmanager
def _journal(settings: Settings, repo: Repository, *, is_needed: bool) -> Iterator[Journal]:
    """Yield the journal on the disk; for a run that writes nothing an empty one."""
    if not is_needed:
        yield MemoryJournal()
        return
    with open_journal(state_folder(os.environ), settings.github_api_url, repo) as journal:
        yield journal
