// The report: the web page's views of the data embedded in this file, read-only.

import { rows } from "../../../web/js/progress-board.js";
import { difficulty, distribution } from "../../../web/js/charts.js";
import { fill, h } from "../../../web/js/dom.js";
import { markingView } from "../../../web/js/marking.js";
import { router } from "../../../web/js/route.js";
import { sheetsTable } from "../../../web/js/sheets-table.js";
import { facts, figures, isMarked, marksInShort, questionsOf, totals } from "../../../web/js/summary.js";
import { useWords } from "../../../web/js/words.js";

const given = JSON.parse(document.getElementById("given").textContent);
const sheets = given.sheets.map((sheet) =>
  sheet.result
    ? {
        ...sheet,
        marks: sheet.result.marks,
        max_marks: sheet.result.max_marks,
        question_marks: marksInShort(sheet.result),
      }
    : sheet,
);

/** The API calls that the page's views make, answered from this file. */
const fileApi = {
  assessment: async () => ({ paper: given.paper }),
  submissions: async () => sheets,
  submission: async (id) => find(id),
  transcript: async (id) => ({ pages: find(id).pages ?? [] }),
  picture: async (id, number) => {
    const { picture } = find(id).pages.find((page) => page.number === number);
    if (!picture) throw new Error("it was left out of this file");
    return new Blob([Uint8Array.from(atob(picture), (character) => character.charCodeAt(0))], { type: "image/webp" });
  },
};

function find(id) {
  const sheet = sheets.find((candidate) => candidate.id === id);
  if (!sheet) throw new Error("There is no such sheet in this file.");
  return sheet;
}

function overview({ content, trail }) {
  function open() {
    trail([[given.title, "#/"]]);
    const marked = sheets.filter(isMarked);
    const questions = questionsOf(marked, given.paper, given.maximum_marks);
    const table = sheetsTable({ address: `#/a/${encodeURIComponent(given.assessment)}` });
    table.show(sheets, questions);
    const first = table.firstDoubt();
    fill(
      content,
      h(
        "header",
        { class: "masthead" },
        h("h1", {}, given.title),
        facts(figures(sheets, marked, given.paper, given.maximum_marks)),
        first ? h("div", { class: "actions" }, h("a", { class: "button main", href: first }, "Review answers")) : null,
      ),
      table.element,
      h(
        "section",
        { class: "beside", "aria-label": "Plots and notes" },
        marked.length > 1 ? [distribution(totals(marked)), difficulty(questions)] : null,
        h("div", {}, given.notes.map((note) => h("p", { class: "note" }, note))),
      ),
      marked.length
        ? h(
            "section",
            { class: "running", "aria-labelledby": "lanes-title" },
            h("h2", { id: "lanes-title" }, "How it ran"),
            h("ul", { class: "board" }, rows(marked)),
          )
        : null,
    );
  }

  return { open };
}

useWords(given.words);
router({
  routes: [
    [/^(?:a\/[^/]+)?$/, overview],
    [/^a\/([^/]+)\/s\/([0-9a-f]{32})(?:\/(.+))?$/, markingView],
  ],
  given: { api: fileApi },
}).open();
