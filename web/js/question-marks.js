// How many marks a question is worth: the number that counts, and where it comes from. The server decides it
// (core/models/merged_paper.py); the editor follows the same order while fields change.

import { h } from "./dom.js";
import { mark } from "./words.js";

/** What counts for each question of an assessment, by its id: {marks, source, printed}. */
export const maximaOf = (maximum) => new Map((maximum?.questions ?? []).map((one) => [one.question, one]));

/** The questions that sheets are marked by: parts that the scheme marks as one question are that one. */
export const markedQuestions = (questions, maxima) =>
  questions.flatMap((one) =>
    one.parts?.length && (!maxima.size || one.parts.some((part) => maxima.has(part.id)))
      ? markedQuestions(one.parts, maxima)
      : [one],
  );

const SOURCES = {
  scheme: "from the marking scheme",
  criteria: "what the criteria add up to",
  shared: "a share of what is printed for the parts together",
  nothing: "nothing says it",
};

/** Where a number comes from, in words; "" where it is the paper's own. */
export function origin({ source, marks, printed }) {
  const differs = printed !== null && printed !== marks && source !== "parts";
  return [SOURCES[source], differs ? `the paper prints ${mark(printed)}` : null].filter(Boolean).join("; ");
}

/** The number that counts and its source, as the fields stand: the scheme's, the paper's, what the criteria add up to. */
export function decided(question, entry) {
  const printed = question.marks ?? null;
  if ((entry?.marks ?? null) !== null) return { marks: entry.marks, source: "scheme", printed };
  if (printed !== null) return { marks: printed, source: "paper", printed };
  if (entry?.criteria.length)
    return { marks: entry.criteria.reduce((sum, one) => sum + one.marks, 0), source: "criteria", printed };
  return { marks: null, source: "nothing", printed };
}

/** What the parts that count add up to; null where a part's marks are not known. `entryOf`: a question's entry. */
export function worthOf(question, entryOf) {
  if (!question.parts.length) return decided(question, entryOf(question)).marks;
  const each = question.parts.map((part) => worthOf(part, entryOf));
  if (each.includes(null)) return null;
  return each
    .sort((a, b) => b - a)
    .slice(0, question.choose ?? each.length)
    .reduce((sum, one) => sum + one, 0);
}

/** The field for a question's marks, which shows the number that counts. A change is kept where that number stands:
 * in the paper, and in the scheme's entry where it states one. */
export function marksField(question, entry, called, counting) {
  const { marks, source } = decided(question, entry);
  const said = h("small", { class: "quiet" }, origin({ ...decided(question, entry), ...(source === "nothing" && counting) }));
  const field = h("input", {
    type: "number",
    min: "0",
    max: "1000",
    step: "any",
    class: "amount",
    value: (source === "criteria" ? null : marks) ?? "",
    placeholder: mark((source === "criteria" ? marks : counting?.marks) ?? null),
    "aria-label": `Marks of ${called}`,
    // Without a number the scheme's entry might be empty, and the paper's would count again.
    required: source === "scheme",
    oninput: (event) => {
      const value = event.target.value === "" ? null : Number(event.target.value);
      question.marks = value;
      if (source === "scheme") entry.marks = value;
      said.textContent = origin(decided(question, entry));
    },
  });
  return [h("label", { class: "labelled" }, h("span", {}, "marks"), field), said];
}
