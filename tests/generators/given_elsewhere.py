"""Pages that are given their number, or are kept from being published, from elsewhere; by generator."""

from collections.abc import Mapping, Sequence

from tests.generators.cases import page

Files = dict[str, bytes]
_OWN = ("ghissueid: 41",)
_PAGES: Mapping[str, Sequence[str]] = {
    "none": (),
    "own": _OWN,
    "empty": ("ghissueid:",),
    "params": ("params: {ghissueid: 41}",),
    "capitals": ("GHissueID: 41",),
}


def _front(*lines: str) -> bytes:
    return "\n".join(["---", "title: S", *lines, "---", ""]).encode()


def _section(name: str, cascade: Sequence[str], pages: Mapping[str, Sequence[str]] = _PAGES) -> Files:
    files = {f"content/{name}/{each}.md": page(f"{_slug(name)}-{each}", *lines) for each, lines in pages.items()}
    return {f"content/{name}/_index.md": _front(*cascade), **files}


def _slug(name: str) -> str:
    return f"given-{name.replace('/', '-')}"


HUGO_CASCADE = """
[[cascade]]
ghissueid = 90
[cascade._target]
path = "/given/site/**"
[[cascade]]
[cascade.params]
ghissueid = 91
[cascade._target]
path = "/given/params/**"
"""


def hugo() -> Files:
    """Return sections of Hugo with a cascade, and pages for that of the configuration."""
    only_own = {"none": _OWN}
    sections: Mapping[str, tuple[Sequence[str], Mapping[str, Sequence[str]]]] = {
        "top": (["cascade: {ghissueid: 77}"], _PAGES),
        "inside": (["cascade: {params: {ghissueid: 77}}"], _PAGES),
        "both": (["cascade: {ghissueid: 76, params: {ghissueid: 77}}"], _PAGES),
        "capital": (["cascade: {GHissueID: 77}"], _PAGES),
        "list": (["cascade:", "  - ghissueid: 76", "  - ghissueid: 77"], _PAGES),
        "target": (["cascade:", "  - _target: {path: '/target/n*'}", "    ghissueid: 76", "  - ghissueid: 77"], _PAGES),
        "kind": (
            [
                "cascade:",
                "  - _target: {kind: section}",
                "    ghissueid: 75",
                "  - _target: {kind: page}",
                "    ghissueid: 76",
            ],
            _PAGES,
        ),
        "environment": (["cascade:", "  - _target: {environment: development}", "    ghissueid: 75"], _PAGES),
        "deep": (["cascade: {ghissueid: 77}"], {"none": ()}),
        "deep/er": (["cascade: {ghissueid: 78}"], {"none": ()}),
        "deep/inside": (["cascade: {params: {ghissueid: 78}}"], {"none": ()}),
        "deep/plain": (["weight: 1"], {"none": ()}),
        "aimed": (["cascade: {_target: {path: '/aimed/**'}, ghissueid: 77}"], {"none": ()}),
        "aimed/er": (["cascade: {ghissueid: 78}"], {"none": ()}),
        "drafts": (["cascade: {draft: true}"], {"none": _OWN, "own": (*_OWN, "draft: false")}),
        "never": (["cascade: {build: {render: never}}"], {"none": _OWN, "own": (*_OWN, "build: {render: always}")}),
        "headless": (["cascade: {headless: true}"], only_own),
        "expired": (["cascade: {expiryDate: 2021-01-01}"], only_own),
        "later": (["cascade: {publishDate: 2099-01-01}"], only_own),
        "slugged": (["cascade: {slug: given}"], only_own),
        "globs": (
            [
                "cascade:",
                "  - _target: {path: '{/globs/none,/globs/x}'}",
                "    ghissueid: 71",
                "  - _target: {path: '/globs/own'}",
                "    ghissueid: 72",
                "  - _target: {path: '/globs/emp?y'}",
                "    ghissueid: 73",
                "  - _target: {path: '/globs/[p]arams'}",
                "    ghissueid: 74",
            ],
            dict.fromkeys(_PAGES, ()),
        ),
        "upper": (["cascade: {_target: {path: '/UPPER/None'}, ghissueid: 71}"], {"None": ()}),
        "relative": (["cascade: {_target: {path: 'relative/**'}, ghissueid: 71}"], {"none": ()}),
    }
    files: Files = {}
    for name, (cascade, pages) in sections.items():
        files |= _section(name, cascade, pages)
    files["content/deep/unlisted/x.md"] = page("given-deep-unlisted-x")
    files["content/top/bundle/index.md"] = page("given-top-bundle")
    files["content/given/site/x.md"] = page("given-site-x")
    files["content/given/site/own.md"] = page("given-site-own", *_OWN)
    files["content/given/params/x.md"] = page("given-params-x")
    return {path: content.replace(b"given-upper-None", b"given-upper-none") for path, content in files.items()}


