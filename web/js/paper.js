// The question tree as it was read: labels, marks, options, doubts.

import { fill, h } from "./dom.js";
import { mark } from "./words.js";

export function paperView({ api, content, parts, trail }) {
  const [name] = parts;
  const home = `#/a/${encodeURIComponent(name)}`;

  async function open() {
    trail([
      ["Assessments", "#/"],
      [name, home],
      ["Questions", location.hash],
    ]);
    const assessment = await api.assessment(name);
    if (!assessment.paper)
      return fill(
        content,
        h("p", { class: "lonely" }, "The question paper has not been read yet. ", h("a", { href: home }, "Back")),
      );
    const { paper } = assessment;
    fill(
      content,
      h(
        "header",
        { class: "masthead" },
        h("h1", {}, paper.title || name),
        h(
          "p",
          { class: "quiet" },
          `${mark(paper.total_marks)} marks${paper.printed_total ? `, the paper says ${mark(paper.printed_total)}` : ""}`,
        ),
      ),
      paper.warnings.length
        ? h(
            "ul",
            { class: "reviews" },
            paper.warnings.map((text) => h("li", {}, text)),
          )
        : null,
      h("ol", { class: "tree" }, paper.questions.map(node)),
    );
  }

  const node = (one) =>
    h(
      "li",
      {},
      h(
        "div",
        { class: "node" },
        h("strong", {}, one.label),
        " ",
        h("span", {}, one.text),
        h("span", { class: "got open" }, mark(one.marks)),
      ),
      one.options?.length
        ? h(
            "p",
            { class: "asked" },
            one.options.map((option) => [h("span", { class: "option" }, h("b", {}, option.label), ` ${option.text}`)]),
          )
        : null,
      one.choose ? h("p", { class: "quiet" }, `any ${one.choose} of these count`) : null,
      one.parts?.length ? h("ol", {}, one.parts.map(node)) : null,
    );

  return { open };
}
