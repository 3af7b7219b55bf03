// Reads the page again after news, and replaces the sections that changed. What the owner has opened or types stays.

const STREAM = "owner/events";
const NAME = `afterword ${new URL(STREAM, location.href)}`;
const RETRY = 10_000;
const news = document.querySelector("#news");
// The page is this service's own, with everything from outside escaped.
const policy = window.trustedTypes?.createPolicy("afterword-owner", { createHTML: (html) => html }) ?? { createHTML: (html) => html };
let controller, channel, stream, timer, isReading, isOutdated;

// A browser allows few connections to one host, so all visible pages share one stream: the page that has a lock reads it,
// and tells the others over a channel. Without locks or channels (a page without TLS), each page reads a stream.
function connect() {
  if (controller || document.hidden) return;
  controller = new AbortController();
  const { signal } = controller;
  const listen = () => {
    if (signal.aborted) return;
    openStream();
    return new Promise((release) => signal.addEventListener("abort", release));
  };
  try {
    channel = navigator.locks && new BroadcastChannel(NAME);
  } catch {} // the browser has none, or blocks storage
  if (!channel) {
    listen();
    return;
  }
  channel.onmessage = refresh;
  navigator.locks.request(NAME, { signal }, listen).catch(listen);
}

function openStream() {
  const source = (stream = new EventSource(STREAM));
  source.addEventListener("changed", announce);
  source.onopen = announce; // before it was open, news may have been missed
  source.onerror = () => {
    if (source.readyState === EventSource.CLOSED) timer = setTimeout(reopen, RETRY);
  };
}

function disconnect() {
  controller?.abort();
  clearTimeout(timer);
  stream?.close();
  channel?.close();
  controller = channel = stream = null;
}

// If the session has ended, reading the page again leads to the form.
function reopen() {
  openStream();
  announce();
}

function announce() {
  channel?.postMessage("news");
  refresh();
}

async function refresh() {
  isOutdated = true;
  if (isReading) return;
  isReading = true;
  while (isOutdated) {
    isOutdated = false;
    const html = await read();
    if (html) replace(new DOMParser().parseFromString(policy.createHTML(html), "text/html"));
  }
  isReading = false;
}

// Returns the page, or nothing while the service is away: the stream reconnects then, and the page is read again.
async function read() {
  try {
    const response = await fetch(location.href, { cache: "no-store" });
    return response.ok ? await response.text() : null;
  } catch {
    return null;
  }
}

function replace(page) {
  if (!page.querySelector("#figures")) {
    location.reload(); // the session has ended
    return;
  }
  const time = page.querySelector("#as-of time").textContent;
  let hasNews = false;
  for (const section of document.querySelectorAll("[data-live]")) {
    const current = page.getElementById(section.id);
    if (!current || isBusy(section) || section.isEqualNode(current)) continue;
    if (section.id !== "as-of" && withoutAges(section) !== withoutAges(current)) hasNews = true;
    keepOpen(section, current);
    const focused = section.contains(document.activeElement) && path(section, document.activeElement);
    section.replaceWith(document.adoptNode(current));
    if (focused) current.querySelector(focused)?.focus();
  }
  if (hasNews) news.textContent = `Updated: ${time}`;
}

// A section in which the owner types or chooses stays as it is.
function isBusy(section) {
  const active = document.activeElement;
  return section.contains(active) && active.matches("input, select");
}

function keepOpen(section, current) {
  for (const details of section.querySelectorAll("details[open]")) {
    const same = details.id && current.querySelector(`#${CSS.escape(details.id)}`);
    if (same) same.open = true;
  }
}

function withoutAges(section) {
  const copy = section.cloneNode(true);
  for (const time of copy.querySelectorAll("time")) time.remove();
  return copy.textContent;
}

// A selector of an element by what it says, to find its copy.
function path(section, element) {
  if (element === section) return null;
  const label = element.getAttribute("aria-label");
  if (label) return `[aria-label="${CSS.escape(label)}"]`;
  if (element.id) return `#${CSS.escape(element.id)}`;
  const href = element.getAttribute("href");
  return href && `[href="${CSS.escape(href)}"]`;
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden) disconnect();
  else {
    connect();
    refresh();
  }
});
addEventListener("pagehide", disconnect);
addEventListener("pageshow", connect);
connect();
