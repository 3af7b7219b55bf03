// <comment-count> and <recent-comments>. Numbers that are asked for in one turn of the page are one request.

const asked = new Map();

// However many attributes change in one turn.
export function show(element, kit) {
  element.due ??= setTimeout(() => {
    element.due = null;
    if (element.isConnected) (element.localName === "comment-count" ? count : recent)(element, kit);
  });
}

function count(element, kit) {
  const source = kit.address(element, "counts").href;
  let waiting = asked.get(source);
  if (!waiting) {
    asked.set(source, (waiting = new Set()));
    setTimeout(() => {
      asked.delete(source);
      fill([...waiting], kit).catch((failure) => tell(waiting, { failure }));
    });
  }
  waiting.add(element);
}

async function fill(elements, kit) {
  const ids = new Set(elements.map((element) => +element.getAttribute("ghissueid")).filter((id) => id > 0));
  const some = [...ids].sort((a, b) => a - b);
  const counts = {};
  while (some.length) {
    const ids = some.splice(0, 500).join();
    Object.assign(counts, (await kit.read(kit.address(elements[0], "counts", { ids }))).counts);
  }
  for (const element of elements) {
    const number = counts[element.getAttribute("ghissueid")] ?? null;
    const words = kit.wordsOf(element);
    await words.ready;
    const plain = element.getAttribute("format") === "number";
    if (number !== null) element.textContent = plain ? number : words.count("comments", number); // else its author's words stay
  }
  tell(elements);
}

function tell(elements, detail) {
  const state = detail ? "failed" : "loaded";
  for (const element of elements) {
    element.setAttribute("state", detail ? state : "ready");
    element.dispatchEvent(new CustomEvent(`comments-${state}`, { detail, bubbles: true }));
  }
}

async function recent(element, kit) {
  const words = kit.wordsOf(element);
  try {
    const limit = element.getAttribute("limit") || 5;
    const [{ comments }] = await Promise.all([kit.read(kit.address(element, "comments", { limit })), words.whole()]);
    const list = kit.make("ol", { className: "pc-recent", lang: words.texts.lang, dir: words.texts.dir });
    list.ariaLabel = words.say("recent");
    list.append(...comments.map((comment) => line(element, comment, kit, words)));
    element.replaceChildren(comments.length ? list : words.say("none"));
    tell([element]);
  } catch (failure) {
    element.textContent ||= words.say("failed");
    tell([element], { failure });
  }
}

// `post` is where the blog has its posts: "/notes/{ghissueid}/". Without it the way leads to GitHub.
function line(element, comment, kit, words) {
  const post = element.getAttribute("post")?.replace("{ghissueid}", comment.ghissueid);
  const href = post ? `${post}#comment-${comment.id}` : comment.url;
  const about = words.say("on", { name: comment.author.login, title: comment.post_title ?? "" }) || comment.author.login;
  const text = comment.hidden ? words.say("hidden") : comment.text.replace(/\s+/g, " ").slice(0, 140);
  return kit.make(
    "li",
    {},
    kit.make("a", { href, ...(post ? {} : kit.LINK) }, about),
    kit.make("p", {}, text),
    kit.make("time", words.age(comment.created_at)),
  );
}
