// The marking view: the pages on the left, what was read and marked on the right, changes by keyboard.

import { Problem } from "./api.js";
import { answerCard, nothingFor } from "./answer.js";
import { fill, h, keepFile, tell } from "./dom.js";
import { keysDialog } from "./keys.js";
import { lanesChart, savedSentence } from "./lanes.js";
import { pagesPane } from "./pages.js";
import { MARKED, UNDER_WAY, mark, question, reviewSentence, share, state, student } from "./words.js";

export function markingView({ api, content, parts, trail }) {
  let [name, id, wanted] = parts;
  const home = `#/a/${encodeURIComponent(name)}`;
  let status = null;
  let paper = null;
  let sheets = [];
  let cards = [];
  let closed = false;
  let timer = 0;
  const undone = [];
  const keys = keysDialog();
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
      ["Assessments", "#/"],
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
        UNDER_WAY.has(status.state)
          ? null
          : h("p", {}, h("button", { type: "button", class: "link", onclick: erase }, "Erase this sheet")),
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
        " · ",
        h("button", { type: "button", class: "link", onclick: feedback }, "Feedback sheet (PDF)"),
        h("button", { type: "button", class: "link", onclick: erase }, "Erase this sheet"),
      ),
    );
    fill(
      notes,
      [...result.review.map(reviewSentence), ...result.warnings].map((text) => h("li", {}, text)),
    );
    notes.hidden = notes.childElementCount === 0;
    const asked = leaves(paper?.questions ?? []);
    const focused = cards.find((card) => card.element.contains(document.activeElement))?.question;
    cards = result.questions.map((one) =>
      answerCard(one, asked.get(one.question), {
        change: (what) => change(one.question, what),
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

  /** As it is handed out; while the marks are held, a draft that says so. */
  const feedback = () =>
    keepFile(api, `/submissions/${id}/feedback.pdf?draft=true`, `${name}-${student(status.student)}.pdf`);

  /** File, reading, marks: everything that names the student, at once and for good. */
  async function erase() {
    const whose = student(status.student);
    if (!confirm(`Erase ${whose}'s sheet with everything that was read and marked of it? There is no way back.`)) return;
    try {
      await api.erase(id);
      tell(`${whose}'s sheet is erased.`);
      location.hash = home;
    } catch (error) {
      tell(error.message, { kind: "problem" });
    }
  }

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
      h(
        "button",
        { type: "button", disabled: !undone.length, title: "Undo the last change ( u )", onclick: undo },
        "Undo",
      ),
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

  // ── changing ─────────────────────────────────────────────────────────────────────────────────

  /** False where nothing was changed and the hand may try again. */
  async function change(asked, what, { remembered = true } = {}) {
    const before = status.result.questions.find((one) => one.question === asked);
    try {
      status = await api.changeMark(id, asked, what, status.etag);
    } catch (error) {
      if (error instanceof Problem && error.status === 412) {
        status = await api.submission(id);
        draw();
        tell("Somebody else has changed this sheet meanwhile. Look again, then change it.", { kind: "problem" });
        return true;
      }
      tell(error.message, { kind: "problem" });
      return false;
    }
    if (remembered) undone.push({ question: asked, what: asBefore(before, what) });
    const listed = sheets.find((one) => one.id === id);
    if (listed)
      listed.question_marks = status.result.questions.map(({ question: name_, marks, max_marks, review, counted }) => ({
        question: name_,
        marks,
        max_marks,
        review,
        counted,
      }));
    draw();
    pages.mark(status.result.questions);
    const now = status.result.questions.find((one) => one.question === asked);
    tell(
      `${question(asked)}: ${mark(now.marks)} / ${mark(now.max_marks)}. Total ${mark(status.result.marks)}.`,
      remembered ? { action: { text: "Undo", run: undo } } : {},
    );
    return true;
  }

  async function undo() {
    const last = undone.pop();
    if (!last) return tell("There is nothing to undo.");
    await change(last.question, last.what, { remembered: false });
    visit(last.question);
  }

  const moves = {
    n: () => doubt(1),
    p: () => doubt(-1),
    j: () => step(1),
    k: () => step(-1),
    "]": () => go(sheets[sheets.findIndex((one) => one.id === id) + 1]),
    "[": () => go(sheets[sheets.findIndex((one) => one.id === id) - 1]),
    m: () => cards[at()]?.edit(),
    e: () => cards[at()]?.correct(),
    Enter: () => cards[at()]?.agree(),
    u: undo,
    o: () => (location.hash = home),
    "?": keys.open,
  };

  function pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select, dialog[open]"))
      return;
    if (event.key === "Enter" && event.target.closest("a, button")) return;
    const digit = /^[0-9]$/.test(event.key) ? event.key : null;
    if (!status?.result || !(digit || moves[event.key])) return;
    event.preventDefault();
    if (digit) cards[at()]?.edit(digit);
    else moves[event.key]();
  }

  return { open, close, moveTo };
}

/** The change that undoes another: what a person had set before, or the machine's own (null). */
const asBefore = (before, what) =>
  "answer" in what
    ? { answer: typeof before.read_as === "string" ? before.answer : null }
    : { marks: before.marker === "person" ? before.marks : null };

/** The paper's questions that take an answer, by id, with the words that stand above their group. */
function leaves(questions, above = "", found = new Map()) {
  for (const one of questions) {
    if (one.parts?.length) leaves(one.parts, [above, one.text].filter(Boolean).join("\n"), found);
    else found.set(one.id, { ...one, above });
  }
  return found;
}
