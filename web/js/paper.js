// Paper view: the question tree with labels, marks, options and warnings, and the editor to correct it.

import { fill, h, notify } from "./dom.js";
import { Problem } from "./errors.js";
import { paperEditor } from "./paper-editor.js";
import { maximaOf, origin } from "./question-marks.js";
import { entriesById, schemeBody } from "./scheme.js";
import { mark } from "./words.js";

export function paperView({ api, unsaved, content, parts, trail }) {
  const [name] = parts;
  const home = `#/a/${encodeURIComponent(name)}`;
  let assessment = null;
  let editor = null;
  let closed = false;
  const listed = unsaved.add({ unsaved: () => Boolean(editor?.changed()) });

  async function open() {
    trail([
      [name, home],
      ["Questions", location.hash],
    ]);
    await load();
  }

  function close() {
    closed = true;
    listed();
  }

  async function load() {
    editor = null;
    assessment = await api.assessment(name);
    if (closed) return;
    if (!assessment.paper)
      return fill(
        content,
        h(
          "p",
          { class: "page-message" },
          `${assessment.paper_problem?.message ?? "The question paper has not been read yet."} `,
          h("a", { href: home }, "Back"),
        ),
      );
    show();
  }

  function show() {
    const { paper, scheme, maximum_marks: maximum } = assessment;
    const marked = entriesById(scheme);
    const maxima = maximaOf(maximum);
    fill(
      content,
      h(
        "header",
        { class: "masthead" },
        h("h1", {}, paper.title || name),
        h("p", { class: "quiet" }, worth(paper, maximum), by(assessment)),
        h(
          "div",
          { class: "actions" },
          h("button", { type: "button", class: "button", onclick: edit }, "Correct questions and marking"),
        ),
      ),
      warningList([...maximum.warnings, ...(scheme?.warnings ?? [])]),
      h(
        "ol",
        { class: "tree" },
        paper.questions.map((one) => node(one, marked, maxima)),
      ),
    );
  }

  // ── correcting ───────────────────────────────────────────────────────────────────────────────

  function edit() {
    editor = paperEditor(assessment.paper, assessment.scheme, assessment.maximum_marks);
    const keep = h("button", { type: "submit", class: "button main" }, "Save and mark again");
    const leave = h("button", { type: "button", class: "button", onclick: () => leaveEditor() }, "Cancel");
    fill(
      content,
      h("header", { class: "masthead" }, h("h1", {}, `Correct ${assessment.paper.title || name}`)),
      h(
        "p",
        { class: "quiet" },
        "Marked sheets are marked again, but only the answers to questions that have changed.",
      ),
      h(
        "form",
        {
          class: "editor",
          onsubmit: (event) => {
            event.preventDefault();
            save(keep);
          },
        },
        editor.element,
        h("div", { class: "bar" }, keep, leave),
      ),
    );
    editor.focus();
  }

  function leaveEditor() {
    editor = null;
    show();
    content.querySelector(".actions button")?.focus();
  }

  async function save(button) {
    if (!editor.changed()) return leaveEditor();
    button.textContent = "Saving …";
    try {
      await keep();
    } catch (error) {
      button.textContent = "Save and mark again";
      const isConflict = error instanceof Problem && error.status === 412;
      const text = isConflict
        ? "Somebody else has changed this paper in the meantime. Copy what you need, then open it again."
        : error.message;
      return notify(text, { kind: "problem" });
    }
    notify("Saved. Affected answers are being marked again.");
    await load();
    content.querySelector(".actions button")?.focus();
  }

  /** Stores the tree first: its ids follow changed labels, and the scheme refers to the ids. */
  async function keep() {
    const { paper, paperChanged } = editor.value();
    let { etag } = assessment;
    if (paperChanged) {
      const stored = await api.changePaper(name, paper, etag);
      editor.applyNewIds(newIds(paper.questions, stored.paper.questions));
      etag = stored.etag;
      // If storing the scheme fails, the next attempt is based on the tree that is now stored.
      assessment = Object.defineProperty({ ...assessment, paper: stored.paper }, "etag", { value: etag });
    }
    const { entries, schemeChanged } = editor.value();
    const body = schemeBody(assessment.scheme, entries);
    if (schemeChanged && body.questions.length)
      await api.putScheme(name, JSON.stringify(body), "application/json", etag);
  }

  return { open, close };
}

/** Maps the page's keys of questions to their new ids: both trees have the same shape. */
function newIds(sent, stored, found = new Map()) {
  sent.forEach((one, at) => {
    found.set(one.key, stored[at].id);
    newIds(one.parts ?? [], stored[at].parts ?? [], found);
  });
  return found;
}

const worth = (paper, maximum) =>
  `${mark(maximum.total)} marks${paper.printed_total ? `, ${mark(paper.printed_total)} printed on the paper` : ""}`;

const by = ({ paper_corrected_by: who }) => (who ? ` · corrected by ${who}` : "");

const warningList = (warnings) =>
  warnings.length
    ? h(
        "ul",
        { class: "reviews" },
        warnings.map((text) => h("li", {}, text)),
      )
    : null;

const node = (one, marked, maxima) =>
  h(
    "li",
    {},
    h(
      "div",
      { class: "node" },
      h("strong", {}, one.label),
      " ",
      h("span", {}, one.text),
      h("span", { class: "awarded open" }, mark(maxima.get(one.id)?.marks)),
      from(maxima.get(one.id)),
    ),
    one.options?.length
      ? h(
          "p",
          { class: "question-text" },
          one.options.map((option) => [h("span", { class: "option" }, h("b", {}, option.label), ` ${option.text}`)]),
        )
      : null,
    one.choose ? h("p", { class: "quiet" }, `any ${one.choose} of these count`) : null,
    one.parts?.length
      ? h(
          "ol",
          {},
          one.parts.map((part) => node(part, marked, maxima)),
        )
      : null,
    marking(marked.get(one.id)),
  );

/** The source of a question's marks, if they differ from the printed ones. */
const from = (maximum) =>
  maximum && maximum.printed !== maximum.marks && origin(maximum)
    ? h("small", { class: "quiet" }, ` ${origin(maximum)}`)
    : null;

/** How the scheme marks a question. */
const marking = (entry) =>
  entry
    ? h(
        "div",
        { class: "marking-of" },
        entry.answers.length ? h("p", {}, h("span", { class: "quiet" }, "correct: "), entry.answers.join(" · ")) : null,
        entry.model_answer ? h("blockquote", {}, entry.model_answer) : null,
        entry.criteria.length
          ? h(
              "ul",
              {},
              entry.criteria.map((one) => h("li", {}, one.text, " ", h("span", { class: "quiet" }, mark(one.marks)))),
            )
          : null,
      )
    : null;
