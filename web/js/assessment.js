// Assessment view: the documents, the submissions in progress, and all sheets with their marks.

import { classMatch, leftOut, notCompared } from "./class-match.js";
import { difficulty, distribution } from "./charts.js";
import { downloadFile, fill, h, notify } from "./dom.js";
import { gradebookFormats } from "./gradebook-formats.js";
import { intake } from "./intake.js";
import { board } from "./progress-board.js";
import { sheetsTable } from "./sheets-table.js";
import { facts, figures, isMarked, questionsOf, totals } from "./summary.js";
import { UNDER_WAY, count } from "./words.js";

const BUSY_POLL_MS = 1000;
const IDLE_POLL_MS = 8000;

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
  const plots = h("section", { class: "beside", "aria-label": "Charts", hidden: true });
  const uploadArea = intake({ name, api, uploads, sent: () => soon(300) });
  const running = board({ api });
  const table = sheetsTable({ address });

  async function open() {
    trail([[name, address]]);
    fill(content, head, uploadArea.element, running.element, table.element, plots);
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
      [document_, submissions] = [await fetchAssessment(listed), listed];
      await compareClassList();
    } catch (error) {
      if (!document_) throw error;
      return soon(IDLE_POLL_MS);
    }
    if (closed) return;
    await running.show(submissions);
    draw();
    soon(uploads.busy || submissions.some((one) => UNDER_WAY.has(one.state)) ? BUSY_POLL_MS : IDLE_POLL_MS);
  }

  /** The assessment. One without any upload does not exist yet and is not fetched. */
  async function fetchAssessment(listed) {
    const begun = listed.length > 0 || (await api.assessments()).assessments.some((one) => one.id === name);
    return begun ? api.assessment(name) : { id: name, paper: null, scheme: null, counts: {}, published_at: null };
  }

  /**
   * Fetches the comparison of the class list with the sheets, when something has changed and on every idle poll. If
   * that fails, the sheets are shown without it.
   */
  async function compareClassList() {
    const { students = null } = document_;
    const snapshot = JSON.stringify([students, submissions.map((one) => [one.id, one.state, one.student, one.on_roster])]);
    const idle = !submissions.some((one) => UNDER_WAY.has(one.state));
    if (students === null) [classList, classListError] = [null, null];
    else if (idle || snapshot !== compared || classListError)
      [classList, classListError] = await api.roster(name).then(
        (found) => [found, null],
        (error) => [null, error.message],
      );
    compared = snapshot;
  }

  function draw() {
    const sheets = submissions.filter((one) => one.kind === "answer_sheet" && one.state !== "ERASED");
    const marked = sheets.filter(isMarked);
    const questions = questionsOf(marked, document_.paper, document_.maximum_marks);
    uploadArea.show(document_, submissions);
    table.show(sheets, questions);
    drawHead(sheets, marked);
    plots.hidden = marked.length < 2;
    if (!plots.hidden) fill(plots, distribution(totals(marked)), difficulty(questions));
  }

  let drawnHead = "";
  function drawHead(sheets, marked) {
    const snapshot = figures(sheets, marked, document_.paper, document_.maximum_marks);
    const title = document_.paper?.title || name;
    const text = JSON.stringify([title, snapshot, document_.published_at, document_.changed_since, classList, classListError]);
    if (text === drawnHead) return;
    drawnHead = text;
    const focused = head.contains(document.activeElement) && document.activeElement.dataset.button;
    fill(
      head,
      title === name ? null : h("p", { class: "kicker" }, name),
      h("h1", {}, title),
      facts(snapshot),
      snapshot.marked ? actions(snapshot.doubts, snapshot.unmarked) : null,
      classListError ? notCompared(classListError) : classMatch(classList, address),
    );
    // Keep the focus on the button, or on the one that has replaced it.
    if (focused) (head.querySelector(`[data-button="${focused}"]`) ?? head.querySelector(".actions :is(a, button)"))?.focus();
  }

  function actions(doubts, unmarked) {
    const first = table.firstDoubt();
    return h(
      "div",
      { class: "actions" },
      doubts && first ? h("a", { class: "button main", href: first }, `Review ${count(doubts, "answer")}`) : null,
      download("Marks as CSV", "results.csv"),
      ...(document_.published_at ? published() : [publishing(true, doubts ? "Publish anyway" : "Publish marks")]),
      unmarked
        ? h(
            "p",
            { class: "note" },
            `${count(unmarked, "sheet has", "sheets have")} an answer without a mark. Until it is marked, gradebook files have no total for ${unmarked === 1 ? "it" : "them"}.`,
          )
        : null,
    );
  }

  /** The actions for published marks. */
  function published() {
    const { published_at, published_by, changed_since } = document_;
    const since = changed_since ? `; the marks of ${count(changed_since, "sheet")} have changed since` : "";
    return [
      download("Feedback sheets (PDF)", "feedback.pdf"),
      ...gradebookFormats().map((format) => gradebook(`For ${format.title}`, `for=${format.name}`)),
      changed_since ? publishing(true, "Publish changes") : null,
      publishing(false, "Unpublish"),
      h("p", { class: "note" }, `Published ${new Date(published_at).toLocaleString()} by ${published_by}${since}.`),
    ];
  }

  /** The button says how many sheets the file leaves out. */
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
      notify(published ? "The marks are published." : "The marks are unpublished.");
      await look();
    } catch (error) {
      notify(error.message, { kind: "problem" });
    }
  }

  const download = (text, file, query = "") =>
    h(
      "button",
      {
        type: "button",
        class: "button",
        data: { button: text },
        onclick: () => downloadFile(api, `/assessments/${encodeURIComponent(name)}/${file}${query && `?${query}`}`, `${name}-${file}`),
      },
      text,
    );

  return { open, close, uploadsChanged: () => uploadArea.uploadsChanged() };
}
