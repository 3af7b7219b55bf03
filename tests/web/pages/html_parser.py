"""What a strict parser of HTML says of pages."""

import json
import subprocess
from pathlib import Path

NODE = Path(".venv/bin/node").absolute()
PARSER = Path("tests/generators/node_modules/parse5/dist/index.js").absolute()
SCRIPT = Path(__file__).with_name("parse_errors.mjs")


def parse_errors(pages: dict[str, str]) -> dict[str, list[str]]:
    """Return the errors of each page, by its name."""
    run = subprocess.run([NODE, SCRIPT, PARSER], input=json.dumps(pages), capture_output=True, text=True, check=True)
    errors: dict[str, list[str]] = json.loads(run.stdout)
    return errors
