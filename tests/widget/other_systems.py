"""Pages as blogs with other comment systems have them: only the host of the script is ours."""

from pathlib import Path

from app.simulator.world.sample import SAMPLE_REPO
from tests.widget.stage import Stage

OWNER, NAME = SAMPLE_REPO.split("/")
HELLO, LONGER, TITLED, GITALK, GITMENT, VSSUE, MARKED = 60, 61, 62, 63, 64, 65, 66
TURBO = Path("tests/generators/node_modules/@hotwired/turbo/dist/turbo.es2017-umd.js")
CLIENT_SECRET = "0123456789abcdef-the-client-secret"
_ISSUES = {
    LONGER: ("posts/hello-world/", ()),
    HELLO: ("posts/hello/", ("comments",)),
    TITLED: ("Notes on nothing", ()),
    GITALK: ("A day in May", ("Gitalk", "/notes/may/")),
    GITMENT: ("A day in June", ("gitment", "/notes/june/")),
    VSSUE: ("[Vssue]A day in July", ("Vssue",)),
    MARKED: ("A day in August", ()),
}


def open_threads(stage: Stage) -> None:
    """Open the issues that the pages search for, one comment each, and wait until they are served."""
    for number in sorted(_ISSUES):
        title, labels = _ISSUES[number]
        body = "Text\n<!-- afterword: c8b837395ed8b9b25b34e0730fe1fb4d7ee8af43 -->" if number == MARKED else None
        stage.world.open_issue(SAMPLE_REPO, title=title, number=number, labels=labels, body=body)
        stage.world.comment(
            SAMPLE_REPO, number, body=f"To {title}: [a link](https://example.org) and `code`.", author="ada"
        )
    for number in _ISSUES:
        stage.wait_until_served(number, 1)


def utterances(stage: Stage, **attributes: str) -> str:
    """Return the element that the configurator of utterances writes."""
    fields = {"repo": SAMPLE_REPO, "issue-term": "pathname", "theme": "github-light", **attributes}
    text = "".join(f'\n        {name}="{value}"' for name, value in fields.items() if value)
    return (
        f'<script src="{stage.service.url}/client.js"{text}\n        crossorigin="anonymous"\n        async>\n</script>'
    )


def component(stage: Stage, theme: str = "github-light") -> str:
    """Return what a theme of React does: it makes the script's element, later changes the theme, then goes on."""
    return f"""<div id="comments"></div><script>
      const mount = (container) => {{
        const script = document.createElement("script");
        for (const [name, value] of Object.entries({{
          src: "{stage.service.url}/client.js", repo: "{SAMPLE_REPO}", "issue-term": "pathname", label: "comments",
          theme: "{theme}", crossorigin: "anonymous", async: "true",
        }})) script.setAttribute(name, value);
        container.innerHTML = "";
        container.appendChild(script);
      }};
      mount(document.getElementById("comments"));
      const setTheme = (theme) => {{
        const frame = document.querySelector("iframe.utterances-frame");
        frame.contentWindow.postMessage({{ type: "set-theme", theme }}, "https://utteranc.es");
        return new URL(frame.src).origin;
      }};
      addEventListener("message", ({{ origin, data }}) => data.type === "resize" && (globalThis.resized = [origin, data.height]));
    </script>"""


def gitalk(stage: Stage, path: str = "npm/gitalk@1/dist/gitalk", **options: str) -> str:
    """Return what the README of gitalk says; options are JavaScript, by their names."""
    fields = {"id": "location.pathname", "language": "'en'", "distractionFreeMode": "false", **options}
    further = "".join(f"\n          {name}: {value}," for name, value in fields.items())
    return f"""<link rel="stylesheet" href="{stage.service.url}/{path.replace(".min", "")}.css">
      <script src="{stage.service.url}/{path}.min.js"></script>
      <div id="gitalk-container"></div>
      <script>
        const gitalk = new Gitalk({{
          clientID: "c0ffee", clientSecret: "{CLIENT_SECRET}",
          repo: "{NAME}", owner: "{OWNER}", admin: ["{OWNER}"],{further}
        }});
        gitalk.render("gitalk-container");
      </script>"""