def adapter() -> Files:
    """Return a section of Hugo whose pages a template makes."""
    template = '{{ .AddPage (dict "path" "made" "title" "M" "params" (dict "ghissueid" 401)) }}'
    return {"content/adapted/_content.gotmpl": template.encode()}


JEKYLL_DEFAULTS = """
defaults:
  - scope: {path: ""}
    values: {layout: p}
  - scope: {path: "_posts/given"}
    values: {ghissueid: 70}
  - scope: {path: "_posts/given/longer", type: posts}
    values: {ghissueid: 71}
  - scope: {path: "_posts/given", type: posts}
    values: {ghissueid: 72}
  - scope: {path: "_posts/given", type: pages}
    values: {ghissueid: 73}
  - scope: {path: "_posts/globs/*/deep"}
    values: {ghissueid: 74}
  - scope: {path: "_posts/every/**/x"}
    values: {ghissueid: 75}
  - scope: {path: "_posts/unpublished"}
    values: {published: false}
  - scope: {path: "_posts/prefix"}
    values: {ghissueid: 76}
  - scope: {path: "_posts/moved"}
    values: {permalink: "/moved/:title/"}
  - scope: {path: "", type: notes}
    values: {ghissueid: 77}
  - scope: {path: "about", type: page}
    values: {ghissueid: 78}
  - values: no mapping
    scope: {path: ""}
  - scope: {path: "_posts/many"}
    values: {ghissueid: 1, nested: {ghissueid: 2}}
  - scope: {path: "_posts/many"}
    values: {ghissueid: 79}
"""


def jekyll() -> Files:
    """Return posts and pages of Jekyll in the scopes of its defaults."""
    files: Files = {}
    folders = ("given", "given/longer", "globs/a/deep", "globs/a/flat", "every/x", "every/a/b/x", "prefixed", "many")
    for folder in folders:
        for name, lines in _PAGES.items():
            case = f"given-{folder.replace('/', '-')}-{name}"
            files[f"_posts/{folder}/2020-07-01-{case}.md"] = page(case, *lines)
    for name, lines in {"none": _OWN, "own": (*_OWN, "published: true")}.items():
        files[f"_posts/unpublished/2020-07-01-given-off-{name}.md"] = page(f"given-off-{name}", *lines)
    files["_posts/moved/2020-07-01-given-moved.md"] = page("given-moved", *_OWN)
    files["_notes/given-note.md"] = page("given-note")
    files["about/given-about.md"] = page("given-about")
    return files


