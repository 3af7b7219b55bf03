// The start page: what is chosen shows in the preview, and in what there is to copy.
const BASE = new URL(".", import.meta.url);
const form = document.getElementById("choices");
const preview = document.getElementById("preview");
const told = document.getElementById("told");
const first = form.dataset.repo;
const snippets = [...document.querySelectorAll("[data-snippet]")].map((code) => [code, code.textContent]);
const addresses = [...document.querySelectorAll(".addresses a")].map((link) => [link, link.getAttribute("href")]);
const comments = document.createElement("post-comments");
let ordered = null; // the order that the preview was given last

const plural = (number, one, many) => `${number} ${number === 1 ? one : many}`;

// What was chosen, without what is meant anyway.
function chosen() {
  const { ghissueid, repo = first, lang, order, theme } = Object.fromEntries(new FormData(form));
  return { ghissueid, repo: repo === first ? "" : repo, lang, order, theme };
}

function show() {
  if (!form.ghissueid.validity.valid) return;
  const choice = chosen();
  for (const name in choice) {
    const [before, after] = [comments.getAttribute(name), choice[name] || null];
    if (before === after) continue;
    if (after) comments.setAttribute(name, after);
    else comments.removeAttribute(name);
  }
  ordered = comments.getAttribute("order");
  preview.dataset.theme = choice.theme;
  if (!comments.isConnected) preview.replaceChildren(comments);
  fill(choice);
}

function fill(choice) {
  for (const [code, text] of snippets) {
    const parts = filled(text, choice).split("\0");
    code.replaceChildren(...parts.map((part, at) => (at % 2 ? marked(part) : part)));
  }
  for (const [link, href] of addresses) {
    const path = href.replace(/(posts|issues)\/41/, `$1/${choice.ghissueid}`);
    const to = new URL(path.replace(`repos/${first}/`, `repos/${choice.repo || first}/`), BASE);
    const takes = link.dataset.takes?.split(" ") ?? [];
    for (const name of takes) if (choice[name]) to.searchParams.set(name, choice[name]);
    link.href = to;
  }
}

function marked(text) {
  const mark = document.createElement("mark");
  mark.textContent = text;
  return mark;
}

// A snippet with the choices in it; each of them stands between two NULs.
function filled(text, { ghissueid, ...others }) {
  const { theme, order, ...everywhere } = others;
  return text
    .replace(/\/posts\/[^\s"'`]*\.html/g, (address) => address + between(parameters(others), "?"))
    .replace(/<(post-comments|comment-count) ghissueid=("[^"]*"|\{[^}]*\})/g, (tag, name) => {
      const given = Object.entries(name === "post-comments" ? others : everywhere).filter(([, value]) => value);
      return tag + between(given.map(([key, value]) => ` ${key}="${value}"`).join(""));
    })
    .replace(/(ghissueid(?:="|: )|\/issues\/|\/posts\/)41\b/g, `$1${between(ghissueid)}`)
    .replaceAll(`/${first}/issues/`, `/${others.repo ? between(others.repo) : first}/issues/`);
}

const between = (text, before = "") => (text ? `\0${before}${text}\0` : "");
const parameters = ({ repo, lang, order }) =>
  Object.entries({ repo, lang, order }).filter(([, value]) => value).map(([name, value]) => `${name}=${value}`).join("&");

// The posts that there are, those with most comments first.
async function suggest() {
  const { repo } = chosen();
  const known = document.getElementById("known");
  const address = new URL(`api/v1/counts${repo ? `?repo=${repo}` : ""}`, BASE);
  const answer = await fetch(address).catch(() => null);
  if (!answer?.ok) return (known.textContent = "Which posts there are cannot be read at the moment.");
  const counts = Object.entries((await answer.json()).counts).filter(([, count]) => count);
  counts.sort(([, a], [, b]) => b - a);
  document.getElementById("numbers").replaceChildren(
    ...counts.slice(0, 50).map(([value, count]) =>
      Object.assign(document.createElement("option"), { value, label: plural(count, "comment", "comments") }),
    ),
  );
  known.textContent = counts.length
    ? `${plural(counts.length, "post has", "posts have")} comments; #${counts[0][0]} has most.`
    : "No post has comments yet.";
  if (counts.length) form.ghissueid.value = counts[0][0];
}

function copyable(figure) {
  const code = figure.querySelector("code");
  const what = figure.querySelector("strong").textContent;
  const button = document.createElement("button");
  Object.assign(button, { type: "button", textContent: "Copy", ariaLabel: `Copy: ${what}` });
  let timer;
  button.onclick = async () => {
    let outcome = "Copied";
    try {
      await navigator.clipboard.writeText(code.textContent);
    } catch {
      getSelection().selectAllChildren(code); // a page that is not served by https may not write there
      outcome = "Selected";
    }
    told.textContent = `${outcome}: ${what}`;
    button.textContent = outcome;
    clearTimeout(timer);
    timer = setTimeout(() => (told.textContent = "", button.textContent = "Copy"), 2500);
  };
  figure.querySelector("pre").before(button);
}

// Sections one below the other become tabs: https://www.w3.org/WAI/ARIA/apg/patterns/tabs/
function tabbed(panels) {
  const list = Object.assign(document.createElement("div"), { role: "tablist", ariaLabel: "Your site" });
  const tabs = panels.map((panel) => {
    const title = panel.querySelector("h3");
    const tab = document.createElement("button");
    Object.assign(tab, { type: "button", role: "tab", id: title.id, textContent: title.textContent });
    tab.setAttribute("aria-controls", panel.id);
    panel.role = "tabpanel";
    title.remove();
    return tab;
  });
  const select = (chosen) => {
    for (const [at, tab] of tabs.entries()) {
      tab.ariaSelected = String(tab === chosen);
      tab.tabIndex = tab === chosen ? 0 : -1;
      panels[at].hidden = tab !== chosen;
    }
  };
  const take = (tab) => {
    select(tab);
    history.replaceState(null, "", `#${tab.getAttribute("aria-controls")}`);
  };
  list.onclick = ({ target }) => tabs.includes(target) && take(target);
  list.onkeydown = (press) => {
    const here = tabs.indexOf(document.activeElement);
    const to = { ArrowRight: here + 1, ArrowLeft: here - 1, Home: 0, End: -1 }[press.key];
    if (to === undefined) return;
    press.preventDefault();
    const tab = tabs.at(to % tabs.length);
    tab.focus();
    take(tab);
  };
  list.append(...tabs);
  panels[0].before(list);
  select(tabs.find((tab) => `#${tab.getAttribute("aria-controls")}` === location.hash) ?? tabs[0]);
}

comments.setAttribute("loading", "eager");
comments.addEventListener("comments-loaded", () => {
  const order = comments.getAttribute("order");
  if (order === ordered) return;
  ordered = order; // chosen in the preview, as a reader would
  form.order.value = order === "oldest" ? "" : order;
  fill(chosen());
});
document.querySelectorAll("figure").forEach(copyable);
tabbed([...document.querySelectorAll(".kind")]);
form.addEventListener("submit", (event) => event.preventDefault());
let timer;
form.addEventListener("input", ({ target }) => {
  clearTimeout(timer);
  timer = setTimeout(async () => {
    if (target.name === "repo") await suggest();
    show();
  }, target.name === "ghissueid" ? 250 : 0);
});
form.hidden = false;
await suggest();
show();
