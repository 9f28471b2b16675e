// The marking view: the pages on the left, what was read and marked on the right, all of it by keyboard.

import { answerCard, nothingFor } from "./answer.js";
import { fill, h, tell } from "./dom.js";
import { keysDialog } from "./keys.js";
import { lanesChart, savedSentence } from "./lanes.js";
import { pagesPane } from "./pages.js";
import { leaves, marksInShort } from "./summary.js";
import { MARKED, UNDER_WAY, mark, reviewSentence, share, state, student } from "./words.js";

/** Without `changesOf` (changing.js) it is for reading alone. */
export function markingView({ api, content, parts, trail, changesOf }) {
  const [name, id] = parts;
  let wanted = parts[2];
  const home = `#/a/${encodeURIComponent(name)}`;
  let status = null;
  let paper = null;
  let sheets = [];
  let cards = [];
  let closed = false;
  let timer = 0;
  const changes = changesOf?.({ api, assessment: name, sheet: () => status, took, visit });
  const keys = keysDialog({ changing: Boolean(changes) });
  const pages = pagesPane({ api, pointed: (asked) => light(asked, false), chosen: (asked) => visit(asked) });
  const head = h("header", { class: "sheet-head" });
  const notes = h("ul", { class: "reviews" });
  const answers = h("div", { class: "answers" });
  const bar = h("nav", { class: "bar", "aria-label": "Move between answers" });
  const view = h(
    "section",
    { class: "sheet marking" },
    head,
    notes,
    h("div", { class: "side-by-side" }, pages.element, answers),
    bar,
    keys.element,
  );

  async function open() {
    fill(content, h("p", { class: "lonely quiet" }, "One moment …"));
    const [assessment, listed] = await Promise.all([api.assessment(name), api.submissions(name)]);
    paper = assessment.paper;
    sheets = listed
      .filter((one) => one.kind === "answer_sheet" && MARKED.has(one.state))
      .sort((a, b) => student(a.student).localeCompare(student(b.student), undefined, { numeric: true }));
    document.addEventListener("keydown", pressed);
    await load();
  }

  function close() {
    closed = true;
    clearTimeout(timer);
    document.removeEventListener("keydown", pressed);
    pages.close();
  }

  /** Another answer of the same sheet needs no new view. */
  function moveTo(kind, next) {
    if (kind !== markingView || next[0] !== name || next[1] !== id || !status) return false;
    wanted = next[2];
    visit(wanted);
    return true;
  }

  async function load() {
    status = await api.submission(id);
    if (closed) return;
    trail([
      [name, home],
      [student(status.student), location.hash],
    ]);
    if (UNDER_WAY.has(status.state) || !status.result) return wait();
    fill(content, view);
    draw();
    // Marking may begin before the pages are there; when they come, the hand stays where it is.
    visit(wanted ?? status.result.questions.find((one) => one.review.length)?.question);
    showPages();
  }

  async function showPages() {
    const transcript = await api.transcript(id).catch(() => ({ pages: [] }));
    if (closed) return;
    pages.show(id, transcript.pages, status.result.questions);
    if (lit !== null) pages.light(lit, true);
  }

  function wait() {
    const why = status.reason ? `: ${status.reason.message}` : "";
    fill(
      content,
      h(
        "div",
        { class: "lonely" },
        h("h1", {}, student(status.student)),
        h("p", {}, `${state(status.state)}${why}`),
        lanesChart(status),
        h("p", {}, h("a", { href: home }, "Back to all sheets")),
        changes && !UNDER_WAY.has(status.state) ? h("p", {}, button("Erase this sheet", changes.erase)) : null,
      ),
    );
    if (UNDER_WAY.has(status.state)) timer = setTimeout(() => load().catch(() => wait()), 1000);
  }

  function draw() {
    const { result } = status;
    fill(
      head,
      h("h2", {}, student(status.student)),
      h(
        "p",
        { class: "total" },
        h("strong", {}, mark(result.marks)),
        ` / ${mark(result.max_marks)} `,
        h("span", { class: "quiet" }, share(result.marks, result.max_marks)),
      ),
      h(
        "p",
        { class: "quiet" },
        [state(status.state), savedSentence(status)].filter(Boolean).join(" · "),
        changes
          ? [" · ", button("Feedback sheet (PDF)", changes.feedback), button("Erase this sheet", changes.erase)]
          : null,
      ),
    );
    fill(
      notes,
      [...result.review.map(reviewSentence), ...result.warnings].map((text) => h("li", {}, text)),
    );
    notes.hidden = notes.childElementCount === 0;
    const asked = new Map(leaves(paper?.questions ?? []).map((one) => [one.id, one]));
    const focused = cards.find((card) => card.element.contains(document.activeElement))?.question;
    cards = result.questions.map((one) =>
      answerCard(one, asked.get(one.question), {
        change: changes && ((what) => changes.change(one.question, what)),
        lit: () => light(one.question, true),
      }),
    );
    fill(
      answers,
      cards.map((card) => card.element),
      nothingFor(result.leftover),
      h("figure", { class: "timeline" }, lanesChart(status)),
    );
    cards.find((card) => card.question === lit)?.element.classList.add("lit");
    if (focused) cards.find((card) => card.question === focused)?.element.focus({ preventScroll: true });
    drawBar();
  }

  const button = (text, onclick) => h("button", { type: "button", class: "link", onclick }, text);

  function drawBar() {
    const at = sheets.findIndex((one) => one.id === id);
    const doubts = status.result.questions.filter((one) => one.review.length).length;
    const to = (step) => sheets[at + step];
    const sheetButton = (step, words, key) =>
      h(
        "button",
        { type: "button", disabled: !to(step), title: `${words} ( ${key} )`, onclick: () => go(to(step)) },
        step < 0 ? "‹ " : "",
        h("span", { class: "wide" }, "sheet"),
        step > 0 ? " ›" : "",
      );
    fill(
      bar,
      sheetButton(-1, "Previous sheet", "["),
      h("output", {}, `${at + 1} of ${sheets.length}`),
      sheetButton(1, "Next sheet", "]"),
      h("span", { class: "gap" }),
      h("output", { "aria-live": "polite" }, doubts ? `${doubts} to look at` : "nothing to look at"),
      h(
        "button",
        { type: "button", class: "main", title: "Next answer to look at ( n )", onclick: () => doubt(1) },
        "Next ",
        h("kbd", {}, "n"),
      ),
      h("span", { class: "gap" }),
      changes
        ? h(
            "button",
            {
              type: "button",
              disabled: !changes.undoable(),
              title: "Undo the last change ( u )",
              onclick: changes.undo,
            },
            "Undo",
          )
        : null,
      h(
        "button",
        { type: "button", title: "Keys ( ? )", "aria-haspopup": "dialog", onclick: keys.open },
        h("kbd", {}, "?"),
      ),
    );
  }

  // ── moving ───────────────────────────────────────────────────────────────────────────────────

  let lit = null;
  function light(asked, follow) {
    if (asked === lit) return;
    cards.find((card) => card.question === lit)?.element.classList.remove("lit");
    lit = asked;
    cards.find((card) => card.question === asked)?.element.classList.add("lit");
    pages.light(asked, follow);
  }

  function visit(asked) {
    const card = cards.find((one) => one.question === asked) ?? cards[0];
    if (!card) return;
    card.element.focus({ preventScroll: true });
    card.element.scrollIntoView({ block: "center", behavior: "auto" });
    light(card.question, true);
    const address = `${home}/s/${id}/${encodeURIComponent(card.question)}`;
    if (location.hash !== address) history.replaceState(null, "", address);
  }

  const at = () =>
    Math.max(
      0,
      cards.findIndex((card) => card.question === lit),
    );
  const step = (by) => visit(cards[Math.min(cards.length - 1, Math.max(0, at() + by))]?.question);

  /** The next answer to look at on this sheet, then on the sheets that follow. */
  function doubt(by) {
    const questions = status.result.questions;
    const order = by > 0 ? questions.slice(at() + 1) : questions.slice(0, at()).toReversed();
    const next = order.find((one) => one.review.length);
    if (next) return visit(next.question);
    const place = sheets.findIndex((one) => one.id === id);
    const others = by > 0 ? sheets.slice(place + 1) : sheets.slice(0, place).toReversed();
    const sheet = others.find((one) => (one.question_marks ?? []).some((mark_) => mark_.review?.length));
    if (sheet) return go(sheet);
    tell(by > 0 ? "There is nothing more to look at." : "There is nothing to look at before this.");
  }

  const go = (sheet) => sheet && (location.hash = `${home}/s/${sheet.id}`);

  /** Shows another status of this sheet: it was changed, here or elsewhere. */
  function took(changed) {
    status = changed;
    const listed = sheets.find((one) => one.id === id);
    if (listed) listed.question_marks = marksInShort(status.result);
    draw();
    pages.mark(status.result.questions);
  }

  const moves = {
    n: () => doubt(1),
    p: () => doubt(-1),
    j: () => step(1),
    k: () => step(-1),
    "]": () => go(sheets[sheets.findIndex((one) => one.id === id) + 1]),
    "[": () => go(sheets[sheets.findIndex((one) => one.id === id) - 1]),
    o: () => (location.hash = home),
    "?": keys.open,
    ...(changes && {
      m: () => cards[at()]?.edit(),
      e: () => cards[at()]?.correct(),
      Enter: () => cards[at()]?.agree(),
      u: changes.undo,
    }),
  };

  function pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select, dialog[open]"))
      return;
    if (event.key === "Enter" && event.target.closest("a, button")) return;
    const digit = changes && /^[0-9]$/.test(event.key) ? event.key : null;
    if (!status?.result || !(digit || moves[event.key])) return;
    event.preventDefault();
    if (digit) cards[at()]?.edit(digit);
    else moves[event.key]();
  }

  return { open, close, moveTo };
}
