// Which view the address names: it is opened, and the one before closed. Where the reader is stands at the top.

import { Problem, Unreachable } from "./refusals.js";
import { fill, h } from "./dom.js";

/**
 * `routes`: [pattern of the address after "#/", view]; a view is made from `given` and the address's parts.
 * `root`: the first steps of every trail, [[text, address], …]. `open` shows what the address names, now and later.
 * `mayMove` says whether the view that is shown may be left: it may hold work that is not saved.
 */
export function router({ routes, root = [], given = {}, mayMove = () => true }) {
  const content = document.getElementById("content");
  let current = null;

  /** The address has changed: another view, unless a person wants to stay. */
  function moved(event) {
    const [view, parts] = named();
    if (current?.moveTo?.(view, parts)) return;
    if (current && !mayMove()) return history.pushState(null, "", event.oldURL);
    show();
  }

  /** The view that the address names, and its parts. */
  function named() {
    const path = location.hash.replace(/^#\/?/, "");
    const [route, view] = routes.map(([pattern, make]) => [pattern.exec(path), make]).find(([match]) => match) ?? [
      null,
      null,
    ];
    return [view, route ? route.slice(1).map((part) => part && decodeURIComponent(part)) : []];
  }

  async function show() {
    const [view, parts] = named();
    removeEventListener("online", show);
    current?.close?.();
    current = null;
    if (!view)
      return fill(
        content,
        h("p", { class: "lonely" }, "There is nothing at this address. ", h("a", { href: "#/" }, "To the start")),
      );
    const opened = view({ ...given, content, parts, trail });
    current = opened;
    try {
      await opened.open();
    } catch (error) {
      if (current === opened) {
        fail(error);
        // It comes by itself when the connection is back.
        if (error instanceof Unreachable) addEventListener("online", show);
      }
    }
    // A view may have put the focus where work goes on.
    if (!content.contains(document.activeElement)) content.focus({ preventScroll: true });
  }

  /** Where the reader is, as links: [[text, address], …]; the last one is the title. */
  function trail(steps) {
    const all = [...root, ...steps];
    document.title = [...all.map(([text]) => text).reverse(), "Gradeline"].join(" – ");
    fill(
      document.getElementById("trail"),
      h(
        "ol",
        {},
        all.map(([text, address], index) =>
          h(
            "li",
            {},
            index < all.length - 1 ? h("a", { href: address }, text) : h("span", { "aria-current": "page" }, text),
          ),
        ),
      ),
    );
  }

  function fail(error) {
    if (error instanceof Problem || error instanceof Unreachable) {
      fill(
        content,
        h(
          "div",
          { class: "lonely" },
          h("p", {}, error.message),
          h("button", { type: "button", class: "main", onclick: show }, "Try again"),
        ),
      );
      return;
    }
    fill(content, h("p", { class: "lonely" }, `Something went wrong on this page: ${error.message}`));
    throw error;
  }

  document.querySelector("[data-skip]").addEventListener("click", (event) => {
    // The address names a view; it is not for jumping within the page.
    event.preventDefault();
    content.focus();
  });

  function open() {
    addEventListener("hashchange", moved);
    return show();
  }

  return { open, fail, current: () => current };
}
