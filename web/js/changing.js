// Changing what stands on a sheet: a mark, a reading, the last change taken back, the whole sheet erased.

import { keepFile, tell } from "./dom.js";
import { Problem } from "./refusals.js";
import { mark, question, student } from "./words.js";

/**
 * `sheet` gives the sheet's status as it is on the screen; `took` shows another one; `visit` goes to a question.
 */
export function changesOf({ api, assessment, sheet, took, visit }) {
  const undone = [];

  /** False where nothing was changed and the hand may try again. */
  async function change(asked, what, { remembered = true } = {}) {
    const { id, etag, result } = sheet();
    const before = result.questions.find((one) => one.question === asked);
    let status;
    try {
      status = await api.changeMark(id, asked, what, etag);
    } catch (error) {
      if (error instanceof Problem && error.status === 412) {
        took(await api.submission(id));
        tell("Somebody else has changed this sheet meanwhile. Look again, then change it.", { kind: "problem" });
        return true;
      }
      tell(error.message, { kind: "problem" });
      return false;
    }
    if (remembered) undone.push({ question: asked, what: asBefore(before, what) });
    took(status);
    const now = status.result.questions.find((one) => one.question === asked);
    tell(
      `${question(asked)}: ${mark(now.marks)} / ${mark(now.max_marks)}. Total ${mark(status.result.marks)}.`,
      remembered ? { action: { text: "Undo", run: undo } } : {},
    );
    return true;
  }

  async function undo() {
    const last = undone.pop();
    if (!last) return tell("There is nothing to undo.");
    await change(last.question, last.what, { remembered: false });
    visit(last.question);
  }

  /** File, reading, marks: everything that names the student, at once and for good. */
  async function erase() {
    const whose = student(sheet().student);
    if (!confirm(`Erase ${whose}'s sheet with everything that was read and marked of it? There is no way back.`)) return;
    try {
      await api.erase(sheet().id);
      tell(`${whose}'s sheet is erased.`);
      location.hash = `#/a/${encodeURIComponent(assessment)}`;
    } catch (error) {
      tell(error.message, { kind: "problem" });
    }
  }

  /** As it is handed out; while the marks are held, a draft that says so. */
  const feedback = () =>
    keepFile(
      api,
      `/submissions/${sheet().id}/feedback.pdf?draft=true`,
      `${assessment}-${student(sheet().student)}.pdf`,
    );

  return { change, undo, erase, feedback, undoable: () => undone.length > 0 };
}

/** The change that undoes another: what a person had set before, or the machine's own (null). */
const asBefore = (before, what) =>
  "answer" in what
    ? { answer: typeof before.read_as === "string" ? before.answer : null }
    : { marks: before.marker === "person" ? before.marks : null };
