// Comparison of the class list with the sheets, shown before the marks are published: who has a sheet, who has none,
// and which sheets match no student.

import { h } from "./dom.js";
import { count } from "./words.js";

/** The panel, or null if there is no class list. `compared` is the response of GET /assessments/{id}/roster. */
export function classMatch(compared, address) {
  if (!compared) return null;
  const { students, matched, without_sheet: without, unknown } = compared;
  const several = matched.filter((one) => one.older.length > 0);
  const facts = [
    `${matched.length} of ${count(students, "student")} on the class list ${matched.length === 1 ? "has" : "have"} a sheet`,
    without.length ? `${without.length} without` : null,
    unknown.length ? `${count(unknown.length, "sheet matches", "sheets match")} no student` : null,
  ];
  return h(
    "details",
    { class: unknown.length ? "class-match look" : "class-match", open: unknown.length > 0 },
    h("summary", {}, facts.filter(Boolean).join(" · ")),
    unknown.length
      ? h(
          "p",
          {},
          "These names match no student on the class list, or more than one: ",
          listed(unknown.map((one) => h("a", { href: `${address}/s/${one.submission}` }, one.label ?? "a sheet without a name"))),
          ". Upload each sheet again with the student's name or number from the list as the file name and erase the first" +
            " one, or add the student to the list. Until then gradebook files leave these sheets out.",
        )
      : null,
    without.length ? h("p", {}, "Without a sheet: ", listed(without.map((one) => one.student)), ".") : null,
    several.length
      ? h(
          "p",
          {},
          "More than one sheet, of which the newest counts: ",
          listed(several.map((one) => `${one.student} (${one.older.length + 1})`)),
          ".",
        )
      : null,
    matched.length ? h("p", { class: "quiet" }, "With a sheet: ", listed(matched.map((one) => one.student)), ".") : null,
  );
}

/** Shown instead of the panel if the comparison could not be fetched; `reason` is a sentence. */
export const notCompared = (reason) =>
  h(
    "p",
    { class: "class-match look" },
    `The class list could not be compared with the sheets: ${reason} It is retried automatically.`,
  );

const listed = (names) => names.flatMap((name, at) => (at ? ["; ", name] : [name]));

/** How many sheets a gradebook leaves out. */
export const leftOut = (compared) => compared?.unknown.length ?? 0;
