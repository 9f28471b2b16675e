// The page: who is signed in, which view the address names, and one upload queue for all of them.

import { Api, Problem, Unreachable } from "./api.js";
import { assessmentView } from "./assessment.js";
import { fill, h, tell } from "./dom.js";
import { homeView } from "./home.js";
import { markingView } from "./marking.js";
import { paperView } from "./paper.js";
import { Session } from "./session.js";
import { Uploads } from "./uploads.js";
import { loadWords } from "./words.js";

const content = document.getElementById("content");
const session = new Session();
const api = new Api(session);
let current = null;
const uploads = new Uploads(api, () => current?.uploadsChanged?.());

const ROUTES = [
  [/^$/, homeView],
  [/^a\/([^/]+)$/, assessmentView],
  [/^a\/([^/]+)\/paper$/, paperView],
  [/^a\/([^/]+)\/s\/([0-9a-f]{32})(?:\/(.+))?$/, markingView],
];

/** Shows the view that the address names; the one before is closed first. */
async function show() {
  const path = location.hash.replace(/^#\/?/, "");
  const [route, view] = ROUTES.map(([pattern, make]) => [pattern.exec(path), make]).find(([match]) => match) ?? [
    null,
    null,
  ];
  const parts = route ? route.slice(1).map((part) => part && decodeURIComponent(part)) : [];
  if (current?.moveTo?.(view, parts)) return;
  current?.close?.();
  current = null;
  if (!view)
    return fill(
      content,
      h("p", { class: "lonely" }, "There is nothing at this address. ", h("a", { href: "#/" }, "To the start")),
    );
  const opened = view({ api, uploads, content, parts, trail });
  current = opened;
  try {
    await opened.open();
  } catch (error) {
    if (current === opened) fail(error);
  }
  content.focus({ preventScroll: true });
}

/** Where the reader is, as links: [[text, address], …]; the last one is the title. */
function trail(steps) {
  document.title = [...steps.map(([text]) => text).reverse(), "Gradeline"].join(" – ");
  fill(
    document.getElementById("trail"),
    h(
      "ol",
      {},
      steps.map(([text, address], index) =>
        h(
          "li",
          {},
          index < steps.length - 1 ? h("a", { href: address }, text) : h("span", { "aria-current": "page" }, text),
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

function introduce() {
  const { name, email } = session.claims;
  const tenant = session.claims["custom:tenant"];
  const who = [name ?? email, tenant].filter(Boolean).join(", ");
  fill(
    document.getElementById("who"),
    session.local
      ? `Signed in as ${who}: a fixed account, on this machine alone`
      : [`${who} `, h("button", { type: "button", class: "link", onclick: () => session.signOut() }, "Sign out")],
  );
}

document.querySelector("[data-skip]").addEventListener("click", (event) => {
  // The address names a view; it is not for jumping within the page.
  event.preventDefault();
  content.focus();
});
addEventListener("offline", () =>
  tell("The connection is lost. What was being sent goes on by itself when it is back."),
);

try {
  await loadWords();
  if (await session.open()) {
    introduce();
    addEventListener("hashchange", show);
    await show();
  }
} catch (error) {
  fail(error);
}
