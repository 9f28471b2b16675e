// The bar at the foot of a sheet: to other sheets, to the next answer to look at, undo, the list of keys.

import { h } from "./dom.js";

/** `acts`: {step(by), next, undo, keys}; without `undo` it is for reading alone. */
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
  const taking = undo && h("button", { type: "button", title: "Undo the last change ( u )", onclick: undo }, "Undo");
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
      { type: "button", class: "main", title: "Next answer to look at ( n )", onclick: next },
      "Next ",
      h("kbd", {}, "n"),
    ),
    h("span", { class: "gap" }),
    taking,
    h(
      "button",
      { type: "button", title: "Keys ( ? )", "aria-haspopup": "dialog", onclick: keys },
      h("kbd", {}, "?"),
    ),
  );

  /** `at` of `sheets` sheets is this one, from 0; `doubts` of its answers are to be looked at. */
  function show({ at, sheets, doubts, undoable }) {
    before.disabled = at <= 0;
    after.disabled = at >= sheets - 1;
    place.textContent = `${at + 1} of ${sheets}`;
    const text = doubts ? `${doubts} to look at` : "nothing to look at";
    if (left.textContent !== text) left.textContent = text;
    if (taking) taking.disabled = !undoable;
  }

  return { element, show };
}
