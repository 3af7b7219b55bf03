// Stands in for gitalk. It takes the options of gitalk's constructor. A client secret among them is not read: nothing here
// needs it, and it should not stand in a page.

class Gitalk {
  constructor(options = {}) {
    this.options = options;
  }

  render(container = this.options.container, callback) {
    const parent = container instanceof HTMLElement ? container : document.getElementById(container);
    if (!parent) throw new Error(`Gitalk: there is no element with the id ${container}.`);
    const { owner, repo, number, perPage, language = navigator.language, title, body } = this.options;
    const { id, labels = ["Gitalk"], updateCountCallback } = this.options;
    // without an id, the other labels would mean any post's thread
    const label = [...new Set([].concat(labels, id || location.href))].join();
    const byNumber = typeof number === "number" && number > 0;
    const element = createComments({
      repo: repo.includes("/") ? repo : `${owner}/${repo}`,
      limit: readPageSize(perPage, 10),
      "issue-title": title,
      "issue-body": body,
      ...(byNumber ? { ghissueid: number } : { label }),
    });
    const show = ({ detail: { count, status } }) => {
      if (element.hasAttribute("ghissueid") && /missing|gone/.test(status)) {
        element.setAttribute("label", label); // as gitalk does, if there is no issue with the number
        element.removeAttribute("ghissueid");
      } else if (typeof updateCountCallback === "function") updateCountCallback(count ?? 0);
    };
    for (const name of ["loaded", "changed"]) element.addEventListener(`comments-${name}`, show);
    const box = createElement("div", "gt-container", { lang: language });
    box.append(element);
    parent.replaceChildren(box);
    callback?.();
    return box;
  }
}

globalThis.Gitalk = Gitalk;
if (typeof define === "function" && define.amd) define([], () => Gitalk);
