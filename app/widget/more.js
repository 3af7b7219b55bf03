// What a painted <post-comments> gets afterwards: order, further pages, permalinks, ages that go on, and news.
// `kit` are the exports of widget.js, handed in so that this file finds them wherever the page loaded them from.

const PAGE = 100;

export async function enhance(element, kit, found) {
  const { signal } = element.run;
  await element.words.whole();
  if (signal.aborted) return;
  const { section, words } = element;
  const news = kit.make("div", { className: "pc-news", role: "status" });
  section.querySelector(".pc-news")?.remove();
  section.append(news);
  offerOrders(element, kit);
  date(element, kit);
  element.more = (limit) => more(element, kit, limit);
  section.addEventListener("click", (click) => {
    if (!click.target.closest(".pc-more a, .pc-more button")) return;
    click.preventDefault();
    more(element, kit);
  }, { signal });
  hideBroken(section, signal);
  age(section, words);
  const timer = setInterval(() => age(section, words), 60_000);
  signal.addEventListener("abort", () => clearInterval(timer));
  addEventListener("hashchange", () => open(element, kit), { signal });
  if (found) await refresh(element, kit, true);
  if (signal.aborted) return;
  await open(element, kit);
  if (element.getAttribute("live") !== "off") listen(element, kit, signal);
}

// Where a person's picture cannot be had the initial shows.
function hideBroken(section, signal) {
  const broken = (picture) => picture.closest(".pc-avatar") && picture.complete && !picture.naturalWidth && picture.remove();
  section.addEventListener("error", (event) => broken(event.target), { capture: true, signal });
  section.querySelectorAll("img").forEach(broken);
}

function exact(time, words) {
  words.clock ??= new Intl.DateTimeFormat(words.locales, { dateStyle: "long", timeStyle: "short" }); // a dear thing to make
  return words.clock.format(new Date(time));
}

// How long ago goes on; when exactly is shown on hover. What is wider than its place can be scrolled by keyboard.
function age(section, words) {
  for (const wide of section.querySelectorAll(".pc-body :is(pre, table)")) if (wide.scrollWidth > wide.clientWidth) wide.tabIndex = 0;
  for (const time of section.querySelectorAll(".pc-when time")) {
    const { textContent } = words.age(time.dateTime);
    const title = exact(time.dateTime, words);
    if (time.textContent !== textContent || time.title !== title) Object.assign(time, { textContent, title });
  }
}

// Says how old the comments are where GitHub could not be asked whether they are all.
function date(element, kit) {
  const { section, words, post } = element;
  section.querySelector(".pc-stale")?.remove();
  if (!post?.stale || !post.checked_at) return;
  section.append(kit.make("div", { className: "pc-note pc-stale" }, words.say("stale", { time: exact(post.checked_at, words) })));
}

function offerOrders(element, kit) {
  const { section, words } = element;
  const head = section.querySelector(".pc-head");
  const before = head.querySelector(".pc-order");
  if (before || !words.texts.order || section.querySelectorAll(".pc-comment").length < 2) return;
  const options = ["oldest", "newest", "reactions"].map((value) =>
    kit.make("option", { value, selected: value === (element.getAttribute("order") || "oldest") }, words.say(value)),
  );
  const select = kit.make("select", { ariaLabel: words.say("order") }, ...options);
  select.onchange = () => {
    element.chose = true;
    element.setAttribute("order", select.value);
  };
  head.append(kit.make("span", { className: "pc-order" }, select));
  if (element.chose) select.focus({ preventScroll: true });
  element.chose = false;
}

// Asked anew: a browser may keep an answer for a while that it has shown already.
const ask = (element, kit, cursor, limit) =>
  kit.read(element.page(cursor, limit), { signal: element.run.signal, cache: "no-cache" });
const shown = (section) => new Map([...section.querySelectorAll(".pc-comment")].map((item) => [item.id, item]));
const nameOf = (comment) => `comment-${comment.id}`;
const find = (element, comment) => element.section.querySelector(`#comment-${comment?.id}`);

// The next page. Its place is made at once, while whoever clicked expects a move, so that nothing moves later.
async function more(element, kit, limit, quiet) {
  const { section, words, run } = element;
  const place = section?.querySelector(".pc-more"); // none while another post's comments are on their way
  if (!place || place.ariaBusy) return;
  section.querySelector(".pc-note[role]")?.remove();
  const list = section.querySelector(".pc-list");
  const before = shown(section).size;
  const cursor = element.next || new URL(place.firstChild.href).searchParams.get("cursor");
  place.ariaBusy = "true";
  const left = Math.min((element.post?.comment_count || before + 50) - before, limit || element.getAttribute("limit") || 50);
  list.style.minBlockSize = `${list.offsetHeight * (1 + left / before)}px`;
  try {
    const page = await ask(element, kit, cursor, limit);
    const comments = page.comments.filter((comment) => !find(element, comment));
    await add(element, kit, comments);
    if (run.signal.aborted) return;
    element.next = page.next;
    const rest = page.post.comment_count - shown(section).size;
    if (page.next) place.replaceChildren(kit.make("button", { type: "button" }, element.left(rest)));
    else place.remove();
    if (!quiet) focus(find(element, comments[0]));
    element.report("loaded", page.post);
  } catch (failure) {
    if (!run.signal.aborted) element.fail(failure, () => more(element, kit, limit));
  } finally {
    place.ariaBusy = null;
    list.style.minBlockSize = "";
  }
}

// At the end of the list, a few at a time: the browser answers the reader in between.
async function add(element, kit, comments, list = element.section.querySelector(".pc-list")) {
  for (let start = 0; start < comments.length; start += 20) {
    if (start) await new Promise((done) => setTimeout(done));
    const some = comments.slice(start, start + 20);
    kit.append(list, some, element.words, element.getAttribute("order"));
    for (const comment of some) refer(element, kit, comment, list);
  }
  age(list, element.words);
}

