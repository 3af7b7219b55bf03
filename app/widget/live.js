// Tells of changes to posts. A browser allows few connections to one host, so all visible pages of a blog share one event
// stream for each site: the page that has a lock reads it, and passes on over a channel what it hears.
//
// | a page        | has                    | becomes                                                        |
// |---------------|------------------------|----------------------------------------------------------------|
// | hidden        | nothing                | waiting when it is visible and shows comments                  |
// | waiting       | the channel            | reading when it gets the lock: no other page reads any more    |
// | reading       | the channel, the stream | hidden when it is hidden or shows no comments, and frees the lock |
//
// On the channel a waiting page says which posts it shows ({page, numbers}). A new reading page asks for that ({asks}), and
// passes events on ({event}). Without locks or channels (a page without TLS), each page reads a stream of its own.

const MOST = 20; // posts in a stream: see MAX_FURTHER_POSTS in app/web/parameters.py
const PAUSE = 50; // milliseconds in which other pages answer and further elements start
const RETRY = 30_000;
const sites = {};

// Calls `hear` with each event of a post until the signal aborts. A site is the address of its posts.
export function listen(site, number, hear, signal) {
  const group = (sites[site] ??= new Site(site));
  group.listeners.set(hear, number);
  signal.addEventListener("abort", () => {
    group.listeners.delete(hear);
    group.update();
  });
  group.update();
}

class Site {
  constructor(address) {
    Object.assign(this, { address, name: `afterword ${address}`, page: Math.random(), listeners: new Map() });
    document.addEventListener("visibilitychange", () => this.update());
    addEventListener("pagehide", () => this.close());
    addEventListener("pageshow", () => this.update());
  }

  // Opens, changes or closes what the listeners of this page need.
  update() {
    const isNeeded = this.listeners.size && !document.hidden;
    if (!isNeeded) this.close();
    else if (this.controller) this.tell();
    else this.open();
  }

  open() {
    this.controller = new AbortController();
    const { signal } = this.controller;
    const read = () => {
      if (signal.aborted) return;
      this.others = new Map();
      this.latest = new Map();
      this.channel?.postMessage({ asks: true });
      this.scheduleConnection();
      return new Promise((release) => signal.addEventListener("abort", release));
    };
    try {
      this.channel = navigator.locks && new BroadcastChannel(this.name);
    } catch {} // the browser has none, or blocks storage
    if (!this.channel) {
      read();
      return;
    }
    this.channel.onmessage = ({ data }) => this.receive(data);
    this.tell();
    navigator.locks.request(this.name, { signal }, read).catch(read);
  }

  close() {
    this.controller?.abort();
    clearTimeout(this.timer);
    this.stream?.close();
    this.channel?.postMessage({ page: this.page, numbers: [] });
    this.channel?.close();
    Object.assign(this, { controller: null, stream: null, channel: null, others: null });
  }

  // Tells the reading page which posts this one shows. If it is this one, it reads their stream.
  tell() {
    const numbers = [...this.listeners.values()];
    if (this.others) this.include(numbers);
    else this.channel?.postMessage({ page: this.page, numbers });
  }

  receive({ asks, page, numbers, event }) {
    if (event) this.pass(event);
    else if (asks) this.tell();
    else if (this.others) {
      if (numbers.length) this.others.set(page, numbers);
      else this.others.delete(page);
      this.include(numbers);
    }
  }

  // Reads the stream of these posts too; passes on the latest event of those that it has.
  include(numbers) {
    for (const number of numbers) {
      if (!this.numbers?.includes(number)) this.scheduleConnection();
      else if (this.latest.has(number)) this.send(this.latest.get(number));
    }
  }

  scheduleConnection() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.connect(), PAUSE);
  }

  connect() {
    this.stream?.close();
    this.numbers = [...new Set([...this.listeners.values(), ...[...this.others.values()].flat()])].slice(0, MOST);
    const [first, ...further] = this.numbers;
    const url = new URL(this.address);
    url.pathname += `/${first}/events`;
    if (further.length) url.searchParams.set("ids", further);
    const stream = (this.stream = new EventSource(url));
    for (const name of ["current", "changed"]) stream.addEventListener(name, ({ data }) => this.send(JSON.parse(data)));
    stream.onerror = () => {
      // a browser does not repeat a connection that was refused
      if (stream.readyState === EventSource.CLOSED) this.timer = setTimeout(() => this.connect(), RETRY * (1 + Math.random()));
    };
  }

  send(event) {
    this.latest.set(`${event.ghissueid}`, event);
    this.channel?.postMessage({ event });
    this.pass(event);
  }

  pass(event) {
    for (const [hear, number] of this.listeners) if (number === `${event.ghissueid}`) hear(event);
  }
}
