// Keeps live pages up to date. Without it the pages show what was there when they were loaded.
"use strict";

const state = document.getElementById("live-state");
const pause = document.getElementById("live-pause");
const area = document.querySelector("[data-live]");
let source = null;
let paused = false;
let known = null; // rows that were there before

function say(what) {
  if (state.dataset.now !== what) {
    state.dataset.now = what;
    state.textContent = state.getAttribute("data-text-" + what);
  }
}

// swap puts in the new content, and keeps what somebody is at: the focus, and what is open.
function swap(html) {
  const focus = area.contains(document.activeElement) ? document.activeElement : null;
  if (focus && focus.matches("input, textarea")) return;
  const id = focus && (focus.id || (focus.tagName === "SUMMARY" && "summary:" + focus.parentElement.id));
  const open = [...area.querySelectorAll("details[open]")].map((d) => d.id);
  area.innerHTML = html;
  for (const d of open) document.getElementById(d)?.setAttribute("open", "");
  if (id) {
    const to = id.startsWith("summary:") ? document.getElementById(id.slice(8))?.querySelector("summary") : document.getElementById(id);
    to?.focus({ preventScroll: true });
  }
  mark();
}

// mark shows for a moment which rows are new.
function mark() {
  const rows = [...area.querySelectorAll("[data-row]")];
  if (known) for (const row of rows) if (!known.has(row.dataset.row)) row.classList.add("new");
  known = new Set(rows.map((row) => row.dataset.row));
}

function follow() {
  if (source || paused || document.hidden) return;
  source = new EventSource(area.dataset.live);
  source.onopen = () => say("on");
  source.onmessage = (event) => swap(event.data);
  source.onerror = () => {
    say("off");
    if (source && source.readyState === EventSource.CLOSED) {
      source = null;
      setTimeout(follow, 5000);
    }
  };
}

function rest() {
  source?.close();
  source = null;
}

if (area && state) {
  state.parentElement.hidden = false;
  pause.addEventListener("click", () => {
    paused = !paused;
    pause.textContent = pause.getAttribute(paused ? "data-text-resume" : "data-text-pause");
    if (paused) {
      rest();
      say("paused");
    } else follow();
  });
  // Nobody looks at a page that is hidden.
  document.addEventListener("visibilitychange", () => (document.hidden ? rest() : follow()));
  mark();
  follow();
}
