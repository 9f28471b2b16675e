// Progress board: the submissions that are being processed and those that have just ended, each with a chart of its
// branches and the time saved by running them in parallel.

import { h } from "./dom.js";
import { beganAt, branchChart, savedSentence } from "./branch-chart.js";
import { documentTitle } from "./document-kinds.js";
import { MARKED, UNDER_WAY, mark, state, student } from "./words.js";

const MAX_ROWS = 8;
const MAX_REQUESTS = 4;

export function board({ api }) {
  const list = h("ul", { class: "board" });
  const rest = h("p", { class: "quiet" });
  const element = h(
    "section",
    { class: "running", "aria-label": "In progress", hidden: true },
    h("h2", {}, "In progress"),
    list,
    rest,
  );
  // The last full status of each submission that was seen running, or that ended between two polls.
  const seen = new Map();
  // The runs that had ended before the first poll, or have been shown as ended. Another run of the same sheet is shown.
  let known = null;
  const runOf = (one) => `${one.id}.${one.run}`;

  /** Updates the board from the list of submissions; fetches the full status of those that are running. */
  async function show(submissions) {
    const running = submissions.filter((one) => UNDER_WAY.has(one.state));
    const finished = submissions.filter((one) => !UNDER_WAY.has(one.state) && one.state !== "ERASED");
    known ??= new Set(finished.map(runOf));
    const ended = finished
      .filter((one) => !known.has(runOf(one)))
      .sort((a, b) => (a.received_at < b.received_at ? 1 : -1));
    for (const one of ended.splice(MAX_ROWS)) {
      known.add(runOf(one));
      seen.delete(one.id);
    }
    for (const one of submissions) if (one.state === "ERASED") seen.delete(one.id);
    await runLimited([...ended, ...running.slice(0, MAX_ROWS)].map((one) => () => fetchStatus(one.id)));
    const order = [...seen.values()].sort((a, b) => (a.received_at < b.received_at ? 1 : -1));
    const shown = [
      ...order.filter((one) => UNDER_WAY.has(one.state)),
      ...order.filter((one) => !UNDER_WAY.has(one.state)),
    ].slice(0, MAX_ROWS);
    for (const id of seen.keys()) if (!shown.some((one) => one.id === id)) seen.delete(id);
    list.replaceChildren(...rows(shown));
    const more = running.length - shown.filter((one) => UNDER_WAY.has(one.state)).length;
    rest.textContent = more > 0 ? `and ${more} more` : "";
    element.hidden = shown.length === 0;
  }

  async function fetchStatus(id) {
    const status = await api.submission(id);
    seen.set(id, status);
    if (!UNDER_WAY.has(status.state)) known.add(runOf(status));
  }

  return { element, show };
}

/** Rows of submissions whose charts have the same scale. */
export function rows(statuses) {
  const ended = (one) => (one.ended_at ? Date.parse(one.ended_at) : Date.now());
  const scale = Math.max(0, ...statuses.map((one) => ended(one) - beganAt(one)));
  return statuses.map((one) => row(one, scale));
}

function row(status, scale) {
  const name = documentTitle(status.kind) ?? student(status.student);
  const marks = MARKED.has(status.state) ? ` · ${mark(status.marks)} / ${mark(status.max_marks)}` : "";
  return h(
    "li",
    { class: UNDER_WAY.has(status.state) ? "running" : "ended", data: { id: status.id } },
    h(
      "div",
      {},
      h("strong", {}, name),
      h("p", { class: "quiet" }, `${state(status.state)}${marks}`),
      h("p", { class: "saved" }, savedSentence(status)),
    ),
    branchChart(status, { scale }),
  );
}

/** Runs a few requests at a time; a failed one leaves its row unchanged. */
async function runLimited(tasks) {
  const waiting = [...tasks];
  const work = async () => {
    while (waiting.length)
      await waiting
        .shift()()
        .catch(() => null);
  };
  await Promise.all(Array.from({ length: MAX_REQUESTS }, work));
}
