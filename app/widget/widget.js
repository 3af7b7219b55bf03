// <post-comments>: the comments of a post, painted from one request. What can wait is in more.js and lists.js.
// "@version" and "@english" are filled in by the service (app/web/assets.py).
const SERVICE = import.meta.url.replace(/(assets\/[^/]*\/)?[^/]*$/, "");
const ASSETS = `${SERVICE}assets/@version/`;
const ENGLISH = "@english";
const UNITS = { year: 31557600, month: 2629800, week: 604800, day: 86400, hour: 3600, minute: 60, second: 1 };
const FACES = { "+1": "👍", "-1": "👎", laugh: "😄", hooray: "🎉", confused: "😕", heart: "❤️", rocket: "🚀", eyes: "👀" };
const DEEPEST = 3;
export const LINK = { rel: "nofollow ugc noopener" };

// The one place where HTML is trusted: the service has made it safe. A page may forbid even that; then it is text.
let trust = (html) => html;
try {
  const policy = globalThis.trustedTypes?.createPolicy("afterword", { createHTML: trust });
  if (policy) trust = (html) => policy.createHTML(html);
} catch {
  trust = null;
}

export function make(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children.filter(Boolean));
  return made;
}

// The words of a language, and Intl's formats for it. English is here; another comes while the comments do.
class Words {
  constructor(lang) {
    this.texts = ENGLISH;
    this.lang = lang;
    if (!/^en\b/i.test(lang)) this.ready = this.whole();
  }

  // All texts, those among them that are not needed for the first paint. English's file has only those.
  whole() {
    return (this.asked ??= read(`${ASSETS}languages/${this.lang}.json`, { signal: AbortSignal.timeout(5000) })
      .then((texts) => (this.texts = { ...ENGLISH, ...texts }))
      .catch(() => (this.asked = null)));
  }

  get locales() {
    return [this.lang, this.texts.lang];
  }

  say(key, values) {
    let text = this.texts[key] || "";
    for (const name in values) text = text.replace(`{${name}}`, () => values[name]);
    return text;
  }

  count(key, number) {
    const forms = this.texts[key];
    const form = forms[new Intl.PluralRules(this.texts.lang).select(number)] || forms.other;
    return form.replace("{n}", new Intl.NumberFormat(this.locales).format(number));
  }

  // What a <time> shows: how long ago that was.
  age(time) {
    const seconds = (new Date(time) - Date.now()) / 1000;
    const unit = Object.keys(UNITS).find((name) => Math.abs(seconds) >= UNITS[name]) || "second";
    this.format ??= new Intl.RelativeTimeFormat(this.locales, { numeric: "auto" });
    return { dateTime: time, textContent: this.format.format(Math.trunc(seconds / UNITS[unit]), unit) };
  }
}

const memory = {};
export function wordsOf(element) {
  let lang = element.closest("[lang]")?.lang || "en";
  try {
    [lang] = Intl.getCanonicalLocales(lang);
  } catch {
    lang = "en";
  }
  return (memory[lang] ??= new Words(lang));
}

// An address of the API, with these parameters where they have values.
export function address(element, path, parameters) {
  const url = new URL(`api/v1/${path}`, (element.getAttribute("service") || SERVICE).replace(/\/?$/, "/"));
  parameters = { repo: element.getAttribute("repo"), ...parameters };
  for (const name in parameters) if (parameters[name]) url.searchParams.set(name, parameters[name]);
  return url;
}

export async function read(url, options) {
  const answer = await fetch(url, options);
  if (!answer.ok) throw answer;
  return answer.json();
}

// Tells two looks of a comment apart; app/render/fragment.py writes the same.
export const stamp = (comment) =>
  [comment.edited_at, comment.html?.length, comment.hidden, +comment.pinned, ...Object.values(comment.reactions)].join();

function body(comment, words) {
  const made = make("div", { className: "pc-body" });
  if (comment.hidden) made.append(`${words.say("hidden")}: ${words.texts.reasons?.[comment.hidden] || comment.hidden}`);
  else if (trust) made.innerHTML = trust(comment.html);
  else made.append(comment.text);
  return made;
}

