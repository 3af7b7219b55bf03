"""Read the posts of a blog as its generator sees them, at the cost of what changed since the last read."""

import posixpath
import re
from collections.abc import Hashable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from app.domain.posts.posts import Post, PostCatalog, PostProblem, ProblemKind
from app.domain.sites import Repository
from app.generators.addresses import address
from app.generators.addressing.blog import blog_address
from app.generators.detection import detect_generator
from app.generators.dialects import Dialect, dialects_at, dialects_of
from app.generators.fences import Format
from app.generators.front_matter import decode, find_front_matter
from app.generators.inherited.configuration import Configuration, read_configuration
from app.generators.inherited.hugo import HugoInheritance
from app.generators.inherited.reading import read_inheritance
from app.generators.inherited.scalars import get_any_case
from app.generators.inherited.values import Fields, Inheritance, NoInheritance
from app.generators.numbers import FIELD
from app.generators.pages.judgement import Judgement, judge, last_good_post, threads_of
from app.generators.pages.mounts import read_mounts
from app.generators.pages.plain import is_plain_everywhere, is_plain_in_versions
from app.generators.pages.reader import PageText, Reading, read_page, texts_of
from app.generators.pages.together import same_addresses, within_limit
from app.generators.publication.dates import zone_of
from app.generators.publication.exclusion.script_sites import ignored_globs
from app.generators.publication.hugo import held_sections
from app.generators.publication.inputs import input_folder, template_folders
from app.generators.publication.kinds import is_candidate, is_read, kinds_of
from app.generators.publication.titles import title_of
from app.generators.publication.verdicts import Site
from app.generators.tree import ContentFile, ContentTree
from app.generators.values import ParsedBlock, data_fields, page_fields

START_BYTES = 65_536
"""Of a page first so much is read: its front matter nearly always ends before."""
MAX_BYTES = 1 << 20
"""Of a page with longer front matter so much is read."""
_FORMATS = {".yml": Format.YAML, ".yaml": Format.YAML, ".toml": Format.TOML, ".json": Format.JSON}
_OPENINGS = ("---", "+++", "{", ";;;")
_MARGIN = 16
"""Characters behind front matter, so that its closing line is complete."""
_DAY = re.compile(r"\d{4}-\d\d?-\d\d?-")
_SECTION = "_index"
_LOOKED_AROUND = frozenset({"hugo", "jekyll", "hexo", "material"})
"""Generators whose rules depend on other files."""
_MAX_GLOBS = 1000
UNCHANGED = "Its posts stay as they were."


class _TooLongError(Exception):
    """Front matter does not end within the bytes that are read."""


@dataclass(frozen=True, slots=True)
class KnownPage:
    """What the last read made of a file."""

    key: Hashable
    """Equal as long as nothing changes it but time; None if it must be read again."""
    post: Post | None
    problems: tuple[PostProblem, ...] = ()
    changes_at: float | None = None
    """Epoch seconds at which time changes it."""

    def holds(self, key: Hashable, now: float) -> bool:
        """Return whether it need not be read again."""
        return self.key is not None and self.key == key and (self.changes_at is None or now < self.changes_at)


@dataclass(slots=True)
class KnownPages:
    """The pages of the last read; `read_site` looks them up and replaces them."""

    pages: dict[PurePosixPath, KnownPage] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DialectReader:
    """Reads the fields of layouts, sections and data files in the dialect of a blog's generator."""

    dialect: Dialect

    def front_matter(self, content: bytes, path: PurePosixPath) -> Fields:
        """Return the fields of a page, empty if it has none; raises `ValueError` with the reason."""
        split = self.dialect.splits.get(path.suffix.lower(), self.dialect.split)
        front_matter = find_front_matter(content, split)
        return {} if front_matter is None else page_fields(ParsedBlock(front_matter), self.dialect).values

    def data(self, content: bytes, suffix: str) -> Fields:
        """Return the fields of a file of this kind; raises `ValueError` with the reason."""
        form = _FORMATS.get(suffix.lower())
        if form is None:
            raise ValueError(f"{suffix} is no kind of data that can be read")
        return data_fields(decode(content).removeprefix("\ufeff"), form, replace(self.dialect, needs_mapping=False))


