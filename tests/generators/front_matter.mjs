// Reads pages, [[name, base64 of its bytes], …], with a generator's own function: writes the names of those it refuses.
// A refused page fails the whole build, so it cannot be in the site that the tests build.
import { json } from "node:stream/consumers";

const READERS = {
  async eleventy() {
    const { default: matter } = await import("gray-matter");
    const { default: UserConfig } = await import("./node_modules/@11ty/eleventy/src/UserConfig.js");
    return (text) => matter(text, { ...new UserConfig().frontMatterParsingOptions, filePath: "./page.md" });
  },
  async astro() {
    const { parseFrontmatter } = await import("@astrojs/internal-helpers/frontmatter");
    return (text) => parseFrontmatter(text);
  },
  async hexo() {
    const { parse } = await import("hexo-front-matter");
    const { unescape } = await import("hexo-util").then((module) => module.default);
    return (text) => parse(text, unescape);
  },
};

const read = await READERS[process.argv[2]]();
const refused = {};
for (const [name, bytes] of await json(process.stdin)) {
  try {
    await read(Buffer.from(bytes, "base64").toString("utf8"));
  } catch (failure) {
    refused[name] = failure.message;
  }
}
process.stdout.write(JSON.stringify(refused));