function reactions(comment) {
  const shown = Object.keys(FACES)
    .filter((name) => comment.reactions[name] && !comment.hidden)
    .map((name) => make("span", {}, `${FACES[name]} ${comment.reactions[name]}`));
  return shown.length && make("div", { className: "pc-reactions" }, ...shown);
}

export function item(comment, words) {
  const { login, url, avatar_url, is_owner, is_bot } = comment.author;
  const avatar = make("span", { className: "pc-avatar" }, make("img", { alt: "", loading: "lazy", src: avatar_url }));
  avatar.dataset.initial = login[0];
  const marks = { owner: is_owner, bot: is_bot, pinned: comment.pinned, edited: comment.edited_at && !comment.hidden };
  const made = make(
    "article",
    { id: `comment-${comment.id}`, className: comment.hidden ? "pc-comment pc-hidden" : "pc-comment" },
    make(
      "div",
      { className: "pc-by" },
      avatar,
      make("a", { className: "pc-author", href: url, ...LINK }, login),
      ...Object.keys(marks).map((name) => marks[name] && make("span", { className: `pc-mark pc-${name}` }, words.say(name))),
      make("a", { className: "pc-when", href: `#comment-${comment.id}` }, make("time", words.age(comment.created_at))),
    ),
    body(comment, words),
    reactions(comment),
  );
  made.dataset.stamp = stamp(comment);
  return made;
}

// Says in a comment what it answers, where that does not stand right above it.
export function refer(item, comment, name, words) {
  const link = { className: "pc-reply", href: `#comment-${comment.reply_to}` };
  item.firstChild.after(make("a", link, words.say("reply", { name })));
}

// Puts comments at the end of a list; in the order of time, replies stand below what they answer.
export function append(list, comments, words, order) {
  const nested = !order || order === "oldest";
  const made = {};
  for (const comment of comments) {
    const above = made[comment.reply_to];
    const one = (made[comment.id] = { item: item(comment, words), name: comment.author.login, depth: 1 });
    const parent = nested && (above?.depth === DEEPEST ? above.parent : above);
    if (parent) {
      one.parent = parent;
      one.depth = parent.depth + 1;
      if (!parent.replies) parent.item.append((parent.replies = make("div", { className: "pc-list" })));
    }
    (parent ? parent.replies : list).append(one.item);
    if (above && parent !== above) refer(one.item, comment, above.name, words);
  }
}

const WATCHED = ["ghissueid", "repo", "service", "order", "lang"];

class PostComments extends HTMLElement {
  static observedAttributes = WATCHED;

  connectedCallback() {
    if (document.readyState === "loading") addEventListener("DOMContentLoaded", () => this.begin());
    else this.begin();
  }

  disconnectedCallback() {
    this.run?.abort();
    this.run = null;
  }

  attributeChangedCallback(name, before, after) {
    if (before === after) return;
    // another post's comments must not stay; the same ones in another order may, until those are there
    if (!/order|lang/.test(name)) this.section = this.section?.remove();
    if (this.run) this.reload();
  }

  reload() {
    this.disconnectedCallback();
    this.shown = null;
    this.begin(true);
  }

