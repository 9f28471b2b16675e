// The start: what there is, and a new assessment.

import { fill, h } from "./dom.js";
import { settingsForm } from "./settings.js";

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

export function homeView({ api, unsaved, content, trail }) {
  const settings = settingsForm({ api });
  const listed = unsaved.add({ unsaved: settings.changed });
  let closed = false;

  function close() {
    closed = true;
    listed();
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
          "Drop a question paper and a pile of scanned answer sheets. They are read while they are stored, then marked, with a reason beside every mark.",
        ),
      ),
      beginning(),
      assessments.length
        ? list
        : h("p", { class: "quiet" }, "There is no assessment yet. Give the first one a name and drop its files."),
      settings.element,
    );
  }

  function beginning() {
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
      h("label", { for: "new-name" }, "A new assessment"),
      h("div", {}, field, h("button", { class: "main" }, "Begin")),
      h(
        "p",
        { id: "new-help", class: "quiet" },
        "Letters, digits, dots, dashes and underscores: the name also stands in the drop folder and in addresses.",
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
