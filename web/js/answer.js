// One answer: what was asked, what was read, its criteria with their evidence, and the mark, which can be changed.

import { fill, h } from "./dom.js";
import { level, mark, marker, question, reviewSentence } from "./words.js";

const VERDICTS = { met: "met", partly: "partly met", not: "not met" };

/**
 * `change` takes {marks} or {answer} and says whether that was kept; without it the card is for reading alone.
 * `lit` is called when the reader comes here.
 */
export function answerCard(given, asked, { change, lit }) {
  const doubtful = given.review.length > 0;
  const title = `answer-${given.question}`;
  const box = h("div", { class: "got-box" });
  const words = h("div", { class: "said" });
  const element = h(
    "article",
    {
      class: ["answer", doubtful && "doubtful", !given.counted && "extra"].filter(Boolean).join(" "),
      tabindex: "0",
      "aria-labelledby": title,
      data: { question: given.question },
      onfocus: lit,
      onpointerenter: lit,
    },
    h(
      "header",
      {},
      h("h3", { id: title }, question(given.question)),
      doubtful ? h("span", { class: "flag" }, "please look") : null,
      given.counted ? null : h("span", { class: "flag plain" }, "not counted"),
      box,
    ),
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
    given.reason ? h("p", { class: "reason" }, given.reason) : null,
    criteria(given.criteria),
    given.feedback ? h("p", { class: "feedback" }, h("span", { class: "unseen" }, "Feedback: "), given.feedback) : null,
    doubtful
      ? h(
          "ul",
          { class: "reviews" },
          given.review.map((reason) => h("li", {}, reviewSentence(reason))),
        )
      : null,
    change && doubtful && given.marks !== null
      ? h(
          "p",
          { class: "agree" },
          h("button", { type: "button", class: "button", onclick: agree }, `${mark(given.marks)} is right`),
          " ",
          h("kbd", {}, "Enter"),
        )
      : null,
    h("p", { class: "marker" }, whose(given)),
  );

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
    box.replaceChildren(change ? h("button", changed, words_) : h("p", { class: look }, words_));
  }

  /** The mark as a field; `begun` is a digit that was already typed. */
  function edit(begun) {
    const field = h("input", {
      type: "text",
      inputmode: "decimal",
      class: "mark-field",
      value: begun ?? mark(given.marks).replace("–", ""),
      "aria-label": `Mark for ${question(given.question)}, at most ${mark(given.max_marks)}`,
      autocomplete: "off",
    });
    const wrong = h("span", { class: "problem", role: "alert" });
    let open = true;
    const end = () => {
      open = false;
      showMark();
      element.focus({ preventScroll: true });
    };
    const keep = () => {
      const value = Number(field.value.trim().replace(",", "."));
      if (
        !field.value.trim() ||
        !Number.isFinite(value) ||
        value < Math.min(0, given.min_marks ?? 0) ||
        value > given.max_marks
      ) {
        wrong.textContent = `0 to ${mark(given.max_marks)}`;
        return field.select();
      }
      end();
      change({ marks: value });
    };
    field.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Enter") keep();
      if (event.key === "Escape") end();
    });
    field.addEventListener("blur", () => open && end());
    box.replaceChildren(h("span", { class: "got open" }, field, ` / ${mark(given.max_marks)}`), wrong);
    field.focus();
    if (begun === undefined) field.select();
  }

  function showWords() {
    const corrected = typeof given.read_as === "string" && readBy(given);
    fill(
      words,
      given.answer ? h("blockquote", {}, given.answer) : h("p", { class: "nothing" }, "No answer was found."),
      change || corrected ? h("p", { class: "read" }, change && toCorrect(), change && corrected && " · ", corrected) : null,
    );
  }

  const toCorrect = () => [
    h(
      "button",
      { type: "button", class: "link", onclick: correct },
      given.answer ? "Correct the reading" : "Type the answer",
    ),
    " ",
    h("kbd", {}, "e"),
  ];

  /** What was read as a field; kept, it is marked again. */
  function correct() {
    const field = h("textarea", {
      class: "words-field",
      rows: String(Math.min(14, Math.max(3, given.answer.split("\n").length + Math.ceil(given.answer.length / 70)))),
      maxlength: "20000",
      spellcheck: "false",
      "aria-label": `What the answer to ${question(given.question)} says`,
    });
    field.value = given.answer;
    const keep = h("button", { type: "button", class: "button main", onclick: send }, "Mark again");
    const leave = h("button", { type: "button", class: "button", onclick: end }, "Leave it");
    async function send() {
      const text = field.value.trim();
      if (field.readOnly) return;
      if (text === given.answer.trim()) return end();
      waiting(true);
      if (!(await change({ answer: text }))) waiting(false);
    }
    /** Nothing is disabled meanwhile: the hand would be lost. */
    function waiting(yes) {
      field.readOnly = yes;
      element.setAttribute("aria-busy", String(yes));
      keep.textContent = yes ? "Marking …" : "Mark again";
    }
    function end() {
      if (field.readOnly) return;
      showWords();
      element.focus({ preventScroll: true });
    }
    field.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) send();
      if (event.key === "Escape") end();
    });
    fill(
      words,
      field,
      h("p", { class: "edit-row" }, keep, leave, h("span", { class: "quiet" }, h("kbd", {}, "Ctrl"), " ", h("kbd", {}, "Enter"))),
    );
    field.focus();
    field.setSelectionRange(field.value.length, field.value.length);
  }

  /** The mark is right as it is: a person has looked. */
  function agree() {
    if (doubtful && given.marks !== null) change({ marks: given.marks });
  }

  showMark();
  showWords();
  return { element, question: given.question, edit, agree, correct };
}

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
