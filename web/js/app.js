// The page: who is signed in, which views there are, and for all of them one queue of uploads and one of changes.

import { Api } from "./api.js";
import { assessmentView } from "./assessment.js";
import { ChangeQueue } from "./change-queue.js";
import { ChangeStore } from "./change-store.js";
import { changesOf } from "./changing.js";
import { fill, h, tell } from "./dom.js";
import { homeView } from "./home.js";
import { markingView } from "./marking.js";
import { paperView } from "./paper.js";
import { router } from "./route.js";
import { saveStatus } from "./save-status.js";
import { Session } from "./session.js";
import { Unsaved } from "./unsaved.js";
import { Uploads } from "./uploads.js";
import { question, useWords } from "./words.js";

const unsaved = new Unsaved();
const session = new Session({ leaving: () => unsaved.signingIn() });
const api = new Api(session);
const uploads = new Uploads(api, () => views.current()?.uploadsChanged?.());
const queue = new ChangeQueue(api, new ChangeStore(sessionStorage));
const views = router({
  routes: [
    [/^$/, homeView],
    [/^a\/([^/]+)$/, assessmentView],
    [/^a\/([^/]+)\/paper$/, paperView],
    [/^a\/([^/]+)\/s\/([0-9a-f]{32})(?:\/(.+))?$/, markingView],
  ],
  root: [["Assessments", "#/"]],
  given: { api, uploads, unsaved, changesOf: (sheet) => changesOf({ api, queue, ...sheet }) },
  mayMove: () => unsaved.mayMove(),
});

unsaved.add({ unsaved: () => uploads.busy, everywhere: true });
unsaved.add({ unsaved: () => queue.all.length > 0, everywhere: true, survivesReload: () => queue.survivesReload });
queue.listen((_, { lost, text }) => {
  if (!lost) return;
  const what = "answer" in lost.what ? `the reading “${lost.what.answer ?? ""}”` : `the mark ${lost.what.marks ?? "–"}`;
  tell(`Question ${question(lost.question)}: ${what} could not be saved. ${text}`, { kind: "problem" });
});
queue.listen((_, { unreadable }) => {
  const text = "Changes that this tab had kept could not be read. Check the marks that you set last.";
  if (unreadable) tell(text, { kind: "problem" });
});

async function words() {
  const answer = await fetch("words.json");
  if (!answer.ok) throw new Error(`words.json could not be read (${answer.status}).`);
  return answer.json();
}

function introduce() {
  const { name, email } = session.claims;
  const tenant = session.claims["custom:tenant"];
  const who = [name ?? email, tenant].filter(Boolean).join(", ");
  fill(
    document.getElementById("who"),
    session.local
      ? `Signed in as ${who}: a fixed account, on this machine alone`
      : [`${who} `, h("button", { type: "button", class: "link", onclick: signOut }, "Sign out")],
  );
}

function signOut() {
  if (!unsaved.maySignOut()) return;
  queue.clear();
  session.signOut();
}

addEventListener("offline", () =>
  tell("The connection is lost. What was being sent goes on by itself when it is back."),
);

try {
  useWords(await words());
  if (await session.open()) {
    introduce();
    const { sub, ...claims } = session.claims;
    saveStatus(document.getElementById("saving"), queue);
    queue.open([session.apiUrl, claims["custom:tenant"] ?? claims.tenant, sub]);
    await views.open();
  }
} catch (error) {
  views.fail(error);
}
