// What a painted <post-comments> gets afterwards: the order select, further pages and permalinks. Updates are in updates.js.

export const PAGE_SIZE = 100;
export let widget; // the exports of widget.js, passed in because a page may load that from several addresses

export async function enhance(element, exports, signal, isPainted) {
  if (!(signal instanceof AbortSignal)) return; // the browser has cached an older widget.js, replaced at the next visit
  widget = exports;
  const hasMore = element.section.querySelector(".pc-more");
  const later = Promise.all([import("./updates.js"), import("./live.js"), hasMore && import("./all.js")]);
  await element.i18n.load();
  if (signal.aborted) return;
  const { section } = element;
  removeCopies(section);
  for (const comment of element.comments || []) {
    const article = find(element, comment);
    if (article) article.dataset.stamp ??= revision(comment);
  }
  section.append(widget.create("div", { className: "pc-news", role: "status" }));
  addStyle(section);
  addOrderSelect(element);
  addByline(section);
  showStaleNote(element);
  completeTexts(element);
  element.more = (limit) => loadMore(element, limit);
  removeBrokenAvatars(section, signal);
  updateTimes(element);
  followScheme(element, signal);
  const timer = setInterval(() => updateTimes(element), 60_000);
  signal.addEventListener("abort", () => clearInterval(timer));
  followLinks(element, signal);
  beginAgainWhenReplaced(element, signal);
  try {
    const [updates, { listen }, all] = await later;
    if (!signal.aborted) all?.follow(element, signal);
    if (isPainted && !signal.aborted) await updates.refresh(element, true);
    if (!signal.aborted) await openPermalink(element);
    if (!signal.aborted && element.getAttribute("live") !== "off") updates.follow(element, listen, signal);
  } catch (failure) {
    element.emit("failed", { failure });
  }
}

// A page that a library has copied, and shows again, has controls without their listeners.
function removeCopies(section) {
  for (const copy of section.querySelectorAll(".pc-news, .pc-order, .pc-note[role]")) copy.remove();
  section.querySelector(".pc-more")?.removeAttribute("aria-busy");
  section.querySelector(".pc-list")?.style.removeProperty("min-block-size");
}

// A library may put the page's first content back, in the middle of any state. The comments that were shown stay.
function beginAgainWhenReplaced(element, signal) {
  const news = element.section.querySelector(".pc-news");
  const check = () => {
    if (signal.aborted || (element.contains(news) && element.getAttribute("state") === "ready")) return;
    element.disconnectedCallback();
    element.connectedCallback(true);
  };
  const observer = new MutationObserver(check);
  observer.observe(element, { attributeFilter: ["state"], childList: true, subtree: true });
  signal.addEventListener("abort", () => observer.disconnect());
  check(); // it may have done so while this file was loading
}

// Returns a part of the section. A minifier may have dropped it while it was empty.
export function part(section, name) {
  let element = section.querySelector(`.pc-${name}`);
  if (element) return element;
  element = widget.create("div", { className: `pc-${name}` });
  if (name === "head") section.prepend(element);
  else part(section, "head").after(element);
  return element;
}

// Reader modes take the first text with such a class for the page's author: this one has nothing to show.
function addByline(section) {
  if (section.querySelector(".pc-byline")) return;
  section.querySelector(".pc-head")?.append(widget.create("span", { className: "pc-byline" }, "\u200b"));
}

// Adds the style sheet that the first paint does not need. In the section it is also in a shadow root, and goes with it.
function addStyle(section) {
  if (section.querySelector(":scope > link[rel=stylesheet]")) return;
  section.append(widget.create("link", { rel: "stylesheet", href: new URL("content.css", import.meta.url) }));
}

// Without its image an avatar shows the author's initial.
function removeBrokenAvatars(section, signal) {
  const check = (image) => image.closest(".pc-avatar") && image.complete && !image.naturalWidth && image.remove();
  section.addEventListener("error", (event) => check(event.target), { capture: true, signal });
  section.querySelectorAll("img").forEach(check);
}

// In languages that browsers lack, in digits as in Sweden: 2026-01-14 10:00.
function formatTime(time, i18n) {
  const { locale, second } = i18n.texts;
  const options = { dateStyle: second ? "short" : "long", timeStyle: "short" };
  i18n.dateTime ??= new Intl.DateTimeFormat(second ? "sv" : locale, options); // slow to create
  return i18n.dateTime.format(new Date(time));
}

