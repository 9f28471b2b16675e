// The marks available for a question, and the source of that number. The server decides (core/models/merged_paper.py);
// the editor applies the same order of precedence while fields change.

import { h } from "./dom.js";
import { mark } from "./words.js";

/** The maximum marks of an assessment's questions, by id: {marks, source, printed}. */
export const maximaOf = (maximum) => new Map((maximum?.questions ?? []).map((one) => [one.question, one]));

/** The questions that are marked; parts that the scheme marks as one question count as that question. */
export const markedQuestions = (questions, maxima) =>
  questions.flatMap((one) =>
    one.parts?.length && (!maxima.size || one.parts.some((part) => maxima.has(part.id)))
      ? markedQuestions(one.parts, maxima)
      : [one],
  );

const SOURCES = {
  scheme: "from the marking scheme",
  criteria: "the sum of the criteria",
  shared: "a share of the marks printed for the parts together",
  nothing: "not stated",
};

/** The source of a number in words; "" if it is the paper's own. */
export function origin({ source, marks, printed }) {
  const differs = printed !== null && printed !== marks && source !== "parts";
  return [SOURCES[source], differs ? `the paper prints ${mark(printed)}` : null].filter(Boolean).join("; ");
}

/** The effective number and its source, by the current fields: the scheme's, the paper's, or the sum of the criteria. */
export function effectiveMarks(question, entry) {
  const printed = question.marks ?? null;
  if ((entry?.marks ?? null) !== null) return { marks: entry.marks, source: "scheme", printed };
  if (printed !== null) return { marks: printed, source: "paper", printed };
  if (entry?.criteria.length)
    return { marks: entry.criteria.reduce((sum, one) => sum + one.marks, 0), source: "criteria", printed };
  return { marks: null, source: "nothing", printed };
}

/** The sum of the parts that count; null if a part's marks are not known. `entryOf` returns a question's entry. */
export function marksOfWhole(question, entryOf) {
  if (!question.parts.length) return effectiveMarks(question, entryOf(question)).marks;
  const each = question.parts.map((part) => marksOfWhole(part, entryOf));
  if (each.includes(null)) return null;
  return each
    .sort((a, b) => b - a)
    .slice(0, question.choose ?? each.length)
    .reduce((sum, one) => sum + one, 0);
}

/** The field for a question's marks, which shows the effective number. A change is stored in the paper, and in the
 * scheme's entry if that states marks. */
export function marksField(question, entry, called, counting) {
  const { marks, source } = effectiveMarks(question, entry);
  const sourceText = h("small", { class: "quiet" }, origin({ ...effectiveMarks(question, entry), ...(source === "nothing" && counting) }));
  const field = h("input", {
    type: "number",
    min: "0",
    max: "1000",
    step: "any",
    class: "amount",
    value: (source === "criteria" ? null : marks) ?? "",
    placeholder: mark((source === "criteria" ? marks : counting?.marks) ?? null),
    "aria-label": `Marks of ${called}`,
    // Without a number the scheme's entry could become empty, and the paper's number would count again.
    required: source === "scheme",
    oninput: (event) => {
      const value = event.target.value === "" ? null : Number(event.target.value);
      question.marks = value;
      if (source === "scheme") entry.marks = value;
      sourceText.textContent = origin(effectiveMarks(question, entry));
    },
  });
  return [h("label", { class: "labelled" }, h("span", {}, "marks"), field), sourceText];
}
