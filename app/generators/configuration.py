"""The configuration of a site generator, as far as it is written as literal values."""

import ast
import re
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from app.generators.inherited.values import FieldReader, Fields
from app.generators.tree import ContentFile, ContentTree

MAX_BYTES = 1 << 20
"""A configuration or data file of more bytes is not read."""
_FILES = {
    "hugo": ("hugo.toml", "hugo.yaml", "hugo.yml", "hugo.json", "config.toml", "config.yaml", "config.yml", "config.json"),
    "jekyll": ("_config.yml", "_config.yaml", "_config.toml"),
    "eleventy": (
        *(".eleventy.js", "eleventy.config.js", "eleventy.config.mjs", "eleventy.config.cjs"),
        *("eleventy.config.ts", "eleventy.config.mts", "eleventy.config.cts"),
    ),
    "astro": ("astro.config.mjs", "astro.config.js", "astro.config.ts", "astro.config.mts", "astro.config.cjs"),
    "hexo": ("_config.yml", "_config.yaml", "_config.json"),
    "material": ("mkdocs.yml", "mkdocs.yaml"),
    "nikola": ("conf.py",),
    "pelican": ("pelicanconf.py", "publishconf.py"),
    "docusaurus": ("docusaurus.config.js", "docusaurus.config.ts", "docusaurus.config.mjs", "docusaurus.config.cjs"),
}
_DATA = frozenset({".yml", ".yaml", ".toml", ".json"})


@dataclass(frozen=True, slots=True)
class Configuration:
    """What is known of a generator's configuration."""

    generator: str
    content: PurePosixPath = PurePosixPath()
    """The folder whose pages are posts, relative to the root of the tree."""
    values: Fields = field(default_factory=dict)
    """The values that are literal; of a script, those at the top level that can be told."""
    text: str = ""
    """The script of a generator that is configured in JavaScript, without its comments."""
    path: PurePosixPath | None = None
    """The file; None if the blog has none."""
    problem: str | None = None
    """Why the file could not be read, if it could not."""
    key: Hashable = None
    """Equal as long as the configuration was not written."""
