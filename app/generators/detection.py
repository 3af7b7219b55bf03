"""Which generator a blog is written for, by the configuration in its root."""

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from app.generators.configuration_files import COMMON_FILES, HUGO_FOLDERS, OWN_FILES, UNDERSCORE_FILES
from app.generators.tree import ContentTree

_MAX_BYTES = 65_536
_ZOLA = re.compile(
    r"(?m)^\s*(?:base_url|compile_sass|build_search_index|generate_feeds?|default_language|taxonomies)\s*=|^\[markdown\]"
)
_HUGO = re.compile(r"(?mi)^\s*[\"']?(?:baseURL|languageCode|disableKinds|paginate|publishDir|contentDir)[\"']?\s*[=:]")
_HEXO = re.compile(r"(?m)^(?:source_dir|public_dir|new_post_name|skip_render|post_asset_folder|index_generator)\s*:")
_JEKYLL_ONLY = re.compile(r"(?m)^(?:plugins|kramdown|remote_theme|gems|collections|defaults)\s*:")
_NIKOLA = re.compile(r"(?m)^(?:POSTS|PAGES|COMPILERS|BLOG_TITLE)\s*=")
_ABLOG = re.compile(r"ablog")
_PACKAGES: Mapping[str, str] = {
    "hexo": "hexo",
    "@11ty/eleventy": "eleventy",
    "astro": "astro",
    "@docusaurus/core": "docusaurus",
    "gatsby": "gatsby",
    "vitepress": "vitepress",
    "metalsmith": "metalsmith",
    "vfile-matter": "vfile-matter",
    "gray-matter": "gray-matter",
}


def detect_generator(tree: ContentTree) -> str | None:
    """Return the name of a blog's generator; None if nothing in its root tells, or if a file cannot be read."""
    paths = {file.path.as_posix() for file in tree.files() if len(file.path.parts) <= 4}  # noqa: PLR2004 - docs/.vitepress/config/x
    for generator, names in OWN_FILES.items():
        if any(name in paths for name in names):
            return generator
    try:
        return _by_content(tree, paths)
    except OSError:
        return None


def _by_content(tree: ContentTree, paths: set[str]) -> str | None:
    """Return the generator by files whose names others have, too."""
    package = _by_package(tree, paths)
    generator = _by_config(tree, paths) or _by_conf_py(tree, paths) or _by_underscore_config(tree, paths, package)
    if generator is None and any(path.startswith(".vitepress/") for path in paths):
        return "vitepress"
    return generator or package or ("jekyll" if _has_jekyll_gem(tree, paths) else None)


def _by_config(tree: ContentTree, paths: set[str]) -> str | None:
    if name := _first(COMMON_FILES, paths):
        text = _read(tree, name)
        if name == "config.toml" and _ZOLA.search(text):
            return "zola"
        if _HUGO.search(text):
            return "hugo"
    return "hugo" if any(PurePosixPath(path).parent.as_posix() in HUGO_FOLDERS for path in paths) else None


def _by_conf_py(tree: ContentTree, paths: set[str]) -> str | None:
    text = _read(tree, "conf.py") if "conf.py" in paths else ""
    if _ABLOG.search(text):
        return "ablog"
    return "nikola" if _NIKOLA.search(text) else None


def _by_underscore_config(tree: ContentTree, paths: set[str], package: str | None) -> str | None:
    name = _first(UNDERSCORE_FILES, paths)
    if name is None or package not in {"hexo", None}:
        return None
    text = _read(tree, name)
    is_hexo = package == "hexo" or (_HEXO.search(text) and not _JEKYLL_ONLY.search(text))
    return "hexo" if is_hexo else "jekyll"


def _has_jekyll_gem(tree: ContentTree, paths: set[str]) -> bool:
    return "Gemfile" in paths and re.search(r"""["'](?:jekyll|github-pages)["']""", _read(tree, "Gemfile")) is not None


def _by_package(tree: ContentTree, paths: set[str]) -> str | None:
    """Return the generator that `package.json` depends on."""
    if "package.json" not in paths:
        return None
    text = _read(tree, "package.json")
    return next((generator for name, generator in _PACKAGES.items() if f'"{name}"' in text), None)


def _first(names: Sequence[str], paths: set[str]) -> str | None:
    return next((name for name in names if name in paths), None)


def _read(tree: ContentTree, name: str) -> str:
    return tree.read(PurePosixPath(name), _MAX_BYTES).decode("utf-8", errors="replace")
