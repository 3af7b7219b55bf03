// Reads pages as JSON ({name: html}) and writes the parse errors of each, as the HTML standard defines them.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const { parse } = createRequire(import.meta.url)(process.argv[2]);
const pages = JSON.parse(readFileSync(0, "utf8"));
const errors = {};
for (const [name, html] of Object.entries(pages)) {
  errors[name] = [];
  const open = [];
  parse(html, { onParseError: ({ code, startLine }) => errors[name].push(`${code} in line ${startLine}`) });
  // the parser closes what is left open without an error, so the elements with an end tag are counted, too
  const text = html.replace(/<!doctype html>/i, "").replace(/<(?:meta|link|input|br|hr|img)\b[^>]*>/g, "");
  for (const [, slash, tag] of text.matchAll(/<(\/?)([a-z][a-z0-9-]*)\b[^>]*>/g)) {
    if (!slash) open.push(tag);
    else if (open.pop() !== tag) errors[name].push(`</${tag}> closes another element`);
  }
  errors[name].push(...open.map((tag) => `<${tag}> is not closed`));
}
process.stdout.write(JSON.stringify(errors));
