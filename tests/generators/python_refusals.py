"""Reads the posts of a blog as its generator written in Python does; prints those that fail the build, as JSON.

`python python_refusals.py material` or `nikola`, in the folder of the blog. A process of its own, because the
generators keep state, and change the logging of the process.
"""

import json
import runpy
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

Reading = tuple[str, Callable[[], object]]


def _material() -> Iterator[Reading]:
    from material.plugins.blog.structure import (  # type: ignore[import-untyped] # noqa: PLC0415 # one generator a process
        Post,
    )
    from mkdocs.config import load_config  # noqa: PLC0415
    from mkdocs.structure.files import get_files  # noqa: PLC0415

    config = load_config("mkdocs.yml")
    files = get_files(config)
    meta = config.plugins.get("material/meta")
    if meta:
        meta.on_files(files, config=config)
    for file in files:
        if "/posts/" in file.src_uri and file.src_uri.endswith(".md"):
            yield f"docs/{file.src_uri}", partial(Post, file, config)


def _nikola() -> Iterator[Reading]:
    from nikola.nikola import Nikola  # type: ignore[import-untyped] # noqa: PLC0415
    from nikola.post import Post  # type: ignore[import-untyped] # noqa: PLC0415

    site = Nikola(**{name: value for name, value in runpy.run_path("conf.py").items() if name.isupper()})
    site.init_plugins()
    compilers = site.plugin_manager.get_plugins_of_category("PageCompiler")
    markdown = next(plugin.plugin_object for plugin in compilers if plugin.name == "markdown")
    options = (site.config, "posts", True, site.MESSAGES, "post.tmpl", markdown)
    post = partial(Post, metadata_extractors_by=site.metadata_extractors_by)
    for path in sorted(Path("posts").rglob("*.md")):
        yield str(path), partial(_digest, partial(post, str(path), *options))


def _digest(read: Callable[[], object]) -> str:
    """Return what the build makes a digest of."""
    return repr(read())


GENERATORS: Mapping[str, Callable[[], Iterator[Reading]]] = {"material": _material, "nikola": _nikola}

if __name__ == "__main__":
    refused = []
    for source, read in GENERATORS[sys.argv[1]]():
        try:
            read()
        except (Exception, SystemExit):  # noqa: BLE001 # whatever the generator fails with
            refused.append(source)
    sys.stdout.write("\nrefused:" + json.dumps(refused))
