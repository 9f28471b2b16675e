// Chart of one submission's branches as they run in parallel: reading, storing, recording, then marking.

import { svg } from "./dom.js";
import { count, seconds } from "./words.js";

const NAMES = { reading: "reading", storing: "storing", recording: "recording", grading: "marking" };
const WIDTH = 760;
const LABEL = 76;
const ROW = 20;

const moment = (text) => (text ? Date.parse(text) : null);

const isRerun = (status) => status.run > 1;

/** When a run began, in ms: the first run with the upload; a later one, maybe months after, with its first branch. */
export function beganAt(status) {
  const received = moment(status.received_at);
  if (!isRerun(status)) return received;
  const starts = Object.values(status.lanes ?? {}).map((branch) => moment(branch.started_at));
  const known = starts.filter((one) => one !== null);
  return known.length ? Math.min(...known) : received;
}

/**
 * When each branch began and ended, in ms since the run began; `now` is the server's time as far as the page knows it.
 * Recording is a single write: it is shown as the time from the run's start to that write.
 */
export function branchBars(status, now) {
  const start = beganAt(status);
  const bars = [];
  for (const [name, branch] of Object.entries(status.lanes ?? {})) {
    const began = name === "recording" ? start : moment(branch.started_at);
    if (began === null || (name === "recording" && !branch.ended_at)) continue;
    const running = branch.state === "running";
    const ended = moment(branch.ended_at) ?? (running ? now : began);
    bars.push({ name, from: Math.max(0, began - start), to: Math.max(0, ended - start), running, branch });
  }
  return bars;
}

/** The chart, `scale` ms wide so that several submissions can be compared. */
export function branchChart(status, { now = Date.now(), scale } = {}) {
  const bars = branchBars(status, now);
  const longest = Math.max(scale ?? 0, 1000, ...bars.map((bar) => bar.to));
  const x = (ms) => LABEL + ((WIDTH - LABEL - 130) * ms) / longest;
  const order = Object.keys(NAMES);
  const groups = bars.map((bar) => {
    const y = order.indexOf(bar.name) * ROW;
    const pages =
      bar.name === "reading" && bar.branch.pages_total
        ? ` · ${bar.branch.pages_done ?? 0}/${count(bar.branch.pages_total, "page")}`
        : "";
    return svg(
      "g",
      {},
      svg("rect", {
        class: `branch ${bar.name}${bar.running ? " running" : ""}`,
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
    { class: "branch-chart", viewBox: `0 0 ${WIDTH} ${order.length * ROW}`, role: "img", "aria-label": description(bars) },
    labels,
    groups,
  );
}

/** The text alternative for screen readers. */
function description(bars) {
  if (!bars.length) return "Not started yet";
  return bars.map((bar) => `${NAMES[bar.name]} ${bar.running ? "for" : "in"} ${seconds(bar.to - bar.from)}`).join(", ");
}

/** The time that the first run saved by working in parallel; "" before it is known, and for later runs, which do not
 * read the file again. */
export function savedSentence(status) {
  const saved = status.timeline?.saved_ms;
  return saved > 0 && !isRerun(status) ? `Stored and recorded while it was read: ${seconds(saved)} saved.` : "";
}
