"""Feed readers as their users run them, each with its own memory in a folder: what they show as new is counted."""

import asyncio
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import closing
from mailbox import Maildir
from pathlib import Path


class FeedReader(ABC):
    """A program that subscribes to feeds; it keeps what it has seen in `folder`."""

    def __init__(self, folder: Path, urls: Sequence[str]) -> None:
        self._folder = folder
        folder.mkdir()
        self._subscribe(urls)

    @abstractmethod
    def _subscribe(self, urls: Sequence[str]) -> None:
        """Write the program's list of feeds."""

    @abstractmethod
    async def refresh(self) -> None:
        """Let the program read all feeds once."""

    @abstractmethod
    def shown_ids(self) -> list[str]:
        """Return the ids of all entries that it has shown as new, with repeats."""

    def _write(self, name: str, text: str) -> str:
        path = self._folder / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    async def _run(self, *command: str) -> None:
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=self._folder,
            env={"HOME": str(self._folder), "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await process.communicate()
        assert process.returncode == 0, output.decode()


class Newsboat(FeedReader):
    """newsboat: an entry is one by its guid, in whichever feed."""

    def _subscribe(self, urls: Sequence[str]) -> None:
        self._write("urls", "\n".join(urls))
        self._write("config", "")

    async def refresh(self) -> None:
        await self._run("newsboat", "-u", "urls", "-c", "cache.db", "-C", "config", "-x", "reload")

    def shown_ids(self) -> list[str]:
        with closing(sqlite3.connect(self._folder / "cache.db")) as connection:
            return [guid for (guid,) in connection.execute("SELECT guid FROM rss_item WHERE unread")]


class Rss2email(FeedReader):
    """rss2email: it sends a mail for each entry whose id it has not seen."""

    def _subscribe(self, urls: Sequence[str]) -> None:
        (self._folder / "mail").mkdir()
        delivery = "email-protocol = maildir\nmaildir-path = mail\nmaildir-mailbox = inbox"
        people = "from = reader@example.com\nto = reader@example.com"
        feeds = "\n".join(f"[feed.number{number}]\nurl = {url}" for number, url in enumerate(urls))
        self._write("config", f"[DEFAULT]\n{people}\n{delivery}\n{feeds}\n")

    async def refresh(self) -> None:
        await self._run("r2e", "--config", "config", "--data", "seen.json", "run")

    def shown_ids(self) -> list[str]:
        return [str(message["X-RSS-ID"]) for message in Maildir(self._folder / "mail" / "inbox")]


class Sfeed(FeedReader):
    """sfeed: a line for each id, title and link."""

    def _subscribe(self, urls: Sequence[str]) -> None:
        feeds = "\n".join(f'feed "number{number}" "{url}"' for number, url in enumerate(urls))
        self._write("sfeedrc", f'sfeedpath="{self._folder}"\nfeeds() {{\n{feeds}\n}}\n')

    async def refresh(self) -> None:
        await self._run("sfeed_update", "sfeedrc")

    def shown_ids(self) -> list[str]:
        files = self._folder.glob("number?")
        return [line.split("\t")[5] for file in files for line in file.read_text("utf-8").splitlines()]


READERS = (Newsboat, Rss2email, Sfeed)
