// What is under way, lane beside lane, and what has just ended, with the time that running side by side saved.

import { h } from "./dom.js";
import { beganAt, lanesChart, savedSentence } from "./lanes.js";
import { MARKED, UNDER_WAY, mark, state, student } from "./words.js";

const SHOWN = 8;
const AT_ONCE = 4;
const KINDS = { question_paper: "Question paper", answer_key: "Answer key" };

export function board({ api }) {
  const list = h("ul", { class: "board" });
  const rest = h("p", { class: "quiet" });
  const element = h(
    "section",
    { class: "running", "aria-label": "Under way", hidden: true },
    h("h2", {}, "Under way"),
    list,
    rest,
  );
  // Each submission seen running, or ended between two looks: its last status in full.
  const seen = new Map();
  // The runs that had ended before the first look, or have been shown ended. Another run of the same sheet is news.
  let known = null;
  const runOf = (one) => `${one.id}.${one.run}`;

  /** Takes the list of submissions and looks closer at those that run. */
  async function show(submissions) {
    const running = submissions.filter((one) => UNDER_WAY.has(one.state));
    const over = submissions.filter((one) => !UNDER_WAY.has(one.state) && one.state !== "ERASED");
    known ??= new Set(over.map(runOf));
    const ended = over
      .filter((one) => !known.has(runOf(one)))
      .sort((a, b) => (a.received_at < b.received_at ? 1 : -1));
    for (const one of ended.splice(SHOWN)) {
      known.add(runOf(one));
      seen.delete(one.id);
    }
    for (const one of submissions) if (one.state === "ERASED") seen.delete(one.id);
    await inTurn([...ended, ...running.slice(0, SHOWN)].map((one) => () => look(one.id)));
    const order = [...seen.values()].sort((a, b) => (a.received_at < b.received_at ? 1 : -1));
    const shown = [
      ...order.filter((one) => UNDER_WAY.has(one.state)),
      ...order.filter((one) => !UNDER_WAY.has(one.state)),
    ].slice(0, SHOWN);
    for (const id of seen.keys()) if (!shown.some((one) => one.id === id)) seen.delete(id);
    list.replaceChildren(...rows(shown));
    const more = running.length - shown.filter((one) => UNDER_WAY.has(one.state)).length;
    rest.textContent = more > 0 ? `and ${more} more` : "";
    element.hidden = shown.length === 0;
  }

  async function look(id) {
    const status = await api.submission(id);
    seen.set(id, status);
    if (!UNDER_WAY.has(status.state)) known.add(runOf(status));
  }

  return { element, show };
}

/** Submissions one below the other, their lanes on one scale. */
export function rows(statuses) {
  const ended = (one) => (one.ended_at ? Date.parse(one.ended_at) : Date.now());
  const scale = Math.max(0, ...statuses.map((one) => ended(one) - beganAt(one)));
  return statuses.map((one) => row(one, scale));
}

function row(status, scale) {
  const name = KINDS[status.kind] ?? student(status.student);
  const got = MARKED.has(status.state) ? ` · ${mark(status.marks)} / ${mark(status.max_marks)}` : "";
  return h(
    "li",
    { class: UNDER_WAY.has(status.state) ? "running" : "ended", data: { id: status.id } },
    h(
      "div",
      {},
      h("strong", {}, name),
      h("p", { class: "quiet" }, `${state(status.state)}${got}`),
      h("p", { class: "saved" }, savedSentence(status)),
    ),
    lanesChart(status, { scale }),
  );
}

/** A few requests at a time; one that fails leaves its place as it was. */
async function inTurn(tasks) {
  const waiting = [...tasks];
  const work = async () => {
    while (waiting.length)
      await waiting
        .shift()()
        .catch(() => null);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}
