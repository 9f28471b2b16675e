// Figures of an assessment, computed from its sheets: totals, statistics by question, answers to review.

import { h } from "./dom.js";
import { markedQuestions, maximaOf } from "./question-marks.js";
import { MARKED, mark, question, share } from "./words.js";

export const doubtsOf = (sheet) => (sheet.question_marks ?? []).filter((one) => one.review?.length).length;
export const isMarked = (sheet) => MARKED.has(sheet.state) && sheet.max_marks > 0;
export const totals = (marked) => marked.map((one) => one.marks / one.max_marks);

/** A result's marks in the form of a list of submissions (`question_marks`). */
export const marksInShort = (result) =>
  result.questions.map(({ question, marks, max_marks, review, counted }) => ({
    question,
    marks,
    max_marks,
    review,
    counted,
  }));

/** The questions of a paper that take an answer, each with the text of the groups above it. */
export const leaves = (questions, above = "") =>
  questions.flatMap((one) =>
    one.parts?.length
      ? leaves(one.parts, [above, one.text].filter(Boolean).join("\n"))
      : [{ ...one, above }],
  );

/** The number of sheets with an answer that counts but has no mark yet: their totals are incomplete. */
export const withoutMarks = (marked) =>
  marked.filter((sheet) => (sheet.question_marks ?? []).some((one) => one.counted && one.marks === null)).length;

/** The figures of the header. `marked` are the sheets that have marks, `maximum` the assessment's maximum marks. */
export function figures(sheets, marked, paper, maximum) {
  return {
    sheets: sheets.length,
    marked: marked.length,
    most: maximum?.total ?? paper?.total_marks ?? null,
    mean: marked.length ? totals(marked).reduce((sum, one) => sum + one, 0) / marked.length : null,
    doubts: marked.reduce((sum, one) => sum + doubtsOf(one), 0),
    unmarked: withoutMarks(marked),
  };
}

export function facts({ sheets, marked, most, mean, doubts }) {
  const fact = (label, value, className) => h("div", { class: className }, h("dt", {}, label), h("dd", {}, value));
  return h(
    "dl",
    { class: "facts" },
    fact(sheets === 1 ? "sheet" : "sheets", sheets),
    fact("marked", marked),
    most === null ? null : fact("maximum marks", mark(most)),
    mean === null ? null : fact("mean", share(mean, 1)),
    marked ? fact(doubts === 1 ? "answer to review" : "answers to review", doubts, doubts ? "look" : null) : null,
  );
}

/** The questions of the marked sheets in the order of the paper, each with its mean and its number of reviews. */
export function questionsOf(marked, paper, maximum) {
  const maxima = maximaOf(maximum);
  const blank = (id, max) => ({ id, max, sum: 0, number: 0, review: 0 });
  const found = new Map(
    markedQuestions(paper?.questions ?? [], maxima).map(({ id, marks }) => [id, blank(id, maxima.get(id)?.marks ?? marks)]),
  );
  for (const sheet of marked)
    for (const one of sheet.question_marks ?? []) {
      const entry = found.get(one.question) ?? blank(one.question, one.max_marks);
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
