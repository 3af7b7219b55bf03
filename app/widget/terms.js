// A <post-comments> without a number: its thread is found by a term, labels or a marker, as older comment systems do.

const description = () => document.querySelector("meta[name=description]")?.content || "";

// What of the page a term may be, as utterances and beaudar compute it; giscus differs in two.
const PAGE = {
  pathname: () => (location.pathname.length < 2 ? "index" : location.pathname.slice(1).replace(/\.\w+$/, "")),
  url: () => document.querySelector("link[rel=canonical]")?.href || location.origin + location.pathname + location.search,
  title: () => document.title,
  "og:title": () => document.querySelector("meta:is([property='og:title'], [name='og:title'])")?.content || "",
  "giscus:url": () => location.href.split("#")[0],
  "giscus:og:title": () => document.querySelector("meta:is([property='og:title'], [name=title])")?.content || "",
};
// The service accepts no longer ones, and GitHub has no longer titles and labels: what is cut is no post's.
const MAX_TERM = 1000;
const MAX_LABEL = 100;
const cut = (text, maximum) => (text.length > maximum ? `${text.slice(0, maximum - 1)}…` : text);
const ATTRIBUTES = ["term", "term-of", "title-prefix", "label", "marker", "ghissueid"];
const address = () => location.href.split("#")[0];

function readQuery(element) {
  const name = element.getAttribute("term");
  const labels = element.getAttribute("label")?.split(",").map((label) => label.trim()).filter(Boolean) || [];
  const isOfPage = Object.hasOwn(PAGE, name);
  const parameters = {
    term: isOfPage ? PAGE[name]() : name,
    term_of: isOfPage ? name.replace("giscus:", "") : element.getAttribute("term-of"),
    title_prefix: name && element.getAttribute("title-prefix"),
    marker: element.getAttribute("marker"),
  };
  if (!parameters.term && !parameters.marker && !labels.length) throw new Error(`post-comments: ghissueid or term is needed, ${name || "and neither"} is here`);
  return { parameters, labels };
}

export function enhance(element, widget, signal) {
  const query = readQuery(element);
  const key = JSON.stringify(query);
  if (element.thread?.key !== key) element.thread = { key, number: null };
  if (element.link && !element.thread.number) element.link.href = element.link.href.replace(/(issues)\/.*/, "$1");
  override(element, widget, query);
  follow(element, key, signal);
}

// The element asks by its number as soon as it has one.
function override(element, widget, query) {
  const { prototype } = element.constructor;
  const get = () => element.getAttribute("ghissueid") || element.thread.number;
  Object.defineProperty(element, "number", { configurable: true, get });
  element.pageUrl = (...values) => {
    const url = prototype.pageUrl.apply(element, values);
    if (element.number) return url;
    url.pathname = url.pathname.replace(/[^/]*\/comments$/, "comments");
    for (const name in query.parameters) if (query.parameters[name]) url.searchParams.set(name, cut(query.parameters[name], MAX_TERM));
    for (const label of query.labels) url.searchParams.append("label", cut(label, MAX_LABEL));
    return url;
  };
  element.paint = (page) => {
    const { ghissueid, repo } = page.post;
    element.thread.number = ghissueid && `${ghissueid}`;
    if (!ghissueid) page.post.comment_url = newIssue(element, repo, query);
    prototype.paint.call(element, page);
    if (!ghissueid) element.section.querySelector(".pc-note")?.remove(); // a comment opens the conversation
  };
  element.showFailure = async (failure, retry) => {
    prototype.showFailure.call(element, failure, retry);
    if ([404, 409, 422].includes(failure.status)) explain(element, widget, await failure.json().catch(() => ({})));
  };
}

// Returns where a reader opens the issue that the thread will be, with the text that utterances gives it.
function newIssue(element, repo, { parameters, labels }) {
  const url = new URL(`https://github.com/${repo}/issues/new`);
  const { title_prefix, term } = parameters;
  const page = PAGE.url();
  const text = description().slice(0, 300);
  url.searchParams.set("title", element.getAttribute("issue-title") || (term ? (title_prefix || "") + term : document.title));
  url.searchParams.set("body", element.getAttribute("issue-body") || [`# ${document.title}`, text, `[${page}](${page})`].filter(Boolean).join("\n\n"));
  const names = [...labels, element.getAttribute("issue-label")].filter(Boolean);
  if (names.length) url.searchParams.set("labels", names.join());
  return url.href;
}

// Shows what the owner has to repair, with a link to the repository's issues.
function explain(element, widget, { detail }) {
  const note = element.querySelector(".pc-note[role]");
  const repo = element.getAttribute("repo");
  if (!note || !detail) return;
  note.replaceChildren(`${detail} `);
  if (repo) note.append(widget.create("a", { href: `https://github.com/${repo}/issues`, ...widget.LINK }, `github.com/${repo}`));
}

// Finds another thread when the attributes change, or a script replaces the page without loading it. A title counts only
// then: pages write into it while they are read.
function follow(element, key, signal) {
  const before = address();
  const check = (isOther) => {
    if (signal.aborted || (!isOther && address() === before)) return;
    let now;
    try {
      now = JSON.stringify(readQuery(element));
    } catch {}
    if (now === key) return;
    element.version = element.section = element.section?.remove();
    element.reload();
  };
  const observers = [new MutationObserver(() => check(true)), new MutationObserver(() => check())];
  observers[0].observe(element, { attributeFilter: ATTRIBUTES.slice(0, -1) });
  observers[1].observe(document.head, { childList: true, subtree: true, characterData: true });
  signal.addEventListener("abort", () => observers.forEach((observer) => observer.disconnect()));
  globalThis.navigation?.addEventListener("navigatesuccess", () => check(), { signal });
  addEventListener("popstate", () => check(), { signal });
}
