// The start page: the choices show in the preview and in the snippets to copy.
const BASE = new URL(".", import.meta.url);
const form = document.getElementById("choices");
const preview = document.getElementById("preview");
const status = document.getElementById("told");
const defaultRepo = form.dataset.repo;
const snippets = [...document.querySelectorAll("[data-snippet]")].map((code) => [code, code.textContent]);
const links = [...document.querySelectorAll(".addresses a")].map((link) => [link, link.getAttribute("href")]);
const comments = document.createElement("post-comments");
let previewOrder = null; // the order that the form set last

const plural = (number, one, many) => `${number} ${number === 1 ? one : many}`;

// Returns the choices, with "" for the default repository.
function readChoices() {
  const { ghissueid, repo = defaultRepo, lang, order, theme } = Object.fromEntries(new FormData(form));
  return { ghissueid, repo: repo === defaultRepo ? "" : repo, lang, order, theme };
}

function show() {
  if (!form.ghissueid.validity.valid) return;
  const choices = readChoices();
  for (const name in choices) {
    const [before, after] = [comments.getAttribute(name), choices[name] || null];
    if (before === after) continue;
    if (after) comments.setAttribute(name, after);
    else comments.removeAttribute(name);
  }
  previewOrder = comments.getAttribute("order");
  preview.dataset.theme = choices.theme;
  if (!comments.isConnected) preview.replaceChildren(comments);
  update(choices);
}

// Puts the choices into the snippets and links.
function update(choices) {
  for (const [code, text] of snippets) {
    const parts = insertChoices(text, choices).split("\0");
    code.replaceChildren(...parts.map((part, index) => (index % 2 ? createMark(part) : part)));
  }
  for (const [link, href] of links) {
    const path = href.replace(/(posts|issues)\/41/, `$1/${choices.ghissueid}`);
    const url = new URL(path.replace(`repos/${defaultRepo}/`, `repos/${choices.repo || defaultRepo}/`), BASE);
    const names = link.dataset.takes?.split(" ") ?? [];
    for (const name of names) if (choices[name]) url.searchParams.set(name, choices[name]);
    link.href = url;
  }
}

function createMark(text) {
  const mark = document.createElement("mark");
  mark.textContent = text;
  return mark;
}

// Returns a snippet with the choices in it, each between two NULs.
function insertChoices(text, { ghissueid, ...others }) {
  const { theme, order, ...common } = others;
  return text
    .replace(/\/posts\/[^\s"'`]*\.html/g, (url) => url + delimit(query(others), "?"))
    .replace(/<(post-comments|comment-count) ghissueid=("[^"]*"|\{[^}]*\})/g, (tag, name) => {
      const attributes = Object.entries(name === "post-comments" ? others : common).filter(([, value]) => value);
      return tag + delimit(attributes.map(([key, value]) => ` ${key}="${value}"`).join(""));
    })
    .replace(/(ghissueid(?:="|: )|\/issues\/|\/posts\/)41\b/g, `$1${delimit(ghissueid)}`)
    .replaceAll(`/${defaultRepo}/issues/`, `/${others.repo ? delimit(others.repo) : defaultRepo}/issues/`);
}

const delimit = (text, prefix = "") => (text ? `\0${prefix}${text}\0` : "");
const query = ({ repo, lang, order }) =>
  Object.entries({ repo, lang, order }).filter(([, value]) => value).map(([name, value]) => `${name}=${value}`).join("&");

// Suggests the posts with the most comments, and chooses the first.
async function suggestPosts() {
  const { repo } = readChoices();
  const hint = document.getElementById("known");
  const url = new URL(`api/v1/counts${repo ? `?repo=${repo}` : ""}`, BASE);
  const response = await fetch(url).catch(() => null);
  if (!response?.ok) return (hint.textContent = "Which posts there are cannot be read at the moment.");
  const counts = Object.entries((await response.json()).counts).filter(([, count]) => count);
  counts.sort(([, a], [, b]) => b - a);
  document.getElementById("numbers").replaceChildren(
    ...counts.slice(0, 50).map(([value, count]) =>
      Object.assign(document.createElement("option"), { value, label: plural(count, "comment", "comments") }),
    ),
  );
  hint.textContent = counts.length
    ? `${plural(counts.length, "post has", "posts have")} comments; #${counts[0][0]} has most.`
    : "No post has comments yet.";
  if (counts.length) form.ghissueid.value = counts[0][0];
}

function prepareCopyButton(figure) {
  const code = figure.querySelector("code");
  const title = figure.querySelector("strong").textContent;
  const button = figure.querySelector("button");
  let timer;
  button.onclick = async () => {
    let outcome = "Copied";
    try {
      await navigator.clipboard.writeText(code.textContent);
    } catch {
      getSelection().selectAllChildren(code); // browsers deny clipboard access to pages served without https
      outcome = "Selected";
    }
    status.textContent = `${outcome}: ${title}`;
    button.textContent = outcome;
    clearTimeout(timer);
    timer = setTimeout(() => (status.textContent = "", button.textContent = "Copy"), 2500);
  };
  button.hidden = false;
}

// Turns the links to sections into tabs: https://www.w3.org/WAI/ARIA/apg/patterns/tabs/
function createTabs(list, panels) {
  const tabs = [...list.children];
  list.role = "tablist";
  for (const [index, tab] of tabs.entries()) {
    tab.role = "tab";
    tab.setAttribute("aria-controls", panels[index].id);
    panels[index].role = "tabpanel";
  }
  const select = (selection) => {
    for (const [index, tab] of tabs.entries()) {
      tab.ariaSelected = String(tab === selection);
      tab.tabIndex = tab === selection ? 0 : -1;
      panels[index].hidden = tab !== selection;
    }
  };
  const activate = (tab) => {
    select(tab);
    history.replaceState(null, "", `#${tab.getAttribute("aria-controls")}`);
  };
  list.onclick = (event) => {
    if (!tabs.includes(event.target)) return;
    event.preventDefault();
    activate(event.target);
  };
  list.onkeydown = (event) => {
    const current = tabs.indexOf(document.activeElement);
    if (event.key === " ") event.target.click();
    const next = { ArrowRight: current + 1, ArrowLeft: current - 1, Home: 0, End: -1, " ": current }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    const tab = tabs.at(next % tabs.length);
    tab.focus();
    activate(tab);
  };
  select(tabs.find((tab) => tab.hash === location.hash) ?? tabs[0]);
  panels[0].parentElement.className = "chosen";
}

comments.setAttribute("loading", "eager");
comments.addEventListener("comments-loaded", () => {
  const order = comments.getAttribute("order");
  if (order === previewOrder) return;
  previewOrder = order; // a visitor has changed the order in the preview
  form.order.value = order === "oldest" ? "" : order;
  update(readChoices());
});
document.querySelectorAll("figure").forEach(prepareCopyButton);
createTabs(document.querySelector(".tabs"), document.querySelectorAll(".kind"));
let timer;
form.addEventListener("submit", (event) => {
  event.preventDefault();
  clearTimeout(timer);
  show();
});
form.addEventListener("input", ({ target }) => {
  clearTimeout(timer);
  timer = setTimeout(async () => {
    if (target.name === "repo") await suggestPosts();
    show();
  }, target.name === "ghissueid" ? 250 : 0);
});
await suggestPosts();
show();
