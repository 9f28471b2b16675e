// One answer: what was asked, what was read, its criteria with their evidence, and the mark, which can be changed.

import { markEditor, readingEditor } from "./answer-editors.js";
import { fill, h, tell } from "./dom.js";
import { level, mark, marker, question, reviewSentence } from "./words.js";

const VERDICTS = { met: "met", partly: "partly met", not: "not met" };

/**
 * `changes` (changing.js) changes the answer; without it the card is for reading alone. `focused` is called when the
 * reader comes here, `pointed(event)` when the pointer does, and with null when it leaves.
 */
export function answerCard(first, asked, { changes, focused, pointed }) {
  let given = first;
  // The open field, and what has come for the card meanwhile.
  let editor = null;
  let later = null;
  const title = `answer-${first.question}`;
  const flags = h("span", { class: "flags" });
  const box = h("div", { class: "got-box" });
  const words = h("div", { class: "said" });
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
    asked?.above ? h("p", { class: "asked" }, asked.above) : null,
    asked?.text
      ? h(
          "p",
          { class: "asked" },
          asked.text,
          (asked.options ?? []).map((option) => [
            " ",
            h("span", { class: "option" }, h("b", {}, option.label), ` ${option.text}`),
          ]),
        )
      : null,
    words,
    rest,
    saving,
  );

  const isDoubtful = () => given.review.length > 0;
  /** The API refuses such a mark: it was set when the question was worth more. */
  const isAboveMaximum = () => given.marks !== null && given.marks > given.max_marks;

  /** Shows another state of the answer; an open field stays, with what is typed in it. */
  function update(next) {
    if (!editor) draw(next);
    else later = next;
    keepFocus(() => showSaving(next));
  }

  let drawn = "";
  function draw(next) {
    const text = JSON.stringify(next);
    given = next;
    later = null;
    if (text === drawn) return;
    drawn = text;
    keepFocus(() => {
      element.classList.add("answer");
      element.classList.toggle("doubtful", isDoubtful());
      element.classList.toggle("extra", !given.counted);
      fill(
        flags,
        isDoubtful() ? h("span", { class: "flag" }, "please look") : null,
        given.counted ? null : h("span", { class: "flag plain" }, "not counted"),
      );
      showMark();
      showWords();
      fill(rest, explained());
    });
  }

  /** What is redrawn may have had the focus: then the card has it. */
  function keepFocus(redraw) {
    const held = element.contains(document.activeElement);
    redraw();
    if (held && !element.contains(document.activeElement)) element.focus({ preventScroll: true });
  }

  const explained = () => [
    given.reason ? h("p", { class: "reason" }, given.reason) : null,
    criteria(given.criteria),
    given.feedback ? h("p", { class: "feedback" }, h("span", { class: "unseen" }, "Feedback: "), given.feedback) : null,
    isDoubtful()
      ? h(
          "ul",
          { class: "reviews" },
          given.review.map((reason) => h("li", {}, reviewSentence(reason))),
        )
      : null,
    changes && isDoubtful() && given.marks !== null ? decision() : null,
    given.marker === "unknown" ? null : h("p", { class: "marker" }, whose(given)),
  ];

  const decision = () =>
    isAboveMaximum()
      ? h("p", { class: "agree" }, button("Set another mark", () => edit()), " ", h("kbd", {}, "m"))
      : h("p", { class: "agree" }, button(`${mark(given.marks)} is right`, agree), " ", h("kbd", {}, "Enter"));

  let lines = "";
  function showSaving(next) {
    if (!changes) return;
    const state = changes.state(next.question);
    const text = JSON.stringify([state, next.marks, next.changed_by, next.read_by]);
    if (text === lines) return;
    lines = text;
    fill(saving, changes.lines(next, state, { edit: reopen }));
  }

  /** A change that was not kept, in its field again. */
  function reopen({ what }) {
    if ("answer" in what) correct(what.answer);
    else edit(mark(what.marks));
  }

  function showMark() {
    const tone = level(given.marks, given.max_marks);
    const look = `got ${tone === null ? "open" : `level-${tone}`}`;
    const words_ = [h("strong", {}, mark(given.marks)), ` / ${mark(given.max_marks)}`];
    const changed = {
      type: "button",
      class: look,
      "aria-label": `${mark(given.marks)} of ${mark(given.max_marks)}: change the mark`,
      onclick: () => edit(),
    };
    box.replaceChildren(changes ? h("button", changed, words_) : h("p", { class: look }, words_));
  }

  /** The mark as a field; `begun` is what was already typed. */
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
        ? h("p", { class: "read" }, changes && toCorrect(), changes && corrected && " · ", corrected)
        : null,
    );
  }

  const toCorrect = () => [
    h(
      "button",
      { type: "button", class: "link", onclick: () => correct() },
      given.answer ? "Correct the reading" : "Type the answer",
    ),
    " ",
    h("kbd", {}, "e"),
  ];

  /** What was read as a field; saved, it is marked again. */
  function correct(begun) {
    if (editor) return editor.focus();
    open(words, readingEditor(given, { begun, ...ends(showWords, (answer) => ({ answer })) }));
  }

  function open(place, opened) {
    editor = opened;
    fill(place, opened.elements);
    opened.focus();
  }

  /** How a field ends: what it was opened upon is what the person has seen. */
  function ends(show, what) {
    const seen = given;
    const end = ({ focus }) => {
      editor = null;
      show();
      if (later) draw(later);
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

  /** The mark is right as it is: a person has looked. */
  function agree() {
    if (editor) return editor.focus();
    if (!isDoubtful() || given.marks === null) return;
    if (isAboveMaximum())
      return tell(`${mark(given.marks)} is more than question ${question(given.question)} is worth now. Set another mark.`);
    changes.change(given, { marks: given.marks });
  }

  update(first);
  return { element, question: first.question, update, edit, agree, correct, typing: () => Boolean(editor?.changed()) };
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

/** What the machine had read, and who says otherwise. */
function readBy(given) {
  const when = given.read_at ? `, ${new Date(given.read_at).toLocaleString()}` : "";
  return [
    `corrected by ${given.read_by ?? "a teacher"}${when}; `,
    given.read_as ? ["it had been read as ", h("del", {}, given.read_as)] : "nothing had been read",
  ];
}

/** Who marked, and what stood there before a person changed it. */
function whose(given) {
  const words = marker(given.marker);
  const parts = [words[0].toUpperCase() + words.slice(1)];
  if (given.marker === "person" && given.changed_by)
    parts[0] = `Marked by ${given.changed_by}${given.changed_at ? `, ${new Date(given.changed_at).toLocaleString()}` : ""}`;
  if (!["none", "person"].includes(given.marker)) parts.push(`confidence ${Math.round(100 * given.confidence)}%`);
  if (given.machine_marks !== null && given.machine_marks !== undefined)
    parts.push(`the machine gave ${mark(given.machine_marks)}`);
  return parts.join(" · ");
}

/** Text on the sheet that no question claimed. */
export const nothingFor = (leftover) =>
  leftover
    ? h(
        "article",
        { class: "answer leftover" },
        h("header", {}, h("h3", {}, "Not part of any answer")),
        h("blockquote", {}, leftover),
      )
    : null;
