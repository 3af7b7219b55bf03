// <comment-count> and <recent-comments>. All counts of a page are fetched in one request.

const requests = new Map();
let widget; // the exports of widget.js, passed in because a page may load that from several addresses

// Several attribute changes in one task cause one update.
export function schedule(element, exports) {
  widget = exports;
  element.timer ??= setTimeout(() => {
    element.timer = null;
    if (element.isConnected) (element.localName === "comment-count" ? requestCount : showRecent)(element);
  });
}

export { schedule as enhance };

// For widget.js of version 0.3.0, which a browser may have cached: loads the current one beside it. Remove in 0.5.0.
export const show = async (element) => schedule(element, await import("../../widget.js?after-0.3.0"));

function requestCount(element) {
  const termOf = element.getAttribute("term-of") || (element.getAttribute("ghissueid") ? "" : "pathname"); // lists name paths
  const source = widget.apiUrl(element, "counts", { term_of: termOf }).href;
  let waiting = requests.get(source);
  if (!waiting) {
    requests.set(source, (waiting = new Set()));
    setTimeout(() => {
      requests.delete(source);
      showCounts([...waiting], source).catch((failure) => emit(waiting, { failure }));
    });
  }
  waiting.add(element);
}

// A request that finds no free connection would wait without end.
const fetchJson = (element, path, parameters) =>
  widget.fetchJson(widget.apiUrl(element, path, parameters), { signal: AbortSignal.timeout(30_000) });

const nameOf = (element) => element.getAttribute("ghissueid") || element.getAttribute("term");

// The service accepts no others, and no post has one.
const isTerm = (name) => name?.trim() && name.length <= 1000;
const LONG_URL = 3000; // proxies accept 8000 bytes, and one more term in percent-encoding has a few hundred

async function showCounts(elements, source) {
  const numbers = new Set(elements.map((element) => +element.getAttribute("ghissueid")).filter((number) => number > 0));
  const rest = [...numbers].sort((a, b) => a - b);
  const terms = [...new Set(elements.filter((element) => !element.getAttribute("ghissueid")).map(nameOf).filter(isTerm))];
  const counts = {};
  while (rest.length) {
    const ids = rest.splice(0, 500).join();
    Object.assign(counts, (await fetchJson(elements[0], "counts", { ids })).counts);
  }
  while (terms.length) {
    const url = new URL(source);
    do url.searchParams.append("terms", terms.shift());
    while (terms.length && url.href.length < LONG_URL && url.searchParams.getAll("terms").length < 100);
    Object.assign(counts, (await widget.fetchJson(url, { signal: AbortSignal.timeout(30_000) })).counts);
  }
  for (const element of elements) {
    const count = counts[nameOf(element)] ?? null;
    const i18n = widget.i18nOf(element);
    await i18n.ready;
    const isPlain = element.getAttribute("format") === "number";
    if (count !== null) element.textContent = isPlain ? count : i18n.plural("comments", count); // else the page's text stays
  }
  emit(elements);
}

function emit(elements, detail) {
  const name = detail ? "failed" : "loaded";
  for (const element of elements) {
    element.setAttribute("state", detail ? name : "ready");
    element.dispatchEvent(new CustomEvent(`comments-${name}`, { detail, bubbles: true }));
  }
}

async function showRecent(element) {
  const i18n = widget.i18nOf(element);
  try {
    const limit = element.getAttribute("limit") || 5;
    const [{ comments }] = await Promise.all([fetchJson(element, "comments", { limit, hidden: "false" }), i18n.load()]);
    const list = widget.create("ol", { className: "pc-recent", lang: i18n.texts.lang, dir: i18n.texts.dir });
    list.ariaLabel = i18n.text("recent");
    list.append(...comments.map((comment) => createItem(element, comment, i18n)));
    element.replaceChildren(comments.length ? list : i18n.text("none"));
    emit([element]);
  } catch (failure) {
    element.textContent ||= i18n.text("failed");
    emit([element], { failure });
  }
}

// Returns the beginning of a text, with "…" if there is more: up to a space, in scripts without spaces up to the end of a
// word. A longer word is cut between characters as readers see them, so that an emoji of several code points stays whole.
export function excerpt(text, lang, limit = 140) {
  text = text.replace(/\s+/g, " ").trim();
  if (text.length <= limit) return text;
  const head = text.slice(0, 2 * limit); // what follows cannot move a boundary
  const lastBoundary = (granularity) =>
    Intl.Segmenter
      ? [...new Intl.Segmenter(lang, { granularity }).segment(head)].findLast(({ index }) => index < limit).index
      : head.slice(0, limit - 1).replace(/[\uD800-\uDBFF]$/, "").length;
  let end = head.lastIndexOf(" ", limit - 1);
  for (const granularity of ["word", "grapheme"]) if (end < limit / 2) end = lastBoundary(granularity);
  return `${head.slice(0, end).replace(/[\s\p{P}]+$/u, "")}…`;
}

// The attribute `post` is the URL of the blog's posts: "/notes/{ghissueid}/". Without it, items link to GitHub.
function createItem(element, comment, i18n) {
  const post = element.getAttribute("post")?.replace("{ghissueid}", comment.ghissueid);
  const href = post ? `${post}#comment-${comment.id}` : comment.url;
  const title = i18n.text("on", { name: comment.author.login, title: comment.post_title ?? "" }) || comment.author.login;
  return widget.create(
    "li",
    {},
    widget.create("a", { href, ...(post ? {} : widget.LINK) }, title),
    widget.create("p", { dir: "auto" }, excerpt(comment.text, i18n.texts.lang)),
    widget.create("time", i18n.age(comment.created_at)),
  );
}
