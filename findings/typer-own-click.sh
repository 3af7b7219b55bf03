#!/usr/bin/env bash
# typer 0.29.2 (PyPI): its errors are not those of click.
#
# typer has been a layer on click: its documentation sends readers to click, and programs catch click.UsageError around
# an app that runs with standalone_mode=False. typer 0.29.2 contains a copy of click, typer._click, and raises the copy's
# errors. The package click may be installed beside it for others, so the import works, and the except clause never matches.
#
# So after an upgrade a wrong command line ends with a traceback in place of the program's sentence.
# Output seen: "raised by: typer._click.exceptions", "a click.UsageError: False".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/python"
"$folder/python/bin/pip" install --quiet --disable-pip-version-check typer==0.29.2 click==8.5.1
seen=$("$folder/python/bin/python" - <<'PYTHON'
import click
import typer

app = typer.Typer()


@app.command()
def greet(name: str) -> None:
    print(name)


try:
    app(["--unknown"], standalone_mode=False)
except Exception as error:
    print(f"raised by: {type(error).__module__}")
    print(f"a click.UsageError: {isinstance(error, click.UsageError)}")
PYTHON
)
echo "$seen"
test "$seen" = "raised by: typer._click.exceptions
a click.UsageError: False"
