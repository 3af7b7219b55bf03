// What the scripts share that stand in for those of other comment systems: they put a <post-comments> into the page.
// app/web/assets.py wraps each of them in a function together with this file.
const script = document.currentScript;
// a loader may run the text of what it requested
const requests = performance.getEntriesByType("resource").map(({ name }) => name);
const source = script?.src || requests.findLast((name) => /\/(gitalk|gitment|gitmint|vssue)[^/]*\.js\b/.test(name));
const root = new URL("@root", source); // the way up from the folders that the script was requested in
const SERVICE = root.href;

function createElement(name, className, attributes = {}) {
  const element = document.createElement(name);
  if (className) element.className = className;
  for (const key in attributes) if (attributes[key] || attributes[key] === 0) element.setAttribute(key, attributes[key]);
  return element;
}

// Returns how many comments a page has: templates also write texts and 0.
const readPageSize = (value, initial) => Math.min(value >= 1 ? Math.trunc(value) : initial, 100);

// Loads the widget once, with its style sheets before those of the page, so that the page's rules win.
function loadWidget() {
  for (const name of ["other-systems.css", "widget.css"]) {
    const href = SERVICE + name;
    if (![...document.styleSheets].some((sheet) => sheet.href === href) && !document.querySelector(`link[href="${href}"]`))
      document.head.prepend(createElement("link", "", { rel: "stylesheet", href }));
  }
  return import(`${SERVICE}widget.js`);
}

function createComments(attributes) {
  const element = createElement("post-comments", "", attributes);
  const url = `https://github.com/${attributes.repo}/issues`;
  // readers find the comments on GitHub if they cannot be shown
  element.addEventListener("comments-failed", async ({ detail: { failure } }) => {
    const note = element.querySelector(".pc-note[role]");
    if (!note || note.querySelector("a")) return;
    note.append(" ", createElement("a", "", { href: url, rel: "noopener" }));
    note.lastChild.textContent = url.slice(8);
    if (failure?.status !== 404 || !element.getAttribute("ghissueid")) return;
    const { detail } = await failure.json().catch(() => ({}));
    if (detail) note.replaceChildren(`${detail} `, note.lastChild);
  });
  loadWidget().catch((failure) => {
    console.error(failure);
    if (!element.firstChild) element.append(createElement("a", "", { href: url }));
    element.firstChild.textContent ||= url.slice(8);
  });
  return element;
}
