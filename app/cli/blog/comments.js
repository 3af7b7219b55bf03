// The comments of a post, asked for as a page asks GitHub.
// https://docs.github.com/rest/issues/comments#list-issue-comments
(() => {
  const section = document.getElementById("comments");
  const { api, repo, ghissueid } = section.dataset;
  const state = section.querySelector(".state");
  const list = section.querySelector("ol");
  const more = section.querySelector(".more");
  const button = more.querySelector("button");
  const issue = `https://github.com/${repo}/issues/${ghissueid}`;
  const dates = new Intl.DateTimeFormat("en-GB", { dateStyle: "long" });
  const faces = { "+1": "👍", "-1": "👎", laugh: "😄", hooray: "🎉", confused: "😕", heart: "❤️", rocket: "🚀", eyes: "👀" };

  function element(name, properties, ...children) {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  }

  // Pictures of people lie on GitHub's hosts: initials tell nobody who reads here.
  function initials(login) {
    const parts = login.split(/[^\p{L}]+/u).filter(Boolean);
    const letters = (parts.length > 1 ? parts[0][0] + parts[1][0] : login.slice(0, 2)).toUpperCase();
    const badge = element("span", { className: "initials", ariaHidden: "true", textContent: letters });
    const hue = [...login].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) % 360, 7);
    badge.style.setProperty("--hue", hue);
    return badge;
  }

  function reactions(given) {
    const shown = Object.keys(faces).filter((name) => given && given[name] > 0);
    const line = element("p", { className: "reactions" });
    line.append(...shown.map((name) => element("span", { title: name }, `${faces[name]} ${given[name]}`)));
    return shown.length ? [line] : [];
  }

  function item(comment) {
    const login = comment.user ? comment.user.login : "ghost"; // a deleted account
    const author = comment.user
      ? element("a", { className: "author", href: comment.user.html_url, textContent: login })
      : element("span", { className: "author", textContent: login });
    const written = element("time", { dateTime: comment.created_at }, dates.format(new Date(comment.created_at)));
    const head = element("p", { className: "head" }, author);
    if (comment.author_association === "OWNER") head.append(element("span", { className: "owner" }, "writes here"));
    head.append(element("a", { className: "date", href: comment.html_url }, written));
    const body = element("div", { className: "body", innerHTML: comment.body_html });
    const made = element("li", { id: `comment-${comment.id}` }, initials(login));
    made.append(element("div", {}, head, body, ...(comment.minimized ? [] : reactions(comment.reactions))));
    made.classList.toggle("hidden", Boolean(comment.minimized));
    return made;
  }

  function next(response) {
    const found = /<([^>]+)>;\s*rel="next"/.exec(response.headers.get("Link") || "");
    return found && found[1];
  }

  // A failure never looks like "no comments".
  function failed(address) {
    const again = element("button", { type: "button", onclick: () => load(address) }, "Try again");
    const elsewhere = element("a", { href: issue }, "read them on GitHub");
    state.replaceChildren("The comments cannot be reached just now. ", again, " or ", elsewhere, ".");
    state.hidden = false;
    section.dataset.state = "failed";
  }

  async function load(address) {
    button.disabled = true;
    try {
      const response = await fetch(address, { headers: { Accept: "application/vnd.github.v3.html+json" } });
      if (!response.ok) throw new Error(`${response.status}`);
      const items = (await response.json()).map(item);
      list.append(...items);
      const following = next(response);
      more.hidden = !following;
      button.onclick = () => load(following);
      state.hidden = list.children.length > 0;
      state.textContent = "No comments yet. Yours would be the first.";
      section.dataset.state = "loaded";
    } catch {
      failed(address);
    }
    button.disabled = false;
  }

  load(`${api}/repos/${repo}/issues/${ghissueid}/comments`);
})();
