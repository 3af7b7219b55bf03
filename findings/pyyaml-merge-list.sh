#!/usr/bin/env bash
# PyYAML 6.0.4 (PyPI): which mapping wins if `<<` merges several.
#
# The merge key's type says that of a list of mappings the earlier one wins (https://yaml.org/type/merge.html). PyYAML
# 6.0.3 and earlier keep to it. 6.0.4 leaves out keys that it has had, but compares them by `id()` of their text: equal
# texts are mostly two objects, so that the last mapping wins. Only texts that CPython interns, as those of one letter,
# are one object: for them the first wins still.
#
# So `<<: [*a, *b]` with `ghissueid: 41` in a and 42 in b is 41 or 42 by the version, and Material for MkDocs and all
# other readers on PyYAML print what theirs has. A reader must name both.
# Output seen: "6.0.3 ghissueid 41, x 41", "6.0.4 ghissueid 42, x 41".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
seen=""
for version in 6.0.3 6.0.4; do python3 -m venv "$folder/$version"; done
"$folder/6.0.3/bin/pip" install --quiet --disable-pip-version-check pyyaml==6.0.3
"$folder/6.0.4/bin/pip" install --quiet --disable-pip-version-check pyyaml==6.0.4
for version in 6.0.3 6.0.4; do
  seen+=$("$folder/$version/bin/python" - "$version" <<'PYTHON'
import sys

import yaml

texts = []
for key in ("ghissueid", "x"):
    fields = yaml.safe_load(f"a: &a\n  {key}: 41\nb: &b\n  {key}: 42\n<<: [*a, *b]\n")
    texts.append(f"{key} {fields[key]}")
print(f"{sys.argv[1]} {', '.join(texts)}")
PYTHON
  )$'\n'
done
printf '%s' "$seen"
test "$seen" = "6.0.3 ghissueid 41, x 41
6.0.4 ghissueid 42, x 41
"
