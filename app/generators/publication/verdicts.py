"""Whether a generator publishes a page, and why not."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from pathlib import PurePosixPath

from app.generators.dialects import Dialect


@dataclass(frozen=True, slots=True)
class Site:
    """What the rules of publication need to know of a blog."""

    content: PurePosixPath
    """The content folder, relative to the root."""
    values: Mapping[str, object] = field(default_factory=dict)
    """The literal values of the configuration."""
    opaque: frozenset[str] = frozenset()
    """The names of settings that the configuration computes."""
    script: str = ""
    """The configuration of a generator that is configured in JavaScript."""
    zone: tzinfo = UTC
    now: float = 0.0
    """Epoch seconds."""
    index_folders: frozenset[PurePosixPath] = frozenset()
    """Folders with a page `index`, whose other files belong to it in Hugo."""
    template_folders: frozenset[PurePosixPath] = frozenset()
    """Folders with includes and data instead of pages."""
    held_sections: Mapping[PurePosixPath, "Verdict"] = field(default_factory=dict)
    """The sections that older versions of Hugo leave out with all pages below."""
    ignore_globs: tuple[str, ...] = ()
    """The globs of the files in which Eleventy finds what to ignore."""
    mount_paths: frozenset[PurePosixPath] = frozenset()
    """The pages that Hugo's mounts add, by the paths that they have there."""
    is_posts_folder: bool = False
    """The content folder is itself Jekyll's `_posts`, as its files tell."""
    settings: Mapping[str, object] = field(init=False, repr=False, compare=False)
    """The values of the configuration by their names in lower case: each page asks for some."""

    def __post_init__(self) -> None:
        """Compute the settings."""
        settings = {key.casefold(): value for key, value in self.values.items() if isinstance(key, str)}
        object.__setattr__(self, "settings", settings)


@dataclass(frozen=True, slots=True)
class Page:
    """A page as the rules of publication look at it."""

    path: PurePosixPath
    """Relative to the root of the tree."""
    fields: Mapping[str, object]
    """Its own fields, and those that it is given."""
    dialect: Dialect
    site: Site

    @property
    def below_content(self) -> PurePosixPath:
        """Return the path below the content folder."""
        content = self.site.content
        return self.path.relative_to(content) if self.path.is_relative_to(content) else self.path


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether there is a page."""

    unpublished: str | None = None
    """Why there is none, as `draft: true`."""
    fails: str | None = None
    """Why the whole build fails, as a clause."""
    doubt: str | None = None
    """Why it cannot be told from here, as a clause; the page is not published then."""
    changes_at: float | None = None
    """Epoch seconds at which time alone changes the verdict."""


PUBLISHED = Verdict()
Rule = Callable[[Page], Verdict]


def no_page(reason: str) -> Verdict:
    """Return the verdict that there is no page."""
    return Verdict(unpublished=reason)


def value_text(value: object) -> str:
    """Return a value of a field for a reason, as the file has it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "~"
    return str(value)[:60] if isinstance(value, str | int | float) else f"a {type(value).__name__}"