// Shows how long ago comments were written, and the exact time on hover. Lets the keyboard scroll wide content. Says that
// headings in comments are below the section's: the service knows only its usual level, 2.
export function updateTimes(element) {
  const { section, i18n } = element;
  const lower = element.getAttribute("heading") - 2;
  if (lower > 0) for (const title of section.querySelectorAll(".pc-body :is(h3, h4, h5, h6)")) title.ariaLevel = +title.localName[1] + lower;
  for (const link of section.querySelectorAll(LINKS)) updateLink(link);
  for (const wide of section.querySelectorAll(".pc-body :is(pre, table)")) if (wide.scrollWidth > wide.clientWidth) wide.tabIndex = 0;
  for (const time of section.querySelectorAll(".pc-when time")) {
    const { textContent } = i18n.age(time.dateTime);
    const title = formatTime(time.dateTime, i18n);
    if (time.textContent !== textContent || time.title !== title) Object.assign(time, { textContent, title });
  }
}

// The reader's clock may be behind: the service's last check is in the past, also in a response that a cache has kept.
// A clock that is ahead is left as it is, because an old response would look the same. So is one that is weeks behind:
// TLS would fail, so a page has set it, for a test.
function correctClock(element) {
  const { post, i18n } = element;
  const delay = new Date(post?.checked_at ?? 0) - Date.now();
  if (!(delay > (i18n.delay || 0)) || delay > 2e9) return;
  i18n.delay = delay;
  updateTimes(element);
}

// Says how old the comments are if the service could not reach GitHub.
export function showStaleNote(element) {
  const { section, i18n, post } = element;
  section.querySelector(".pc-stale")?.remove();
  correctClock(element);
  if (!post?.stale || !post.checked_at) return;
  const text = i18n.text("stale", { time: formatTime(post.checked_at, i18n) });
  section.append(widget.create("div", { className: "pc-note pc-stale" }, text));
}

export function addOrderSelect(element) {
  const { section, i18n } = element;
  const head = part(section, "head");
  if (head.querySelector(".pc-order") || !i18n.texts.order || section.querySelectorAll(".pc-comment").length < 2) return;
  const options = ["oldest", "newest", "reactions"].map((value) =>
    widget.create("option", { value, selected: value === (element.getAttribute("order") || "oldest") }, i18n.text(value)),
  );
  const select = widget.create("select", { ariaLabel: i18n.text("order") }, ...options);
  select.onchange = () => {
    element.focusOrder = true;
    element.setAttribute("order", select.value);
  };
  head.append(widget.create("span", { className: "pc-order" }, select));
  if (element.focusOrder) select.focus({ preventScroll: true });
  element.focusOrder = false;
}

// A request that finds no free connection would wait without end.
const limited = (signal) => AbortSignal.any?.([signal, AbortSignal.timeout(30_000)]) ?? signal;

// Revalidates, because the browser may have cached a response that is already shown.
export const fetchPage = (element, cursor, limit) =>
  widget.fetchJson(element.pageUrl(cursor, limit), { signal: limited(element.controller.signal), cache: "no-cache" });
export const articles = (section) => new Map([...section.querySelectorAll(".pc-comment")].map((article) => [article.id, article]));
export const idOf = (comment) => `comment-${comment.id}`;
export const find = (element, comment) => element.section.querySelector(`#comment-${comment?.id}`);

// Changes whenever the comment's appearance does; app/render/fragment.py computes the same.
export const revision = (comment) =>
  [comment.edited_at, comment.html?.length, comment.hidden, +comment.pinned, ...Object.values(comment.reactions)].join();

// Appends the next page. Space for it is reserved at once: right after a click readers expect the page to move.
export async function loadMore(element, limit, keepFocus) {
  const { section } = element;
  const { signal } = element.controller;
  const more = section?.querySelector(".pc-more"); // missing while another post's comments load
  if (!more || more.ariaBusy) return;
  section.querySelector(".pc-note[role]")?.remove();
  const cursor = more.dataset.cursor || new URL(more.querySelector("a").href).searchParams.get("cursor");
  const list = part(section, "list");
  const before = articles(section).size;
  more.ariaBusy = "true";
  const expected = Math.min((element.post?.comment_count || before + 50) - before, limit || element.getAttribute("limit") || 50);
  list.style.minBlockSize = `${list.offsetHeight * (1 + expected / before)}px`;
  try {
    const page = await fetchPage(element, cursor, limit);
    const comments = page.comments.filter((comment) => !find(element, comment));
    await append(element, comments);
    if (signal.aborted) return;
    if (page.next) {
      more.dataset.cursor = page.next;
      more.replaceChildren(widget.create("button", { type: "button" }, "…"));
      labelMoreButton(element);
    } else more.remove();
    if (articles(section).size >= page.post.comment_count) section.querySelector(".pc-news")?.replaceChildren();
    if (!keepFocus) focus(find(element, comments[0]));
    element.emitLoaded(page.post, "loaded");
  } catch (failure) {
    if (!signal.aborted) element.showFailure(failure, () => loadMore(element, limit));
  } finally {
    more.ariaBusy = null;
    list.style.minBlockSize = "";
  }
}

