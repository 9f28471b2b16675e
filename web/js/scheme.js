// Conversion of a marking scheme: from the API to entries by question, and back to a request body.

import { questionType } from "./question-types.js";

/** The entries that belong to a question of the paper, by its id. */
export const entriesById = (scheme) =>
  new Map((scheme?.entries ?? []).filter((entry) => entry.id).map((entry) => [entry.id, entry]));

/** The scheme as the API expects it: the page's `entries` (a Map by question id), and the entries that it does not show. */
export function schemeBody(scheme, entries) {
  const shown = [...entries].map(([id, entry]) => toRequest({ ...entry, question: id }));
  const others = (scheme?.entries ?? []).filter((entry) => !entry.id).map(toRequest);
  return {
    ...(scheme?.title && { title: scheme.title }),
    ...(scheme?.rounding && { rounding: scheme.rounding }),
    questions: [...shown.filter(Boolean), ...others.filter(Boolean)],
  };
}

/** An entry with the fields that it uses; null if it is empty. */
function toRequest(entry) {
  const values = {
    answer: entry.answers.length ? entry.answers : null,
    partial: entry.partial || null,
    negative: entry.negative || null,
    unit: entry.unit || null,
    tolerance: entry.tolerance || null,
    range: entry.range,
    significant_figures: entry.significant_figures,
    model_answer: entry.model_answer || null,
    criteria: entry.criteria.length ? entry.criteria.map(criterion) : null,
  };
  const fields = questionType(entry.type)?.fields ?? Object.keys(values);
  const used = Object.fromEntries(Object.entries(values).filter(([name, value]) => value && fields.includes(name)));
  if (!Object.keys(used).length && (entry.marks ?? null) === null) return null;
  return {
    question: entry.question,
    ...(entry.type && { type: entry.type }),
    ...((entry.marks ?? null) !== null && { marks: entry.marks }),
    ...used,
  };
}

const criterion = ({ text, marks, accept }) => ({ text, marks, ...(accept.length && { accept }) });

/** An empty entry. */
export const emptyEntry = () => ({
  type: null,
  marks: null,
  answers: [],
  partial: false,
  negative: 0,
  unit: null,
  tolerance: null,
  range: null,
  significant_figures: null,
  model_answer: "",
  criteria: [],
});
