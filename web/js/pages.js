// The pages of a sheet, with the lines of each answer highlighted. Images load when they come near the viewport.

import { fill, h, svg } from "./dom.js";

const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");
const SIDE = 1000;

/** `pointed(question, event)` is called when the pointer enters an answer's lines, `pointed(null)` when it leaves. */
export function pagesPane({ api, pointed, chosen }) {
  const element = h("div", { class: "pages", tabindex: "-1" });
  let urls = [];
  let boxes = new Map();
  let watcher = null;

  /** Shows `pages` of the transcript with the `questions` of the result. */
  function show(id, pages, questions) {
    close();
    watcher = new IntersectionObserver(
      (seen) => seen.filter((one) => one.isIntersecting).forEach((one) => load(id, one.target)),
      { root: null, rootMargin: "800px" },
    );
    fill(
      element,
      pages.map((page) => {
        const height = Math.round(SIDE / (page.aspect || 0.7071));
        const paper = h(
          "div",
          { class: "paper", style: null, data: { page: page.number, turn: page.rotation || 0 } },
          svg("svg", { class: "overlay blank", viewBox: `0 0 ${SIDE} ${height}` }),
        );
        const figure = h(
          "figure",
          { class: "page" },
          paper,
          pages.length > 1 ? h("figcaption", {}, `Page ${page.number} of ${pages.length}`) : null,
        );
        paper.lines = page.lines;
        watcher.observe(paper);
        return figure;
      }),
    );
    mark(questions);
  }

  /** Redraws the lines of each answer after a change. */
  function mark(questions) {
    boxes = new Map();
    for (const paper of element.querySelectorAll(".paper")) {
      const number = Number(paper.dataset.page);
      const overlay = paper.querySelector(".overlay");
      const [, , width, height] = overlay.getAttribute("viewBox").split(" ").map(Number);
      const drawn = questions.flatMap((one) =>
        one.places.filter((place) => place.page === number).map((place) => box(one, place, width, height)),
      );
      fill(overlay, drawn);
    }
    light(shown, false);
  }

  function box(one, place, width, height) {
    const [left, top, across, down] = place.box;
    const rect = svg("rect", {
      class: `box${one.review.length ? " doubtful" : ""}`,
      x: left * width - 6,
      y: top * height - 4,
      width: across * width + 12,
      height: down * height + 8,
      rx: 5,
    });
    rect.addEventListener("pointerenter", (event) => pointed(one.question, event));
    rect.addEventListener("pointerleave", () => pointed(null));
    rect.addEventListener("click", () => chosen(one.question));
    boxes.set(one.question, [...(boxes.get(one.question) ?? []), rect]);
    return rect;
  }

  async function load(id, paper) {
    watcher.unobserve(paper);
    const number = Number(paper.dataset.page);
    const image = h("img", { alt: `Page ${number} of the sheet` });
    try {
      const url = URL.createObjectURL(await api.picture(id, number, Number(paper.dataset.turn)));
      urls.push(url);
      image.src = url;
      await image.decode();
      paper.prepend(image);
      paper.querySelector(".overlay").classList.remove("blank");
    } catch (error) {
      const lines = (paper.lines ?? []).map((line) => line.text).join("\n");
      paper.replaceWith(
        h(
          "div",
          { class: "words" },
          h(
            "p",
            { class: "quiet" },
            `The image of this page cannot be shown (${error.message}). The recognised text:`,
          ),
          h("pre", {}, lines),
        ),
      );
    }
  }

  let lit = [];
  let shown = null;
  function light(questionId, follow) {
    shown = questionId;
    for (const rect of lit) rect.classList.remove("lit");
    lit = boxes.get(questionId) ?? [];
    for (const rect of lit) rect.classList.add("lit");
    if (follow && lit.length) scrollIntoPane(lit[0]);
  }

  // Scrolls only the pane of pages, never the document.
  function scrollIntoPane(rect) {
    if (element.scrollHeight <= element.clientHeight + 1) return;
    const at = rect.getBoundingClientRect();
    const frame = element.getBoundingClientRect();
    if (at.top >= frame.top + 24 && at.bottom <= frame.bottom - 24) return;
    element.scrollTo({
      top: element.scrollTop + at.top - frame.top - frame.height / 3,
      behavior: reducedMotion.matches ? "auto" : "smooth",
    });
  }

  function close() {
    watcher?.disconnect();
    for (const url of urls) URL.revokeObjectURL(url);
    urls = [];
  }

  return { element, show, mark, light, close };
}
