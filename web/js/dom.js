// Elements from plain values. Text goes in as text, never as markup: a student may be called <img onerror=…>.

const SVG = "http://www.w3.org/2000/svg";

export const h = (tag, props, ...children) => made(document.createElement(tag), props, children);
export const svg = (tag, props, ...children) => made(document.createElementNS(SVG, tag), props, children);

function made(element, props, children) {
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

/** Puts `children` into `element` in place of what was there. */
export function fill(element, ...children) {
  element.replaceChildren(
    ...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false),
  );
  return element;
}

/**
 * A list kept up to date without touching what has not changed, so that focus and scrolling stay.
 * `draw(item)` makes an item's element; it is called again only where `JSON.stringify(of(item))` differs.
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

/** A line at the foot of the page: `kind` is "" or "problem". It goes by itself unless it is a problem. Gives it. */
export function tell(text, { kind = "", action } = {}) {
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

/** Hands a file of the API to the browser to keep; what goes wrong is said at the foot. */
export async function keepFile(api, path, as) {
  try {
    const link = h("a", { href: URL.createObjectURL(await api.file(path)), download: as });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  } catch (error) {
    tell(error.message, { kind: "problem" });
  }
}
