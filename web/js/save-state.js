// State of the changes of one answer, as lines on its card: being saved, not saved yet, refused, in conflict.

import { h } from "./dom.js";
import { fieldOf, isUndecided } from "./pending-changes.js";
import { mark } from "./words.js";

/**
 * `changes`: the unsaved changes of this answer; `saved`: whether one was saved since the page was opened;
 * `actions`: {keepMine, discard, retry, edit}, each called with a change.
 */
export function saveLines(given, { changes, saved, trouble }, actions) {
  const undecided = changes.filter(isUndecided);
  const lines = undecided.map((change) => decision(given, change, actions));
  if (changes.length > undecided.length)
    lines.push(trouble ? line("unsaved", notYet(trouble)) : line("saving", "Saving …"));
  return changes.length || !saved ? lines : [line("saved", "Saved")];
}

const line = (name, ...words) => h("p", { class: `save-state ${name}` }, words);

export const notYet = ({ kind, text }) =>
  ({
    connection: "Not saved yet: no connection. It is retried automatically.",
    busy: `Not saved yet: ${text} It is retried automatically.`,
    "sign-in": `Not saved yet: ${text}`,
  })[kind];

function decision(given, change, actions) {
  const reading = fieldOf(change.what) === "answer";
  const mine = reading ? change.what.answer : change.what.marks;
  const button = (text, act) => [h("button", { type: "button", class: "button", onclick: () => act(change) }, text), " "];
  const own = mine === null ? "the automatic result" : reading ? h("q", {}, mine || "nothing") : mark(mine);
  const edit = mine === null ? button("Try again", actions.retry) : button("Edit", actions.edit);
  if (change.state === "refused")
    return h(
      "div",
      { class: "save-state decision", role: "alert" },
      h("p", {}, `Not saved: ${change.problem} You had set `, own, "."),
      h("p", {}, edit, button("Discard", actions.discard)),
    );
  return h(
    "div",
    { class: "save-state decision", role: "alert" },
    h("p", {}, `${theirs(given)} `, `Yours is not saved: `, own, "."),
    h(
      "p",
      {},
      button(reading || mine === null ? "Keep mine" : `Keep mine (${mark(mine)})`, actions.keepMine),
      button(reading ? "Take theirs" : `Take theirs (${mark(given.marks)})`, actions.discard),
    ),
  );
}

/** What another user has set in the meantime; the card shows their mark and answer. */
function theirs(given) {
  const marks = `${mark(given.marks)} / ${mark(given.max_marks)}`;
  if (given.marker === "person" && given.changed_by) return `${given.changed_by} has set ${marks} in the meantime.`;
  if (given.read_by) return `${given.read_by} has corrected the answer text in the meantime; it now has ${marks}.`;
  return `This answer was marked again in the meantime; it now has ${marks}.`;
}