// What a comment answers, where that stands elsewhere on the page.
function refer(element, kit, comment, list) {
  const item = list.querySelector(`#${nameOf(comment)}`);
  const above = find(element, { id: comment.reply_to });
  if (above && item.parentElement.closest("article") !== above && !item.querySelector(".pc-reply"))
    kit.refer(item, comment, above.querySelector(".pc-author").textContent, element.words);
}

function focus(item) {
  if (!item) return;
  item.tabIndex = -1;
  item.focus({ preventScroll: true });
}

// Opens the comment that the page's address names, wherever in the thread it stands.
async function open(element, kit) {
  const name = location.hash.slice(1);
  if (!/^comment-\d+$/.test(name)) return;
  const { section, run } = element;
  for (let left = -1; !document.getElementById(name) && section.querySelector(".pc-more") && left !== shown(section).size; ) {
    left = shown(section).size;
    await more(element, kit, PAGE, true);
    if (run.signal.aborted) return;
  }
  const item = document.getElementById(name);
  if (!item || !element.contains(item)) return;
  section.querySelector(".pc-target")?.classList.remove("pc-target");
  item.classList.add("pc-target");
  item.scrollIntoView();
  focus(item);
}

// Brings what is shown up to date, in place. New comments are shown at once or announced.
// Where that fails, what is shown stays.
async function refresh(element, kit, atOnce) {
  const { signal } = element.run;
  await renew(element, kit, atOnce).catch((failure) => signal.aborted || element.say("failed", { failure }));
}

async function renew(element, kit, atOnce) {
  const { section, words, run } = element;
  const order = element.getAttribute("order");
  const rest = section.querySelector(".pc-more");
  const before = element.post?.comment_count;
  const items = shown(section);
  const comments = [];
  const missing = new Set(items.keys());
  let page = {};
  for (let pages = 0; pages <= items.size / PAGE + 1 && (!pages || (page.next && (missing.size || !rest))); pages++) {
    page = await ask(element, kit, page.next, PAGE);
    comments.push(...page.comments);
    for (const comment of page.comments) missing.delete(nameOf(comment));
  }
  if (run.signal.aborted) return;
  for (const comment of comments) change(items.get(nameOf(comment)), comment, kit, words);
  for (const name of missing) remove(items.get(name));
  const newest = Math.max(0, ...[...items.keys()].map((name) => +name.slice(8)));
  // what has a place at an end of what is shown; the rest is only counted
  const placed = order === "newest" || (order !== "reactions" && !rest);
  const fresh = placed ? comments.filter((comment) => comment.id > newest) : [];
  const number = placed ? fresh.length : page.post.comment_count - before;
  if (retitle(element, page.post)) return;
  date(element, kit);
  if (atOnce && placed) await show(element, kit, fresh);
  else if (number > 0) announce(element, kit, placed ? fresh : null, number);
  element.report(atOnce ? "loaded" : "changed", page.post);
}

function change(item, comment, kit, words) {
  if (!item || item.dataset.stamp === kit.stamp(comment)) return;
  const made = kit.item(comment, words);
  const reply = item.querySelector(":scope > .pc-reply");
  if (reply) made.firstChild.after(reply);
  item.replaceChildren(...made.childNodes, ...item.querySelectorAll(":scope > .pc-list"));
  item.className = made.className;
  item.dataset.stamp = made.dataset.stamp;
}

function remove(item) {
  item.replaceWith(...(item.querySelector(":scope > .pc-list")?.children || []));
}

function retitle(element, post) {
  const { section, words } = element;
  const title = section.querySelector(".pc-title");
  const text = post.comment_count ? words.count("comments", post.comment_count) : words.say("none");
  if (title) title.textContent = text;
  const turned = (element.post?.status ?? section.dataset.status) !== post.status;
  element.post = post;
  element.setAttribute("status", post.status);
  if (turned) element.reload();
  return turned;
}

async function show(element, kit, comments) {
  const list = element.section.querySelector(".pc-list");
  if (element.getAttribute("order") === "newest") {
    const ahead = kit.make("div");
    await add(element, kit, comments, ahead);
    list.prepend(...ahead.children);
  } else await add(element, kit, comments);
  offerOrders(element, kit);
  return find(element, comments[0]);
}

function announce(element, kit, comments, number) {
  const news = element.section.querySelector(".pc-news");
  const button = kit.make("button", { type: "button" }, element.words.texts.new ? element.words.count("new", number) : `+${number}`);
  button.onclick = async () => {
    news.replaceChildren();
    if (!comments) {
      element.setAttribute("order", "newest");
      return;
    }
    const first = await show(element, kit, comments.filter((comment) => !find(element, comment)));
    first?.scrollIntoView({ block: "nearest" });
    focus(first);
  };
  news.replaceChildren(button);
}

// Listens while the page is looked at: a browser has few connections to one host.
function listen(element, kit, signal) {
  const path = `posts/${element.getAttribute("ghissueid")}/events`;
  let stream;
  let timer;
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(() => refresh(element, kit), 200);
  };
  const turn = () => {
    stream?.close();
    stream = null;
    if (document.hidden || signal.aborted) return;
    stream = new EventSource(kit.address(element, path));
    stream.addEventListener("changed", soon);
  };
  turn();
  document.addEventListener("visibilitychange", () => {
    turn();
    if (!document.hidden) soon();
  }, { signal });
  signal.addEventListener("abort", () => {
    clearTimeout(timer);
    turn();
  });
}
