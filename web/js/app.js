// The page: who is signed in, which views there are, and one upload queue for all of them.

import { Api } from "./api.js";
import { assessmentView } from "./assessment.js";
import { changesOf } from "./changing.js";
import { fill, h, tell } from "./dom.js";
import { homeView } from "./home.js";
import { markingView } from "./marking.js";
import { paperView } from "./paper.js";
import { router } from "./route.js";
import { Session } from "./session.js";
import { Uploads } from "./uploads.js";
import { useWords } from "./words.js";

const session = new Session();
const api = new Api(session);
const uploads = new Uploads(api, () => views.current()?.uploadsChanged?.());
const views = router({
  routes: [
    [/^$/, homeView],
    [/^a\/([^/]+)$/, assessmentView],
    [/^a\/([^/]+)\/paper$/, paperView],
    [/^a\/([^/]+)\/s\/([0-9a-f]{32})(?:\/(.+))?$/, markingView],
  ],
  root: [["Assessments", "#/"]],
  given: { api, uploads, changesOf },
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
      : [`${who} `, h("button", { type: "button", class: "link", onclick: () => session.signOut() }, "Sign out")],
  );
}

addEventListener("offline", () =>
  tell("The connection is lost. What was being sent goes on by itself when it is back."),
);

try {
  useWords(await words());
  if (await session.open()) {
    introduce();
    await views.open();
  }
} catch (error) {
  views.fail(error);
}
