// What a change that is not saved yet makes of a question, for the screen; and how it compares with what is stored.
// A change is {marks} or {answer}; null takes such a change back.

import { UNDER_WAY } from "./words.js";

/** Which of the two a change sets: both may stand for one question. */
export const fieldOf = (what) => ("answer" in what ? "answer" : "marks");

/** What is stored for a question, as a text that is another one as soon as the mark or the reading is changed. */
export const versionOf = ({ marks, changed_at, read_at }) =>
  JSON.stringify([marks, changed_at ?? null, read_at ?? null]);

/** Whether a change is what is stored: it has been made already, and only its answer was lost. */
export function isStored(question, what) {
  // A reading that says what the machine had read is told without `read_as`.
  if (fieldOf(what) === "answer") return question.answer.trim() === (what.answer ?? question.read_as ?? question.answer).trim();
  return what.marks === null
    ? question.marker !== "person"
    : question.marker === "person" && question.marks === what.marks;
}

/** The change that undoes another: what a person had set before, or the machine's own (null). */
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

/** A person has to decide before it can be sent (again). */
export const isUndecided = ({ state }) => state === "refused" || state === "conflict";

/**
 * A stored result with the changes that are on their way: each question has a `version` (what is stored of it), its
 * `changes`, and `undecided` where one of them needs a person; the total is not `confirmed` while one is on its way.
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

/** Whether marks may still come: a sheet that is being marked again takes changes a moment later. */
export const isBusy = (status) => UNDER_WAY.has(status.state) || Boolean(status.result);
