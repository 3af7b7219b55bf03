"""Measure how the blog's posts are read: `python -m tests.bench.content [POSTS]`, 5,000 by default.

- the first read of a folder, and a read in which nothing changed; the same for the archive of a repository;
- in a running service: from the change of a page to the first response that knows it (20 times), and from the change of
  all pages; how late the event loop runs during these times, which is how long readers wait.

Each post is a folder with a page, as Hugo's bundles are, and has fifteen lines of front matter.
"""

import asyncio
import gzip
import io
import sys
import tarfile
import time
from array import array
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import httpx

from app.domain.sites import repository
from app.outbound.clock import SystemClock
from app.outbound.content.archives.archive_tree import ArchiveTree
from app.outbound.content.folder_posts import PostFolder
from app.outbound.content.reading import SiteReader
from app.simulator.http.server import run_simulator
from app.simulator.world.sample import SAMPLE_REPO, generate_world
from tests.bench.freshness import wait_until
from tests.bench.hostile import run_service
from tests.bench.pauses import RECORDED

_POSTS = 5_000
_CHANGES, _ISSUES = 20, 40
"""Changed pages, and issues that exist at GitHub: those of the first posts."""
_REST = 5.0
"""Seconds without a change, to know how late the event loop is on this machine anyway."""
_BETWEEN = 0.5
"""Seconds between two changed pages: an owner does not save faster."""
_PAGE = (
    """---
title: "Post {number}: what I learnt"
date: 2020-07-01T10:00:00+02:00
lastmod: 2021-02-03
description: "Some words about number {number}, with a colon: and more"
slug: post-{number}
draft: false
ghissueid: {issue}
author: {author}
tags: ["Jobs", "Interviews", 'quoted']
categories:
  - Work
  - Life
image: /images/{number}.jpg
---

"""
    + "A sentence that says something about the topic of this post. " * 40
)


def page_text(number: int) -> str:
    """Return a page; the author of every tenth is a nested field."""
    return _PAGE.format(number=number, issue=number + 1, author="Ada" if number % 10 else "\n  name: Ada")


def write_site(root: Path, posts: int) -> Path:
    """Write a Hugo site; return its content folder."""
    (root / "hugo.toml").write_text('title = "A blog"\nbaseURL = "https://blog.example.com/"\n')
    for number in range(posts):
        folder = root / f"content/posts/{number % 12}/post-{number}"
        folder.mkdir(parents=True)
        (folder / "index.md").write_text(page_text(number))
    return root / "content"


async def measure_folder(content: Path) -> None:
    """Print the times of a first and of a second read."""
    source = PostFolder(content, SiteReader((repository(SAMPLE_REPO),), None), SystemClock().now)
    for name in ("first", "second"):
        start = time.perf_counter()
        catalog = await source.read()
        assert catalog is not None
        count = len(catalog.posts)
        print(f"  folder of {count:,} posts, {name} read: {time.perf_counter() - start:.2f} s")
    await source.aclose()


def measure_archive(root: Path) -> None:
    """Print the times of a first and of a second read of the site as an archive."""
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb") as stream, tarfile.open(fileobj=stream, mode="w|") as archive:
        archive.add(root, "ada-blog-c0ffee")
    reader = SiteReader((repository(SAMPLE_REPO),), None)
    for name in ("first", "second"):
        start = time.perf_counter()
        buffer.seek(0)
        with ArchiveTree(buffer, "content") as tree:
            count = len(reader.read(tree, SystemClock().now()).posts)
        seconds, size = time.perf_counter() - start, len(buffer.getvalue()) / 1e6
        print(f"  archive of {count:,} posts ({size:.1f} MB), {name} read: {seconds:.2f} s")


def measure_service(content: Path, folder: Path) -> None:
    """Print how soon a running service serves a changed page, and how late its event loop runs."""
    world = generate_world(_ISSUES, _ISSUES, seed=1, clock=lambda: int(SystemClock().now()))
    world.add_token("bench", "ada")
    pages = sorted(content.rglob("*.md"))
    with run_simulator(world) as simulator:
        settings = {"SERVE": "posts", "POSTS": str(content)}
        with run_service(Path.cwd(), simulator.url, *RECORDED, str(folder / "late"), **settings) as service:
            service.wait_until_complete()
            with httpx.Client(base_url=service.url) as client:
                rest = time.monotonic()
                time.sleep(_REST)
                start = time.monotonic()
                times = [_remove_number(client, page) for page in pages if _number(page) < _CHANGES]
                middle = time.monotonic()
                all_seconds = _write_all(client, pages)
            end = time.monotonic()
    print(f"  one changed page is served after {median(times):.2f} s (median), {max(times):.2f} s (longest)")
    print(f"  all {len(pages):,} changed pages are served after {all_seconds:.2f} s, writing included")
    samples = array("d", (folder / "late").read_bytes())
    for name, begin, until in (("nothing", rest, start), ("one page", start, middle), ("all pages", middle, end)):
        late = sorted(late for at, late in zip(samples[::2], samples[1::2], strict=True) if begin <= at <= until)
        p99, most = (late[min(len(late) - 1, int(len(late) * part))] * 1000 for part in (0.99, 1))
        print(f"  the event loop is late during changes of {name}: p99 {p99:.1f} ms, at most {most:.1f} ms")


def _remove_number(client: httpx.Client, page: Path) -> float:
    """Take the number out of a page; return the seconds until it is no post any more."""
    text = page.read_text()
    time.sleep(_BETWEEN)
    line = text[text.index("ghissueid: ") :].partition("\n")[0]
    page.write_text(text.replace(line, "ghissueid:"))
    number = line.partition(" ")[2]
    return wait_until(lambda: number not in _served(client))


def _write_all(client: httpx.Client, pages: list[Path]) -> float:
    """Write all pages with their numbers again; return the seconds until all are posts."""
    start = time.perf_counter()
    for page in pages:
        page.write_text(page_text(_number(page)))
    wait_until(lambda: len(_served(client)) == _ISSUES)
    return time.perf_counter() - start


def _number(page: Path) -> int:
    return int(page.parent.name.partition("-")[2])


def _served(client: httpx.Client) -> set[str]:
    return set(client.get("/api/v1/counts").json()["counts"])


def main() -> None:
    """Measure a site of so many posts."""
    posts = int(sys.argv[1]) if len(sys.argv) > 1 else _POSTS
    with TemporaryDirectory() as folder:
        root = Path(folder) / "site"
        root.mkdir()
        content = write_site(root, posts)
        asyncio.run(measure_folder(content))
        measure_archive(root)
        measure_service(content, Path(folder))


if __name__ == "__main__":
    main()
