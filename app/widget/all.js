// "Show all" beside "show more": loads the rest of a thread page by page.

import { PAGE_SIZE, articles, focus, loadMore, widget } from "./more.js";

// Offers the button whenever more than one further page remains.
export function follow(element, signal) {
  const { section } = element;
  for (const copy of section.querySelectorAll(".pc-all, .pc-progress")) copy.remove(); // by a library that keeps pages
  for (const name of ["loaded", "changed"]) element.addEventListener(`comments-${name}`, () => offer(element), { signal });
  section.addEventListener("click", (click) => click.target.closest(".pc-all") && loadAll(element), { signal });
  offer(element);
}

function offer(element) {
  const { section, post, i18n } = element;
  const more = section.querySelector(".pc-more");
  const button = more?.querySelector(".pc-all");
  const rest = post?.comment_count - articles(section).size;
  if (!(rest > (element.getAttribute("limit") || 50))) button?.remove();
  else if (more && !button && i18n.texts.all) {
    const all = widget.create("button", { type: "button", className: "pc-all" }, i18n.text("all"));
    if (more.querySelector("a")) all.style.marginBlock = "calc(-.5rem - 1px)"; // no higher than the link of a fragment
    more.append(" ", all);
  }
}

// Shows the progress in a bar that stays in view, where the reader can stop.
async function loadAll(element) {
  const { section, i18n, post } = element;
  const { signal } = element.controller;
  const more = section.querySelector(".pc-more");
  if (more.ariaBusy || section.querySelector(".pc-progress")) return;
  const before = articles(section);
  const progress = widget.create("progress", { ariaLabel: i18n.text("loading"), max: post.comment_count, value: before.size });
  const stop = widget.create("button", { type: "button" }, i18n.text("stop"));
  const bar = widget.create("div", { className: "pc-progress" }, progress, " ", stop);
  let isStopped = false;
  stop.onclick = () => (isStopped = true);
  more.after(bar);
  stop.focus({ preventScroll: true });
  for (let size = -1; more.isConnected && !isStopped && size !== progress.value; ) {
    size = progress.value;
    await loadMore(element, PAGE_SIZE, true);
    if (signal.aborted) return;
    progress.value = articles(section).size;
  }
  const hasFocus = bar.contains(bar.getRootNode().activeElement);
  bar.remove();
  if (hasFocus && more.isConnected) more.firstChild.focus({ preventScroll: true });
  else if (hasFocus) focus([...articles(section).values()].find((article) => !before.has(article.id)));
}
