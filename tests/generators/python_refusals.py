"""Reads the posts of a blog as its generator written in Python does; prints those that fail the build, as JSON.

`python python_refusals.py material` or `nikola`, in the folder of the blog.
"""

import glob
import json
import runpy
import sys
from collections.abc import Callable, Iterator


def _material() -> Iterator[tuple[str, Callable[[], object]]]:
    from material.plugins.blog.structure import Post
    from mkdocs.config import load_config
    from mkdocs.structure.files import get_files

    config = load_config("mkdocs.yml")
    for file in get_files(config):
        if "/posts/" in file.src_uri and file.src_uri.endswith(".md"):
            yield f"docs/{file.src_uri}", lambda file=file: Post(file, config)


def _nikola() -> Iterator[tuple[str, Callable[[], object]]]:
    from nikola.nikola import Nikola
    from nikola.post import Post

    site = Nikola(**{name: value for name, value in runpy.run_path("conf.py").items() if name.isupper()})
    site.init_plugins()
    compilers = site.plugin_manager.get_plugins_of_category("PageCompiler")
    markdown = next(plugin.plugin_object for plugin in compilers if plugin.name == "markdown")
    extractors = {"metadata_extractors_by": site.metadata_extractors_by}
    for path in sorted(glob.glob("posts/**/*.md", recursive=True)):
        options = (site.config, "posts", True, site.MESSAGES, "post.tmpl", markdown)
        yield path, lambda path=path: repr(Post(path, *options, **extractors))


refused = []
for source, read in {"material": _material, "nikola": _nikola}[sys.argv[1]]():
    try:
        read()
    except (Exception, SystemExit):
        refused.append(source)
print("refused:" + json.dumps(refused))
