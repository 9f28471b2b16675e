// Editors of an answer card: for the mark and for the recognised answer. Enter saves, Escape cancels.

import { h } from "./dom.js";
import { mark, question } from "./words.js";

/** `begun` is text that was already typed. Ends with `save(value)` or `cancel({focus})`. */
export function markEditor(given, { begun, save, cancel }) {
  const before = mark(given.marks).replace("–", "");
  const field = h("input", {
    type: "text",
    inputmode: "decimal",
    class: "mark-field",
    value: begun ?? before,
    "aria-label": `Mark for ${question(given.question)}, at most ${mark(given.max_marks)}`,
    autocomplete: "off",
  });
  const wrong = h("span", { class: "problem", role: "alert" });
  const changed = () => field.value.trim() !== before;
  let ended = false;
  const end = (how, value) => {
    if (ended) return;
    ended = true;
    how(value);
  };

  function keep() {
    const value = Number(field.value.trim().replace(",", "."));
    const least = Math.min(0, given.min_marks ?? 0);
    if (!field.value.trim() || !Number.isFinite(value) || value < least || value > given.max_marks) {
      wrong.textContent = `0 to ${mark(given.max_marks)}`;
      return field.select();
    }
    end(save, value);
  }

  field.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Enter" && !event.repeat) keep();
    if (event.key === "Escape") end(cancel, { focus: true });
  });
  field.addEventListener("blur", () => {
    // The whole window has lost the focus, or the editor has just ended.
    if (ended || document.activeElement === field) return;
    if (!changed()) return end(cancel, { focus: false });
    wrong.textContent = "Not saved yet: press Enter to save, Escape to cancel.";
  });
  return {
    elements: [h("span", { class: "awarded open" }, field, ` / ${mark(given.max_marks)}`), wrong],
    changed,
    focus() {
      field.focus();
      if (begun === undefined) field.select();
    },
  };
}

/** The recognised answer in a text field; on saving, it is marked again. `begun` is text that was already typed. */
export function answerEditor(given, { begun, save, cancel }) {
  const field = h("textarea", {
    class: "words-field",
    rows: String(Math.min(14, Math.max(3, given.answer.split("\n").length + Math.ceil(given.answer.length / 70)))),
    maxlength: "20000",
    spellcheck: "false",
    "aria-label": `Answer to ${question(given.question)}`,
  });
  field.value = begun ?? given.answer;
  const changed = () => field.value.trim() !== given.answer.trim();
  const leave = () => cancel({ focus: true });
  const keep = () => (changed() ? save(field.value.trim()) : leave());
  field.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.repeat) keep();
    if (event.key === "Escape") leave();
  });
  return {
    elements: [
      field,
      h(
        "p",
        { class: "edit-row" },
        h("button", { type: "button", class: "button main", onclick: keep }, "Mark again"),
        h("button", { type: "button", class: "button", onclick: leave }, "Cancel"),
        h("span", { class: "quiet" }, h("kbd", {}, "Ctrl"), " ", h("kbd", {}, "Enter")),
      ),
    ],
    changed,
    focus() {
      field.focus();
      field.setSelectionRange(field.value.length, field.value.length);
    },
  };
}
