"""How each generator reads front matter, as data: one dialect for each generator, or for versions that differ.

The tables of scalars are in `formats/scalars.py`, the delimiters in `fences.py`; what makes no page and which files are
pages are in `publication/`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, StrEnum, auto
from pathlib import PurePosixPath

from app.generators import fences
from app.generators.fences import Splitter
from app.generators.formats import scalars
from app.generators.formats.nodes import Quirk
from app.generators.formats.scalars import ScalarRules


class Failure(StrEnum):
    """What happens to a page whose front matter its generator cannot read."""

    BUILD_FAILS = "its build fails"
    NO_FIELDS = "the page has no fields"
    NO_PAGE = "it leaves the page out"


class Keys(Enum):
    """How a generator compares the names of fields."""

    EXACT = auto()
    LOWER = auto()
    """In lower case; several spellings are one field."""
    CAPITALS_WIN = auto()
    """In lower case; a spelling with capitals beats one without."""


class Merge(Enum):
    """What `<<: *name` does."""

    NONE = auto()
    OWN_WINS = auto()
    """A mapping's own fields win, then those of the first mapping of a list."""
    LAST_WINS = auto()
    """As `OWN_WINS`, but of a list the last mapping wins."""
    IN_ORDER = auto()
    """What stands further down wins; of a list the first mapping."""


class Print(Enum):
    """How a template prints a number with a fraction, and a list."""

    GO = auto()
    """41.0 is 41, 1234567.0 is 1.234567e+06, a list `[41 42]`."""
    RUBY = auto()
    """41.0, 4142."""
    JAVASCRIPT = auto()
    """41, `41,42`."""
    JOINED = auto()
    """As JavaScript, but a list is 4142."""
    PYTHON = auto()
    """41.0, `[41, 42]`."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one generator, or some versions of it, reads pages."""

    name: str
    """A value of the setting AFTERWORD_GENERATOR."""
    title: str
    """As a message names it."""
    generator: str
    """The generator, whose rules of publication and places hold."""
    split: Splitter
    scalars: ScalarRules
    prints: Print
    refuses: frozenset[Quirk] = frozenset()
    failure: Failure = Failure.BUILD_FAILS
    splits: Mapping[str, Splitter] = field(default_factory=dict)
    """The delimiters in files of other suffixes."""
    keys: Keys = Keys.EXACT
    table: str | None = None
    """A mapping whose fields count as the page's own, and win."""
    only_table: bool = False
    """Only the fields of `table` reach a template under their own name."""
    merge: Merge = Merge.OWN_WINS
    unknown_tag_is_text: bool = False
    """A scalar with an unknown tag is a string, whatever it looks like."""
    needs_mapping: bool = False
    """Front matter that is no mapping cannot be read; elsewhere it has no fields."""
    needs_text_keys: bool = False
    """A field whose name is a number, or nothing, cannot be read."""
    runs_statements: bool = False
    """Front matter in JavaScript may be a list of statements, not only an object."""
    json_numbers_are_floats: bool = False
    texts_only: bool = False
    """Every value becomes a string, null the word itself."""
    drafts_are_filtered_by_code: bool = False
    """The blog's own templates usually leave drafts out, which cannot be told from here."""
    is_assumed: bool = True
    """Whether it counts while the generator of a blog is unknown."""


_ALL_PYTHON = frozenset(
    {
        Quirk.TAB,
        Quirk.TAB_INDENT,
        Quirk.TAB_LINE,
        Quirk.COMPLEX_KEY,
        Quirk.CONTROL_CHARACTER,
        Quirk.UNKNOWN_TAG,
        Quirk.INVALID_TIMESTAMP,
        Quirk.NOT_UTF8,
    }
)
_GO = frozenset({Quirk.TAB_INDENT, Quirk.COMPLEX_KEY})
_GO_OLD = _GO | {
    Quirk.QUESTION_MARK,
    Quirk.LINE_SEPARATOR,
    Quirk.CONTROL_CHARACTER,
    Quirk.NOT_UTF8,
    Quirk.TOML_1_1,
}
_JS = frozenset({Quirk.DUPLICATE_KEY, Quirk.UNKNOWN_TAG, Quirk.TAB_INDENT, Quirk.CONTROL_CHARACTER})
_LIBYAML = frozenset({Quirk.TAB_INDENT, Quirk.TAB_LINE, Quirk.CONTROL_CHARACTER})

