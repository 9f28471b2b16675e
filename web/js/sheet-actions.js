// Actions on a sheet: change a mark or an answer, undo the last change, erase the sheet, download its feedback.

import { downloadFile, notify } from "./dom.js";
import { saveLines } from "./save-state.js";
import { mark, question, student } from "./words.js";

/**
 * The changes of one sheet, for the view that shows it. `sheet()` returns its status; `changed` is called when the
 * sheet has changed; `visit` goes to a question.
 */
export function changesOf({ api, queue, assessment, id, sheet, changed, visit }) {
  let notice = null;
  const close = queue.listen((of, event) => {
    if (of !== null && of !== id) return;
    changed();
    if (event.saved) confirmSaved(event.saved);
  });

  /** `seen` is the question as it was displayed. */
  const change = (seen, what) => queue.add(id, { assessment, question: seen.question, what, seen });

  function undo() {
    const undone = queue.undo(id);
    if (undone === null) return notify("There is nothing to undo.");
    visit(undone);
  }

  function confirmSaved(change) {
    const shown = queue.shown(id);
    const now = shown.questions.find((one) => one.question === change.question);
    const total = shown.confirmed ? ` Total ${mark(shown.marks)}.` : "";
    notice?.remove();
    notice = notify(
      `Saved. ${question(change.question)}: ${mark(now.marks)} / ${mark(now.max_marks)}.${total}`,
      queue.undoable(id) ? { action: { text: "Undo", run: undo } } : {},
    );
  }

  /** Erases the file, the recognised text and the marks: everything about the student, permanently. */
  async function erase() {
    const name = student(sheet().student);
    if (!confirm(`Erase ${name}'s sheet, its recognised text and its marks? This cannot be undone.`)) return;
    try {
      await api.erase(id);
      queue.forget(id);
      notify(`${name}'s sheet is erased.`);
      location.hash = `#/a/${encodeURIComponent(assessment)}`;
    } catch (error) {
      notify(error.message, { kind: "problem" });
    }
  }

  /** The feedback sheet; marked as a draft while the marks are not published. */
  const feedback = () =>
    downloadFile(api, `/submissions/${id}/feedback.pdf?draft=true`, `${assessment}-${student(sheet().student)}.pdf`);

  /** The unsaved changes of a question and their state. */
  const state = (questionId) => ({
    changes: queue.changes(id).filter((one) => one.question === questionId),
    saved: queue.saved(id).has(questionId),
    trouble: queue.trouble(id),
  });

  const actions = {
    keepMine: (one) => (queue.keepMine(one), visit(one.question)),
    discard: (one) => (queue.discard(one), visit(one.question)),
    retry: (one) => (queue.retry(one), visit(one.question)),
  };

  return {
    /** A fetched status with the unsaved changes applied. */
    newest: (status) => (queue.updateStatus(status), status.result ? queue.status(id) : status),
    status: () => queue.status(id),
    shown: () => queue.shown(id),
    isPending: (of, questionId) => queue.changes(of).some((one) => one.question === questionId),
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
