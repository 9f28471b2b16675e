// Display texts. The texts of states, review reasons and markers are shared with the command line: words.json.

export const UNDER_WAY = new Set(["RECEIVED", "READING", "STORING", "GRADING"]);
export const MARKED = new Set(["GRADED", "NEEDS_REVIEW"]);

let lists = { states: {}, reviews: {}, markers: {} };

export function useWords(found) {
  lists = found;
}

const plain = (name) => String(name).replaceAll("_", " ").toLowerCase();
export const state = (name) => lists.states[name] ?? plain(name);
export const reviewInShort = (reason) => lists.reviews[reason]?.[0] ?? plain(reason);
export const reviewSentence = (reason) => lists.reviews[reason]?.[1] ?? plain(reason);
export const marker = (name) =>
  lists.markers[name] ?? (name.startsWith("model:") ? `marked by the model ${name.slice(6)}` : name);

/** A question's display name, from its id: "4.a" → "4(a)", "A.1.b.ii" → "A1(b)(ii)". */
export function question(id) {
  let name = "";
  for (const step of id.split(".")) {
    if (!name) name = step;
    else if (/^\d+$/.test(step)) name += /\d$/.test(name) ? `.${step}` : step;
    else name += `(${step})`;
  }
  return name;
}

/** Formats marks: 3, 2.5, 0.25; a dash if there are none. */
export const mark = (value) => (value === null || value === undefined ? "–" : String(Math.round(value * 100) / 100));

export const share = (value, most) =>
  most > 0 && value !== null && value !== undefined ? `${Math.round((100 * value) / most)}%` : "–";

/** Formats a duration given in ms with three significant digits or fewer: 45 ms, 2.31 s, 48 s, 3 min 05 s. */
export function seconds(ms) {
  if (ms < 99.5) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 9995) return `${(ms / 1000).toFixed(2)} s`;
  if (ms < 99_500) return `${Math.round(ms / 1000)} s`;
  return `${Math.floor(ms / 60_000)} min ${String(Math.floor(ms / 1000) % 60).padStart(2, "0")} s`;
}

export const count = (number, thing, things = `${thing}s`) => `${number} ${number === 1 ? thing : things}`;

export const bytes = (size) =>
  size < 1_000_000 ? `${Math.max(1, Math.round(size / 1000))} KB` : `${(size / 1_000_000).toFixed(1)} MB`;

export const student = (label) => label || "No name";

/** A level from 0 (no marks) to 4 (full marks) for the colour of a mark; null if there is none. */
export const level = (marks, most) =>
  marks === null || marks === undefined || !(most > 0) ? null : Math.round((4 * marks) / most);
