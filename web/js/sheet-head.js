// Header of a sheet: the student, the total, the state, and the actions on the whole sheet.

import { fill, h } from "./dom.js";
import { savedSentence } from "./branch-chart.js";
import { mark, reviewSentence, share, state, student } from "./words.js";

/** Without `changes` the sheet is read-only. */
export function sheetHead({ changes }) {
  const name = h("h2", {});
  const total = h("p", { class: "total" });
  const how = h("span", {});
  const button = (text, onclick) => h("button", { type: "button", class: "link", onclick }, text);
  const acts = changes && [
    " · ",
    button("Feedback sheet (PDF)", changes.feedback),
    button("Erase this sheet", changes.erase),
  ];
  const element = h("header", { class: "sheet-head" }, name, total, h("p", { class: "quiet" }, how, acts));
  const notes = h("ul", { class: "reviews" });

  /** `shown` is the result as displayed, with unsaved changes applied. */
  function show(status, shown) {
    name.textContent = student(status.student);
    fill(
      total,
      h("strong", {}, mark(shown.marks)),
      ` / ${mark(shown.max_marks)} `,
      h("span", { class: "quiet" }, share(shown.marks, shown.max_marks)),
      shown.confirmed === false ? h("span", { class: "quiet unconfirmed" }, " not saved yet") : null,
    );
    how.textContent = [state(status.state), savedSentence(status)].filter(Boolean).join(" · ");
    fill(
      notes,
      [...shown.review.map(reviewSentence), ...shown.warnings].map((text) => h("li", {}, text)),
    );
    notes.hidden = notes.childElementCount === 0;
  }

  return { elements: [element, notes], show };
}
