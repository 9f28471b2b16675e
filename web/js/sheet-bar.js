// Bar at the bottom of a sheet: other sheets, the next answer to review, undo, keyboard shortcuts.

import { h } from "./dom.js";

/** Without `undo` the sheet is read-only. */
export function sheetBar({ step, next, undo, keys }) {
  const sheetButton = (by, words, key) =>
    h(
      "button",
      { type: "button", title: `${words} ( ${key} )`, onclick: () => step(by) },
      by < 0 ? "‹ " : "",
      h("span", { class: "wide" }, "sheet"),
      by > 0 ? " ›" : "",
    );
  const before = sheetButton(-1, "Previous sheet", "[");
  const after = sheetButton(1, "Next sheet", "]");
  const place = h("output", {});
  const left = h("output", { "aria-live": "polite" });
  const undoButton = undo && h("button", { type: "button", title: "Undo the last change ( u )", onclick: undo }, "Undo");
  const element = h(
    "nav",
    { class: "bar", "aria-label": "Move between answers" },
    before,
    place,
    after,
    h("span", { class: "gap" }),
    left,
    h(
      "button",
      { type: "button", class: "main", title: "Next answer to review ( n )", onclick: next },
      "Next ",
      h("kbd", {}, "n"),
    ),
    h("span", { class: "gap" }),
    undoButton,
    h(
      "button",
      { type: "button", title: "Keyboard shortcuts ( ? )", "aria-haspopup": "dialog", onclick: keys },
      h("kbd", {}, "?"),
    ),
  );

  /** This is sheet number `at` (from 0) of `sheets`; `doubts` of its answers need review. */
  function show({ at, sheets, doubts, undoable }) {
    before.disabled = at <= 0;
    after.disabled = at >= sheets - 1;
    place.textContent = `${at + 1} of ${sheets}`;
    const text = doubts ? `${doubts} to review` : "nothing to review";
    if (left.textContent !== text) left.textContent = text;
    if (undoButton) undoButton.disabled = !undoable;
  }

  return { element, show };
}
