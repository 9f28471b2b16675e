// Editor of the question tree: labels, texts, marks, options, parts, and how each question is marked.

import { fill, h } from "./dom.js";
import { marksField, maximaOf, marksOfWhole } from "./question-marks.js";
import { questionType, questionTypes } from "./question-types.js";
import { emptyEntry, entriesById } from "./scheme.js";
import { mark } from "./words.js";

/** `value()` returns the edited tree and scheme entries; `changed()` whether they differ from the stored ones. */
export function paperEditor(paper, scheme, maximum) {
  const tree = structuredClone(paper);
  let entries = new Map([...entriesById(scheme)].map(([id, entry]) => [id, structuredClone(entry)]));
  const maxima = maximaOf(maximum);
  const entryOf = (one) => entries.get(one.key);
  let created = 0;
  eachOf(tree.questions, (one) => Object.assign(one, { key: one.id, parts: one.parts ?? [], options: one.options ?? [] }));
  const before = state();
  const list = h("ol", { class: "tree" });
  const title = field("Title of the paper", tree.title, (text) => (tree.title = text), { class: "grow" });
  const total = amount("Total printed on the paper", tree.printed_total, (value) => (tree.printed_total = value));
  const element = h("div", {}, h("p", { class: "edit-row" }, withLabel("Title", title), withLabel("Printed total", total)), list);

  function state() {
    return { paper: JSON.stringify(tree), scheme: JSON.stringify([...entries]) };
  }

  function draw(focusOn) {
    fill(
      list,
      tree.questions.map((one) => node(one, tree.questions)),
      h("li", {}, addQuestionButton("Add a question", tree.questions)),
    );
    if (focusOn) list.querySelector(`[data-key="${CSS.escape(focusOn)}"]`)?.focus();
  }

  /** A row for one question, with its parts below; `among` is the list that contains it. */
  function node(one, among) {
    const called = one.label || "new question";
    const hasParts = one.parts.length > 0;
    const sum = hasParts ? marksOfWhole(one, entryOf) : null;
    const label = field(`Label of ${called}`, one.label, (text) => (one.label = text), { class: "label", required: true });
    label.dataset.key = one.key;
    return h(
      "li",
      { class: "edit-node" },
      h(
        "div",
        { class: "edit-row" },
        label,
        hasParts ? chooseField(one, called) : typeSelect(one, called),
        h("span", { class: "gap" }),
        sum === null
          ? marksField(one, entryOf(one), called, maxima.get(one.key))
          : h("span", { class: "awarded open" }, mark(sum)),
        h(
          "button",
          { type: "button", class: "link", "aria-label": `Remove ${called}`, onclick: () => remove(one, among) },
          "remove",
        ),
      ),
      words(`Text of ${called}`, one.text, (text) => (one.text = text)),
      hasParts ? null : options(one, called),
      hasParts ? null : marking(one, called),
      h(
        "ol",
        {},
        one.parts.map((part) => node(part, one.parts)),
        h("li", {}, addQuestionButton(`Add a part to ${called}`, one.parts, one)),
      ),
    );
  }

  function remove(one, among) {
    among.splice(among.indexOf(one), 1);
    eachOf([one], (gone) => entries.delete(gone.key));
    draw(tree.questions[0]?.key);
  }

  const addQuestionButton = (text, into, above) =>
    h("button", { type: "button", class: "link add", onclick: () => add(into, above) }, `+ ${text}`);

  function add(into, above) {
    const key = `new-${++created}`;
    into.push({ key, label: "", type: "text", text: "", marks: null, options: [], choose: null, parts: [] });
    if (above && !["section", "group"].includes(above.type)) {
      above.type = "group";
      above.options = [];
      entries.delete(above.key);
    }
    draw(key);
  }

  const typeSelect = (one, called) =>
    h(
      "select",
      {
        "aria-label": `How ${called} is answered`,
        onchange: (event) => {
          one.type = event.target.value;
          if (entries.has(one.key)) entries.get(one.key).type = null;
          draw(one.key);
        },
      },
      questionTypes().map(({ name, title }) => h("option", { value: name, selected: name === one.type }, title)),
    );

  const chooseField = (one, called) =>
    withLabel(
      "how many count",
      h("input", {
        type: "number",
        min: "1",
        max: String(one.parts.length),
        class: "amount",
        value: one.choose ?? "",
        placeholder: "all",
        "aria-label": `How many parts of ${called} count`,
        oninput: (event) => (one.choose = event.target.value ? Number(event.target.value) : null),
      }),
    );

  function options(one, called) {
    if (!questionType(one.type)?.has_options) return null;
    return h(
      "div",
      { class: "edit-options" },
      one.options.map((option, at) =>
        h(
          "p",
          { class: "edit-row" },
          field(`Label of option ${at + 1} of ${called}`, option.label, (text) => (option.label = text), { class: "label" }),
          field(`Option ${at + 1} of ${called}`, option.text, (text) => (option.text = text), { class: "grow" }),
          removeButton(`Remove option ${at + 1} of ${called}`, one.options, at, one.key),
        ),
      ),
      addButton("option", one.options, () => ({ label: "ABCDEFGHIJ"[one.options.length] ?? "", text: "" }), one.key),
    );
  }

  /** How an answer is marked: correct answers, or a model answer and criteria. */
  function marking(one, called) {
    const entry = entries.get(one.key) ?? emptyEntry();
    const onInput = (change) => (value) => {
      change(value);
      entries.set(one.key, entry);
    };
    const answerTitle = questionType(one.type)?.answer_title;
    if (answerTitle)
      return withLabel(
        answerTitle,
        field(
          `Correct answers of ${called}, separated by ;`,
          entry.answers.join("; "),
          onInput((text) => (entry.answers = splitList(text))),
          { class: "grow" },
        ),
      );
    return h(
      "div",
      { class: "edit-marking" },
      withLabel(
        "model answer",
        words(`Model answer of ${called}`, entry.model_answer, onInput((text) => (entry.model_answer = text))),
      ),
      entry.criteria.map((criterion, at) =>
        h(
          "p",
          { class: "edit-row" },
          field(`Criterion ${at + 1} of ${called}`, criterion.text, onInput((text) => (criterion.text = text)), { class: "grow" }),
          field(
            `Other wordings of criterion ${at + 1} of ${called}, separated by ;`,
            criterion.accept.join("; "),
            onInput((text) => (criterion.accept = splitList(text))),
            { class: "grow", placeholder: "other wordings; …" },
          ),
          amount(`Marks of criterion ${at + 1} of ${called}`, criterion.marks, onInput((value) => (criterion.marks = value ?? 0))),
          removeButton(`Remove criterion ${at + 1} of ${called}`, entry.criteria, at, one.key),
        ),
      ),
      addButton("criterion", entry.criteria, () => ({ text: "", marks: 1, accept: [] }), one.key, () =>
        entries.set(one.key, entry),
      ),
    );
  }

  const removeButton = (text, list_, at, key) =>
    h(
      "button",
      { type: "button", class: "link", "aria-label": text, onclick: () => (list_.splice(at, 1), draw(key)) },
      "remove",
    );

  const addButton = (thing, list_, item, key, also = () => {}) =>
    h(
      "button",
      { type: "button", class: "link add", onclick: () => (list_.push(item()), also(), draw(key)) },
      `+ Add ${/^[aeiou]/.test(thing) ? "an" : "a"} ${thing}`,
    );

  draw();
  return {
    element,
    focus: () => list.querySelector("input")?.focus(),
    changed() {
      const now = state();
      return now.paper !== before.paper || now.scheme !== before.scheme;
    },
    /** The tree has been stored; `names` maps the keys of its questions to their new ids. */
    applyNewIds(names) {
      entries = new Map([...entries].map(([key, entry]) => [names.get(key) ?? key, entry]));
      eachOf(tree.questions, (one) => (one.id = one.key = names.get(one.key)));
      before.paper = state().paper;
    },
    value() {
      const now = state();
      return {
        paper: { title: tree.title, printed_total: tree.printed_total, questions: tree.questions.map(sentNode) },
        entries,
        paperChanged: now.paper !== before.paper,
        schemeChanged: now.scheme !== before.scheme,
      };
    },
  };
}

