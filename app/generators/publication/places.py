"""Which files a generator takes for pages, by their suffixes, and which of these cannot be read here."""

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
    unsupported: frozenset[str] = frozenset()
    """The ends of the names of pages whose fields cannot be read here."""


KINDS: Mapping[str, Kinds] = {
    "hugo": Kinds(_MARKDOWN | {".mdown", ".html", ".htm", ".org", ".rst", ".pdc", ".pandoc"} | _ASCIIDOC),
    "jekyll": Kinds(
        _MARKDOWN
        | {".mkd", ".mkdn", ".mkdown", ".mdown", ".html", ".htm", ".textile", ".txt", ".org", ".rst", ".xml", ".json"}
        | _ASCIIDOC
    ),
    "eleventy": Kinds(
        _MARKDOWN | {".html", ".htm", ".njk", ".liquid", ".webc", ".mdx", ".hbs", ".mustache", ".ejs", ".haml", ".pug"},
        frozenset({".11ty.js", ".11ty.mjs", ".11ty.cjs", ".11ty.ts"}),
    ),
    "astro": Kinds(_MARKDOWN | {".mdown", ".mkdn", ".mkd", ".mdwn", ".mdx"}, frozenset({".mdoc"})),
    "hexo": Kinds(_MARKDOWN | {".mkd", ".mkdn", ".html", ".htm", ".njk"}),
    "docusaurus": Kinds(_MARKDOWN | {".mdx"}),
    "material": Kinds(_MARKDOWN | {".mdown", ".mkdn", ".mkd"}),
    "nikola": Kinds(
        _MARKDOWN | {".rst", ".txt", ".html", ".htm", ".mdown", ".org", ".textile", ".adoc"}, frozenset({".ipynb"})
    ),
    "pelican": Kinds(_MARKDOWN | {".mkd", ".mdown", ".rst", ".html", ".htm"}),
    "gray-matter": Kinds(_MARKDOWN | {".mdx", ".html", ".htm"}),
    "vfile-matter": Kinds(_MARKDOWN | {".mdx", ".qmd", ".rmd"}),
    "zola": Kinds(_MARKDOWN),
    "ablog": Kinds(_MARKDOWN | {".rst"}, frozenset({".ipynb"})),
}
"""The kinds by the generator of a dialect."""
_ANY = Kinds(
    _MARKDOWN
    | {".mdown", ".mkd", ".mkdn", ".mkdown", ".mdwn", ".mdx", ".qmd", ".rmd", ".html", ".htm", ".org", ".rst", ".njk"}
    | {".liquid", ".textile"}
    | _ASCIIDOC,
    frozenset({".11ty.js", ".11ty.mjs", ".11ty.cjs", ".11ty.ts"}),
)
_OUTPUTS = frozenset({"_site", "public", "dist", "output", "site"})
_TEMPLATES = frozenset({"layouts", "_layouts", "_includes", "themes", "archetypes", "templates"})
_BACKUPS = ("~", "%", ".bak", ".orig", ".swp")


def kinds_of(generator: str | None) -> Kinds:
    """Return the kinds of a generator's files; for None those that any has, but data and plain text."""
    return _ANY if generator is None else KINDS[generator]


def is_candidate(path: PurePosixPath, content: PurePosixPath, generator: str | None) -> bool:
    """Return whether a file may be a page: below the content folder, neither hidden, a backup nor a template."""
    if not path.is_relative_to(content):
        return False
    parts = path.relative_to(content).parts
    if any(part.startswith(".") for part in parts) or path.name.endswith(_BACKUPS):
        return False
    if generator != "hugo" and "node_modules" in parts[:-1]:
        return False
    is_root = content == PurePosixPath()
    return not (is_root and len(parts) > 1 and (parts[0] in _OUTPUTS or parts[0] in _TEMPLATES))
