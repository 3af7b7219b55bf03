"""What makes threads, in this process, with a crash at any of its calls."""

import itertools
from collections.abc import Iterator
from contextlib import asynccontextmanager
from pathlib import Path, PurePosixPath
from typing import Any

from app.domain.posts.posts import Post, PostCatalog
from app.domain.records import ThreadRef
from app.domain.sites import Repository, repository
from app.generators.editing import set_number
from app.outbound.github import HttpGitHub
from app.outbound.writing.issues import HttpIssueWriter
from app.outbound.writing.journal import open_journal
from app.outbound.writing.pages import FolderPages
from app.sync.new_threads.lookup import MarkerLookup
from app.sync.new_threads.maker import Options, ThreadMaker, Tools
from app.sync.new_threads.plan import plan_threads
from app.sync.new_threads.report import Report
from tests.fakes import FakeClock

REPO = repository("ada/blog")
TOKEN = "ghp_0000000000000000000000000000000000000000"


class Crash(BaseException):
    """The process was killed."""


class Crashing:
    """An object whose calls count; the call with the number `fatal` crashes, before it acts or after."""

    def __init__(self, target: Any, calls: Iterator[int], fatal: int | None) -> None:
        self._target = target
        self._calls = calls
        self._fatal = fatal

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._target, name)
        if not callable(value):
            return value

        def call(*arguments: Any) -> Any:
            self._count()
            result = value(*arguments)
            if hasattr(result, "__await__"):
                return self._finish(result)
            self._count()
            return result

        return call

    async def _finish(self, result: Any) -> Any:
        value = await result
        self._count()
        return value

    def _count(self) -> None:
        if next(self._calls) == self._fatal:
            raise Crash


def catalog_of(folder: Path, repo: Repository = REPO) -> PostCatalog:
    """Return the posts of a folder whose pages have YAML with a title in the first and a number in the last line."""
    posts = []
    for path in sorted(folder.glob("*.md")):
        lines = path.read_text().split("---")[1].strip().splitlines()
        number = lines[-1].partition("ghissueid: ")[2]
        threads = frozenset({ThreadRef(repo, int(number))}) if number else frozenset()
        title = lines[0].removeprefix("title: ")
        posts.append(Post(path.name, threads, title, f"/{path.stem}/"))
    return PostCatalog(tuple(posts))


class Blog:
    """A folder of pages, and runs that make their threads at a simulated GitHub."""

    def __init__(self, folder: Path, api: str, clock: FakeClock, repo: Repository = REPO) -> None:
        self.folder = folder
        self.repo = repo
        self.api = api
        self.clock = clock
        (folder / "content").mkdir(parents=True)

    def add(self, name: str, title: str) -> None:
        """Write a page without a number."""
        (self.folder / "content" / f"{name}.md").write_text(f"---\ntitle: {title}\n---\nText\n")

    def numbers(self) -> dict[str, int | None]:
        """Return the numbers in the pages by title."""
        posts = catalog_of(self.folder / "content", self.repo).posts
        return {post.title or "": next((ref.number for ref in post.threads), None) for post in posts}

    async def run(self, options: Options | None = None, *, fatal: int | None = None) -> Report:
        """Make the threads; crash at the call with this number. Raises `Crash`."""
        content = self.folder / "content"
        calls = itertools.count()
        with open_journal(self.folder / "state", self.api, self.repo) as journal:
            async with self._clients() as (github, writer):
                tools = Tools(
                    MarkerLookup(Crashing(github, calls, fatal), self.api, self.repo),
                    Crashing(writer, calls, fatal),
                    Crashing(FolderPages(content), calls, fatal),
                    Crashing(journal, calls, fatal),
                    _edit,
                    self.clock,
                )
                return await ThreadMaker(tools, options or Options()).run(plan_threads(catalog_of(content, self.repo)))

    @asynccontextmanager
    async def _clients(self) -> Any:
        github = HttpGitHub(self.api, TOKEN, self.clock, lambda: 0.5)
        writer = HttpIssueWriter(self.api, TOKEN, self.clock, lambda: 0.5)
        try:
            yield github, writer
        finally:
            await github.aclose()
            await writer.aclose()


def _edit(post: Post, content: bytes, number: int) -> bytes:
    return set_number(content, PurePosixPath(post.source), "hugo", number)
