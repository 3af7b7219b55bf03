"""Blogs that Hugo builds: a current one and Debian's."""

import subprocess
from importlib.resources import files as resources
from pathlib import Path

from tests.generators.built_site import BuiltSite, Files, case_in, read_built, run, start, system_program, write_files

CONFIGURATION = (
    'baseURL = "https://blog.example/"\ntitle = "t"\ndisableKinds = ["taxonomy", "term", "RSS", "sitemap", "404"]\n'
)
_PAGE = "@@{{ .Params.ghissueid }}@@%%{{ .RelPermalink }}%%{{ .Content }}{{ .Params.body }}"
_LAYOUTS = {"layouts/_default/single.html": _PAGE, "layouts/_default/list.html": _PAGE}
_REFUSED = frozenset(
    (
        *("title-colon", "tab-indented", "braces", "percent", "at-sign", "backtick", "open-quote", "bad-escape"),
        *("apostrophe", "flow-open", "in-flow", "dots", "not-closed", "four-dashes", "yaml-opening", "json-opening"),
        *("js-object", "toml-octal", "toml-twice", "toml-wrong-day", "json-comma"),
    )
)
"""The cases that fail the build of either version."""
REFUSED_BY_CURRENT = _REFUSED | {
    *("twice", "twice-same", "merge-keys", "build-old", "wrong-day", "text-day", "short-day"),
    *("published-true", "published-false", "published-no", "published-quoted", "published-off", "published-upper"),
    *("published-quoted-no", "future-utc"),
}
REFUSED_BY_OLDER = _REFUSED | {
    *("tags-question", "separator", "control", "latin-1", "null-byte", "comment-before"),
    *("toml-inline-lines", "toml-no-seconds"),
}


def current_hugo() -> str:
    """Return the path of the Hugo that the requirements have, without its wrapper in Python."""
    return str(resources("hugo") / "binaries" / "hugo")


def older_hugo() -> str:
    """Return the path of Debian's Hugo."""
    return system_program("hugo")


def build(folder: Path, program: str, files: Files) -> BuiltSite:
    """Build a blog."""
    write_files(folder, {**_LAYOUTS, **files})
    run(folder, *_command(folder, program))
    return BuiltSite("hugo", files, read_built(folder / "public"), "content")


def _command(folder: Path, program: str) -> tuple[str, ...]:
    return (program, "--quiet", "--cacheDir", str(folder / "cache"))


def build_alone(folder: Path, program: str, pages: Files) -> frozenset[str]:
    """Return the cases that fail the build of a blog that has no other page; two are built at a time."""
    failing = set()
    paths = sorted(pages)
    for first in range(0, len(paths), 2):
        cases = [case_in(pages[path]) or path for path in paths[first : first + 2]]
        builds = [
            _start_alone(folder / case, program, pages[path]) for case, path in zip(cases, paths[first:], strict=False)
        ]
        for case, process in zip(cases, builds, strict=True):
            process.communicate(timeout=60)
            failing |= {case} if process.returncode else set()
    return frozenset(failing)


def _start_alone(folder: Path, program: str, content: bytes) -> subprocess.Popen[str]:
    write_files(folder, {**_LAYOUTS, "hugo.toml": CONFIGURATION, "content/posts/a.md": content})
    return start(folder, *_command(folder, program))
