// Entry point of the page: the session, the views, and the upload queue and change queue that all views share.

import { Api } from "./api.js";
import { assessmentView } from "./assessment.js";
import { ChangeQueue } from "./change-queue.js";
import { ChangeStore } from "./change-store.js";
import { changesOf } from "./sheet-actions.js";
import { useDocumentKinds } from "./document-kinds.js";
import { fill, h, notify } from "./dom.js";
import { useGradebookFormats } from "./gradebook-formats.js";
import { homeView } from "./home.js";
import { markingView } from "./marking.js";
import { paperView } from "./paper.js";
import { router } from "./route.js";
import { saveStatus } from "./save-status.js";
import { Session } from "./session.js";
import { Unsaved } from "./unsaved-guard.js";
import { Uploads } from "./uploads.js";
import { useQuestionTypes } from "./question-types.js";
import { question, useWords } from "./words.js";

const unsaved = new Unsaved();
const session = new Session({ onLeave: () => unsaved.signingIn() });
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
  const what = "answer" in lost.what ? `the answer “${lost.what.answer ?? ""}”` : `the mark ${lost.what.marks ?? "–"}`;
  notify(`Question ${question(lost.question)}: ${what} could not be saved. ${text}`, { kind: "problem" });
});
queue.listen((_, { unreadable }) => {
  const text = "Unsaved changes stored in this tab could not be read. Check the last marks that you set.";
  if (unreadable) notify(text, { kind: "problem" });
});

async function fetchDocument(name) {
  const response = await fetch(name);
  if (!response.ok) throw new Error(`${name} could not be read (${response.status}).`);
  return response.json();
}

function showUser() {
  const { name, email } = session.claims;
  const tenant = session.claims["custom:tenant"];
  const who = [name ?? email, tenant].filter(Boolean).join(", ");
  fill(
    document.getElementById("who"),
    session.local
      ? `Signed in as ${who}: a fixed account of this machine`
      : [`${who} `, h("button", { type: "button", class: "link", onclick: signOut }, "Sign out")],
  );
}

function signOut() {
  if (!unsaved.maySignOut()) return;
  queue.clear();
  session.signOut();
}

addEventListener("offline", () =>
  notify("The connection is lost. Sending resumes automatically when it is back."),
);

try {
  const documents = ["words.json", "question-types.json", "document-kinds.json", "gradebook-formats.json"];
  const [words, types, kinds, formats] = await Promise.all(documents.map(fetchDocument));
  useWords(words);
  useQuestionTypes(types);
  useDocumentKinds(kinds);
  useGradebookFormats(formats);
  if (await session.open()) {
    showUser();
    const { sub, ...claims } = session.claims;
    saveStatus(document.getElementById("saving"), queue);
    queue.open([session.apiUrl, claims["custom:tenant"] ?? claims.tenant, sub]);
    await views.open();
  }
} catch (error) {
  views.fail(error);
}
