// What a painted <post-comments> gets afterwards: the order select, further pages, permalinks, updates and new comments.

export const PAGE_SIZE = 100;
export let widget; // the exports of widget.js, passed in because a page may load that from several addresses

export async function enhance(element, exports, isPainted) {
  if (!element.controller) return; // the browser has cached an older widget.js, which is replaced at the next visit
  widget = exports;
  const { signal } = element.controller;
  await element.i18n.load();
  if (signal.aborted) return;
  const { section, i18n } = element;
  const news = widget.create("div", { className: "pc-news", role: "status" });
  section.querySelector(".pc-news")?.remove();
  section.append(news);
  addOrderSelect(element);
  showStaleNote(element);
  element.more = (limit) => loadMore(element, limit);
  section.addEventListener("click", (click) => {
    if (!click.target.closest(".pc-more a, .pc-more button") || click.target.closest(".pc-all")) return;
    click.preventDefault();
    loadMore(element);
  }, { signal });
  removeBrokenAvatars(section, signal);
  updateTimes(section, i18n);
  const timer = setInterval(() => updateTimes(section, i18n), 60_000);
  signal.addEventListener("abort", () => clearInterval(timer));
  addEventListener("hashchange", () => openPermalink(element), { signal });
  if (section.querySelector(".pc-more")) (await import("./all.js")).follow(element, signal);
  if (isPainted) await refresh(element, true);
  if (signal.aborted) return;
  await openPermalink(element);
  if (element.getAttribute("live") !== "off") listen(element, signal);
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

// Shows how long ago comments were written, and the exact time on hover. Lets the keyboard scroll wide content.
function updateTimes(section, i18n) {
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
function correctClock({ section, post, i18n }) {
  const delay = new Date(post?.checked_at ?? 0) - Date.now();
  if (!(delay > (i18n.delay || 0)) || delay > 2e9) return;
  i18n.delay = delay;
  updateTimes(section, i18n);
}

// Says how old the comments are if the service could not reach GitHub.
function showStaleNote(element) {
  const { section, i18n, post } = element;
  section.querySelector(".pc-stale")?.remove();
  correctClock(element);
  if (!post?.stale || !post.checked_at) return;
  const text = i18n.text("stale", { time: formatTime(post.checked_at, i18n) });
  section.append(widget.create("div", { className: "pc-note pc-stale" }, text));
}

function addOrderSelect(element) {
  const { section, i18n } = element;
  const head = section.querySelector(".pc-head");
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

// Revalidates, because the browser may have cached a response that is already shown.
const fetchPage = (element, cursor, limit) =>
  widget.fetchJson(element.pageUrl(cursor, limit), { signal: element.controller.signal, cache: "no-cache" });
export const articles = (section) => new Map([...section.querySelectorAll(".pc-comment")].map((article) => [article.id, article]));
const idOf = (comment) => `comment-${comment.id}`;
const find = (element, comment) => element.section.querySelector(`#comment-${comment?.id}`);

// Appends the next page. Space for it is reserved at once: right after a click readers expect the page to move.
export async function loadMore(element, limit, keepFocus) {
  const { section } = element;
  const { signal } = element.controller;
  const more = section?.querySelector(".pc-more"); // missing while another post's comments load
  if (!more || more.ariaBusy) return;
  section.querySelector(".pc-note[role]")?.remove();
  const list = section.querySelector(".pc-list");
  const before = articles(section).size;
  const cursor = element.next || new URL(more.firstChild.href).searchParams.get("cursor");
  more.ariaBusy = "true";
  const expected = Math.min((element.post?.comment_count || before + 50) - before, limit || element.getAttribute("limit") || 50);
  list.style.minBlockSize = `${list.offsetHeight * (1 + expected / before)}px`;
  try {
    const page = await fetchPage(element, cursor, limit);
    const comments = page.comments.filter((comment) => !find(element, comment));
    await append(element, comments);
    if (signal.aborted) return;
    element.next = page.next;
    const rest = page.post.comment_count - articles(section).size;
    if (page.next) more.replaceChildren(widget.create("button", { type: "button" }, element.moreLabel(rest)));
    else more.remove();
    if (!keepFocus) focus(find(element, comments[0]));
    element.emitLoaded(page.post);
  } catch (failure) {
    if (!signal.aborted) element.showFailure(failure, () => loadMore(element, limit));
  } finally {
    more.ariaBusy = null;
    list.style.minBlockSize = "";
  }
}

// Appends in small batches, between which the browser can handle input.
async function append(element, comments, list = element.section.querySelector(".pc-list")) {
  for (let start = 0; start < comments.length; start += 20) {
    if (start) await new Promise((resolve) => setTimeout(resolve));
    const batch = comments.slice(start, start + 20);
    widget.append(list, batch, element.i18n, element.getAttribute("order"));
    for (const comment of batch) linkReply(element, comment, list);
  }
  updateTimes(list, element.i18n);
}

// Links a comment to its target if that stands elsewhere on the page.
function linkReply(element, comment, list) {
  const article = list.querySelector(`#${idOf(comment)}`);
  const target = find(element, { id: comment.reply_to });
  if (target && article.parentElement.closest("article") !== target && !article.querySelector(".pc-reply"))
    widget.linkReply(article, comment, target.querySelector(".pc-author").textContent, element.i18n);
}

export function focus(article) {
  if (!article) return;
  article.tabIndex = -1;
  article.focus({ preventScroll: true });
}

// Opens the comment that the page's URL names, on whichever page of the thread it stands.
async function openPermalink(element) {
  const id = location.hash.slice(1);
  if (!/^comment-\d+$/.test(id)) return;
  const { section } = element;
  const { signal } = element.controller;
  for (let size = -1; !document.getElementById(id) && section.querySelector(".pc-more") && size !== articles(section).size; ) {
    size = articles(section).size;
    await loadMore(element, PAGE_SIZE, true);
    if (signal.aborted) return;
  }
  const article = document.getElementById(id);
  if (!article || !element.contains(article)) return;
  section.querySelector(".pc-target")?.classList.remove("pc-target");
  article.classList.add("pc-target");
  article.scrollIntoView();
  focus(article);
}

// Updates the shown comments in place. New comments are inserted (`now`) or announced. On failure, nothing changes.
async function refresh(element, now) {
  const { signal } = element.controller;
  await update(element, now).catch((failure) => signal.aborted || element.emit("failed", { failure }));
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
  if (!article || article.dataset.stamp === widget.revision(comment)) return;
  const replacement = widget.createComment(comment, i18n);
  const reply = article.querySelector(":scope > .pc-reply");
  if (reply) replacement.firstChild.after(reply);
  article.replaceChildren(...replacement.childNodes, ...article.querySelectorAll(":scope > .pc-list"));
  article.className = replacement.className;
  article.dataset.stamp = replacement.dataset.stamp;
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
  const isOther = (element.post?.status ?? section.dataset.status) !== post.status;
  element.post = post;
  element.setAttribute("status", post.status);
  if (isOther) element.reload();
  return isOther;
}

async function insert(element, comments) {
  const list = element.section.querySelector(".pc-list");
  if (element.getAttribute("order") === "newest") {
    const top = widget.create("div");
    await append(element, comments, top);
    list.prepend(...top.children);
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
      element.setAttribute("order", "newest");
      return;
    }
    const first = await insert(element, comments.filter((comment) => !find(element, comment)));
    first?.scrollIntoView({ block: "nearest" });
    focus(first);
  };
  news.replaceChildren(button);
}

// Listens for changes while the page is visible: a browser allows few connections to one host.
function listen(element, signal) {
  const path = `posts/${element.getAttribute("ghissueid")}/events`;
  let stream;
  let timer;
  const scheduleRefresh = () => {
    clearTimeout(timer);
    timer = setTimeout(() => refresh(element), 200);
  };
  const reconnect = () => {
    stream?.close();
    stream = null;
    if (document.hidden || signal.aborted) return;
    stream = new EventSource(widget.apiUrl(element, path));
    for (const name of ["current", "changed"]) stream.addEventListener(name, ({ data }) => {
      const { version } = JSON.parse(data);
      if (version === element.post?.version) return;
      element.version = version;
      scheduleRefresh();
    });
  };
  reconnect();
  document.addEventListener("visibilitychange", () => {
    reconnect();
    if (!document.hidden) scheduleRefresh();
  }, { signal });
  signal.addEventListener("abort", () => {
    clearTimeout(timer);
    reconnect();
  });
}