def eleventy() -> Files:
    """Return pages of Eleventy with data in folders, beside them, in layouts and computed."""
    own_and = {**_PAGES, "off": (*_OWN, "permalink: false"), "override": ("'override:ghissueid': 43",)}
    files: Files = {}
    for folder in ("given", "given/deep", "given/nested/deeper"):
        for name, lines in own_and.items():
            files[f"{folder}/{name}.md"] = page(f"{folder.replace('/', '-')}-{name}", *lines)
    files |= {
        "given/given.json": b'{"ghissueid": 70}',
        "given/deep/deep.json": b'{"ghissueid": 71}',
        "given/deep/deep.11tydata.json": b'{"ghissueid": 72}',
        "given/given-beside.md": page("given-beside"),
        "given/given-beside.json": b'{"ghissueid": 73}',
        "given/given-beside.11tydata.json": b'{"ghissueid": 74}',
        "given/given-literal.md": page("given-literal"),
        "given/given-literal.11tydata.js": b"// numbers\nexport default { ghissueid: 75, list: [1, 2,], \"a-b\": 'x' };\n",
        "given/given-script.md": page("given-script"),
        "given/given-script.11tydata.js": b"const n = 70 + 6;\nexport default { ghissueid: n };\n",
        "given/given-script-own.md": page("given-script-own", *_OWN),
        "given/given-script-own.11tydata.js": b"const n = 70 + 6;\nexport default { ghissueid: n };\n",
        "given/given-computing.md": page("given-computing", *_OWN),
        "given/given-computing.11tydata.js": b"export default { eleventyComputed: { ghissueid: () => 77 } };\n",
        "given/given-computed.md": page("given-computed", *_OWN, "eleventyComputed: {ghissueid: 78}"),
        "given/given-computed-text.md": page("given-computed-text", *_OWN, 'eleventyComputed: {ghissueid: "79"}'),
        "given/given-template.md": page(
            "given-template", *_OWN, "number: 80", 'eleventyComputed: {ghissueid: "{{ number }}"}'
        ),
        "given/given-layout.md": page("given-layout", "layout: inner.njk"),
        "_includes/inner.njk": b"---\nlayout: outer.njk\nghissueid: 81\n---\n{{ content | safe }}",
        "_includes/outer.njk": b"---\nlayout: p.njk\nghissueid: 82\n---\n{{ content | safe }}",
        "plain/given-inner.md": page("given-inner", "layout: inner.njk"),
        "lists/lists.json": b'{"ghissueid": [41]}',
        "lists/given-joined.md": page("given-joined", "ghissueid: [42]"),
        "off/off.json": b'{"permalink": false}',
        "off/given-off.md": page("given-off", *_OWN),
        "_data/description.json": b'"given"',
    }
    return files


PELICAN_SETTINGS = b"""
DEFAULT_METADATA = {"ghissueid": "70"}
EXTRA_PATH_METADATA = {
    "given": {"ghissueid": "71"},
    "given/deep": {"ghissueid": "72"},
    "given/given-file.md": {"ghissueid": "73"},
    "off": {"status": "draft"},
}
"""


def pelican() -> Files:
    """Return articles of Pelican for the settings above."""
    files: Files = {}
    for folder in ("given", "given/deep", "given-not"):
        for name, lines in _PAGES.items():
            case = f"{folder.replace('/', '-')}-{name}"
            files[f"content/{folder}/{name}.md"] = page(case, *lines)
    files["content/given/given-file.md"] = page("given-file")
    files["content/off/given-off.md"] = page("given-off", *_OWN)
    return files


def nikola() -> Files:
    """Return posts of Nikola with a file `.meta`."""
    body = "\ncase-{}\n"
    lines = ".. title: T {0}\n.. slug: {0}\n.. date: 2020-07-01 00:00:00 UTC\n.. ghissueid: 70\n"
    return {
        "posts/given-meta.md": body.format("given-meta").encode(),
        "posts/given-meta.meta": lines.format("given-meta").encode(),
        "posts/given-over.md": page("given-over", *_OWN),
        "posts/given-over.meta": lines.format("given-over").encode(),
        "posts/given-yaml.md": body.format("given-yaml").encode(),
        "posts/given-yaml.meta": b"---\ntitle: T given-yaml\ndate: 2020-07-01\nghissueid: 071\n---\n",
        "posts/given-lines.md": (lines.format("given-lines") + body.format("given-lines")).encode(),
        "posts/given-comment.md": f"<!--\n{lines.format('given-comment')}-->\n{body.format('given-comment')}".encode(),
    }


def material() -> Files:
    """Return posts of Material for MkDocs below files of the plugin `meta`."""
    files: Files = {
        "docs/blog/posts/given/.meta.yml": b"ghissueid: 70\ntags: [a]\n",
        "docs/blog/posts/given/deep/.meta.yml": b"ghissueid: 71\n",
        "docs/blog/posts/off/.meta.yml": b"draft: true\n",
    }
    for folder in ("given", "given/deep", "given-not"):
        for name, lines in _PAGES.items():
            case = f"{folder.replace('/', '-')}-{name}"
            files[f"docs/blog/posts/{folder}/{name}.md"] = page(case, *lines)
    for name, lines in {"none": _OWN, "own": (*_OWN, "draft: false")}.items():
        files[f"docs/blog/posts/off/{name}.md"] = page(f"given-off-{name}", *lines)
    return files