HUGO = Dialect(
    "hugo",
    "Hugo 0.152 and later",
    "hugo",
    fences.split_hugo,
    scalars.GO_YAML,
    Print.GO,
    refuses=_GO | {Quirk.DUPLICATE_KEY, Quirk.MERGE_LIST},
    keys=Keys.CAPITALS_WIN,
    table="params",
    merge=Merge.IN_ORDER,
    unknown_tag_is_text=True,
    needs_mapping=True,
    json_numbers_are_floats=True,
)
HUGO_0_151 = replace(HUGO, name="hugo-0.151", title="Hugo before 0.152", scalars=scalars.GO_YAML_2, refuses=_GO_OLD)
HUGO_0_111 = replace(HUGO_0_151, name="hugo-0.111", title="Hugo 0.111", table=None)
JEKYLL = Dialect(
    "jekyll",
    "Jekyll",
    "jekyll",
    fences.split_jekyll,
    scalars.PSYCH,
    Print.RUBY,
    refuses=_LIBYAML | {Quirk.LINE_SEPARATOR, Quirk.NOT_UTF8, Quirk.RUBY_TYPE},
    failure=Failure.NO_PAGE,
    needs_mapping=True,
    merge=Merge.IN_ORDER,
)
ELEVENTY = Dialect(
    "eleventy",
    "Eleventy",
    "eleventy",
    fences.split_gray_matter,
    scalars.JS_YAML,
    Print.JAVASCRIPT,
    refuses=_JS,
    runs_statements=True,
)
ASTRO = Dialect(
    "astro",
    "Astro",
    "astro",
    fences.split_astro,
    scalars.JS_YAML,
    Print.JOINED,
    refuses=_JS,
)
HEXO = Dialect(
    "hexo",
    "Hexo",
    "hexo",
    fences.split_hexo,
    scalars.JS_YAML,
    Print.JAVASCRIPT,
    refuses=_JS - {Quirk.TAB_INDENT},
    failure=Failure.NO_PAGE,
)
DOCUSAURUS = Dialect(
    "docusaurus",
    "Docusaurus",
    "docusaurus",
    fences.split_gray_matter,
    scalars.JS_YAML,
    Print.JAVASCRIPT,
    refuses=_JS,
)
MATERIAL = Dialect(
    "material",
    "Material for MkDocs",
    "material",
    fences.split_material,
    scalars.PYYAML,
    Print.PYTHON,
    refuses=_ALL_PYTHON | {Quirk.DUPLICATE_ANCHOR, Quirk.LINE_SEPARATOR, Quirk.QUESTION_MARK},
    merge=Merge.LAST_WINS,
    needs_mapping=True,
)
MATERIAL_BEFORE = replace(
    MATERIAL, name="material-before", title="Material with PyYAML before 6.0.4", merge=Merge.OWN_WINS
)
MKDOCS_PAGE = replace(
    MATERIAL, title="MkDocs", split=fences.split_mkdocs, failure=Failure.NO_FIELDS, needs_mapping=False
)
"""A page of MkDocs that is no post of the blog."""
NIKOLA = Dialect(
    "nikola",
    "Nikola",
    "nikola",
    fences.split_nikola,
    scalars.RUAMEL,
    Print.PYTHON,
    refuses=_ALL_PYTHON | {Quirk.DUPLICATE_KEY, Quirk.TAB_IN_TEXT, Quirk.TOML_1_1, Quirk.TOML_ESCAPE},
    needs_mapping=True,
    needs_text_keys=True,
)
PELICAN = Dialect(
    "pelican",
    "Pelican",
    "pelican",
    fences.split_pelican,
    scalars.PYYAML,
    Print.PYTHON,
    refuses=frozenset({Quirk.NOT_UTF8}),
    failure=Failure.NO_PAGE,
    splits={".rst": fences.split_rst, ".html": fences.split_html_head, ".htm": fences.split_html_head},
    keys=Keys.LOWER,
    is_assumed=False,
)
_GRAY_MATTER = Dialect(
    "gray-matter",
    "gray-matter",
    "gray-matter",
    fences.split_gray_matter,
    scalars.JS_YAML_3,
    Print.JAVASCRIPT,
    refuses=_JS - {Quirk.TAB_INDENT},
)


