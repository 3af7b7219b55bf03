// <post-comments>: the comments of a post, painted from one request. What can wait is in more.js and lists.js.
// The service fills in "@version" and "@english" (app/web/assets.py).
const SERVICE = import.meta.url.replace(/(assets\/[^/]*\/)?[^/]*$/, "");
const ASSETS = `${SERVICE}assets/@version/`;
const ENGLISH = "@english";
const UNITS = { year: 31536e6, month: 2628e6, week: 6048e5, day: 864e5, hour: 36e5, minute: 6e4, second: 1e3 };
const EMOJI = { "+1": "👍", "-1": "👎", laugh: "😄", hooray: "🎉", confused: "😕", heart: "❤️", rocket: "🚀", eyes: "👀" };
export const LINK = { rel: "nofollow ugc noopener" };

// The one place where HTML is trusted: the service has sanitized it. If the page forbids a policy, text is shown.
let policy = { createHTML: (html) => html };
try {
  policy = trustedTypes.createPolicy("afterword", policy);
} catch {
  if (globalThis.trustedTypes) policy = null;
}

export function create(name, properties, ...children) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children.filter(Boolean));
  return element;
}

const div = (className, ...children) => create("div", { className }, ...children);

// The texts of a language, with its Intl formats. English is built in; other languages load while the comments do.
class I18n {
  texts = ENGLISH;

  constructor(file) {
    this.file = file;
    if (!/^en\b/i.test(file)) this.ready = this.load();
  }

  // Loads all texts, also those that the first paint does not need. English's file has only these.
  load() {
    return (this.loading ??= fetchJson(`${ASSETS}languages/${this.file}`, { signal: AbortSignal.timeout(5000) })
      .then((texts) => {
        this.texts = { ...ENGLISH, ...texts };
        this.age(0); // creating an Intl format is slow: do it while the comments are on their way
      })
      .catch(() => (this.loading = null)));
  }

  text(key, values) {
    return this.texts[key]?.replace(/{(\w+)}/g, (_, name) => values[name]) || "";
  }

  plural(key, number) {
    const forms = this.texts[key];
    const form = forms[number] || forms[new Intl.PluralRules(this.texts.lang).select(number)] || forms.other;
    return form.replace("{n}", new Intl.NumberFormat(this.texts.locale).format(number));
  }

  // The properties of a <time> that shows how long ago that was. Days are those of the reader's calendar, because they
  // have words of the calendar ("yesterday"). Longer units are numbers: "last year" would be false half of the time.
  age(time) {
    const now = Date.now() + (this.delay | 0);
    let span = Math.max(0, now - new Date(time));
    // a day may lack an hour
    if (span >= UNITS.day) span = new Date(now).setHours(0, 0, 0, 0) - new Date(time).setHours(0, 0, 0, 0) + UNITS.hour;
    let unit;
    for (unit in UNITS) if (span >= UNITS[unit]) break;
    span = (span / UNITS[unit]) | 0;
    const textContent = this.texts[unit] // those of languages that browsers lack
      ? this.plural(unit, span)
      : (this[this.texts.locale + unit] ??= new Intl.RelativeTimeFormat(this.texts.locale, {
          numeric: UNITS[unit] > UNITS.day ? "always" : "auto",
        })).format(-span, unit);
    return { dateTime: time, textContent };
  }
}

const languages = {};
export function i18nOf(element) {
  const file = (element.closest("[lang]")?.lang.replace(/\W/g, "-") || "en") + ".json"; // the service knows what any tag means
  return (languages[file] ??= new I18n(file));
}

// The URL of an API path, with the parameters that have values.
export function apiUrl(element, path, parameters) {
  const url = new URL(`api/v1/${path}`, (element.getAttribute("service") || SERVICE).replace(/\/?$/, "/"));
  parameters = { repo: element.getAttribute("repo"), ...parameters };
  for (const name in parameters) if (parameters[name]) url.searchParams.set(name, parameters[name]);
  return url;
}

export async function fetchJson(url, options) {
  const response = await fetch(url, options);
  if (!response.ok) throw response;
  return response.json();
}

function createBody(comment, i18n) {
  const element = div("pc-body");
  element.dir = comment.dir ?? "";
  if (comment.hidden) element.append(`${i18n.text("hidden")}: ${i18n.texts.reasons?.[comment.hidden] || comment.hidden}`);
  else if (policy) element.innerHTML = policy.createHTML(comment.html);
  else element.append(comment.text);
  return element;
}

