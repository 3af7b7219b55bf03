// Updates of a shown <post-comments>: changed comments in place, new ones at the reader's wish.

import {
  PAGE_SIZE,
  addOrderSelect,
  append,
  articles,
  fetchPage,
  find,
  focus,
  idOf,
  part,
  revision,
  showStaleNote,
  updateTimes,
  widget,
} from "./more.js";

// Updates the shown comments in place. New comments are inserted (`now`) or announced. On failure, nothing changes; it is
// tried again when a service that is busy says so, and later than that, so that not all pages come back together.
export async function refresh(element, now) {
  const { signal } = element.controller;
  clearTimeout(element.retryTimer);
  await update(element, now).catch((failure) => {
    if (signal.aborted) return;
    element.emit("failed", { failure });
    const wait = failure.headers?.get("retry-after") * 1000 * (1 + Math.random());
    if (wait) element.retryTimer = setTimeout(() => signal.aborted || refresh(element, now), wait);
  });
}

async function update(element, now) {
  const { section, i18n } = element;
  const { signal } = element.controller;
  const order = element.getAttribute("order");
  const more = section.querySelector(".pc-more");
  const before = element.post?.comment_count;
  const items = articles(section);
  const comments = [];
  const missing = new Set(items.keys());
  let page = {};
  for (let pages = 0; pages <= items.size / PAGE_SIZE + 1 && (!pages || (page.next && (missing.size || !more))); pages++) {
    page = await fetchPage(element, page.next, PAGE_SIZE);
    comments.push(...page.comments);
    for (const comment of page.comments) missing.delete(idOf(comment));
  }
  if (signal.aborted) return;
  for (const comment of comments) updateComment(items.get(idOf(comment)), comment, i18n);
  for (const id of missing) removeComment(items.get(id));
  updateTimes(element);
  const newest = Math.max(0, ...[...items.keys()].map((id) => +id.slice(8)));
  // new comments that belong at an end of the list can be inserted; others are only counted
  const canInsert = order === "newest" || (order !== "reactions" && !more);
  const fresh = canInsert ? comments.filter((comment) => comment.id > newest) : [];
  const number = canInsert ? fresh.length : page.post.comment_count - before;
  if (updatePost(element, page.post)) return;
  showStaleNote(element);
  if (now && canInsert) await insert(element, fresh);
  else if (number > 0) announce(element, canInsert ? fresh : null, number);
  element.emitLoaded(page.post, now ? "loaded" : "changed");
}

function updateComment(article, comment, i18n) {
  if (!article || article.dataset.stamp === revision(comment)) return;
  const replacement = widget.createComment(comment, i18n);
  const { activeElement } = article.getRootNode();
  const hasFocus = article.contains(activeElement);
  const reply = article.querySelector(":scope > .pc-reply");
  if (reply) replacement.firstChild.after(reply);
  article.replaceChildren(...replacement.childNodes, ...article.querySelectorAll(":scope > .pc-list"));
  article.classList.toggle("pc-hidden", !!comment.hidden);
  article.dataset.stamp = revision(comment);
  if (hasFocus) focus(activeElement.isConnected ? activeElement : article);
}

// Removes a comment; its replies stay.
function removeComment(article) {
  article.replaceWith(...(article.querySelector(":scope > .pc-list")?.children || []));
}

// Updates the title. If the post's status changed, reloads the element and returns true.
function updatePost(element, post) {
  const { section, i18n } = element;
  const title = section.querySelector(".pc-title");
  const text = post.comment_count ? i18n.plural("comments", post.comment_count) : i18n.text("none");
  if (title) title.textContent = text;
  const isOther = (element.post?.status ?? element.getAttribute("status") ?? section.dataset.status) !== post.status;
  element.post = post;
  element.setAttribute("status", post.status);
  if (isOther) element.reload();
  return isOther;
}

async function insert(element, comments) {
  const list = part(element.section, "list");
  if (element.getAttribute("order") === "newest") {
    const top = widget.create("div");
    await append(element, comments, top);
    list.prepend(...top.children);
    updateTimes(element);
  } else await append(element, comments);
  addOrderSelect(element);
  return find(element, comments[0]);
}

function announce(element, comments, number) {
  const { section, i18n } = element;
  const news = section.querySelector(".pc-news");
  const button = widget.create("button", { type: "button" }, i18n.texts.new ? i18n.plural("new", number) : `+${number}`);
  button.onclick = async () => {
    news.replaceChildren();
    if (!comments) {
      element.wantsNews = true;
      element.setAttribute("order", "newest");
      return;
    }
    show(await insert(element, comments.filter((comment) => !find(element, comment))));
  };
  news.replaceChildren(button);
}

function show(article) {
  article?.scrollIntoView({ block: "nearest" });
  focus(article);
}

// Reads the comments again after each change, and when the page is visible again.
export function follow(element, listen, signal) {
  let timer;
  if (element.wantsNews) show(element.section.querySelector(".pc-comment:not(:has(.pc-pinned))"));
  element.wantsNews = false;
  const scheduleRefresh = () => {
    clearTimeout(timer);
    timer = setTimeout(() => refresh(element), 200);
  };
  const onEvent = ({ version }) => {
    if (version === element.post?.version) return;
    element.version = version;
    scheduleRefresh();
  };
  const number = element.number ?? element.getAttribute("ghissueid"); // the browser may have cached an older widget.js
  if (number) listen(widget.apiUrl(element, "posts").href, number, onEvent, signal);
  document.addEventListener("visibilitychange", () => document.hidden || scheduleRefresh(), { signal });
  signal.addEventListener("abort", () => clearTimeout(timer));
}
