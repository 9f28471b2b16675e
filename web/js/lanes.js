// The lanes of one submission side by side as they run: reading, storing, recording, then marking.

import { svg } from "./dom.js";
import { count, seconds } from "./words.js";

const NAMES = { reading: "reading", storing: "storing", recording: "recording", grading: "marking" };
const WIDTH = 760;
const LABEL = 76;
const ROW = 20;

const moment = (text) => (text ? Date.parse(text) : null);

const isAgain = (status) => status.run > 1;

/** When a run began, in ms: the first at the receipt; a later one, maybe months after it, with the first thing it did. */
export function beganAt(status) {
  const received = moment(status.received_at);
  if (!isAgain(status)) return received;
  const starts = Object.values(status.lanes ?? {}).map((lane) => moment(lane.started_at));
  const known = starts.filter((one) => one !== null);
  return known.length ? Math.min(...known) : received;
}

/**
 * When each lane began and ended, in ms since the run began; `now` is the server's clock as far as the page knows it.
 * Recording is one write: it is shown as the time from the run's beginning to that write.
 */
export function lanesOf(status, now) {
  const start = beganAt(status);
  const bars = [];
  for (const [name, lane] of Object.entries(status.lanes ?? {})) {
    const began = name === "recording" ? start : moment(lane.started_at);
    if (began === null || (name === "recording" && !lane.ended_at)) continue;
    const running = lane.state === "running";
    const ended = moment(lane.ended_at) ?? (running ? now : began);
    bars.push({ name, from: Math.max(0, began - start), to: Math.max(0, ended - start), running, lane });
  }
  return bars;
}

/** The drawing, `scale` ms wide so that several submissions can be compared. */
export function lanesChart(status, { now = Date.now(), scale } = {}) {
  const bars = lanesOf(status, now);
  const longest = Math.max(scale ?? 0, 1000, ...bars.map((bar) => bar.to));
  const x = (ms) => LABEL + ((WIDTH - LABEL - 130) * ms) / longest;
  const order = Object.keys(NAMES);
  const drawn = bars.map((bar) => {
    const y = order.indexOf(bar.name) * ROW;
    const pages =
      bar.name === "reading" && bar.lane.pages_total
        ? ` · ${bar.lane.pages_done ?? 0}/${count(bar.lane.pages_total, "page")}`
        : "";
    return svg(
      "g",
      {},
      svg("rect", {
        class: `lane ${bar.name}${bar.running ? " running" : ""}`,
        x: x(bar.from),
        y: y + 4,
        width: Math.max(2, x(bar.to) - x(bar.from)),
        height: 12,
        rx: 3,
      }),
      svg("text", { class: "bar-text", x: x(bar.to) + 6, y: y + 14 }, `${seconds(bar.to - bar.from)}${pages}`),
    );
  });
  const labels = order.map((name, row) =>
    svg("text", { class: "row-text", x: LABEL - 10, y: row * ROW + 14, "text-anchor": "end" }, NAMES[name]),
  );
  return svg(
    "svg",
    { class: "lanes", viewBox: `0 0 ${WIDTH} ${order.length * ROW}`, role: "img", "aria-label": spoken(bars) },
    labels,
    drawn,
  );
}

/** The same for those who listen. */
function spoken(bars) {
  if (!bars.length) return "Not begun yet";
  return bars.map((bar) => `${NAMES[bar.name]} ${bar.running ? "for" : "in"} ${seconds(bar.to - bar.from)}`).join(", ");
}

/** What the first run saved by doing things side by side; "" before it is known, and for later runs: what was read
 * before is not read again. */
export function savedSentence(status) {
  const saved = status.timeline?.saved_ms;
  return saved > 0 && !isAgain(status) ? `Stored and recorded while it was read: ${seconds(saved)} saved.` : "";
}
