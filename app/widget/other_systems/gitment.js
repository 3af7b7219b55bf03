// Stands in for gitment, and for the copy of it that is called gitmint. It takes the options of gitment's constructor; the
// secret in `oauth` is not read.

class Gitment {
  constructor(options = {}) {
    this.options = options;
  }

  render(container) {
    const { owner, repo, id, perPage, title, link, desc, labels } = this.options;
    const found = typeof container === "string" ? document.getElementById(container) : container;
    const parent = found || createElement("div");
    const box = createElement("div", "gitment-container gitment-root-container");
    box.append(
      createComments({
        repo: `${owner}/${repo}`,
        label: id || location.href,
        limit: readPageSize(perPage, 20),
        "issue-title": title,
        "issue-body": desc && `${link || location.href}\n\n${desc}`,
        "issue-label": [].concat(labels || [], "gitment").join(),
      }),
    );
    parent.replaceChildren(box);
    return parent;
  }

  renderComments(container) {
    return this.render(container);
  }

  // The widget has no parts: the comments bring their header and the link to write.
  renderHeader(container) {
    return container;
  }

  renderEditor(container) {
    return container;
  }

  renderFooter(container) {
    return container;
  }
}

globalThis.Gitment = globalThis.Gitmint = Gitment;
if (typeof define === "function" && define.amd) define([], () => Gitment);
