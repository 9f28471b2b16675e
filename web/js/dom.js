// DOM helpers. Text is inserted as text, never as markup: a student's name may be <img onerror=…>.

const SVG = "http://www.w3.org/2000/svg";

export const h = (tag, props, ...children) => create(document.createElement(tag), props, children);
export const svg = (tag, props, ...children) => create(document.createElementNS(SVG, tag), props, children);

function create(element, props, children) {
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "data") Object.assign(element.dataset, value);
    else if (PROPERTIES.has(name)) element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(
    ...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false),
  );
  return element;
}

const PROPERTIES = new Set(["value", "checked", "disabled", "selected", "indeterminate"]);

/** Replaces the content of `element` with `children`. */
export function fill(element, ...children) {
  element.replaceChildren(
    ...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false),
  );
  return element;
}

/**
 * A list that updates only the items that have changed, so that focus and scroll position stay.
 * `draw(item)` creates an item's element; it is called again only if `JSON.stringify(of(item))` differs.
 */
export class LiveList {
  #element;
  #draw;
  #of;
  #shown = new Map();

  constructor(element, { draw, of = (item) => item }) {
    this.#element = element;
    this.#draw = draw;
    this.#of = of;
  }

  show(items) {
    const next = new Map();
    let place = this.#element.firstElementChild;
    for (const item of items) {
      const text = JSON.stringify(this.#of(item));
      let entry = this.#shown.get(item.id);
      if (entry?.text !== text) {
        const element = this.#draw(item, entry?.element);
        if (entry && element !== entry.element) {
          if (place === entry.element) place = element;
          entry.element.replaceWith(element);
        }
        entry = { element, text };
      }
      next.set(item.id, entry);
      if (entry.element === place) place = place.nextElementSibling;
      else this.#element.insertBefore(entry.element, place);
    }
    for (const [id, entry] of this.#shown) if (!next.has(id)) entry.element.remove();
    this.#shown = next;
  }
}

const notices = () => document.getElementById("notices");

/**
 * Shows a notice at the bottom of the page and returns it. `kind` is "" or "problem"; only a problem stays until it is
 * closed. `action` is {text, run}.
 */
export function notify(text, { kind = "", action } = {}) {
  const notice = h("p", { class: `notice ${kind}` }, text);
  const close = h("button", { type: "button", "aria-label": "Close", onclick: () => notice.remove() }, "×");
  if (action)
    notice.append(
      h("button", { type: "button", class: "link", onclick: () => (notice.remove(), action.run()) }, action.text),
    );
  notice.append(close);
  notices().append(notice);
  while (notices().childElementCount > 3) notices().firstElementChild.remove();
  if (kind !== "problem") setTimeout(() => notice.remove(), 8000);
  return notice;
}

/** Downloads a file of the API under the name `as`; shows a notice if that fails. */
export async function downloadFile(api, path, as) {
  try {
    const link = h("a", { href: URL.createObjectURL(await api.file(path)), download: as });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  } catch (error) {
    notify(error.message, { kind: "problem" });
  }
}
