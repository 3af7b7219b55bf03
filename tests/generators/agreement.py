"""Compares what a generator made of a blog with what our reader makes of it, page by page."""

import re
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath
from urllib.parse import unquote

from app.domain.posts.posts import Post, PostCatalog, ProblemKind
from app.domain.sites import repository
from app.generators.dialects import HUGO, JEKYLL
from app.generators.inherited.configuration import read_configuration
from app.generators.inherited.reading import read_inheritance
from app.generators.inherited.values import Inheritance
from app.generators.read import DialectReader, read_site
from app.generators.tree import ContentFile
from tests.generators.built_site import BuiltPage, BuiltSite, Files, case_in

REPO = repository("owner/name")
_NUMBER = re.compile(r"[1-9][0-9]{0,14}")
UNSAID = frozenset({"slug-number", "categories-words", "day-quoted"})
"""Cases that a generator refuses for a field that does not matter to us."""
_NOTHING = frozenset({"", "None", "null", "undefined", "false"})
_NOW = datetime(2026, 12, 1, tzinfo=UTC).timestamp()
"""All days in the cases are years before or after it."""


@dataclass(frozen=True, slots=True)
class FilesTree:
    """A content tree of files in memory."""

    contents: Files
    content: PurePosixPath

    def files(self) -> Sequence[ContentFile]:
        """Return the files by path."""
        return [ContentFile(PurePosixPath(p), _version(c), len(c)) for p, c in sorted(self.contents.items())]

    def read(self, path: PurePosixPath, limit: int) -> bytes:
        """Return the first bytes of a file."""
        try:
            return self.contents[path.as_posix()][:limit]
        except KeyError:
            raise FileNotFoundError(path) from None


def _version(content: bytes) -> Hashable:
    return hash(content)


def read_catalog(files: Files, content: str, generator: str | None = None) -> PostCatalog:
    """Return the catalog that our reader makes of a blog."""
    return read_site(FilesTree(files, PurePosixPath(content)), [REPO], now=_NOW, generator=generator)


def read_blog_inheritance(files: Files, generator: str, content: str) -> Inheritance:
    """Return what a blog gives to its pages."""
    tree, reader = FilesTree(files, PurePosixPath(content)), DialectReader(HUGO if generator == "hugo" else JEKYLL)
    return read_inheritance(tree, read_configuration(tree, generator, reader), reader)


def problem_kinds(files: Files, content: str, generator: str) -> set[tuple[ProblemKind, str]]:
    """Return the kinds and sources of a blog's problems."""
    return {(problem.kind, problem.source) for problem in read_catalog(files, content, generator).problems}


@dataclass(frozen=True, slots=True)
class Comparison:
    """The cases of a built site, each beside what our reader says."""

    site: BuiltSite
    catalog: PostCatalog

    def differences(self) -> Sequence[str]:
        """Return a sentence for each number that differs without a warning, and each unpublished page served."""
        return list(self._differences())

    def wrong_addresses(self) -> Sequence[str]:
        """Return a sentence for each page that is not at the address that our reader gives."""
        posts = self._posts()
        return [
            f"{case}: the page is {page.address}, we say {url}"
            for case, page in self.site.pages.items()
            if case in posts and (url := posts[case].url) is not None and unquote(url) != unquote(page.address)
        ]

    def addresses(self) -> Mapping[str, str | None]:
        """Return the address that our reader gives each case that has a page."""
        return {case: post.url for case, post in self._posts().items() if case in self.site.pages}

    def warned(self) -> frozenset[str]:
        """Return the cases that our reader says something about."""
        sources = {problem.source for problem in self.catalog.problems}
        return frozenset(case for case, source in self._sources().items() if source in sources)

    def _differences(self) -> Iterator[str]:
        posts, warned = self._posts(), self.warned()
        for case in self._sources():
            post = posts.get(case)
            is_served = post is not None and post.unpublished is None
            numbers = frozenset(ref.number for ref in post.threads) if post is not None and is_served else frozenset()
            page = self.site.pages.get(case)
            fault = self._fault(case, page, numbers, is_warned=case in warned)
            if fault:
                yield f"{case}: {fault}; we say {sorted(numbers)}, {post.unpublished if post else 'no post'}"

    def _fault(self, case: str, page: BuiltPage | None, numbers: frozenset[int], *, is_warned: bool) -> str | None:
        if case in self.site.refused - UNSAID:
            return "the build fails, and we say nothing" if numbers and not is_warned else None
        if case in self.site.refused:
            return None
        if page is None:
            return "there is no page, and it is served" if numbers else None
        if is_warned or page.value is None or _agree(page.value, numbers):
            return None
        return f"the page has {page.value!r}"

    def _sources(self) -> Mapping[str, str]:
        """Return the path in the content folder by case."""
        prefix = "" if self.site.content == "." else f"{self.site.content}/"
        cases = {path.removeprefix(prefix): case_in(content) for path, content in self.site.files.items()}
        return {case: path for path, case in cases.items() if case}

    def _posts(self) -> Mapping[str, Post]:
        posts = {post.source: post for post in self.catalog.posts}
        return {case: posts[source] for case, source in self._sources().items() if source in posts}


def compare(site: BuiltSite) -> Comparison:
    """Return a built site beside what our reader makes of its files."""
    return Comparison(site, read_catalog(site.files, site.content, site.generator))


def _agree(printed: str, numbers: frozenset[int]) -> bool:
    text = printed.strip(" \t\r\n")
    if _NUMBER.fullmatch(text):
        return numbers == {int(text)}
    if text in _NOTHING:
        return not numbers
    return len(numbers) > 1 and sorted(numbers) == [int(digits) for digits in re.findall(r"[0-9]{2}", text)]
