// Card of one answer: the question, the recognised answer, the criteria with their evidence, and the mark, which can
// be changed.

import { answerEditor, markEditor } from "./answer-editors.js";
import { fill, h, notify } from "./dom.js";
import { level, mark, marker, question, reviewSentence } from "./words.js";

const VERDICTS = { met: "met", partly: "partly met", not: "not met" };

/**
 * `changes` (sheet-actions.js) changes the answer; without it the card is read-only. `focused` is called when the card
 * gets the focus, `pointed(event)` when the pointer enters it, and `pointed(null)` when it leaves.
 */
export function answerCard(first, paperQuestion, { changes, focused, pointed }) {
  let given = first;
  // The open editor, and the newest state of the answer that arrived while it was open.
  let editor = null;
  let pendingUpdate = null;
  const title = `answer-${first.question}`;
  const flags = h("span", { class: "flags" });
  const box = h("div", { class: "awarded-box" });
  const words = h("div", { class: "answer-text" });
  const rest = h("div", {});
  const saving = h("div", {});
  const element = h(
    "article",
    {
      tabindex: "0",
      "aria-labelledby": title,
      data: { question: first.question },
      onfocusin: focused,
      onpointerenter: pointed,
      onpointerleave: () => pointed(null),
    },
    h("header", {}, h("h3", { id: title }, question(first.question)), flags, box),
    paperQuestion?.above ? h("p", { class: "question-text" }, paperQuestion.above) : null,
    paperQuestion?.text
      ? h(
          "p",
          { class: "question-text" },
          paperQuestion.text,
          (paperQuestion.options ?? []).map((option) => [
            " ",
            h("span", { class: "option" }, h("b", {}, option.label), ` ${option.text}`),
          ]),
        )
      : null,
    words,
    rest,
    saving,
  );

  const needsReview = () => given.review.length > 0;
  /** A mark that was set when the question was worth more. The API refuses to confirm it. */
  const isAboveMaximum = () => given.marks !== null && given.marks > given.max_marks;

  /** Shows a new state of the answer; an open editor stays, with the text typed in it. */
  function update(next) {
    if (!editor) draw(next);
    else pendingUpdate = next;
    keepFocus(() => showSaving(next));
  }

  let drawn = "";
  function draw(next) {
    const text = JSON.stringify(next);
    given = next;
    pendingUpdate = null;
    if (text === drawn) return;
    drawn = text;
    keepFocus(() => {
      element.classList.add("answer");
      element.classList.toggle("doubtful", needsReview());
      element.classList.toggle("extra", !given.counted);
      fill(
        flags,
        needsReview() ? h("span", { class: "flag" }, "needs review") : null,
        given.counted ? null : h("span", { class: "flag plain" }, "not counted"),
      );
      showMark();
      showWords();
      fill(rest, details());
    });
  }

  /** If the element that had the focus is redrawn, the card gets the focus. */
  function keepFocus(redraw) {
    const held = element.contains(document.activeElement);
    redraw();
    if (held && !element.contains(document.activeElement)) element.focus({ preventScroll: true });
  }

  const details = () => [
    given.reason ? h("p", { class: "reason" }, given.reason) : null,
    criteria(given.criteria),
    given.feedback ? h("p", { class: "feedback" }, h("span", { class: "unseen" }, "Feedback: "), given.feedback) : null,
    needsReview()
      ? h(
          "ul",
          { class: "reviews" },
          given.review.map((reason) => h("li", {}, reviewSentence(reason))),
        )
      : null,
    changes && needsReview() && given.marks !== null ? decision() : null,
    given.marker === "unknown" ? null : h("p", { class: "marker" }, markedBy(given)),
  ];

  const decision = () =>
    isAboveMaximum()
      ? h("p", { class: "agree" }, button("Set another mark", () => edit()), " ", h("kbd", {}, "m"))
      : h("p", { class: "agree" }, button(`Confirm ${mark(given.marks)}`, confirmMark), " ", h("kbd", {}, "Enter"));

  let lines = "";
  function showSaving(next) {
    if (!changes) return;
    const state = changes.state(next.question);
    const text = JSON.stringify([state, next.marks, next.changed_by, next.read_by]);
    if (text === lines) return;
    lines = text;
    fill(saving, changes.lines(next, state, { edit: reopen }));
  }

  /** Opens the editor again with a change that was not saved. */
  function reopen({ what }) {
    if ("answer" in what) correct(what.answer);
    else edit(mark(what.marks));
  }

  function showMark() {
    const tone = level(given.marks, given.max_marks);
    const look = `awarded ${tone === null ? "open" : `level-${tone}`}`;
    const words_ = [h("strong", {}, mark(given.marks)), ` / ${mark(given.max_marks)}`];
    const changed = {
      type: "button",
      class: look,
      "aria-label": `${mark(given.marks)} of ${mark(given.max_marks)}: change the mark`,
      onclick: () => edit(),
    };
    box.replaceChildren(changes ? h("button", changed, words_) : h("p", { class: look }, words_));
  }

  /** Opens the editor of the mark; `begun` is text that was already typed. */
  function edit(begun) {
    if (editor) return editor.focus();
    open(box, markEditor(given, { begun, ...ends(showMark, (marks) => ({ marks })) }));
  }

  function showWords() {
    const corrected = typeof given.read_as === "string" && readBy(given);
    fill(
      words,
      given.answer ? h("blockquote", {}, given.answer) : h("p", { class: "nothing" }, "No answer was found."),
      changes || corrected
        ? h("p", { class: "read" }, changes && correctionButton(), changes && corrected && " · ", corrected)
        : null,
    );
  }

  const correctionButton = () => [
    h(
      "button",
      { type: "button", class: "link", onclick: () => correct() },
      given.answer ? "Correct the answer text" : "Type the answer",
    ),
    " ",
    h("kbd", {}, "e"),
  ];

  /** Opens the editor of the recognised answer; on saving, it is marked again. */
  function correct(begun) {
    if (editor) return editor.focus();
    open(words, answerEditor(given, { begun, ...ends(showWords, (answer) => ({ answer })) }));
  }

  function open(place, opened) {
    editor = opened;
    fill(place, opened.elements);
    opened.focus();
  }

  /** How an editor ends. The change is based on the state of the answer when the editor was opened. */
  function ends(show, what) {
    const seen = given;
    const end = ({ focus }) => {
      editor = null;
      show();
      if (pendingUpdate) draw(pendingUpdate);
      if (focus) element.focus({ preventScroll: true });
    };
    return {
      cancel: end,
      save(value) {
        end({ focus: true });
        changes.change(seen, what(value));
      },
    };
  }

  /** Confirms the mark as it is: a teacher has reviewed it. */
  function confirmMark() {
    if (editor) return editor.focus();
    if (!needsReview() || given.marks === null) return;
    if (isAboveMaximum())
      return notify(`${mark(given.marks)} is more than question ${question(given.question)} is worth now. Set another mark.`);
    changes.change(given, { marks: given.marks });
  }

  update(first);
  return { element, question: first.question, update, edit, confirmMark, correct, typing: () => Boolean(editor?.changed()) };
}

