// Changing what stands on a sheet: a mark, a reading, the last change taken back, the whole sheet erased.

import { keepFile, tell } from "./dom.js";
import { saveLines } from "./save-state.js";
import { mark, question, student } from "./words.js";

/**
 * The changes of one sheet, for the view that shows it. `sheet` gives its status; `changed` is called when something
 * of it is another; `visit` goes to a question.
 */
export function changesOf({ api, queue, assessment, id, sheet, changed, visit }) {
  let notice = null;
  const close = queue.listen((of, event) => {
    if (of !== null && of !== id) return;
    changed();
    if (event.saved) confirmSaved(event.saved);
  });

  /** `seen` is the question as it was on the screen. */
  const change = (seen, what) => queue.add(id, { assessment, question: seen.question, what, seen });

  function undo() {
    const undone = queue.undo(id);
    if (undone === null) return tell("There is nothing to undo.");
    visit(undone);
  }

  function confirmSaved(change) {
    const shown = queue.shown(id);
    const now = shown.questions.find((one) => one.question === change.question);
    const total = shown.confirmed ? ` Total ${mark(shown.marks)}.` : "";
    notice?.remove();
    notice = tell(
      `Saved. ${question(change.question)}: ${mark(now.marks)} / ${mark(now.max_marks)}.${total}`,
      queue.undoable(id) ? { action: { text: "Undo", run: undo } } : {},
    );
  }

  /** File, reading, marks: everything that names the student, at once and for good. */
  async function erase() {
    const whose = student(sheet().student);
    if (!confirm(`Erase ${whose}'s sheet with everything that was read and marked of it? There is no way back.`)) return;
    try {
      await api.erase(id);
      queue.forget(id);
      tell(`${whose}'s sheet is erased.`);
      location.hash = `#/a/${encodeURIComponent(assessment)}`;
    } catch (error) {
      tell(error.message, { kind: "problem" });
    }
  }

  /** As it is handed out; while the marks are held, a draft that says so. */
  const feedback = () =>
    keepFile(api, `/submissions/${id}/feedback.pdf?draft=true`, `${assessment}-${student(sheet().student)}.pdf`);

  /** How it stands with the changes of a question that are not saved yet. */
  const state = (asked) => ({
    changes: queue.changes(id).filter((one) => one.question === asked),
    saved: queue.saved(id).has(asked),
    trouble: queue.trouble(id),
  });

  const actions = {
    keepMine: (one) => (queue.keepMine(one), visit(one.question)),
    discard: (one) => (queue.discard(one), visit(one.question)),
    retry: (one) => (queue.retry(one), visit(one.question)),
  };

  return {
    /** A status that was fetched, as it now counts. */
    newest: (status) => (queue.updateStatus(status), status.result ? queue.status(id) : status),
    status: () => queue.status(id),
    shown: () => queue.shown(id),
    isPending: (of, asked) => queue.changes(of).some((one) => one.question === asked),
    state,
    lines: (given, state_, more) => saveLines(given, state_, { ...actions, ...more }),
    change,
    undo,
    undoable: () => queue.undoable(id),
    erase,
    feedback,
    close,
  };
}
