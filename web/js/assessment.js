// One assessment: its documents, what is under way, and every sheet with its marks.

import { classMatch, leftOut, notCompared } from "./class-match.js";
import { difficulty, distribution } from "./charts.js";
import { fill, h, keepFile, tell } from "./dom.js";
import { intake } from "./intake.js";
import { board } from "./board.js";
import { sheetsTable } from "./sheets.js";
import { facts, figures, isMarked, questionsOf, totals } from "./summary.js";
import { UNDER_WAY, count } from "./words.js";

const BUSY_MS = 1000;
const CALM_MS = 8000;

export function assessmentView({ api, uploads, content, parts, trail }) {
  const [name] = parts;
  const address = `#/a/${encodeURIComponent(name)}`;
  let closed = false;
  let timer = 0;
  let document_ = null;
  let submissions = [];
  let classList = null;
  let classListError = null;
  let compared = "";
  const head = h("header", { class: "masthead" });
  const plots = h("section", { class: "beside", "aria-label": "Plots", hidden: true });
  const doors = intake({ name, api, uploads, sent: () => soon(300) });
  const running = board({ api });
  const table = sheetsTable({ address });

  async function open() {
    trail([[name, address]]);
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
      await compareClassList();
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

  /**
   * The class list beside the sheets: asked for again where something has changed, and now and then. The sheets are
   * shown without it where it fails.
   */
  async function compareClassList() {
    const { students = null } = document_;
    const told = JSON.stringify([students, submissions.map((one) => [one.id, one.state, one.student, one.on_roster])]);
    const calm = !submissions.some((one) => UNDER_WAY.has(one.state));
    if (students === null) [classList, classListError] = [null, null];
    else if (calm || told !== compared || classListError)
      [classList, classListError] = await api.roster(name).then(
        (found) => [found, null],
        (error) => [null, error.message],
      );
    compared = told;
  }

  function draw() {
    const sheets = submissions.filter((one) => one.kind === "answer_sheet" && one.state !== "ERASED");
    const marked = sheets.filter(isMarked);
    const questions = questionsOf(marked, document_.paper, document_.maximum_marks);
    doors.show(document_, submissions);
    table.show(sheets, questions);
    drawHead(sheets, marked);
    plots.hidden = marked.length < 2;
    if (!plots.hidden) fill(plots, distribution(totals(marked)), difficulty(questions));
  }

  let drawnHead = "";
  function drawHead(sheets, marked) {
    const told = figures(sheets, marked, document_.paper, document_.maximum_marks);
    const title = document_.paper?.title || name;
    const text = JSON.stringify([title, told, document_.published_at, document_.changed_since, classList, classListError]);
    if (text === drawnHead) return;
    drawnHead = text;
    const held = head.contains(document.activeElement) && document.activeElement.dataset.button;
    fill(
      head,
      title === name ? null : h("p", { class: "kicker" }, name),
      h("h1", {}, title),
      facts(told),
      told.marked ? actions(told.doubts, told.unmarked) : null,
      classListError ? notCompared(classListError) : classMatch(classList, address),
    );
    // The hand stays where it was, or on what has taken that button's place.
    if (held) (head.querySelector(`[data-button="${held}"]`) ?? head.querySelector(".actions :is(a, button)"))?.focus();
  }

  function actions(doubts, unmarked) {
    const first = table.firstDoubt();
    return h(
      "div",
      { class: "actions" },
      doubts && first ? h("a", { class: "button main", href: first }, `Look at ${count(doubts, "answer")}`) : null,
      download("Marks as CSV", "results.csv"),
      ...(document_.published_at ? given() : [publishing(true, doubts ? "Publish all the same" : "Publish marks")]),
      unmarked
        ? h(
            "p",
            { class: "note" },
            `${count(unmarked, "sheet has", "sheets have")} an answer without a mark: until it has one, gradebooks get no total for ${unmarked === 1 ? "it" : "them"}.`,
          )
        : null,
    );
  }

  /** What is there once the marks are given out. */
  function given() {
    const { published_at, published_by, changed_since } = document_;
    const since = changed_since ? `; since then ${count(changed_since, "sheet has", "sheets have")} other marks` : "";
    return [
      download("Feedback sheets (PDF)", "feedback.pdf"),
      gradebook("For Canvas", "for=canvas"),
      gradebook("For Moodle", "for=moodle"),
      changed_since ? publishing(true, "Publish the changes") : null,
      publishing(false, "Hold marks again"),
      h("p", { class: "note" }, `Published ${new Date(published_at).toLocaleString()} by ${published_by}${since}.`),
    ];
  }

  /** What is left out is said on the button. */
  function gradebook(text, query) {
    const without = leftOut(classList);
    return without
      ? download(`${text}, without ${count(without, "sheet")}`, "gradebook.csv", `${query}&unknown=leave_out`)
      : download(text, "gradebook.csv", query);
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
