// Status of all unsaved changes, shown in the header of every view.

import { fill, h } from "./dom.js";
import { notYet } from "./save-state.js";
import { count, question } from "./words.js";

/** Updates `element`, a live region, after each step of the queue. */
export function saveStatus(element, queue) {
  let shown = "";
  let busy = false;

  function draw() {
    const { waiting, undecided, trouble } = queue.summary;
    const text = JSON.stringify([waiting, trouble, undecided.map(({ id }) => id)]);
    if (text === shown) return;
    shown = text;
    element.classList.toggle("look", Boolean((waiting && trouble) || undecided.length));
    fill(element, undecided.length ? decisions(undecided) : null, waiting ? pendingText(waiting, trouble) : null);
    if (!waiting && !undecided.length && busy) element.textContent = "All changes are saved.";
    busy ||= waiting + undecided.length > 0;
  }

  const pendingText = (waiting, trouble) =>
    trouble
      ? [
          `${count(waiting, "change")}: ${notYet(trouble)} `,
          h("button", { type: "button", class: "link", onclick: () => queue.wake() }, "Try now"),
        ]
      : `Saving ${count(waiting, "change")} …`;

  function decisions(undecided) {
    const [first] = undecided;
    const sheet = `#/a/${encodeURIComponent(first.assessment)}/s/${first.sheet}`;
    return [
      `${count(undecided.length, "change")} not saved: `,
      h("a", { href: `${sheet}/${encodeURIComponent(first.question)}` }, `go to question ${question(first.question)}`),
      ". ",
    ];
  }

  queue.listen(draw);
  draw();
}
