// Router: opens the view that the URL's hash names and closes the previous one, and shows the breadcrumb.

import { fill, h } from "./dom.js";
import { Problem, Unreachable } from "./errors.js";

/**
 * `routes`: [pattern of the hash after "#/", view]; a view is created from `given` and the matched parts.
 * `root`: the first steps of every breadcrumb, [[text, address], …]. `open` shows the view of the current hash and
 * follows its changes. `mayMove` says whether the current view may be left: it may have unsaved changes.
 */
export function router({ routes, root = [], given = {}, mayMove = () => true }) {
  const content = document.getElementById("content");
  let current = null;

  /** The hash has changed: show another view, unless the user wants to stay. */
  function hashChanged(event) {
    const [view, parts] = matchRoute();
    if (current?.moveTo?.(view, parts)) return;
    if (current && !mayMove()) return history.pushState(null, "", event.oldURL);
    show();
  }

  /** The view of the current hash, and the matched parts. */
  function matchRoute() {
    const path = location.hash.replace(/^#\/?/, "");
    const [route, view] = routes.map(([pattern, make]) => [pattern.exec(path), make]).find(([match]) => match) ?? [
      null,
      null,
    ];
    return [view, route ? route.slice(1).map((part) => part && decodeURIComponent(part)) : []];
  }

  async function show() {
    const [view, parts] = matchRoute();
    removeEventListener("online", show);
    current?.close?.();
    current = null;
    if (!view)
      return fill(
        content,
        h("p", { class: "page-message" }, "There is nothing at this address. ", h("a", { href: "#/" }, "Home")),
      );
    const opened = view({ ...given, content, parts, trail });
    current = opened;
    try {
      await opened.open();
    } catch (error) {
      if (current === opened) {
        fail(error);
        // Loads again when the connection is back.
        if (error instanceof Unreachable) addEventListener("online", show);
      }
    }
    // The view may have set the focus itself.
    if (!content.contains(document.activeElement)) content.focus({ preventScroll: true });
  }

  /** Shows the breadcrumb: [[text, address], …]; the last step is the title. */
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
          { class: "page-message" },
          h("p", {}, error.message),
          h("button", { type: "button", class: "main", onclick: show }, "Try again"),
        ),
      );
      return;
    }
    fill(content, h("p", { class: "page-message" }, `Something went wrong on this page: ${error.message}`));
    throw error;
  }

  document.querySelector("[data-skip]").addEventListener("click", (event) => {
    // The hash is the route, so it cannot be used to jump within the page.
    event.preventDefault();
    content.focus();
  });

  function open() {
    addEventListener("hashchange", hashChanged);
    return show();
  }

  return { open, fail, current: () => current };
}