def read_site(
    tree: ContentTree,
    sites: Sequence[Repository],
    *,
    now: float,
    generator: str | None = None,
    known: KnownPages | None = None,
) -> PostCatalog:
    """Return all pages of a blog at the time `now` (epoch seconds) and what is wrong with them.

    `generator` is one of `GENERATORS`; without it the configuration in the tree tells. `known` are the pages of the
    last read, which are read again only if they changed. Raises `ValueError` for an unknown generator.
    """
    reader = _SiteReader(tree, sites, now, generator or detect_generator(tree))
    known = KnownPages() if known is None else known
    known.pages = reader.pages(known.pages)
    posts = reader.published([page.post for page in known.pages.values() if page.post is not None])
    problems = (*reader.problems(), *(problem for page in known.pages.values() for problem in page.problems))
    together = same_addresses(posts) if reader.generator else ()
    return PostCatalog(posts, (*problems, *together), reader.generator, reader.blog_address)


class _SiteReader:
    """Reads the pages of one tree."""

    def __init__(self, tree: ContentTree, sites: Sequence[Repository], now: float, generator: str | None) -> None:
        self._tree = tree
        self._sites = tuple(sites)
        self._dialects = dialects_of(generator)
        self._name = generator
        self.generator = self._dialects[0].generator if generator else None
        reader = DialectReader(self._dialects[0])
        configuration = Configuration("", tree.content)
        if generator:
            configuration = read_configuration(tree, self._dialects[0].generator, reader)
        self._configuration = replace(configuration, content=input_folder(tree, configuration))
        self._inheritance: Inheritance = (
            read_inheritance(tree, self._configuration, reader) if generator else NoInheritance()
        )
        self.blog_address = blog_address(self._configuration.values) if generator else None
        self._mounts = read_mounts(tree, self._configuration)
        self._site = self._describe_site(now)
        if isinstance(self._inheritance, HugoInheritance):
            sections = held_sections(self._inheritance.section_fields, self._site)
            self._site = replace(self._site, held_sections=sections)

    def _describe_site(self, now: float) -> Site:
        values = self._configuration.values
        zone = get_any_case(values, "timezone")
        paths = [file.path for file in self._tree.files()] if self.generator in _LOOKED_AROUND else []
        paths += self._mounts.files
        folders = {path.parent for path in paths if path.stem == "index" and path.suffix in {".md", ".html", ".org"}}
        has_posts = any("_posts" in path.parts for path in paths)
        has_days = self.generator == "hexo" or any(_DAY.match(path.name) for path in paths)
        return Site(
            self._configuration.content,
            values,
            opaque=self._configuration.opaque,
            script=self._configuration.text,
            zone=zone_of(zone),
            now=now,
            index_folders=frozenset(folders),
            template_folders=template_folders(self._configuration),
            ignore_globs=self._ignore_globs(),
            mount_paths=frozenset(self._mounts.files),
            is_posts_folder=self._configuration.path is None and has_days and not has_posts,
        )

    def published(self, posts: Sequence[Post]) -> tuple[Post, ...]:
        """Return the posts; those that the configuration cuts off are not published."""
        return tuple(within_limit(posts, self.generator, self._configuration.values))

    def _ignore_globs(self) -> tuple[str, ...]:
        """Return the globs of the files in which Eleventy finds what to ignore."""
        if self.generator != "eleventy":
            return ()
        names = {PurePosixPath(".eleventyignore"), self._configuration.content / ".eleventyignore"}
        if not re.search(r"setUseGitIgnore\(\s*false", self._configuration.text):
            names.add(PurePosixPath(".gitignore"))
        globs: list[str] = []
        for path in sorted(names & {file.path for file in self._tree.files()}):
            with suppress(OSError):
                globs += ignored_globs(decode(self._tree.read(path, START_BYTES)), path.parent)
        return tuple(globs[:_MAX_GLOBS])

    def problems(self) -> Iterator[PostProblem]:
        """Yield what concerns no single page."""
        yield from self._inheritance.problems
        yield from self._mounts.problems
        if self._configuration.problem:
            source = str(self._configuration.path)
            message = f"the configuration cannot be read ({self._configuration.problem})"
            yield PostProblem(ProblemKind.VALUE_FROM_ELSEWHERE, source, message, "Correct it, so that pages are right.")

    def pages(self, known: dict[PurePosixPath, KnownPage]) -> dict[PurePosixPath, KnownPage]:
        """Return all pages, those of the last read that still hold included."""
        foreign = tuple(kinds_of(self.generator).foreign)
        pages: dict[PurePosixPath, KnownPage] = {}
        for path, file in ({file.path: file for file in self._tree.files()} | dict(self._mounts.files)).items():
            is_page = is_read(path, self.generator, self._site.script)
            is_foreign = bool(foreign) and path.name.endswith(foreign)
            if (is_page or is_foreign) and is_candidate(path, self._site.content, self.generator):
                key = self._key(path, file)
                last = known.get(path)
                if last is None or not last.holds(key, self._site.now):
                    last = self._read(path, file, key, last, is_foreign=is_foreign)
                pages[path] = last
        return pages

    def _key(self, path: PurePosixPath, file: ContentFile) -> Hashable:
        folders = self._site.index_folders
        is_beside = bool(folders) and any(parent in folders for parent in path.parents)
        return (
            *(file.version, self._inheritance.key_for(path), self._configuration.key),
            *(self._name, self._sites, is_beside, self._site.is_posts_folder, self._site.ignore_globs),
        )

    def _read(
        self, path: PurePosixPath, file: ContentFile, key: Hashable, last: KnownPage | None, *, is_foreign: bool
    ) -> KnownPage:
        """Read the page that a file is; in a mount, `path` is where that puts it."""
        source = self._source(file.path)
        try:
            if is_foreign:
                return KnownPage(key, None, self._foreign_file_problems(file.path, source))
            text = self._text(file.path)
        except _TooLongError:
            message = f"its front matter is longer than {MAX_BYTES >> 20} MB, and Afterword reads no more"
            problem = PostProblem(ProblemKind.UNREADABLE, source, message, "Move pictures out of it.")
            return KnownPage(key, last.post if last else Post(source), (problem,))
        except OSError as error:
            message = f"it cannot be read ({error.strerror or type(error).__name__})"
            problem = PostProblem(ProblemKind.UNREADABLE, source, message, UNCHANGED)
            return KnownPage(None, last.post if last else Post(source), (problem,))
        page = PageText(path, text)
        readings = self._readings(page)
        others = (lambda: self._as_others(page)) if self.generator else None
        judgement = judge(readings, source, text, others)
        times = [reading.verdict.changes_at for reading in readings if reading.verdict.changes_at is not None]
        post, problems = self._post(page, source, judgement, last)
        return KnownPage(key, post, problems, min(times) if times else None)

    def _source(self, path: PurePosixPath) -> str:
        """Return the path of a page below the content folder; of one in a mount, from there."""
        text, folder = path.as_posix(), f"{self._tree.content.as_posix()}/"
        return text[len(folder) :] if text.startswith(folder) else posixpath.relpath(path, self._tree.content)

    def _readings(self, page: PageText) -> Sequence[Reading]:
        """Return what the dialects in question make of a page; one reading stands for all if they agree."""
        dialects = self._dialects if self.generator else dialects_at(page.path)
        first = read_page(page, dialects[0], self._site, self._inheritance)
        if len(dialects) > 1:
            agree = (
                is_plain_in_versions(page, first, self._site)
                if self.generator
                else is_plain_everywhere(page, first, self._site)
            )
            if agree:
                return [first]
        return [first, *(read_page(page, dialect, self._site, self._inheritance) for dialect in dialects[1:])]

    def _foreign_file_problems(self, path: PurePosixPath, source: str) -> tuple[PostProblem, ...]:
        if FIELD.encode() not in self._tree.read(path, START_BYTES).lower():
            return ()
        message = f"its ghissueid cannot be read: {path.suffix} is a program or a format of its own"
        advice = "Write the number in a page of Markdown, or publish a list of the posts."
        return (PostProblem(ProblemKind.UNSUPPORTED_FILE, source, message, advice),)

    def _text(self, path: PurePosixPath) -> str:
        """Return the start of a file with all of its front matter; raises `_TooLongError`."""
        data = self._tree.read(path, START_BYTES)
        if len(data) < START_BYTES:
            return decode(data)
        text = decode(_without_partial_character(data))
        if self._ends_early(path, text):
            return text
        data = self._tree.read(path, MAX_BYTES)
        text = decode(_without_partial_character(data))
        if (
            len(data) == MAX_BYTES
            and text.lstrip("\ufeff \t\r\n").startswith(_OPENINGS)
            and not self._ends_early(path, text)
        ):
            raise _TooLongError
        return text

    def _ends_early(self, path: PurePosixPath, text: str) -> bool:
        """Return whether the front matter ends before the text does."""
        split = self._dialects[0].splits.get(path.suffix.lower(), self._dialects[0].split)
        block = split(text)
        return block is not None and block.error is None and block.end < len(text) - _MARGIN

    def _as_others(self, page: PageText) -> Sequence[Reading]:
        """Return the page as other generators read it, if it is theirs."""
        own = {dialect.generator for dialect in self._dialects}
        others = [dialect for dialect in dialects_of(None) if dialect.generator not in own]
        site = Site(self._site.content, now=self._site.now)
        return [read_page(page, dialect, site, NoInheritance()) for dialect in others]

    def _post(
        self, page: PageText, source: str, judgement: Judgement, last: KnownPage | None
    ) -> tuple[Post | None, tuple[PostProblem, ...]]:
        path, problems = page.path, list(judgement.problems)
        own = judgement.reading.own
        if own is not None and self.generator:
            inherited_problems = self._inheritance.problems_for(path, own)
            problems += [replace(problem, source=source) for problem in inherited_problems]
        threads, problem = threads_of(judgement, self._sites, source)
        if problem:
            problems.append(problem)
        texts = texts_of(judgement.reading, self._site)
        fields = judgement.reading.fields or {}
        url = address(path, fields, self._configuration) if self.generator and fields else None
        line = judgement.reading.line if judgement.reading.names_field else None
        url = texts.url if not self.generator else url
        title = texts.title or (
            title_of(path, page.text, judgement.reading.dialect, self._site) if self.generator else None
        )
        post = Post(
            *(source, threads, title, url, texts.date, texts.description), unpublished=judgement.unpublished, line=line
        )
        if judgement.is_refused:
            return last_good_post(post, last.post if last else None), tuple(problems)
        is_listed = post.threads or judgement.reading.names_field or (post.title and path.stem != _SECTION)
        return post if is_listed else None, tuple(problems)


def _without_partial_character(data: bytes) -> bytes:
    """Return the start of a file without the part of a character in UTF-8 at its end."""
    end = len(data)
    while end > len(data) - 4 and end and data[end - 1] & 0xC0 == 0x80:  # noqa: PLR2004 - UTF-8
        end -= 1
    return data[: end - 1] if end and data[end - 1] >= 0xC0 else data  # noqa: PLR2004 - UTF-8
