"""The files for docker compose, as they are read with an environment."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped] # its stubs are no dependency

ENVIRONMENT = {
    "AFTERWORD_REPO": "owner/name",
    "AFTERWORD_PUBLIC_URL": "https://comments.example.com",
    "POSTGRES_PASSWORD": "letters0and0digits",
}
"""What the larger file needs."""
_VARIABLE = re.compile(r"\$(?:(?P<dollar>\$)|\{(?P<name>\w+)(?::(?P<kind>[?-])(?P<text>[^}]*))?\})")


def read_compose_file(name: str, environment: Mapping[str, str]) -> Any:
    """Return a file with its variables replaced; raise KeyError for one that is needed and not set.

    https://docs.docker.com/reference/compose-file/interpolation/
    """

    def value(match: re.Match[str]) -> str:
        if match["dollar"]:
            return "$"
        if match["kind"] == "-":
            return environment.get(match["name"], match["text"])
        return environment[match["name"]]

    return _replace(yaml.safe_load(Path(name).read_text(encoding="utf-8")), lambda text: _VARIABLE.sub(value, text))


def _replace(node: Any, function: Any) -> Any:
    """Return YAML's values with a function applied to each text."""
    if isinstance(node, dict):
        return {key: _replace(value, function) for key, value in node.items()}
    if isinstance(node, list):
        return [_replace(value, function) for value in node]
    return function(node) if isinstance(node, str) else node


def dockerfile_words(instruction: str) -> list[str]:
    """Return the rest of each line of the Dockerfile with an instruction."""
    text = Path("Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    return re.findall(rf"^{instruction} +(.*)$", text, re.MULTILINE)