function createReactions(comment) {
  const reactions = Object.keys(EMOJI)
    .filter((name) => comment.reactions[name])
    .map((name) => create("span", {}, `${EMOJI[name]} ${comment.reactions[name]}`));
  return !comment.hidden && reactions[0] && div("pc-reactions", ...reactions);
}

export function createComment(comment, i18n) {
  const { login, url, avatar_url, is_owner, is_bot } = comment.author;
  const avatar = create("span", { className: "pc-avatar" }, create("img", { alt: "", loading: "lazy", src: avatar_url }));
  avatar.dataset.initial = [...login][0];
  const badges = { owner: is_owner, bot: is_bot, pinned: comment.pinned, edited: comment.edited_at && !comment.hidden };
  const element = create(
    "div", // frameworks draw every <article> as a card
    { id: `comment-${comment.id}`, className: `pc-comment${comment.hidden ? " pc-hidden" : ""}`, role: "article", ariaLabel: login },
    create(
      "div",
      { className: "pc-by" },
      avatar,
      // a blog's rules for links apply to the inner element, and its rules for these classes to the outer one
      create("span", { className: "pc-author" }, create("a", { href: url, translate: false, ...LINK }, login)),
      ...Object.keys(badges).map((name) => badges[name] && create("span", { className: `pc-mark pc-${name}` }, i18n.text(name))),
      create("span", { className: "pc-when" }, create("a", { href: `#comment-${comment.id}` }, create("time", i18n.age(comment.created_at)))),
    ),
    createBody(comment, i18n),
    createReactions(comment),
  );
  return element;
}

// Names the author of the comment that this one replies to, if it does not stand directly below that comment.
export function linkReply(element, comment, target, i18n) {
  const link = { className: "pc-reply", href: `#comment-${comment.reply_to}` };
  element.firstChild.after(create("a", link, i18n.text("reply", { name: target.querySelector(".pc-author").textContent })));
}

// Appends comments to a list. Oldest first, replies stand below their target, at most three levels deep.
export function append(list, comments, i18n, order) {
  const isNested = !order || order === "oldest";
  const elements = {};
  for (const comment of comments) {
    const element = (elements[comment.id] = createComment(comment, i18n));
    const target = elements[comment.reply_to];
    const isDeep = target?.matches(".pc-comment .pc-comment .pc-comment");
    let parent = list;
    if (target && isNested) parent = isDeep ? target.parentElement : (target.replies ??= target.appendChild(div("pc-list")));
    parent.append(element);
    if (target && (isDeep || !isNested)) linkReply(element, comment, target, i18n);
  }
}

// Runs a later file on an element. It gets these exports, because a page may load this file from several addresses.
const enhance = async (file, element, ...values) =>
  (await import(`${ASSETS}${file}.js`)).enhance(element, await import(import.meta.url), ...values);

const ATTRIBUTES = ["ghissueid", "repo", "service", "order", "lang"];
const isNamed = () => location.hash.includes("#comment-");

class PostComments extends HTMLElement {
  static observedAttributes = ATTRIBUTES;

  // terms.js overrides it
  get number() {
    return this.getAttribute("ghissueid");
  }

  disconnectedCallback() {
    this.controller?.abort();
    this.controller = null;
  }

  attributeChangedCallback(name, before, after) {
    if (before === after) return;
    // another post's comments must go at once; in another order or language they may stay until the new ones are here
    if (!/order|lang/.test(name)) this.version = this.section = this.section?.remove();
    this.isOutdated = this.section;
    if (this.controller) this.reload();
  }

  reload() {
    this.disconnectedCallback();
    this.isOutdated = true;
    this.connectedCallback(true);
  }

  async connectedCallback(now) {
    // if the page put a fragment into the element, only the outer element starts
    if (!this.isConnected || this.controller || this.parentElement?.closest("post-comments")) return;
    this.controller = new AbortController();
    const { signal } = this.controller;
    // a Markdown parser may have put the fragment behind the element; a script may have replaced the element's content
    this.section ??= this.querySelector("section.pc") || document.querySelector(`section.pc[data-post="${+this.number}"]:not(post-comments *)`);
    if (this.section && this.section.parentNode !== this) this.replaceChildren(this.section);
    this.link ??= this.querySelector(this.section ? ".pc-write a" : "a");
    if (this.link) this.link.href = this.link.href.replace(/(issues\/)\d+/, `$1${this.number}`);
    if (!now && this.getAttribute("loading") !== "eager" && !isNamed()) {
      await new Promise((resolve) => {
        new IntersectionObserver(([entry]) => entry.isIntersecting && resolve(), { rootMargin: "800px" }).observe(this);
        addEventListener("beforeprint", resolve, { signal });
        addEventListener("hashchange", () => isNamed() && resolve(), { signal });
      });
    }
    if (!signal.aborted) this.load(signal, now);
  }

