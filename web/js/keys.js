// The list of keys, as a dialog.

import { h } from "./dom.js";

const MOVING = [
  [["n", "p"], "next, previous answer to look at, across sheets"],
  [["j", "k"], "next, previous answer"],
  [["]", "["], "next, previous sheet"],
];
const CHANGING = [
  [["0", "…", "9"], "type a mark; Enter keeps it, Escape leaves it"],
  [["m"], "change the mark"],
  [["e"], "correct what was read; Ctrl and Enter have it marked again"],
  [["Enter"], "the mark is right as it is"],
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
    h("h2", { id: "keys-title" }, "Keys"),
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
