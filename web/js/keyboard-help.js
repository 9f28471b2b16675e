// Dialog that lists the keyboard shortcuts.

import { h } from "./dom.js";

const MOVING = [
  [["n", "p"], "next, previous answer to review, across sheets"],
  [["j", "k"], "next, previous answer"],
  [["]", "["], "next, previous sheet"],
];
const CHANGING = [
  [["0", "…", "9"], "type a mark; Enter saves it, Escape cancels"],
  [["m"], "change the mark"],
  [["e"], "correct the recognised answer; Ctrl+Enter marks it again"],
  [["Enter"], "confirm the mark"],
  [["u"], "undo the last change"],
];
const REST = [
  [["o"], "all sheets"],
  [["?"], "this list"],
];

export function keysDialog({ changing }) {
  const element = h(
    "dialog",
    { "aria-labelledby": "keys-title" },
    h("h2", { id: "keys-title" }, "Keyboard shortcuts"),
    h(
      "dl",
      {},
      [...MOVING, ...(changing ? CHANGING : []), ...REST].map(([keys, what]) =>
        h(
          "div",
          {},
          h(
            "dt",
            {},
            keys.map((key) => [h("kbd", {}, key), " "]),
          ),
          h("dd", {}, what),
        ),
      ),
    ),
    h("form", { method: "dialog" }, h("button", { class: "main" }, "Close")),
  );
  return { element, open: () => element.showModal() };
}
