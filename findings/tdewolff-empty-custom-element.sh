#!/usr/bin/env bash
# tdewolff-minify 2.24.12 (PyPI; the minifier behind Hugo's --minify): white space after an empty custom element.
#
# A custom element is often empty in the source, and gets its text from a script. It is inline unless a style sheet says
# otherwise, so the space behind it separates two words. The minifier removes that space if the element is empty and its
# name is not one of HTML's. It keeps it behind an empty <span> or <data>, and behind a custom element with text.
#
# So "and <x-count></x-count> on it" reads "and 9on it" once the script has run. A word in the element is the way out.
# Output seen: "x-count, empty: joined", "x-count, with text: kept", "data, empty: kept", "span, empty: kept".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/python"
"$folder/python/bin/pip" install --quiet --disable-pip-version-check tdewolff-minify==2.24.12
seen=$("$folder/python/bin/python" - <<'PYTHON'
import minify

for name, text in (("x-count", ""), ("x-count", "9"), ("data", ""), ("span", "")):
    html = minify.string("text/html", f"<p>and <{name}>{text}</{name}> on it</p>")
    print(f"{name}, {'with text' if text else 'empty'}: {'kept' if f'</{name}> on' in html else 'joined'}")
PYTHON
)
echo "$seen"
test "$seen" = "x-count, empty: joined
x-count, with text: kept
data, empty: kept
span, empty: kept"