/** A question as the API expects it. `key` is kept, not enumerable, so that the page can find its new id. */
function sentNode(one) {
  const parts = (one.parts ?? []).map(sentNode);
  return Object.defineProperty(
    {
      ...(one.id && { id: one.id }),
      label: one.label,
      type: one.type,
      text: one.text,
      marks: one.marks ?? null,
      options: parts.length ? [] : (one.options ?? []),
      choose: parts.length ? one.choose : null,
      parts,
    },
    "key",
    { value: one.key },
  );
}

function eachOf(list, does) {
  for (const one of list) {
    does(one);
    eachOf(one.parts ?? [], does);
  }
}

const splitList = (text) => text.split(";").map((one) => one.trim()).filter(Boolean);

const withLabel = (text, control) => h("label", { class: "labelled" }, h("span", {}, text), control);

const field = (name, value, onInput, more = {}) =>
  h("input", {
    type: "text",
    value: value ?? "",
    "aria-label": name,
    autocomplete: "off",
    ...more,
    oninput: (event) => onInput(event.target.value),
  });

const words = (name, value, onInput) => {
  const area = h("textarea", {
    rows: String(Math.min(8, Math.max(1, Math.ceil((value ?? "").length / 80)))),
    "aria-label": name,
    oninput: (event) => onInput(event.target.value),
  });
  area.value = value ?? "";
  return area;
};

const amount = (name, value, onInput) =>
  h("input", {
    type: "number",
    min: "0",
    max: "1000",
    step: "any",
    class: "amount",
    value: value ?? "",
    "aria-label": name,
    oninput: (event) => onInput(event.target.value === "" ? null : Number(event.target.value)),
  });
