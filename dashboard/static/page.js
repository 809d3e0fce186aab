// The page works without this script; with it, times are local, languages have names and new hits appear by themselves.
// Hits arrive as HTML made by the server with the same escaped templates as the page.
"use strict";

const sameDay = new Intl.DateTimeFormat([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const anyDay = new Intl.DateTimeFormat([], { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
const languageNames = new Intl.DisplayNames(["en"], { type: "language" });

function languageName(tag) {
  try {
    return tag === "und" ? "language not known" : languageNames.of(tag);
  } catch {
    return tag;
  }
}

function localise(root) {
  const today = new Date().toDateString();
  for (const time of root.querySelectorAll("time[datetime]")) {
    const moment = new Date(time.dateTime);
    if (!Number.isNaN(moment.getTime())) {
      time.textContent = (moment.toDateString() === today ? sameDay : anyDay).format(moment);
    }
  }
  for (const tag of root.querySelectorAll("a[data-language]")) {
    tag.title = languageName(tag.dataset.language);
  }
  for (const option of root.querySelectorAll("option[data-language]")) {
    const count = option.textContent.match(/\([^)]*\)$/);
    option.textContent = `${languageName(option.dataset.language)} ${count ? count[0] : ""}`.trim();
  }
}

// Ranges of the marks in an element that holds only text and <mark>.
function markedRanges(element) {
  const ranges = [];
  let at = 0;
  for (const node of element.childNodes) {
    const end = at + node.textContent.length;
    if (node.nodeName === "MARK") ranges.push([at, end]);
    at = end;
  }
  return ranges;
}

// Gives `target` the marks of both; the texts are the same.
function uniteMarks(target, source) {
  const text = target.textContent;
  const ranges = [...markedRanges(target), ...markedRanges(source)].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const nodes = [];
  let at = 0;
  while (ranges.length) {
    let [start, end] = ranges.shift();
    while (ranges.length && ranges[0][0] <= end) end = Math.max(end, ranges.shift()[1]);
    if (at < start) nodes.push(text.slice(at, start));
    const mark = document.createElement("mark");
    mark.textContent = text.slice(start, end);
    nodes.push(mark);
    at = end;
  }
  if (at < text.length) nodes.push(text.slice(at));
  target.replaceChildren(...nodes);
}

function text(root, selector) {
  const found = root.querySelector(selector);
  return found ? found.textContent : "";
}

class HitList {
  constructor(list) {
    this.list = list;
    this.most = Number(list.dataset.most);
    this.empty = document.getElementById("empty");
  }

  // Puts one arrived hit where the server would show it. True when it was not there before.
  add(html) {
    const template = document.createElement("template");
    template.innerHTML = html;
    const story = template.content.querySelector("article");
    const line = story && story.querySelector(".line");
    if (!line || document.getElementById(line.id)) return false;
    localise(story);
    const known = document.getElementById(story.id);
    if (known) this.join(known, story, line);
    else this.place(story);
    const shown = known || story;
    shown.classList.remove("fresh");
    void shown.offsetWidth; // lets the highlight begin again
    shown.classList.add("fresh");
    this.empty.hidden = true;
    return true;
  }

  place(story) {
    const after = [...this.list.children].find((other) => other.dataset.seen <= story.dataset.seen);
    this.list.insertBefore(story, after || null);
  }

  join(known, story, line) {
    const title = known.querySelector(".title > *");
    const freshTitle = story.querySelector(".title > *");
    const sameTitle = title.textContent === freshTitle.textContent;
    const passage = story.querySelector(".passage");
    if (sameTitle) {
      uniteMarks(title, freshTitle);
    } else {
      const wording = document.createElement("p");
      wording.className = "wording";
      wording.dir = "auto";
      wording.lang = story.querySelector(".title").lang;
      wording.append(...freshTitle.childNodes);
      passage.prepend(wording);
    }
    const wording = text(passage, ".wording");
    const twin = [...known.querySelectorAll(".passage")].find(
      (other) => text(other, ".wording") === wording && text(other, ".excerpt") === text(passage, ".excerpt"),
    );
    if (twin) {
      const excerpt = twin.querySelector(".excerpt");
      if (excerpt) uniteMarks(excerpt, passage.querySelector(".excerpt"));
      twin.querySelector(".lines").append(line);
    } else {
      known.querySelector(".passages").prepend(passage);
    }
    // An element that holds the focus stays where it is: moving it would take the focus away.
    if (story.dataset.seen > known.dataset.seen && !known.contains(document.activeElement)) {
      known.dataset.seen = story.dataset.seen;
      known.querySelector(".when").replaceWith(story.querySelector(".when"));
      this.place(known);
    }
  }

  trim() {
    const extra = [...this.list.children].slice(this.most);
    for (const story of extra) if (!story.contains(document.activeElement)) story.remove();
  }
}

class LiveUpdates {
  constructor(list) {
    this.hits = new HitList(list);
    this.address = new URL(list.dataset.events, location.href);
    this.state = document.getElementById("state");
    this.button = document.getElementById("pause");
    this.title = document.title;
    this.paused = false;
    this.waiting = [];
    this.unseen = 0;
    this.button.closest(".live").hidden = false;
    this.button.addEventListener("click", () => this.toggle());
    document.addEventListener("visibilitychange", () => this.retitle());
    addEventListener("pagehide", () => this.source.close());
    addEventListener("pageshow", (event) => {
      if (event.persisted) this.connect();
    });
    this.connect();
  }

  connect() {
    this.source = new EventSource(this.address);
    this.source.addEventListener("open", () => this.say("live"));
    this.source.addEventListener("closing", () => this.say("server stopped, reconnecting"));
    this.source.addEventListener("reset", () => location.reload());
    this.source.addEventListener("feeds", (event) => this.feeds(JSON.parse(event.data)));
    this.source.addEventListener("hit", (event) => {
      // A connection of our own making, unlike the browser's, begins where the address says.
      this.address.searchParams.set("after", event.lastEventId);
      this.waiting.push(event.data);
      if (this.paused) {
        this.waiting.splice(0, this.waiting.length - this.hits.most);
        this.label();
      } else if (this.waiting.length === 1) {
        // One burst, one change of the page, one announcement.
        setTimeout(() => this.flush(), 50);
      }
    });
    this.source.addEventListener("error", () => {
      this.say("not connected, trying again");
      // After an answer other than 200 the browser gives up; we do not.
      if (this.source.readyState === EventSource.CLOSED) setTimeout(() => this.connect(), 10000);
    });
  }

  flush() {
    if (this.paused) return;
    let added = 0;
    for (const html of this.waiting.splice(0)) if (this.hits.add(html)) added += 1;
    this.hits.trim();
    if (document.hidden) this.unseen += added;
    this.retitle();
  }

  toggle() {
    this.paused = !this.paused;
    this.button.setAttribute("aria-pressed", String(this.paused));
    this.label();
    if (!this.paused) this.flush();
    this.show();
  }

  label() {
    const count = this.waiting.length;
    this.button.textContent = this.paused ? `Resume${count ? ` (${count} new)` : ""}` : "Pause";
  }

  say(words) {
    this.words = words;
    this.show();
  }

  show() {
    const words = this.paused ? "paused" : this.words;
    if (this.state.textContent !== words) this.state.textContent = words;
    this.state.dataset.state = this.paused ? "paused" : words === "live" ? "live" : "broken";
  }

  retitle() {
    if (!document.hidden) this.unseen = 0;
    document.title = this.unseen ? `(${this.unseen}) ${this.title}` : this.title;
  }

  feeds({ text: words, standing }) {
    const indicator = document.getElementById("feeds-indicator");
    indicator.className = `indicator is-${standing}`;
    indicator.lastElementChild.textContent = words;
  }
}

localise(document);
const list = document.getElementById("hits");
if (list) new LiveUpdates(list);
