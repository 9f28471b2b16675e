// Table of all sheets of an assessment: state, total and every question's mark; can be sorted and filtered.

import { LiveList, fill, h } from "./dom.js";
import { doubtsOf } from "./summary.js";
import { MARKED, level, mark, reviewSentence, share, state, student } from "./words.js";

const ORDERS = {
  student: (a, b) =>
    student(a.student).localeCompare(student(b.student), undefined, { numeric: true }) ||
    (a.received_at < b.received_at ? -1 : 1),
  total: (a, b) => (b.marks ?? -1) - (a.marks ?? -1),
  doubts: (a, b) => doubtsOf(b) - doubtsOf(a),
};

export function sheetsTable({ address }) {
  let sheets = [];
  let questions = [];
  let order = "student";
  let headed = "";
  const search = h("input", { type: "search", id: "find", placeholder: "Find a student", oninput: draw });
  const only = h("input", { type: "checkbox", id: "only", onchange: draw });
  const head = h("thead");
  const body = h("tbody");
  const empty = h("p", { class: "quiet", hidden: true }, "No sheet matches.");
  const list = new LiveList(body, {
    draw: row,
    of: (sheet) => [
      sheet.state,
      sheet.student,
      sheet.on_roster,
      sheet.marks,
      sheet.max_marks,
      sheet.question_marks,
      sheet.reason,
      older.has(sheet.id),
      headed,
    ],
  });
  const element = h(
    "section",
    { class: "sheets", "aria-labelledby": "sheets-title", hidden: true },
    h(
      "header",
      {},
      h("h2", { id: "sheets-title" }, "All sheets"),
      h(
        "p",
        { class: "filters" },
        h("label", { for: "find", class: "unseen" }, "Find a student"),
        search,
        h("label", { class: "check" }, only, " only those to review"),
      ),
    ),
    h(
      "div",
      { class: "scroller", tabindex: "0", role: "region", "aria-labelledby": "sheets-title" },
      h("table", { class: "marks" }, head, body),
    ),
    empty,
    h(
      "p",
      { class: "legend" },
      h("span", { class: "key level-4" }, "full"),
      h("span", { class: "key level-2" }, "half"),
      h("span", { class: "key level-0" }, "none"),
      h("span", { class: "key doubtful" }, "needs review"),
      h("span", { class: "key extra" }, "(1) not counted"),
    ),
  );
  let older = new Set();

  function show(all, columns) {
    sheets = all;
    questions = columns;
    older = olderAttempts(all);
    element.hidden = all.length === 0;
    drawHead();
    draw();
  }

  function draw() {
    const wanted = search.value.trim().toLocaleLowerCase();
    const shown = sheets
      .filter((sheet) => !wanted || student(sheet.student).toLocaleLowerCase().includes(wanted))
      .filter((sheet) => !only.checked || sheet.state === "NEEDS_REVIEW")
      .sort((a, b) => ORDERS[order](a, b) || ORDERS.student(a, b));
    list.show(shown);
    empty.hidden = shown.length > 0;
  }

  function drawHead() {
    const text = JSON.stringify([order, questions.map(({ id, max }) => [id, max])]);
    if (text === headed) return;
    headed = text;
    const sorting = (key, words) =>
      h(
        "th",
        { scope: "col", "aria-sort": order === key ? "ascending" : "none" },
        h(
          "button",
          { type: "button", class: "sort", onclick: () => ((order = key), drawHead(), draw()) },
          words,
          order === key ? " ▾" : "",
        ),
      );
    element.querySelector("table").classList.toggle("many", questions.length > 18);
    fill(
      head,
      h(
        "tr",
        {},
        sorting("student", "Student"),
        sorting("total", "Total"),
        h("th", { scope: "col" }, "Share"),
        sorting("doubts", "To review"),
        questions.map((one) => h("th", { scope: "col" }, one.name, h("small", {}, `/ ${mark(one.max)}`))),
      ),
    );
  }

  function row(sheet) {
    const link = `${address}/s/${sheet.id}`;
    const marked = MARKED.has(sheet.state);
    const name = h(
      "th",
      { scope: "row" },
      marked ? h("a", { href: link }, student(sheet.student)) : student(sheet.student),
      older.has(sheet.id) ? h("small", {}, "older attempt") : null,
      sheet.on_roster === false ? h("small", {}, "not on the class list") : null,
    );
    if (!marked)
      return h(
        "tr",
        { class: `state-${sheet.state}` },
        name,
        h(
          "td",
          { class: "plain wordy", colspan: 3 + questions.length },
          state(sheet.state),
          sheet.reason ? `: ${sheet.reason.message}` : "",
        ),
      );
    const by = new Map((sheet.question_marks ?? []).map((one) => [one.question, one]));
    return h(
      "tr",
      { class: older.has(sheet.id) ? "older" : null },
      name,
      h("td", { class: "sum plain" }, `${mark(sheet.marks)}`),
      h("td", { class: "sum plain" }, share(sheet.marks, sheet.max_marks)),
      h("td", { class: "plain" }, doubtsOf(sheet) || (sheet.state === "NEEDS_REVIEW" ? "sheet" : "")),
      questions.map((one) => cell(by.get(one.id), link)),
    );
  }

  function cell(given, link) {
    if (!given) return h("td", { class: "plain" }, "–");
    const doubtful = given.review?.length > 0;
    const how = !given.counted
      ? "extra"
      : level(given.marks, given.max_marks) === null
        ? "open"
        : `level-${level(given.marks, given.max_marks)}`;
    const title = doubtful
      ? `Needs review: ${given.review.map(reviewSentence).join(" ")}`
      : given.counted
        ? null
        : "Not counted";
    return h(
      "td",
      { class: `${how}${doubtful ? " doubtful" : ""}` },
      h(
        "a",
        { href: `${link}/${encodeURIComponent(given.question)}`, title },
        given.counted ? mark(given.marks) : `(${mark(given.marks)})`,
      ),
    );
  }

  /** The address of the first answer to review, by student. */
  function firstDoubt() {
    const sheet = [...sheets].sort(ORDERS.student).find((one) => doubtsOf(one) && !older.has(one.id));
    const doubt = sheet?.question_marks.find((one) => one.review?.length);
    return doubt ? `${address}/s/${sheet.id}/${encodeURIComponent(doubt.question)}` : null;
  }

  return { element, show, firstDoubt };
}

/** All attempts of students but the one that counts, by the rule of the server: the newest not rejected or failed. */
function olderAttempts(sheets) {
  const attempts = sheets.filter((sheet) => sheet.student && sheet.state !== "DUPLICATE_OF");
  const counting = new Map();
  for (const sheet of attempts) {
    const held = counting.get(sheet.student);
    if (!held || attemptRank(sheet) >= attemptRank(held)) counting.set(sheet.student, sheet);
  }
  return new Set(attempts.filter((sheet) => counting.get(sheet.student) !== sheet).map((sheet) => sheet.id));
}

const attemptRank = ({ state: at, counts_from: from, received_at: received }) =>
  `${["REJECTED", "FAILED"].includes(at) ? 0 : 1} ${from ?? received}`;
