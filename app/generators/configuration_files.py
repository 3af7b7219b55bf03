"""The names of the files that configure each generator, for all that look for them."""

from collections.abc import Mapping, Sequence

SCRIPTS = ("js", "mjs", "cjs", "ts", "mts", "cts")
DATA = (".toml", ".yaml", ".yml", ".json")

OWN_FILES: Mapping[str, Sequence[str]] = {
    "hugo": [f"hugo{suffix}" for suffix in DATA],
    "eleventy": [".eleventy.js", *(f"eleventy.config.{suffix}" for suffix in SCRIPTS)],
    "astro": [f"astro.config.{suffix}" for suffix in SCRIPTS],
    "docusaurus": [f"docusaurus.config.{suffix}" for suffix in SCRIPTS],
    "gatsby": [f"gatsby-config.{suffix}" for suffix in SCRIPTS],
    "material": ["mkdocs.yml", "mkdocs.yaml"],
    "pelican": ["pelicanconf.py"],
    "zola": ["zola.toml"],
    "vitepress": [
        f"{folder}.vitepress/{name}.{suffix}"
        for folder in ("", "docs/")
        for name in ("config", "config/index")
        for suffix in SCRIPTS
    ],
    "metalsmith": ["metalsmith.json", "metalsmith.js"],
}
"""The files that only one generator has, in its root; the first one counts."""
UNDERSCORE_FILES = tuple(f"_config{suffix}" for suffix in (".yml", ".yaml", ".toml", ".json"))
"""Those of Jekyll and Hexo."""
COMMON_FILES = tuple(f"config{suffix}" for suffix in DATA)
"""Those of Hugo and Zola, whose names other programs use, too."""
HUGO_FOLDERS = ("config/_default", "config/production")
FILES: Mapping[str, Sequence[str]] = {
    **OWN_FILES,
    "hugo": [*OWN_FILES["hugo"], *COMMON_FILES],
    "jekyll": ["_config.yml", "_config.yaml", "_config.toml"],
    "hexo": ["_config.yml", "_config.yaml", "_config.json"],
    "nikola": ["conf.py"],
    "ablog": ["conf.py"],
}
"""All that are read for a blog of a known generator."""
