"""A blog in a folder, whose owner makes threads for its posts."""

import re
from pathlib import Path

from app.simulator.http.server import RunningSimulator
from tests.journeys.forked_commands import Commands, Result, RunningCommand

TOKEN = "ghp_0123456789abcdefghijklmnopqrstuvwxyz"
REPO = "ada/blog"


class Blog:
    """A content folder, and the command for it."""

    def __init__(self, folder: Path, commands: Commands, simulator: RunningSimulator) -> None:
        self.folder = folder
        self.commands = commands
        self.simulator = simulator
        folder.mkdir(exist_ok=True)

    def add(self, name: str, title: str = "A post", more: str = "") -> Path:
        path = self.folder / name
        path.write_bytes(f'---\r\ntitle: "{title}"  # its name\r\n{more}---\r\n\r\nText\r\n'.encode())
        return path

    def start(self, *options: str, **settings: str | None) -> RunningCommand:
        defaults = {"REPO": REPO, "GITHUB_API_URL": self.simulator.url, "GITHUB_TOKEN": TOKEN}
        arguments = ("posts", "create", str(self.folder), "--pause", "0", *options)
        return self.commands.start(*arguments, cwd=self.folder.parent, **{**defaults, **settings})

    def create(self, *options: str, **settings: str | None) -> Result:
        return self.start(*options, **settings).wait()

    def numbers(self) -> dict[str, str | None]:
        """Return the number in each page by its title."""
        texts = (path.read_bytes().decode() for path in sorted(self.folder.iterdir()))
        matches = [
            (re.search('title: "(.*?)"', text), re.search(r"\r\nghissueid: (\d+)\r\n---", text)) for text in texts
        ]
        return {title[1]: number and number[1] for title, number in matches if title}

    def issues(self) -> dict[str, str]:
        """Return the numbers of the issues by title; fails if two have one title."""
        world = self.simulator.world
        repository = world.repository(REPO)
        issues = [(world.issues[key].title, str(number)) for number, key in world.issue_ids[repository.id].items()]
        assert len(dict(issues)) == len(issues)
        return dict(issues)

    def methods(self) -> str:
        return " ".join(request.method for request in self.simulator.requests)
