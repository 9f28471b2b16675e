// What a school decides on the model: whether answers go to one, and what it may cost in a month.

import { fill, h, tell } from "./dom.js";

/** Looked up when it is opened; `changed()` says whether something in it is not saved. */
export function settingsForm({ api }) {
  const body = h("div", {});
  let changed = () => false;
  const element = h("details", { class: "settings" }, h("summary", {}, "Settings"), body);
  element.addEventListener("toggle", () => element.open && !changed() && look());

  async function look() {
    try {
      draw(await api.settings());
    } catch (error) {
      fill(body, h("p", { class: "problem" }, error.message));
    }
  }

  function draw({ model, spend_limit_usd: limit, month, spent_usd: spent }) {
    const on = h("input", { type: "checkbox", id: "model-on", checked: model });
    const most = h("input", {
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
        h("label", { for: "model-on" }, " Free text may go to the model that is configured; without it, marks are provisional."),
      ),
      h(
        "p",
        { class: "edit-row" },
        h("label", { for: "spend-limit" }, "At most this many dollars a month"),
        most,
        h("span", { id: "spent", class: "quiet" }, `${spent.toFixed(2)} spent in ${month}`),
      ),
      h("p", {}, h("button", { class: "button" }, "Keep these settings")),
    );
    changed = () => on.checked !== model || most.value !== String(limit ?? "");
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      keep({ model: on.checked, spend_limit_usd: most.value === "" ? null : Number(most.value) });
    });
    fill(body, form);
  }

  async function keep(chosen) {
    try {
      draw(await api.changeSettings(chosen));
      body.querySelector("button")?.focus();
      tell("The settings are kept.");
    } catch (error) {
      tell(error.message, { kind: "problem" });
    }
  }

  return { element, changed: () => changed() };
}