def _gray_matter(name: str, title: str) -> Dialect:
    return replace(_GRAY_MATTER, name=name, title=title, drafts_are_filtered_by_code=True)


VFILE_MATTER = Dialect(
    "vfile-matter",
    "vfile-matter",
    "vfile-matter",
    fences.split_vfile_matter,
    scalars.YAML_1_2,
    Print.JAVASCRIPT,
    refuses=frozenset({Quirk.DUPLICATE_KEY, Quirk.TAB_INDENT, Quirk.CARRIAGE_RETURN}),
    merge=Merge.NONE,
    unknown_tag_is_text=True,
    drafts_are_filtered_by_code=True,
)
ZOLA = Dialect(
    "zola",
    "Zola",
    "zola",
    fences.split_zola,
    scalars.SERDE,
    Print.JAVASCRIPT,
    refuses=_LIBYAML
    | {Quirk.DUPLICATE_KEY, Quirk.COMPLEX_KEY, Quirk.LINE_SEPARATOR, Quirk.NOT_UTF8, Quirk.TOML_1_1, Quirk.TOML_ESCAPE},
    table="extra",
    only_table=True,
    merge=Merge.NONE,
    needs_mapping=True,
)
ABLOG = Dialect(
    "ablog",
    "ABlog",
    "ablog",
    fences.split_myst,
    scalars.PYYAML,
    Print.PYTHON,
    refuses=_ALL_PYTHON | {Quirk.DUPLICATE_ANCHOR, Quirk.LINE_SEPARATOR, Quirk.QUESTION_MARK},
    failure=Failure.NO_FIELDS,
    splits={".rst": fences.split_rst},
    texts_only=True,
    is_assumed=False,
)

DIALECTS: tuple[Dialect, ...] = (
    HUGO,
    HUGO_0_151,
    HUGO_0_111,
    JEKYLL,
    ELEVENTY,
    ASTRO,
    HEXO,
    DOCUSAURUS,
    MATERIAL,
    NIKOLA,
    PELICAN,
    replace(_GRAY_MATTER, name="vitepress", title="VitePress", generator="vitepress"),
    _gray_matter("gatsby", "Gatsby"),
    _gray_matter("metalsmith", "Metalsmith"),
    _gray_matter("gray-matter", "gray-matter"),
    VFILE_MATTER,
    ZOLA,
    ABLOG,
)
"""All dialects; of a generator's versions the newest is the first."""

GENERATORS: tuple[str, ...] = tuple(dialect.name for dialect in DIALECTS)
"""The values of the setting AFTERWORD_GENERATOR."""
_CANDIDATES = (HUGO, JEKYLL, ELEVENTY, ASTRO, HEXO, MATERIAL, NIKOLA, _GRAY_MATTER, VFILE_MATTER, ZOLA)
"""The dialects that differ, for a blog of an unknown generator."""


_VERSIONS = {HUGO.name: (HUGO, HUGO_0_151, HUGO_0_111), MATERIAL.name: (MATERIAL, MATERIAL_BEFORE)}


def dialects_at(path: PurePosixPath) -> tuple[Dialect, ...]:
    """Return the dialects that a file of an unknown generator may be written for; Astro has no folder `_posts`."""
    return tuple(dialect for dialect in _CANDIDATES if dialect is not ASTRO) if "_posts" in path.parts else _CANDIDATES


def dialects_of(generator: str | None) -> tuple[Dialect, ...]:
    """Return the dialects of a generator's name, the newest version first; a version alone, or all for None.

    Raises `ValueError` for an unknown name.
    """
    if generator is None:
        return _CANDIDATES
    matches = [dialect for dialect in DIALECTS if dialect.name == generator]
    if not matches:
        raise ValueError(f"{generator!r} is no generator that is known. Use one of {', '.join(GENERATORS)}")
    return _VERSIONS.get(generator, tuple(matches))
