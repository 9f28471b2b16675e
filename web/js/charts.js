// Charts of an assessment: the distribution of totals, and the difficulty of each question.

import { h, svg } from "./dom.js";
import { question, share } from "./words.js";

const COLUMNS = 10;

/** Histogram of totals as shares of the maximum, in ten columns; `totals` are from 0 to 1. */
export function distribution(totals) {
  const columns = Array.from({ length: COLUMNS }, () => 0);
  for (const total of totals) columns[Math.min(COLUMNS - 1, Math.max(0, Math.floor(total * COLUMNS)))]++;
  const tallest = Math.max(...columns, 1);
  const sorted = totals.toSorted((a, b) => a - b);
  const median = sorted.length ? (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2 : null;
  const bars = columns.map((number, index) => {
    if (!number) return null;
    const height = (80 * number) / tallest;
    return svg(
      "g",
      {},
      svg("title", {}, `${number} between ${index * 10} and ${index * 10 + 10} %`),
      svg("rect", { class: "column", x: index * 36 + 2, y: 96 - height, width: 32, height, rx: 2 }),
      svg("text", { x: index * 36 + 18, y: 90 - height, "text-anchor": "middle" }, number),
    );
  });
  const ticks = [0, 20, 40, 60, 80, 100].map((percent) =>
    svg("text", { class: "tick-text", x: percent * 3.6, y: 116, "text-anchor": "middle" }, `${percent} %`),
  );
  const line =
    median === null ? null : svg("line", { class: "median", x1: median * 360, x2: median * 360, y1: 98, y2: 104 });
  return h(
    "figure",
    { class: "spread" },
    svg(
      "svg",
      {
        viewBox: "-14 -20 392 142",
        role: "img",
        "aria-label": `Distribution of totals; the median is ${share(median, 1)}`,
      },
      bars,
      svg("line", { class: "base", x1: 0, x2: 360, y1: 96, y2: 96 }),
      line,
      ticks,
    ),
    h(
      "figcaption",
      {},
      `Number of sheets by percentage of the marks; the tick below the axis is the median, ${share(median, 1)}.`,
    ),
  );
}

/** Bar chart of each question's mean share of its marks; `questions` are {id, mean (0 to 1 or null), review (count)}. */
export function difficulty(questions) {
  const row = 18;
  const rows = questions.map(({ id, mean, review }, index) => {
    const y = index * row;
    return svg(
      "g",
      {},
      svg("text", { class: "row-text", x: 52, y: y + 13, "text-anchor": "end" }, question(id)),
      svg("rect", { class: "track", x: 60, y: y + 4, width: 240, height: 10, rx: 3 }),
      mean === null
        ? null
        : svg("rect", { class: "column", x: 60, y: y + 4, width: Math.max(1, 240 * mean), height: 10, rx: 3 }),
      svg(
        "text",
        { class: "bar-text", x: 308, y: y + 13 },
        `${share(mean, 1)}${review ? ` · ${review} to review` : ""}`,
      ),
    );
  });
  return h(
    "figure",
    { class: "difficulty" },
    svg(
      "svg",
      {
        viewBox: `0 0 440 ${Math.max(1, questions.length) * row + 4}`,
        role: "img",
        "aria-label": questions.map(({ id, mean }) => `${question(id)}: ${share(mean, 1)}`).join(", "),
      },
      rows,
    ),
    h("figcaption", {}, "Mean percentage of the marks for each question, in the order of the paper."),
  );
}
