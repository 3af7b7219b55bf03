"""The address of a page on the blog, by the rules of its generator."""

from collections.abc import Callable, Mapping
from pathlib import PurePosixPath

from app.generators.addressing.hugo import hugo_address
from app.generators.addressing.jekyll import jekyll_address
from app.generators.addressing.python_sites import material_address, nikola_address, pelican_address
from app.generators.addressing.script_sites import (
    astro_address,
    docusaurus_address,
    eleventy_address,
    hexo_address,
)
from app.generators.addressing.vitepress import vitepress_address
from app.generators.inherited.configuration import Configuration
from app.generators.inherited.values import Fields

_ADDRESSES: Mapping[str, Callable[[PurePosixPath, Fields, Configuration], str | None]] = {
    "hugo": hugo_address,
    "jekyll": jekyll_address,
    "eleventy": eleventy_address,
    "astro": astro_address,
    "hexo": hexo_address,
    "docusaurus": docusaurus_address,
    "material": material_address,
    "nikola": nikola_address,
    "pelican": pelican_address,
    "vitepress": vitepress_address,
}


def address(path: PurePosixPath, fields: Fields, configuration: Configuration) -> str | None:
    """Return the address of a page, a path from the root of the host; None if it cannot be told.

    `path` is relative to the root of the tree; `fields` are the page's own with those that it is given.
    """
    of_generator = _ADDRESSES.get(configuration.generator)
    return of_generator(path, fields, configuration) if of_generator else None
