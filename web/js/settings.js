// Settings of a school: whether answers are sent to a model, and the monthly spending limit.

import { fill, h, notify } from "./dom.js";

/** Loaded when it is opened; `changed()` says whether it has unsaved changes. */
export function settingsForm({ api }) {
  const body = h("div", {});
  let changed = () => false;
  const element = h("details", { class: "settings" }, h("summary", {}, "Settings"), body);
  element.addEventListener("toggle", () => element.open && !changed() && load());

  async function load() {
    try {
      draw(await api.settings());
    } catch (error) {
      fill(body, h("p", { class: "problem" }, error.message));
    }
  }

  function draw({ model, spend_limit_usd: limit, month, spent_usd: spent }) {
    const on = h("input", { type: "checkbox", id: "model-on", checked: model });
    const limitField = h("input", {
      type: "number",
      id: "spend-limit",
      class: "amount",
      min: "0",
      max: "1000000",
      step: "any",
      value: limit ?? "",
      placeholder: "none",
      "aria-describedby": "spent",
    });
    const form = h(
      "form",
      {},
      h(
        "p",
        {},
        on,
        h("label", { for: "model-on" }, " Send free text to the configured model; without it, marks for free text are provisional."),
      ),
      h(
        "p",
        { class: "edit-row" },
        h("label", { for: "spend-limit" }, "Monthly limit in US dollars"),
        limitField,
        h("span", { id: "spent", class: "quiet" }, `${spent.toFixed(2)} spent in ${month}`),
      ),
      h("p", {}, h("button", { class: "button" }, "Save settings")),
    );
    changed = () => on.checked !== model || limitField.value !== String(limit ?? "");
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      save({ model: on.checked, spend_limit_usd: limitField.value === "" ? null : Number(limitField.value) });
    });
    fill(body, form);
  }

  async function save(chosen) {
    try {
      draw(await api.changeSettings(chosen));
      body.querySelector("button")?.focus();
      notify("The settings are saved.");
    } catch (error) {
      notify(error.message, { kind: "problem" });
    }
  }

  return { element, changed: () => changed() };
}
