// Stands in for the scripts of vssue that pages load beside Vue. It registers a component that takes vssue's properties and
// options. A client secret among them is not read.

const DEFAULTS = { labels: ["Vssue"], prefix: "[Vssue]" };
const isSortable = /github-v4/.test(source); // the older API of GitHub has the oldest comments first

function createThread({ title, issueId, ...options }) {
  const { owner, repo, labels, prefix, perPage, locale, issueContent } = options;
  const isWhole = typeof title === "function";
  const content = typeof issueContent === "function" && issueContent({ options, url: location.href.split(/[?#]/)[0] });
  return createComments({
    repo: `${owner}/${repo}`,
    lang: locale,
    limit: readPageSize(perPage, 10),
    order: isSortable && "newest",
    "issue-body": typeof content === "string" && content,
    ...(issueId
      ? { ghissueid: issueId }
      : {
          term: isWhole ? title(options) : title ?? "title",
          "term-of": "title",
          "title-prefix": !isWhole && prefix,
          label: [].concat(labels || []).join(),
        }),
  });
}

const createComponent = (defaults) => ({
  name: "Vssue",
  props: {
    title: { type: [String, Function], default: null },
    issueId: { type: [String, Number], default: null },
    options: { type: Object, default: () => ({}) },
  },
  render: (h) => h("div", { class: "vssue" }),
  mounted() {
    this.show();
  },
  watch: { title: "show", issueId: "show", options: { handler: "show", deep: true } },
  methods: {
    show() {
      const { title, issueId } = this;
      this.$el.replaceChildren(createThread({ ...DEFAULTS, ...defaults, ...this.options, title, issueId }));
    },
  },
});

globalThis.Vssue = {
  install: (Vue, options) => Vue.component("Vssue", createComponent(options)),
  VssueComponent: createComponent(),
};
globalThis.Vue?.use?.(globalThis.Vssue);