  // `now` revalidates: otherwise the browser may use a cached response for some seconds.
  async load(signal, now) {
    this.i18n = i18nOf(this);
    try {
      this.getAttribute("ghissueid") || (await enhance("terms", this, signal));
      const isPainted = !this.isOutdated && this.section?.dataset.post === this.number;
      if (!isPainted) {
        if (!this.section) this.showStatus("loading", "…");
        // a request that finds no free connection would wait without end
        const limited = AbortSignal.any?.([signal, AbortSignal.timeout(30_000)]);
        const request = fetchJson(this.pageUrl(), { signal: limited, cache: now && "no-cache" });
        this.i18n.age(0); // creating an Intl format is slow: do it while the response is on its way
        const page = await request;
        await (page.post.status === "open" ? this.i18n.ready : this.i18n.load());
        if (signal.aborted) return;
        this.paint(page);
      }
      this.setAttribute("state", "ready");
      await enhance("more", this, signal, isPainted);
    } catch (failure) {
      if (!signal.aborted) this.showFailure(failure, () => this.reload());
    }
  }

  // The service ignores `version`; caches that ignore `no-cache` have no older copy under it.
  pageUrl(cursor, limit = this.getAttribute("limit")) {
    const parameters = { order: this.getAttribute("order"), limit, cursor, pinned: "first", version: this.version };
    return apiUrl(this, `posts/${this.number}/comments`, parameters);
  }

  paint(page) {
    const { i18n } = this;
    const { comment_count: number, comment_url, status } = page.post;
    const list = div("pc-list");
    append(list, page.comments, i18n, this.getAttribute("order"));
    const heading = `h${+this.getAttribute("heading") || 2}`;
    const title = number ? i18n.plural("comments", number) : i18n.text("none");
    const more = page.next && div("pc-more", create("button", { type: "button" }, "…"));
    if (more) more.dataset.cursor = page.next;
    const link = this.link || create("a", LINK, i18n.text("write") || "…");
    if (comment_url) link.href = comment_url;
    this.section = create(
      "section",
      { className: "pc not-prose", lang: i18n.texts.lang, dir: i18n.texts.dir },
      div("pc-head", comment_url && create(heading, { className: "pc-title" }, title)),
      list,
      status !== "open" && div("pc-note", i18n.text(status)),
      more,
      comment_url && status !== "locked" && div("pc-write", link),
    );
    this.section.dataset.post = this.number;
    Object.assign(this, page).isOutdated = false;
    this.setAttribute("status", status);
    // What lies below the screen stays below it, so nothing visible moves. Measured before the change, when layout is clean.
    this.style.minBlockSize = `${innerHeight - this.getBoundingClientRect().top}px`;
    this.replaceChildren(this.section);
    this.emitLoaded(page.post, "loaded");
  }

  // Shows a text in place of comments or below them; the link stays.
  showStatus(state, ...content) {
    const note = create("div", { className: "pc-note", role: "status" }, ...content);
    if (this.section) this.section.append(note);
    else {
      this.replaceChildren(this.link || "", note);
      this.setAttribute("state", state);
    }
  }

  showFailure(failure, retry) {
    const button = create("button", { type: "button", onclick: retry }, this.i18n.text("retry"));
    this.querySelector(".pc-note[role]")?.remove();
    this.showStatus("failed", `${this.i18n.text("failed")} `, button);
    this.emit("failed", { failure });
  }

  emitLoaded({ comment_count, status }, name) {
    this.emit(name, { count: comment_count, shown: this.querySelectorAll(".pc-comment").length, status });
  }

  emit(name, detail) {
    this.dispatchEvent(new CustomEvent(`comments-${name}`, { detail, bubbles: true }));
  }
}

// an element is complete when it starts
if (document.readyState === "loading") await new Promise((resolve) => addEventListener("DOMContentLoaded", resolve));
const define = (name, element) => customElements.get(name) || customElements.define(name, element);
define("post-comments", PostComments);
for (const name of ["comment-count", "recent-comments"]) {
  define(name, class extends HTMLElement {
    static observedAttributes = ATTRIBUTES;

    connectedCallback() {
      enhance("lists", this);
    }

    attributeChangedCallback() {
      enhance("lists", this);
    }
  });
}
