// Stands in for client.js of utterances and of beaudar, and for that of giscus. It understands the attributes of its
// <script>, also with `data-` before them, and the messages that pages send to the frame.

const LIGHT = matchMedia("(prefers-color-scheme: light)");
const SYSTEM = /^preferred[-_]color[-_]scheme$/;
const attributes = {};
for (const { name, value } of script.attributes) attributes[name.replace(/^data-/, "")] = value;
const isGiscus = "mapping" in attributes || "repo-id" in attributes;
const ORIGINS = isGiscus ? ["https://giscus.app"] : ["https://beaudar.lipk.org", "https://utteranc.es"];

const order = attributes["comment-order"] === "desc" && "newest"; // beaudar's
const element = createComments({ repo: attributes.repo, lang: isGiscus && attributes.lang, order, ...nameThread() });
const classes = isGiscus ? ["giscus"] : ["utterances", "beaudar"];
const existing = isGiscus && document.querySelector(".giscus");
const container = existing || createElement("div", classes.join(" "));
const frame = createFrame();
container.replaceChildren(frame, element);
if (!existing) script.after(container);
script.remove();
equip(frame, element, attributes.theme);
// a library may restore a copy of the page from its history
document.addEventListener("comments-loaded", ({ target }) => {
  const copy = target.previousElementSibling;
  const isCopy = copy?.matches(`.${classes[0]}-frame`) && !Object.hasOwn(copy, "contentWindow");
  const { look = target.getAttribute("theme") } = target.dataset;
  if (isCopy) equip(copy, target, SYSTEM.test(attributes.theme) ? attributes.theme : look, true);
});

// Returns the attributes of <post-comments> that name the thread.
function nameThread() {
  if (!isGiscus) {
    const term = attributes["issue-term"];
    return { term, ghissueid: term === undefined && attributes["issue-number"], "issue-label": attributes.label };
  }
  const { mapping = "pathname", term } = attributes;
  if (mapping === "number") return { ghissueid: term };
  if (/^(url|og:title)$/.test(mapping)) return { term: `giscus:${mapping}` };
  return { term: mapping === "specific" ? term : mapping };
}

// Pages send messages to the frame of the other system, wait for its own, and trust these by their origin and source. This
// frame shows nothing.
function createFrame() {
  const frame = createElement("iframe", classes.map((name) => `${name}-frame`).join(" "), { title: "", "aria-hidden": "true" });
  frame.hidden = true;
  frame.style.setProperty("display", "none", "important");
  return frame;
}

function equip(frame, element, theme, isLoaded) {
  const frameWindow = { postMessage: receive };
  Object.defineProperties(frame, { src: { value: SERVICE }, contentWindow: { value: frameWindow } });
  const send = (data) => {
    for (const origin of [...ORIGINS, root.origin]) {
      const message = new MessageEvent("message", { origin, data });
      dispatchEvent(Object.defineProperty(message, "source", { value: frameWindow }));
    }
  };
  const sizes = new ResizeObserver(() => {
    const height = element.offsetHeight;
    if (height) send(isGiscus ? { giscus: { resizeHeight: height } } : { type: "resize", height });
  });
  const report = () => {
    frame.dispatchEvent(new Event("load"));
    sizes.observe(element);
  };
  if (isLoaded) setTimeout(report);
  for (const name of ["loaded", "failed"]) element.addEventListener(`comments-${name}`, () => setTimeout(report), { once: true });
  if (attributes["emit-metadata"] === "1")
    for (const name of ["loaded", "changed"])
      element.addEventListener(`comments-${name}`, ({ detail }) => element.post?.ghissueid && send({ giscus: describe(element.post, detail) }));
  LIGHT.addEventListener("change", () => applyTheme(element, theme));
  applyTheme(element, theme);

  function receive(data) {
    const { setConfig = {} } = data?.giscus || {};
    const other = data?.type === "set-theme" ? data.theme : setConfig.theme;
    if (typeof other === "string") applyTheme(element, (theme = other));
    const names = { ghissueid: setConfig.number, term: setConfig.term, lang: setConfig.lang };
    for (const name in names) if (names[name]) element.setAttribute(name, names[name]);
    if (names.term) element.removeAttribute("ghissueid");
  }
}

// Returns what giscus tells the page of a discussion. Issues have no replies apart from comments.
function describe({ ghissueid, repo, issue_url }, { count, status }) {
  const discussion = { id: `${ghissueid}`, url: issue_url, locked: status === "locked", repository: { nameWithOwner: repo } };
  return { discussion: { ...discussion, totalCommentCount: count ?? 0, totalReplyCount: 0, reactionCount: 0, reactions: {} }, viewer: null };
}

// A theme is light or dark. The themes of utterances also have their colours, in other-systems.css.
function applyTheme(element, theme) {
  const name = !theme && isGiscus ? "preferred_color_scheme" : theme || "github-light";
  const isLight = SYSTEM.test(name) ? LIGHT.matches : !/dark|night|cobalt|orange|catppuccin_(?!latte)/.test(name);
  element.setAttribute("theme", isLight ? "light" : "dark");
  if (!isGiscus) element.dataset.look = SYSTEM.test(name) ? `github-${isLight ? "light" : "dark"}` : name;
}