// Writes the texts that the first paint has left out, if they could be loaded.
function completeTexts(element) {
  const link = element.section.querySelector(".pc-write a");
  if (link?.textContent === "…") link.textContent = element.i18n.text("write") || "…";
  labelMoreButton(element);
}

// Says on the button how many comments the next page has. The cursor stands in the page, so a copy of it has the same.
function labelMoreButton(element) {
  const { section, i18n, post } = element;
  const button = section.querySelector(".pc-more button");
  const rest = post?.comment_count - articles(section).size;
  if (button && rest > 0 && i18n.texts.more)
    button.textContent = i18n.plural("more", Math.min(rest, element.getAttribute("limit") || 50));
}

// Appends in small batches, between which the browser can handle input.
export async function append(element, comments, list = part(element.section, "list")) {
  for (let start = 0; start < comments.length; start += 20) {
    if (start) await new Promise((resolve) => setTimeout(resolve));
    const batch = comments.slice(start, start + 20);
    widget.append(list, batch, element.i18n, element.getAttribute("order"));
    for (const comment of batch) completeComment(element, comment, list);
  }
  updateTimes(element);
  followScheme(element, element.controller?.signal);
}

// Lets images that are meant for a dark or a light page follow the page's scheme.
function followScheme({ section }, signal) {
  if (!signal || !section.querySelector(".pc-dark, .pc-light")) return;
  import("./scheme.js").then((scheme) => scheme.followScheme(section, signal)).catch(() => {});
}

// Marks a comment with its revision, and links it to its target if that stands elsewhere on the page.
function completeComment(element, comment, list) {
  const article = list.querySelector(`#${idOf(comment)}`);
  const target = find(element, { id: comment.reply_to });
  article.dataset.stamp = revision(comment);
  if (target && article.parentElement.closest(".pc-comment") !== target && !article.querySelector(".pc-reply"))
    widget.linkReply(article, comment, target, element.i18n);
}

export function focus(article) {
  if (!article) return;
  if (article.tabIndex < 0) article.tabIndex = -1; // it can receive the focus by script only
  article.focus({ preventScroll: true });
}

const LINKS = ".pc-when a, .pc-reply";
const isRoute = () => /^#.*[!/]/.test(location.hash); // of a router: the hash is the view, and must stay

// Makes a permalink lead to this page if its <base> is another, and to this view if its hash is a router's.
function updateLink(link) {
  const [hash] = link?.getAttribute("href").match(/#comment-\d+$/) || [];
  if (!hash) return;
  const [page, route] = location.href.split("#");
  if (isRoute()) link.href = `${page}#${route}${hash}`;
  else link.href = document.baseURI.split("#")[0] === page ? hash : page + hash;
}

// Handles clicks on permalinks and "Show more". The page may have another address than when its comments were painted.
function followLinks(element, signal) {
  const { section } = element;
  for (const name of ["pointerover", "focusin"])
    section.addEventListener(name, ({ target }) => updateLink(target.closest(LINKS)), { signal });
  addEventListener("hashchange", () => openPermalink(element), { signal });
  section.addEventListener("click", (click) => {
    if (click.target.closest(".pc-more :is(a, button):not(.pc-all)")) {
      click.preventDefault();
      click.stopPropagation(); // a navigation library may listen at the link
      loadMore(element);
    }
    const link = click.target.closest(LINKS);
    if (!link || click.button || click.ctrlKey || click.metaKey || click.shiftKey || click.altKey) return;
    click.preventDefault();
    const { hash } = link;
    if (isRoute() || location.hash === hash) openPermalink(element, hash);
    else location.hash = hash;
  }, { capture: true, signal });
}

// Opens what a browser would open to show a place that it has found.
function openAncestors(article) {
  for (let closed = article; (closed = closed.parentElement?.closest("details:not([open]), [hidden=until-found]")); ) {
    closed.dispatchEvent(new Event("beforematch", { bubbles: true }));
    if (closed.hidden) closed.hidden = false;
    else closed.open = true;
  }
}

// Opens the comment that a hash names, on whichever page of the thread it stands.
async function openPermalink(element, hash = location.hash) {
  const [id] = hash.match(/comment-\d+$/) || [];
  if (!id) return;
  const { section } = element;
  const { signal } = element.controller;
  const comment = { id: id.slice(8) };
  for (let size = -1; !document.getElementById(id) && !find(element, comment) && section.querySelector(".pc-more") && size !== articles(section).size; ) {
    size = articles(section).size;
    await loadMore(element, PAGE_SIZE, true);
    if (signal.aborted) return;
  }
  const article = find(element, comment);
  if (!article) return;
  section.querySelector(".pc-target")?.classList.remove("pc-target");
  article.classList.add("pc-target");
  openAncestors(article);
  article.scrollIntoView();
  focus(article);
}