  begin(now) {
    // a fragment may have been put into the element: the outer one takes it over
    if (!this.isConnected || this.run || this.parentElement?.closest("post-comments")) return;
    this.run = new AbortController();
    const { signal } = this.run;
    const post = this.getAttribute("ghissueid");
    this.section ??= this.querySelector("section.pc");
    this.link ??= this.querySelector(this.section ? ".pc-write a" : "a");
    if (this.link) this.link.href = this.link.href.replace(/(issues\/)\d+/, `$1${post}`);
    this.key = WATCHED.map((name) => this.getAttribute(name)).join();
    if (this.shown === undefined && this.section?.dataset.post === post) this.shown = this.key; // made by the service
    if (now || this.getAttribute("loading") === "eager" || /^#comment/.test(location.hash)) return this.load(signal, now);
    const observer = new IntersectionObserver(([entry]) => {
      if (!entry.isIntersecting) return;
      observer.disconnect();
      this.load(signal);
    }, { rootMargin: "800px" });
    observer.observe(this);
    signal.onabort = () => observer.disconnect();
  }

  // `now` asks the service, since a browser may show once more for seconds what it has.
  async load(signal, now) {
    const found = this.section && this.shown === this.key;
    this.words = wordsOf(this);
    try {
      if (!found) {
        if (!this.section) this.tell("loading", this.words.ready ? "…" : this.words.say("loading"));
        const asked = read(this.page(), { signal, cache: now && "no-cache" });
        this.words.age(0); // a format is dear to make: while the answer is on its way
        const page = await asked;
        await this.words.ready;
        if (signal.aborted) return;
        this.paint(page);
      }
      this.setAttribute("state", "ready");
      const more = await import(`${ASSETS}more.js`);
      const kit = await import(import.meta.url);
      if (!signal.aborted) more.enhance(this, kit, found);
    } catch (failure) {
      if (!signal.aborted) this.fail(failure, () => this.reload());
    }
  }

  // The address of a page of the comments.
  page(cursor, limit = this.getAttribute("limit")) {
    const order = this.getAttribute("order");
    return address(this, `posts/${this.getAttribute("ghissueid")}/comments`, { order, limit, cursor, pinned: "first" });
  }

  paint({ post, comments, next }) {
    const { words } = this;
    const number = post.comment_count;
    const list = make("div", { className: "pc-list" });
    append(list, comments, words, this.getAttribute("order"));
    const level = `h${+this.getAttribute("heading") || 2}`;
    const title = number ? words.count("comments", number) : words.say("none");
    const link = this.link || make("a", LINK, words.say("write"));
    if (post.comment_url) link.href = post.comment_url;
    const part = (name, child) => child && make("div", { className: `pc-${name}` }, child);
    this.section = make(
      "section",
      { className: "pc", lang: words.texts.lang, dir: words.texts.dir },
      make("div", { className: "pc-head" }, post.comment_url && make(level, { className: "pc-title" }, title)),
      list,
      part("note", post.status !== "open" && words.say(post.status)),
      part("more", next && make("button", { type: "button" }, this.left(number - comments.length))),
      part("write", post.comment_url && post.status !== "locked" && link),
    );
    Object.assign(this, { next, post, shown: this.key });
    this.setAttribute("status", post.status);
    this.settle();
    this.replaceChildren(this.section);
    this.report("loaded", post);
  }

  // The words of the button for more.
  left(number) {
    return this.words.count("more", Math.min(number, this.getAttribute("limit") || 50));
  }

  // What is to be said where no comments are; the link stays.
  tell(state, text, ...others) {
    const note = make("div", { className: "pc-note", role: "status" }, text, ...others);
    if (this.section) this.section.append(note);
    else this.replaceChildren(...[this.link, note].filter(Boolean));
    this.setAttribute("state", state);
  }

  fail(failure, retry) {
    const again = make("button", { type: "button", onclick: retry }, this.words.say("retry"));
    this.settle();
    this.querySelector(".pc-note[role]")?.remove();
    this.tell(this.section ? "ready" : "failed", `${this.words.say("failed")} `, again);
    this.say("failed", { failure });
  }

  // What lay below the screen stays there: nothing that is seen moves. Asked before anything changes, which is cheap.
  settle() {
    this.style.minBlockSize = `${Math.max(0, innerHeight - this.getBoundingClientRect().top)}px`;
  }

  report(name, { comment_count, status }) {
    this.say(name, { count: comment_count, shown: this.querySelectorAll(".pc-comment").length, status });
  }

  say(name, detail) {
    this.dispatchEvent(new CustomEvent(`comments-${name}`, { detail, bubbles: true }));
  }
}

const KINDS = { "post-comments": PostComments };
for (const name of ["comment-count", "recent-comments"]) {
  KINDS[name] = class extends HTMLElement {
    static observedAttributes = WATCHED;

    async connectedCallback() {
      const lists = await import(`${ASSETS}lists.js`);
      lists.show(this, await import(import.meta.url));
    }

    attributeChangedCallback() {
      if (this.isConnected) this.connectedCallback();
    }
  };
}
for (const name in KINDS) customElements.get(name) || customElements.define(name, KINDS[name]);
