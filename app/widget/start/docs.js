// /docs: sends the requests of the forms, and shows the responses as text.
const BASE = new URL(".", import.meta.url);
const SHOWN = /^(?:content-(?:type|language|encoding)|etag|last-modified|age|cache-control|vary|link|location|retry-after|x-(?:github|ratelimit|request).*)$/;
const READABLE = /json|text|xml|javascript/;
const MOST = 200_000; // characters of a body, because longer ones would stop the page for seconds
const quote = (text) => `'${text.replaceAll("'", "'\\''")}'`;

// Returns the URL and the headers that a form describes.
function read(form) {
  const headers = {};
  const query = [];
  let path = form.dataset.path.slice(1);
  for (const { name, value, dataset } of form.elements) {
    if (!name || (value === "" && dataset.in !== "path")) continue;
    if (dataset.in === "path") path = path.replace(`{${name}}`, value ? encodeURIComponent(value) : `{${name}}`);
    else if (dataset.in === "header") headers[name] = value;
    else query.push(`${encodeURIComponent(name)}=${encodeURIComponent(value).replaceAll("%2C", ",")}`);
  }
  return { url: BASE.href + path + (query.length ? `?${query.join("&")}` : ""), headers };
}

function showCommand(form, command) {
  const { url, headers } = read(form);
  const fields = Object.entries(headers).map(([name, value]) => ` -H ${quote(`${name}: ${value}`)}`);
  command.textContent = `curl${fields.join("")} ${quote(url)}`;
}

function append(details, label) {
  const pre = document.createElement("pre");
  Object.assign(pre, { tabIndex: 0, role: "group", ariaLabel: label });
  details.append(pre);
  return pre;
}

// Shows a response from its first bytes on: an event stream does not end.
async function show(response, details) {
  const type = response.headers.get("content-type") ?? "";
  const fields = [...response.headers].filter(([name]) => SHOWN.test(name));
  append(details, "Headers").textContent = fields.map((field) => field.join(": ")).join("\n");
  const body = append(details, "Body");
  if (!READABLE.test(type)) {
    body.textContent = `${(await response.arrayBuffer()).byteLength} bytes`;
    return;
  }
  let text = "";
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let part; !(part = await reader.read()).done; ) {
    text += part.value;
    if (text.length > MOST) return reader.cancel().then(() => (body.textContent = `${text.slice(0, MOST).replace(/[\uD800-\uDBFF]$/, "")}…`));
    if (type.startsWith("text/event-stream")) body.textContent = text;
  }
  body.textContent = /json/.test(type) ? indent(text) : text;
}

function indent(json) {
  try {
    return JSON.stringify(JSON.parse(json), null, 2);
  } catch {
    return json;
  }
}

// Fills in a comment that exists, if the visitor has not typed another.
let newest;
async function fillIn(form) {
  newest ??= fetch(new URL("api/v1/comments?limit=1", BASE)).then((response) => response.json());
  const comment = (await newest.catch(() => null))?.comments?.[0];
  if (!comment) return;
  const { ghissueid, id, author } = comment;
  const user = /\/avatars\/(\d+)/.exec(author.avatar_url)?.[1];
  const known = { ghissueid, issue_number: ghissueid, comment_id: id, user_id: user };
  for (const input of form.elements) {
    if (input.dataset.in === "path" && known[input.name] && input.value === input.defaultValue) input.value = known[input.name];
  }
  form.dispatchEvent(new Event("input"));
}

for (const details of document.querySelectorAll(".try")) {
  const form = details.querySelector("form");
  const status = details.querySelector("[role=status]");
  const button = form.querySelector("button");
  const command = details.previousElementSibling.firstElementChild;
  let request = null;
  details.addEventListener("toggle", () => fillIn(form), { once: true });
  form.addEventListener("input", () => showCommand(form, command));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (request) return request.abort();
    request = new AbortController();
    button.textContent = "Stop";
    for (const pre of details.querySelectorAll("pre")) pre.remove();
    try {
      const { url, headers } = read(form);
      const response = await fetch(url, { headers, signal: request.signal, cache: "no-store" });
      status.textContent = `${response.status} ${response.statusText}`;
      await show(response, details);
    } catch (error) {
      if (error.name !== "AbortError") status.textContent = `No response: ${error.message}`;
    }
    button.textContent = "Send";
    request = null;
  });
  details.hidden = false;
}
