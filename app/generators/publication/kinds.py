"""Which files a generator takes for pages, by their suffixes, and which of these cannot be read here."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

_MARKDOWN = frozenset({".md", ".markdown"})
_ASCIIDOC = frozenset({".adoc", ".asciidoc", ".ad"})


@dataclass(frozen=True, slots=True)
class Kinds:
    """The files of a generator."""

    read: frozenset[str]
    """The suffixes of pages whose fields are read, in lower case."""
    any_case: bool = True
    """Whether a suffix in capitals counts, too."""
    foreign: frozenset[str] = frozenset()
    """The ends of the names of pages whose fields cannot be read here."""


KINDS: Mapping[str, Kinds] = {
    "hugo": Kinds(_MARKDOWN | {".mdown", ".html", ".htm", ".org", ".rst", ".pdc", ".pandoc"} | _ASCIIDOC),
    "jekyll": Kinds(
        _MARKDOWN
        | {
            ".mkd",
            ".mkdn",
            ".mkdown",
            ".mdown",
            ".html",
            ".htm",
            ".textile",
            ".txt",
            ".text",
            ".org",
            ".rst",
            ".xml",
            ".json",
        }
        | _ASCIIDOC
    ),
    "eleventy": Kinds(
        frozenset({".md", ".html", ".njk", ".liquid"}),
        foreign=frozenset({".11ty.js", ".11ty.mjs", ".11ty.cjs", ".11ty.ts"}),
    ),
    "astro": Kinds(_MARKDOWN | {".mdown", ".mkdn", ".mkd", ".mdwn", ".mdx"}, foreign=frozenset({".mdoc"})),
    "hexo": Kinds(_MARKDOWN | {".mkd", ".mkdn", ".mdwn", ".mdtxt", ".mdtext", ".html", ".htm", ".njk"}, any_case=False),
    "docusaurus": Kinds(frozenset({".md", ".mdx"}), any_case=False),
    "material": Kinds(_MARKDOWN | {".mdown", ".mkdn", ".mkd"}),
    "nikola": Kinds(
        _MARKDOWN | {".rst", ".txt", ".html", ".htm", ".mdown", ".org", ".textile", ".adoc"},
        foreign=frozenset({".ipynb"}),
    ),
    "pelican": Kinds(_MARKDOWN | {".mkd", ".mdown", ".rst", ".html", ".htm"}, any_case=False),
    "gray-matter": Kinds(_MARKDOWN | {".mdx", ".html", ".htm"}),
    "vitepress": Kinds(frozenset({".md"}), any_case=False),
    "vfile-matter": Kinds(_MARKDOWN | {".mdx", ".qmd", ".rmd"}),
    "zola": Kinds(_MARKDOWN),
    "ablog": Kinds(frozenset({".md", ".rst"}), any_case=False, foreign=frozenset({".ipynb"})),
}
"""The kinds by the generator of a dialect."""
_ANY = Kinds(
    _MARKDOWN
    | {".mdown", ".mkd", ".mkdn", ".mkdown", ".mdwn", ".mdx", ".qmd", ".rmd", ".html", ".htm", ".org", ".rst", ".njk"}
    | {".liquid", ".textile"}
    | _ASCIIDOC,
    foreign=frozenset({".11ty.js", ".11ty.mjs", ".11ty.cjs", ".11ty.ts"}),
)
_OUTPUTS: Mapping[str | None, frozenset[str]] = {
    None: frozenset({"_site", "public", "dist", "output"}),
    "hugo": frozenset({"public", "layouts", "themes", "archetypes", "resources"}),
    "jekyll": frozenset({"_site"}),
    "eleventy": frozenset({"_site"}),
    "astro": frozenset({"dist"}),
    "hexo": frozenset({"public", "themes", "scaffolds"}),
    "docusaurus": frozenset({"build"}),
    "material": frozenset({"site", "overrides"}),
    "nikola": frozenset({"output", "cache", "themes"}),
    "pelican": frozenset({"output", "theme", "themes"}),
    "zola": frozenset({"public", "templates", "themes"}),
}
"""Folders in the root, by the generator, which have what it writes, or templates."""
_MORE_TEMPLATES = frozenset({".webc", ".mdx", ".markdown", ".htm", ".hbs", ".mustache", ".ejs", ".haml", ".pug"})
_BACKUPS = ("~", "%", ".bak", ".orig", ".swp")


def kinds_of(generator: str | None) -> Kinds:
    """Return the kinds of a generator's files; for None those that any has, but data and plain text."""
    return _ANY if generator is None else KINDS[generator]


def is_read(path: PurePosixPath, generator: str | None, script: str = "") -> bool:
    """Return whether a generator reads a file with this suffix as a page.

    In Jekyll's `_posts` it tries all; the configuration of Eleventy, a `script`, may name more.
    """
    kinds = kinds_of(generator)
    suffix = path.suffix.lower() if kinds.any_case else path.suffix
    if suffix in kinds.read or (generator == "jekyll" and "_posts" in path.parts):
        return True
    return generator == "eleventy" and suffix in _MORE_TEMPLATES and f"{suffix[1:]}" in re.findall(r"\w+", script)


def is_candidate(path: PurePosixPath, content: PurePosixPath, generator: str | None) -> bool:
    """Return whether a file may be a page: below the content folder, neither hidden, a backup nor a template."""
    folders, parts = content.parts, path.parts
    if parts[: len(folders)] != folders:
        return False
    parts = parts[len(folders) :]
    if any(part.startswith(".") for part in parts) or path.name.endswith(_BACKUPS):
        return False
    if generator != "hugo" and "node_modules" in parts[:-1]:
        return False
    return bool(folders) or len(parts) <= 1 or parts[0] not in _OUTPUTS.get(generator, ())
