"""The root of a site: the folder with its generator's configuration, a few levels above the content folder."""

from collections.abc import Callable
from collections.abc import Set as AbstractSet

from app.generators.configuration_files import COMMON_FILES, OWN_FILES, UNDERSCORE_FILES

LEVELS = 4
"""How many folders above the content folder may be the root: `src/content/blog/posts` is the deepest that is usual."""
_CONFIGURATIONS = frozenset(
    (
        *(name for names in OWN_FILES.values() for name in names),
        *UNDERSCORE_FILES,
        *("_quarto.yml", "blog.conf.py", ".vitepress"),
    )
)
"""The files that only site generators have."""
_BESIDE_HUGO = frozenset({"content", "layouts", "themes", "archetypes"})
_COMMON_NAMES = {
    **dict.fromkeys((*COMMON_FILES, "config"), _BESIDE_HUGO),
    "config.toml": _BESIDE_HUGO | {"templates", "sass"},
    "conf.py": frozenset({"posts", "pages", "stories", "galleries", "themes", "plugins"}),
}
"""Names that other programs use too, with folders: at least one must stand beside (`config` is Hugo's)."""

Names = AbstractSet[str]
"""The names of all files and folders in a folder."""


def is_root(names: Names) -> bool:
    """Return True if a folder with these names in it is the root of a site."""
    return bool(_CONFIGURATIONS & names) or any(
        name in names and bool(beside & names) for name, beside in _COMMON_NAMES.items()
    )


def levels_to_root(list_names: Callable[[int], Names | None]) -> int:
    """Return how many levels above the content folder the root of its site is; 0 if no configuration is there.

    `list_names` returns the names in the folder so many levels above, or None if the site cannot reach that far. A
    folder with `.git` is the uppermost.
    """
    for level in range(LEVELS + 1):
        names = list_names(level)
        if names is None:
            return 0
        if is_root(names):
            return level
        if ".git" in names:
            return 0
    return 0