const button = (text, onclick) => h("button", { type: "button", class: "button", onclick }, text);

function criteria(list) {
  if (!list.length) return null;
  return h(
    "ul",
    { class: "criteria" },
    list.map((one) =>
      h(
        "li",
        { class: one.verdict },
        h(
          "span",
          { class: "what" },
          h("span", { class: "unseen" }, `${VERDICTS[one.verdict]}: `),
          one.text,
          one.quote ? [" ", h("q", {}, one.quote)] : null,
          one.note ? h("span", { class: "note" }, one.note) : null,
        ),
        h("span", { class: "share" }, `${mark(one.marks)} / ${mark(one.max_marks)}`),
      ),
    ),
  );
}

/** The text that was recognised, and who corrected it. */
function readBy(given) {
  const when = given.read_at ? `, ${new Date(given.read_at).toLocaleString()}` : "";
  return [
    `corrected by ${given.read_by ?? "a teacher"}${when}; `,
    given.read_as ? ["recognised as ", h("del", {}, given.read_as)] : "nothing was recognised",
  ];
}

/** Who marked the answer, and the mark before a teacher changed it. */
function markedBy(given) {
  const words = marker(given.marker);
  const parts = [words[0].toUpperCase() + words.slice(1)];
  if (given.marker === "person" && given.changed_by)
    parts[0] = `Marked by ${given.changed_by}${given.changed_at ? `, ${new Date(given.changed_at).toLocaleString()}` : ""}`;
  if (!["none", "person"].includes(given.marker)) parts.push(`confidence ${Math.round(100 * given.confidence)}%`);
  if (given.machine_marks !== null && given.machine_marks !== undefined)
    parts.push(`automatic mark ${mark(given.machine_marks)}`);
  return parts.join(" · ");
}

/** Text on the sheet that belongs to no answer. */
export const leftoverText = (leftover) =>
  leftover
    ? h(
        "article",
        { class: "answer leftover" },
        h("header", {}, h("h3", {}, "Not part of any answer")),
        h("blockquote", {}, leftover),
      )
    : null;
