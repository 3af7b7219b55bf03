"""A site as a generator built it: the number and the address of the page of each case."""

import base64
import html
import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import PIPE, STDOUT
from typing import cast

BIN = Path(".venv/bin").absolute()
NODE = BIN / "node"
MODULES = Path("tests/generators/node_modules").absolute()
_CASE = re.compile(r"case-([a-z0-9-]+)")
_VALUE = re.compile(r"@@(.*?)@@", re.DOTALL)
_ADDRESS = re.compile(r"%%(.*?)%%")
_OWN = {"ASTRO_TELEMETRY_DISABLED": "1", "NO_COLOR": "1", "NO_MKDOCS_2_WARNING": "1", "TZ": "UTC"}

Files = Mapping[str, bytes]
"""The files of a blog by their path."""


@dataclass(frozen=True, slots=True)
class BuiltPage:
    """A page in the output of a generator."""

    value: str | None
    """What the template printed at the field; None if no template was used, empty if there is no value."""
    address: str
    """Its path as its generator writes it in links; else that of the file."""


@dataclass(frozen=True, slots=True)
class BuiltSite:
    """A blog and what its generator made of it."""

    generator: str
    files: Files
    """All files, those of refused pages included."""
    pages: Mapping[str, BuiltPage]
    """The built pages by the name of their case."""
    content: str = "."
    """The folder of the posts."""
    refused: frozenset[str] = field(default_factory=frozenset)
    """The cases that fail the whole build."""


def pages_in(folder: str, cases: Files, prefix: str = "", suffix: str = ".md") -> Files:
    """Return the files of cases in a folder."""
    return {f"{folder}/{prefix}{name}{suffix}": content for name, content in cases.items()}


def write_files(folder: Path, files: Mapping[str, bytes | str]) -> None:
    """Write the files of a site."""
    for name, content in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())


def start(folder: Path, *command: str) -> subprocess.Popen[str]:
    """Start a program in a folder, without telemetry, update checks and colours."""
    variables = {**os.environ, **_OWN, "PATH": f"{BIN}:{os.environ['PATH']}"}
    return subprocess.Popen(command, cwd=folder, text=True, errors="replace", env=variables, stdout=PIPE, stderr=STDOUT)


def run(folder: Path, *command: str) -> str:
    """Run a program in a folder, and return its output; it must succeed."""
    process = start(folder, *command)
    output, _ = process.communicate(timeout=100)
    assert process.returncode == 0, output[-4000:]
    return output


def run_from_npm(folder: Path, program: str, *arguments: str) -> None:
    """Run a generator from npm in a folder; it must succeed."""
    assert MODULES.exists(), f"{program} is not installed: make develop installs it"
    (folder / "node_modules").symlink_to(MODULES)
    run(folder, str(NODE), str(MODULES / program), *arguments)


def system_program(name: str) -> str:
    """Return the path of a program of the system."""
    path = shutil.which(name, path="/usr/bin")
    assert path, f"{name} is not installed: make develop installs it"
    return path


def refused_by(reader: str, cases: Files) -> frozenset[str]:
    """Return the cases that a generator's own front-matter function refuses, of those that npm has."""
    pages = [(name, base64.b64encode(content).decode()) for name, content in cases.items()]
    command = [str(NODE), "tests/generators/front_matter.mjs", reader]
    result = subprocess.run(command, input=json.dumps(pages), capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 0, result.stderr
    return frozenset(cast("dict[str, str]", json.loads(result.stdout)))


def read_built(output: Path) -> Mapping[str, BuiltPage]:
    """Return the pages of a built site by case."""
    pages: dict[str, BuiltPage] = {}
    for file in sorted(path for path in output.rglob("*") if path.is_file()):
        text = file.read_text(encoding="utf-8", errors="replace")
        case, value, printed = _CASE.search(text), _VALUE.search(text), _ADDRESS.search(text)
        if case and (printed or file.suffix == ".html"):  # others are copies of sources
            address = html.unescape(printed[1]) if printed else f"/{file.relative_to(output).as_posix()}"
            pages[case[1]] = BuiltPage(html.unescape(value[1]) if value else None, _address(address))
    return pages


def case_in(content: bytes) -> str | None:
    """Return the name of the case that the text of a page has."""
    case = _CASE.search(content.decode("utf-8", "replace"))
    return case[1] if case else None


def _address(url: str) -> str:
    """Return the path of an address; the name of the file that servers give for a folder is left out."""
    path = "/" + url.partition("://")[2].partition("/")[2] if "://" in url else url
    return path.removesuffix("index.html") if path.endswith("/index.html") else path