def gitment(stage: Stage) -> str:
    """Return what the README of gitment says."""
    return f"""<div id="container"></div>
      <link rel="stylesheet" href="{stage.service.url}/gitment/style/default.css">
      <script src="{stage.service.url}/gitment/dist/gitment.browser.js"></script>
      <script>
        new Gitment({{
          id: location.pathname, owner: "{OWNER}", repo: "{NAME}",
          oauth: {{ client_id: "c0ffee", client_secret: "{CLIENT_SECRET}" }},
        }}).render("container");
      </script>"""


def giscus(stage: Stage) -> str:
    """Return the element that the configurator of giscus writes."""
    return f"""<script src="{stage.service.url}/client.js"
        data-repo="{SAMPLE_REPO}" data-repo-id="R_1" data-category="General" data-category-id="DIC_1"
        data-mapping="pathname" data-strict="0" data-reactions-enabled="1" data-emit-metadata="0"
        data-input-position="bottom" data-theme="preferred_color_scheme" data-lang="en"
        crossorigin="anonymous" async>
    </script>"""


def waiting_page(tag: str) -> str:
    """Return what themes do that wait for the frame: they trust one origin and one source, and set a height.

    The heights are in `heard`; `tag` is the script's element.
    """
    return f"""<script>
      globalThis.heard = [];
      addEventListener("message", ({{ origin, source, data }}) => {{
        const frame = document.querySelector("iframe.utterances-frame");
        if (origin !== "https://utteranc.es" || !frame || source !== frame.contentWindow) return;
        if (data.type !== "resize") return;
        heard.push(data.height);
        document.getElementById("comments").style.height = `${{data.height}}px`;
        source.postMessage({{ type: "set-theme", theme: "photon-dark" }}, origin);
      }});
    </script><div id="comments" style="overflow: hidden">{tag}</div>"""


def counting_giscus(stage: Stage) -> str:
    """Return what a page does that asks giscus for the number of comments."""
    tag = giscus(stage).replace('data-emit-metadata="0"', 'data-emit-metadata="1"')
    return f"""<p id="count"></p><script>
      addEventListener("message", (event) => {{
        if (event.origin !== "https://giscus.app") return;
        if (!(typeof event.data === "object" && event.data.giscus)) return;
        const {{ discussion }} = event.data.giscus;
        if (discussion) document.getElementById("count").textContent = discussion.totalCommentCount + discussion.totalReplyCount;
      }});
    </script>{tag}"""


def vssue(stage: Stage, title: str = "'A day in July'", options: str = "") -> str:
    """Return what the README of vssue says for pages without a bundler. Vue is `VUE`."""
    return f"""<link rel="stylesheet" href="{stage.service.url}/vssue/dist/vssue.min.css">
      <div id="vssue"></div>
      <script>{VUE}</script>
      <script src="{stage.service.url}/vssue/dist/vssue.github.min.js"></script>
      <script>
        const app = new Vue({{
          el: "#vssue",
          render: (h) => h("Vssue", {{
            props: {{
              title: {title},
              options: {{
                owner: "{OWNER}", repo: "{NAME}", clientId: "c0ffee", clientSecret: "{CLIENT_SECRET}", {options}
              }},
            }},
          }}),
        }});
      </script>"""


VUE = """
  globalThis.Vue = class Vue {
    static components = {};
    static component(name, component) { Vue.components[name] = component; }
    static use(plugin, options) { plugin.install(Vue, options); }
    constructor({ el, render }) {
      const [component, { props }] = render((name, data) => [Vue.components[name], data]);
      const vm = { ...props };
      for (const name in component.methods) vm[name] = component.methods[name].bind(vm);
      vm.$el = component.render.call(vm, (name, { class: className }) => Object.assign(document.createElement(name), { className }));
      document.querySelector(el).replaceWith(vm.$el);
      component.mounted.call(vm);
    }
  };
"""
"""What vssue uses of Vue 2, which is no longer maintained: components by name, their element, and its mounting."""
