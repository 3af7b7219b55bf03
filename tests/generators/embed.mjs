// Passes texts through minifiers and Markdown parsers: reads [[tool, text], …] from standard input, writes [result, …].
import { json } from "node:stream/consumers";
import { evaluate } from "@mdx-js/mdx";
import swc from "@swc/html";
import * as commonmark from "commonmark";
import { minify as minifyNext } from "html-minifier-next";
import { minify } from "html-minifier-terser";
import htmlnano from "htmlnano";
import MarkdownIt from "markdown-it";
import { Marked } from "marked";
import rehypeRaw from "rehype-raw";
import rehypeStringify from "rehype-stringify";
import remarkParse from "remark-parse";
import remarkRehype from "remark-rehype";
import { unified } from "unified";

// What the manuals and starters of site generators use.
const USUAL = {
  collapseBooleanAttributes: true,
  collapseWhitespace: true,
  minifyCSS: true,
  minifyJS: true,
  removeComments: true,
  removeRedundantAttributes: true,
  removeScriptTypeAttributes: true,
  useShortDoctype: true,
};
const AGGRESSIVE = {
  ...USUAL,
  decodeEntities: true,
  removeAttributeQuotes: true,
  removeEmptyAttributes: true,
  removeOptionalTags: true,
  sortAttributes: true,
  sortClassName: true,
};

// Writes the elements of an MDX text as HTML.
const escape = (text) => String(text).replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
const write = (child) => (Array.isArray(child) ? child.map(write).join("") : child?.html ?? escape(child ?? ""));
function jsx(type, properties) {
  if (typeof type === "function") return type(properties);
  const { children, ...others } = properties;
  const attributes = Object.entries(others).map(([name, value]) => ` ${name}="${value === true ? "" : escape(value)}"`);
  const isVoid = /^(area|br|col|hr|img|input|link|meta|source|wbr)$/.test(type);
  return { html: `<${type}${attributes.join("")}>${isVoid ? "" : `${write(children)}</${type}>`}` };
}
const runtime = { Fragment: ({ children }) => ({ html: write(children) }), jsx, jsxs: jsx };

const remark = unified()
  .use(remarkParse)
  .use(remarkRehype, { allowDangerousHtml: true })
  .use(rehypeRaw)
  .use(rehypeStringify);

const TOOLS = {
  "html-minifier-terser": (text) => minify(text, USUAL),
  "html-minifier-terser, aggressive": (text) => minify(text, AGGRESSIVE),
  "html-minifier-terser, no empty elements": (text) => minify(text, { ...USUAL, removeEmptyElements: true }),
  "html-minifier-next": (text) => minifyNext(text, USUAL),
  htmlnano: async (text) => (await htmlnano.process(text, {}, htmlnano.presets.safe)).html,
  "htmlnano, max": async (text) => (await htmlnano.process(text, { minifySvg: false }, htmlnano.presets.max)).html,
  "@swc/html": async (text) => (await swc.minify(Buffer.from(text), { collapseWhitespaces: "smart" })).code,
  commonmark(text) {
    return new commonmark.HtmlRenderer().render(new commonmark.Parser({ smart: true }).parse(text));
  },
  remark: async (text) => String(await remark.process(text)),
  marked: (text) => new Marked({ gfm: true }).parse(text),
  "markdown-it": (text) => new MarkdownIt({ html: true, linkify: true, typographer: true }).render(text),
  async mdx(text) {
    const { default: content } = await evaluate(text, runtime);
    return write(content({}));
  },
};

const results = [];
for (const [tool, text] of await json(process.stdin)) {
  try {
    results.push(await TOOLS[tool](text));
  } catch (failure) {
    results.push(`<!-- failed: ${failure.message} -->`);
  }
}
process.stdout.write(JSON.stringify(results));
