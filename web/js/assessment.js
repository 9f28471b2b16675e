// One assessment: its documents, what is under way, and every sheet with its marks.

import { difficulty, distribution } from "./charts.js";
import { fill, h, keepFile, tell } from "./dom.js";
import { intake } from "./intake.js";
import { board } from "./board.js";
import { sheetsTable } from "./sheets.js";
import { MARKED, UNDER_WAY, count, mark, question, share } from "./words.js";

const BUSY_MS = 1000;
const CALM_MS = 8000;

export function assessmentView({ api, uploads, content, parts, trail }) {
  const [name] = parts;
  const address = `#/a/${encodeURIComponent(name)}`;
  let closed = false;
  let timer = 0;
  let document_ = null;
  let submissions = [];
  const head = h("header", { class: "masthead" });
  const plots = h("section", { class: "beside", "aria-label": "Plots", hidden: true });
  const doors = intake({ name, api, uploads, sent: () => soon(300) });
  const running = board({ api });
  const table = sheetsTable({ address });

  async function open() {
    trail([
      ["Assessments", "#/"],
      [name, address],
    ]);
    fill(content, head, doors.element, running.element, table.element, plots);
    await look();
    addEventListener("visibilitychange", again);
  }

  function close() {
    closed = true;
    clearTimeout(timer);
    removeEventListener("visibilitychange", again);
  }

  const again = () => document.hidden || soon(0);

  function soon(ms) {
    if (closed) return;
    clearTimeout(timer);
    timer = setTimeout(look, ms);
  }

  async function look() {
    clearTimeout(timer);
    if (document.hidden && document_) return;
    try {
      const listed = await api.submissions(name);
      [document_, submissions] = [await known(listed), listed];
    } catch (error) {
      if (!document_) throw error;
      return soon(CALM_MS);
    }
    if (closed) return;
    await running.show(submissions);
    draw();
    soon(uploads.busy || submissions.some((one) => UNDER_WAY.has(one.state)) ? BUSY_MS : CALM_MS);
  }

  /** The assessment; one that nothing has come for yet is not asked for. */
  async function known(listed) {
    const begun = listed.length > 0 || (await api.assessments()).assessments.some((one) => one.id === name);
    return begun ? api.assessment(name) : { id: name, paper: null, scheme: null, counts: {}, published_at: null };
  }

  function draw() {
    const sheets = submissions.filter((one) => one.kind === "answer_sheet" && one.state !== "ERASED");
    const marked = sheets.filter((one) => MARKED.has(one.state) && one.max_marks > 0);
    const questions = questionsOf(marked, document_.paper);
    doors.show(document_, submissions);
    table.show(sheets, questions);
    drawHead(sheets, marked);
    plots.hidden = marked.length < 2;
    if (!plots.hidden) fill(plots, distribution(marked.map((one) => one.marks / one.max_marks)), difficulty(questions));
  }

  let drawnHead = "";
  function drawHead(sheets, marked) {
    const doubts = marked.reduce((sum, one) => sum + doubtsOf(one), 0);
    const mean = marked.length ? marked.reduce((sum, one) => sum + one.marks / one.max_marks, 0) / marked.length : null;
    const title = document_.paper?.title || name;
    const text = JSON.stringify([
      title,
      sheets.length,
      marked.length,
      doubts,
      mean,
      document_.published_at,
      document_.changed_since,
      document_.paper?.total_marks,
    ]);
    if (text === drawnHead) return;
    drawnHead = text;
    const held = head.contains(document.activeElement) && document.activeElement.dataset.button;
    const fact = (label, value, className) => h("div", { class: className }, h("dt", {}, label), h("dd", {}, value));
    fill(
      head,
      title === name ? null : h("p", { class: "kicker" }, name),
      h("h1", {}, title),
      h(
        "dl",
        { class: "facts" },
        fact(sheets.length === 1 ? "sheet" : "sheets", sheets.length),
        fact("marked", marked.length),
        document_.paper ? fact("marks to reach", mark(document_.paper.total_marks)) : null,
        mean === null ? null : fact("mean", share(mean, 1)),
        marked.length
          ? fact(doubts === 1 ? "answer to look at" : "answers to look at", doubts, doubts ? "look" : null)
          : null,
      ),
      marked.length ? actions(doubts) : null,
    );
    // The hand stays where it was, or on what has taken that button's place.
    if (held) (head.querySelector(`[data-button="${held}"]`) ?? head.querySelector(".actions :is(a, button)"))?.focus();
  }

  function actions(doubts) {
    const first = table.firstDoubt();
    return h(
      "div",
      { class: "actions" },
      doubts && first ? h("a", { class: "button main", href: first }, `Look at ${count(doubts, "answer")}`) : null,
      download("Marks as CSV", "results.csv"),
      ...(document_.published_at ? given() : [publishing(true, doubts ? "Publish all the same" : "Publish marks")]),
    );
  }

  /** What is there once the marks are given out. */
  function given() {
    const { published_at, published_by, changed_since } = document_;
    const since = changed_since ? `; since then ${count(changed_since, "sheet has", "sheets have")} other marks` : "";
    return [
      download("Feedback sheets (PDF)", "feedback.pdf"),
      download("For Canvas", "gradebook.csv", "for=canvas"),
      download("For Moodle", "gradebook.csv", "for=moodle"),
      changed_since ? publishing(true, "Publish the changes") : null,
      publishing(false, "Hold marks again"),
      h("p", { class: "note" }, `Published ${new Date(published_at).toLocaleString()} by ${published_by}${since}.`),
    ];
  }

  const publishing = (published, text) =>
    h(
      "button",
      { type: "button", class: "button", data: { button: "publish" }, onclick: () => publish(published) },
      text,
    );

  async function publish(published) {
    try {
      await api.publish(name, published);
      tell(published ? "The marks are published." : "The marks are held again.");
      await look();
    } catch (error) {
      tell(error.message, { kind: "problem" });
    }
  }

  const download = (text, file, query = "") =>
    h(
      "button",
      {
        type: "button",
        class: "button",
        data: { button: text },
        onclick: () => keepFile(api, `/assessments/${encodeURIComponent(name)}/${file}${query && `?${query}`}`, `${name}-${file}`),
      },
      text,
    );

  return { open, close, uploadsChanged: () => doors.uploadsChanged() };
}

export const doubtsOf = (sheet) => (sheet.question_marks ?? []).filter((one) => one.review?.length).length;

/** The questions of the marked sheets in the order of the paper, each with its mean share and its doubts. */
function questionsOf(marked, paper) {
  const found = new Map();
  const order = (parts) =>
    parts.forEach((one) =>
      one.parts?.length
        ? order(one.parts)
        : found.set(one.id, { id: one.id, max: one.marks, sum: 0, number: 0, review: 0 }),
    );
  order(paper?.questions ?? []);
  for (const sheet of marked)
    for (const one of sheet.question_marks ?? []) {
      const entry = found.get(one.question) ?? { id: one.question, max: one.max_marks, sum: 0, number: 0, review: 0 };
      found.set(one.question, entry);
      entry.max ??= one.max_marks;
      if (one.review?.length) entry.review++;
      if (one.counted && one.marks !== null && one.max_marks > 0) {
        entry.sum += one.marks / one.max_marks;
        entry.number++;
      }
    }
  return [...found.values()].map((entry) => ({
    ...entry,
    name: question(entry.id),
    mean: entry.number ? entry.sum / entry.number : null,
  }));
}
