// Home view: the list of assessments, a form for a new one, and the settings.

import { fill, h } from "./dom.js";
import { settingsForm } from "./settings.js";

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

export function homeView({ api, unsaved, content, trail }) {
  const settings = settingsForm({ api });
  const removeHolder = unsaved.add({ unsaved: settings.changed });
  let closed = false;

  function close() {
    closed = true;
    removeHolder();
  }

  async function open() {
    trail([]);
    const { assessments } = await api.assessments();
    if (closed) return;
    const list = h(
      "ul",
      { class: "cards" },
      assessments.map((one) =>
        h(
          "li",
          {},
          h(
            "a",
            { href: `#/a/${encodeURIComponent(one.id)}` },
            h("h2", {}, one.id),
          ),
        ),
      ),
    );
    fill(
      content,
      h(
        "header",
        { class: "masthead" },
        h("h1", {}, "Assessments"),
        h(
          "p",
          { class: "lead" },
          "Drop a question paper and a pile of scanned answer sheets. They are read while they are stored, then marked, with a reason for every mark.",
        ),
      ),
      newAssessmentForm(),
      assessments.length
        ? list
        : h("p", { class: "quiet" }, "There are no assessments yet. Name the first one and drop its files."),
      settings.element,
    );
  }

  function newAssessmentForm() {
    const field = h("input", {
      id: "new-name",
      name: "name",
      required: true,
      maxlength: 64,
      pattern: "[A-Za-z0-9][A-Za-z0-9._\\-]*",
      autocomplete: "off",
      placeholder: "year-10-science",
      "aria-describedby": "new-help",
    });
    const form = h(
      "form",
      { class: "beginning" },
      h("label", { for: "new-name" }, "New assessment"),
      h("div", {}, field, h("button", { class: "main" }, "Create")),
      h(
        "p",
        { id: "new-help", class: "quiet" },
        "Letters, digits, dots, dashes and underscores: the name is also used in the drop folder and in URLs.",
      ),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const name = field.value.trim();
      if (NAME.test(name)) location.hash = `#/a/${encodeURIComponent(name)}`;
    });
    return form;
  }

  return { open, close };
}
