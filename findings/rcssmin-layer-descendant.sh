#!/usr/bin/env bash
# rcssmin 1.3.0 (PyPI): the descendant combinator before a pseudo-class, within at-rules that it does not know.
#
# ".post :is(p, li)" means any p or li within .post; ".post:is(p, li)" means a .post that is a p or li
# (https://www.w3.org/TR/selectors-4/#descendant-combinators). The minifier keeps the space in a plain sheet, in @media and
# in @supports. In @layer and @container it takes the selector for a declaration, and removes the space before the colon. A
# nested @media that comes before in the same layer turns this off, so that moving a rule changes what another one means.
#
# So a sheet that moves its rules into a layer loses them silently. "*" before the colon is a way out: ".post *:is(p, li)".
# Output seen: "plain: kept", "@media: kept", "@supports: kept", "@layer: lost", "@container: lost",
# "@layer after a nested @media: kept".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/python"
"$folder/python/bin/pip" install --quiet --disable-pip-version-check rcssmin==1.3.0
seen=$("$folder/python/bin/python" - <<'PYTHON'
from rcssmin import cssmin

rule = ".post :is(p, li) { color: red }"
sheets = {
    "plain": rule,
    "@media": f"@media print {{ {rule} }}",
    "@supports": f"@supports (gap: 1px) {{ {rule} }}",
    "@layer": f"@layer blog {{ {rule} }}",
    "@container": f"@container (width > 1px) {{ {rule} }}",
    "@layer after a nested @media": f"@layer blog {{ @media print {{ .post {{ color: red }} }} {rule} }}",
}
for name, sheet in sheets.items():
    print(f"{name}: {'kept' if '.post :is(p,li)' in cssmin(sheet) else 'lost'}")
PYTHON
)
echo "$seen"
test "$seen" = "plain: kept
@media: kept
@supports: kept
@layer: lost
@container: lost
@layer after a nested @media: kept"
