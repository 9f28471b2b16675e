// The class list beside the sheets, shown before the marks are published: who has a sheet, who has none, whose is unknown.

import { h } from "./dom.js";
import { count } from "./words.js";

/** The panel, or null where there is no class list. `compared` is what GET /assessments/{id}/roster answers. */
export function classMatch(compared, address) {
  if (!compared) return null;
  const { students, matched, without_sheet: without, unknown } = compared;
  const several = matched.filter((one) => one.older.length > 0);
  const said = [
    `${matched.length} of ${count(students, "student")} on the class list ${matched.length === 1 ? "has" : "have"} a sheet`,
    without.length ? `${without.length} without` : null,
    unknown.length ? `${count(unknown.length, "sheet")} of nobody on the list` : null,
  ];
  return h(
    "details",
    { class: unknown.length ? "class-match look" : "class-match", open: unknown.length > 0 },
    h("summary", {}, said.filter(Boolean).join(" · ")),
    unknown.length
      ? h(
          "p",
          {},
          "Nobody on the class list, or more than one student, is called: ",
          listed(unknown.map((one) => h("a", { href: `${address}/s/${one.submission}` }, one.label ?? "a sheet without a name"))),
          ". Send each again with the student's name or number from the list as the file's name and erase the one that" +
            " stands, or add the student to the list. Until then Canvas and Moodle get the marks without them.",
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

/** In the panel's place where the comparison could not be fetched; `why` is a sentence. */
export const notCompared = (why) =>
  h(
    "p",
    { class: "class-match look" },
    `The class list could not be compared with the sheets: ${why} It is tried again by itself.`,
  );

const listed = (names) => names.flatMap((name, at) => (at ? ["; ", name] : [name]));

/** How many sheets a gradebook leaves out. */
export const leftOut = (compared) => compared?.unknown.length ?? 0;
