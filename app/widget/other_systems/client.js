// Stands in for client.js of utterances and of beaudar, and for that of giscus. It understands the attributes of its
// <script>, also with `data-` before them, and the messages that pages send to the frame.

const LIGHT = matchMedia("(prefers-color-scheme: light)");
const SYSTEM = /^preferred[-_]color[-_]scheme$/;
const attributes = {};
for (const { name, value } of script.attributes) attributes[name.replace(/^data-/, "")] = value;
const isGiscus = "mapping" in attributes || "repo-id" in attributes;

const element = createComments({ repo: attributes.repo, lang: isGiscus && attributes.lang, ...nameThread() });
const classes = isGiscus ? ["giscus"] : ["utterances", "beaudar"];
const existing = isGiscus && document.querySelector(".giscus");
const container = existing || createElement("div", classes.join(" "));
container.replaceChildren(createFrame(), element);
if (!existing) script.after(container);
script.remove();
let theme = attributes.theme;
applyTheme();
LIGHT.addEventListener("change", applyTheme);

// Returns the attributes of <post-comments> that name the thread.
function nameThread() {
  if (!isGiscus) {
    const term = attributes["issue-term"];
    return { term, ghissueid: term === undefined && attributes["issue-number"], "issue-label": attributes.label };
  }
  const { mapping = "pathname", term } = attributes;
  if (mapping === "number") return { ghissueid: term };
  return { term: mapping === "specific" ? term : mapping };
}

// Pages send messages to the frame of the other system, and wait for its first ones. This frame shows nothing.
function createFrame() {
  const frame = createElement("iframe", classes.map((name) => `${name}-frame`).join(" "), { title: "", "aria-hidden": "true" });
  frame.hidden = true;
  frame.style.display = "none";
  const receive = (data) => {
    const other = data?.type === "set-theme" ? data.theme : data?.giscus?.setConfig?.theme;
    if (typeof other !== "string") return;
    theme = other;
    applyTheme();
  };
  Object.defineProperties(frame, { src: { value: SERVICE }, contentWindow: { value: { postMessage: receive } } });
  const report = () => {
    frame.dispatchEvent(new Event("load"));
    const data = isGiscus ? { giscus: { resizeHeight: container.offsetHeight } } : { type: "resize", height: container.offsetHeight };
    dispatchEvent(new MessageEvent("message", { origin: root.origin, data }));
  };
  for (const name of ["loaded", "failed"]) element.addEventListener(`comments-${name}`, () => setTimeout(report), { once: true });
  return frame;
}

// A theme is light or dark. The themes of utterances also have their colours, in other-systems.css.
function applyTheme() {
  const name = !theme && isGiscus ? "preferred_color_scheme" : theme || "github-light";
  const isLight = SYSTEM.test(name) ? LIGHT.matches : !/dark|night|cobalt|orange|catppuccin_(?!latte)/.test(name);
  element.setAttribute("theme", isLight ? "light" : "dark");
  if (!isGiscus) element.dataset.look = SYSTEM.test(name) ? `github-${isLight ? "light" : "dark"}` : name;
}
