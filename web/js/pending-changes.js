// How an unsaved change affects the displayed question, and how it compares with what is stored.
// A change is {marks} or {answer}; null removes such a change.

import { UNDER_WAY } from "./words.js";

/** Which of the two a change sets: a question can have both changes. */
export const fieldOf = (what) => ("answer" in what ? "answer" : "marks");

/** The version of a stored question: a text that changes with every change of its mark or answer. */
export const versionOf = ({ marks, changed_at, read_at }) =>
  JSON.stringify([marks, changed_at ?? null, read_at ?? null]);

/** Whether a change is already stored, because it was made and only the response was lost. */
export function isStored(question, what) {
  // An answer equal to the recognised one is stored without `read_as`.
  if (fieldOf(what) === "answer") return question.answer.trim() === (what.answer ?? question.read_as ?? question.answer).trim();
  return what.marks === null
    ? question.marker !== "person"
    : question.marker === "person" && question.marks === what.marks;
}

/** The change that undoes another: the teacher's previous value, or null for the automatic one. */
export const reverseOf = (before, what) =>
  fieldOf(what) === "answer"
    ? { answer: typeof before.read_as === "string" ? before.answer : null }
    : { marks: before.marker === "person" ? before.marks : null };

const withMark = (question, marks) => {
  const machine = question.marker === "person" ? question.machine_marks : question.marks;
  return marks === null
    ? { ...question, marks: machine, machine_marks: null, marker: "unknown", changed_by: null }
    : { ...question, marks, machine_marks: machine, marker: "person", review: [], changed_by: null };
};

const withReading = (question, answer) => {
  const machine = question.read_as ?? question.answer;
  return answer === null
    ? { ...question, answer: machine, read_as: null, read_by: null }
    : { ...question, answer, read_as: machine, read_by: null };
};

const withChange = (question, what) =>
  fieldOf(what) === "answer" ? withReading(question, what.answer) : withMark(question, what.marks);

/** Whether the user has to decide before the change can be sent again. */
export const isUndecided = ({ state }) => state === "refused" || state === "conflict";

/**
 * A stored result with the unsaved changes applied. Each question has a `version` (of what is stored), and `undecided`
 * if one of its changes needs a decision; the total is not `confirmed` while a change is being sent.
 */
export function withChanges(result, changes) {
  let marks = result.marks;
  const questions = result.questions.map((stored) => {
    const own = changes.filter((change) => change.question === stored.question);
    const shown = own.filter((change) => !isUndecided(change)).reduce((question, { what }) => withChange(question, what), stored);
    if (stored.counted) marks += (shown.marks ?? 0) - (stored.marks ?? 0);
    return { ...shown, version: versionOf(stored), undecided: own.some(isUndecided) };
  });
  return { ...result, questions, marks, confirmed: changes.every(isUndecided) };
}

/** Whether the sheet has marks or may get them: a sheet that is being marked again accepts changes a moment later. */
export const isBusy = (status) => UNDER_WAY.has(status.state) || Boolean(status.result);
