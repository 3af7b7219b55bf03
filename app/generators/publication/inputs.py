"""The folder with the pages, if the content folder is the whole root of the blog."""

import posixpath
from collections.abc import Mapping
from pathlib import PurePosixPath

from app.generators.inherited.configuration import Configuration
from app.generators.inherited.eleventy_files import folders_of
from app.generators.inherited.scalars import get_any_case
from app.generators.script_settings import setting
from app.generators.tree import ContentTree

_OPTIONS: Mapping[str, tuple[str, str]] = {
    "hugo": ("contentdir", "content"),
    "jekyll": ("source", "."),
    "hexo": ("source_dir", "source"),
    "material": ("docs_dir", "docs"),
    "pelican": ("path", "content"),
    "zola": ("", "content"),
    "astro": ("", "src"),
}
"""The option of the configuration, and its default."""


def input_folder(tree: ContentTree, configuration: Configuration) -> PurePosixPath:
    """Return the folder of the pages: the content folder, or inside a root the one that the generator reads."""
    if tree.content != PurePosixPath():
        return tree.content
    if configuration.generator == "eleventy":
        folder = folders_of(configuration)["input"]
    elif configuration.generator == "vitepress":
        root = configuration.path.parent if configuration.path else PurePosixPath(".vitepress")
        root = root.parent if root.name == "config" else root
        folder = root.parent / (setting(configuration.text, "srcDir") or ".")
    else:
        option, default = _OPTIONS.get(configuration.generator, ("", "."))
        value = get_any_case(configuration.values, option) if option else None
        folder = PurePosixPath(value if isinstance(value, str) and value else default)
    folder = normal(folder)
    has_files = any(file.path.is_relative_to(folder) for file in tree.files())
    return folder if has_files else tree.content


def template_folders(configuration: Configuration) -> frozenset[PurePosixPath]:
    """Return the folders with includes and data of Eleventy."""
    if configuration.generator != "eleventy":
        return frozenset()
    folders = folders_of(configuration)
    return frozenset({normal(folders["includes"]), normal(folders["data"])} - {PurePosixPath()})


def normal(path: PurePosixPath) -> PurePosixPath:
    """Return a path without `..` inside; one that leads out of the root is the root."""
    text = posixpath.normpath(path.as_posix().lstrip("/") or ".")
    return PurePosixPath() if text.startswith("..") else PurePosixPath(text)
