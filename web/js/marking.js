// Marking view: the pages on the left, the answers with their marks on the right. The keyboard alone is enough.

import { answerCard, leftoverText } from "./answer.js";
import { fill, h, notify } from "./dom.js";
import { keysDialog } from "./keyboard-help.js";
import { branchChart } from "./branch-chart.js";
import { pagesPane } from "./pages.js";
import { sheetBar } from "./sheet-bar.js";
import { sheetHead } from "./sheet-head.js";
import { leaves, marksInShort } from "./summary.js";
import { MARKED, UNDER_WAY, state, student } from "./words.js";

const PAUSE_MS = 1000;

/** Without `changesOf` (sheet-actions.js) the view is read-only. */
export function markingView({ api, unsaved, content, parts, trail, changesOf }) {
  const [name, id] = parts;
  let wanted = parts[2];
  const home = `#/a/${encodeURIComponent(name)}`;
  let status = null;
  // The displayed result: with the unsaved changes applied.
  let shown = null;
  let paper = null;
  let sheets = [];
  let cards = [];
  let closed = false;
  let timer = 0;
  const changes = changesOf?.({ assessment: name, id, sheet: () => status, changed: redraw, visit });
  const keys = keysDialog({ changing: Boolean(changes) });
  const pages = pagesPane({
    api,
    pointed: (questionId, event) => point(questionId, event, false),
    chosen: (questionId) => visit(questionId),
  });
  const head = sheetHead({ changes });
  const answers = h("div", { class: "answers" });
  const bar = sheetBar({
    step: (by) => go(sheets[sheetIndex() + by]),
    next: () => goToReview(1),
    undo: changes?.undo,
    keys: keys.open,
  });
  const view = h(
    "section",
    { class: "sheet marking" },
    head.elements,
    h("div", { class: "side-by-side" }, pages.element, answers),
    bar.element,
    keys.element,
  );
  const listed = unsaved?.add({ unsaved: () => cards.some((card) => card.typing()) });

  async function open() {
    fill(content, h("p", { class: "page-message quiet" }, "Loading …"));
    document.addEventListener("keydown", keyPressed);
    document.addEventListener("pointermove", pointerMoved);
    const [assessment, all] = await Promise.all([api.assessment(name), api.submissions(name)]);
    if (closed) return;
    paper = assessment.paper;
    sheets = all
      .filter((one) => one.kind === "answer_sheet" && MARKED.has(one.state))
      .sort((a, b) => student(a.student).localeCompare(student(b.student), undefined, { numeric: true }));
    await load();
  }

  function close() {
    closed = true;
    clearTimeout(timer);
    document.removeEventListener("keydown", keyPressed);
    document.removeEventListener("pointermove", pointerMoved);
    pages.close();
    changes?.close();
    listed?.();
  }

  /** Goes to another answer of the same sheet without a new view; returns false if it is another sheet. */
  function moveTo(kind, next) {
    if (kind !== markingView || next[0] !== name || next[1] !== id || !shown) return false;
    wanted = next[2];
    visit(wanted);
    return true;
  }

  async function load() {
    const fetched = await api.submission(id);
    if (closed) return;
    status = changes ? changes.newest(fetched) : fetched;
    trail([
      [name, home],
      [student(status.student), location.hash],
    ]);
    if (UNDER_WAY.has(status.state) || !status.result) return wait();
    fill(content, view);
    draw();
    // Marking can begin before the pages are loaded; loading them does not move the focus.
    visit(wanted ?? shown.questions.find(needsReview)?.question);
    showPages();
  }

  async function showPages() {
    const transcript = await api.transcript(id).catch(() => ({ pages: [] }));
    if (closed) return;
    pages.show(id, transcript.pages, shown.questions);
    pages.light(current, true);
  }

  function wait() {
    const why = status.reason ? `: ${status.reason.message}` : "";
    const erase = () => h("button", { type: "button", class: "link", onclick: changes.erase }, "Erase this sheet");
    fill(
      content,
      h(
        "div",
        { class: "page-message" },
        h("h1", {}, student(status.student)),
        h("p", {}, `${state(status.state)}${why}`),
        branchChart(status),
        h("p", {}, h("a", { href: home }, "Back to all sheets")),
        changes && !UNDER_WAY.has(status.state) ? h("p", {}, erase()) : null,
      ),
    );
    if (UNDER_WAY.has(status.state)) timer = setTimeout(() => load().catch(() => wait()), 1000);
  }

  /** The sheet has changed: by the user, by saving, or by another user. */
  function redraw() {
    if (!shown) return;
    const before = reviewFlags();
    status = changes.status();
    draw();
    if (reviewFlags() !== before) pages.mark(shown.questions);
  }

  const reviewFlags = () => JSON.stringify(shown.questions.map((one) => one.review.length > 0));

  function draw() {
    shown = changes ? changes.shown() : status.result;
    const inList = sheets.find((one) => one.id === id);
    if (inList) inList.question_marks = marksInShort(shown);
    head.show(status, shown);
    if (sameQuestions()) shown.questions.forEach((one, index) => cards[index].update(one));
    else drawCards();
    const doubts = shown.questions.filter(needsReview).length;
    bar.show({ at: sheetIndex(), sheets: sheets.length, doubts, undoable: changes?.undoable() });
  }

  const sameQuestions = () =>
    cards.length === shown.questions.length &&
    cards.every((card, index) => card.question === shown.questions[index].question);

  function drawCards() {
    const paperQuestions = new Map(leaves(paper?.questions ?? []).map((one) => [one.id, one]));
    const before = new Map(cards.map((card) => [card.question, card]));
    cards = shown.questions.map((one) => before.get(one.question) ?? createCard(one, paperQuestions.get(one.question)));
    shown.questions.forEach((one, index) => cards[index].update(one));
    fill(
      answers,
      cards.map((card) => card.element),
      leftoverText(shown.leftover),
      h("figure", { class: "timeline" }, branchChart(status)),
    );
    cards[cardIndex()]?.element.classList.toggle("lit", current !== null);
  }

  const createCard = (one, paperQuestion) =>
    answerCard(one, paperQuestion, {
      changes,
      focused: () => focus(one.question),
      pointed: (event) => point(event && one.question, event, true),
    });

  // ── navigation ───────────────────────────────────────────────────────────────────────────────

  const needsReview = (one) => one.review.length > 0 || Boolean(one.undecided);
  const sheetIndex = () => sheets.findIndex((one) => one.id === id);

  // The question that keys act on: the one that has the focus, or had it last.
  let current = null;
  function focus(questionId) {
    if (questionId === current) return;
    cards.find((card) => card.question === current)?.element.classList.remove("lit");
    current = questionId;
    cards.find((card) => card.question === questionId)?.element.classList.add("lit");
    pages.light(questionId, true);
  }

  // The pointer's position. A card that scrolls under a resting pointer is not highlighted.
  let pointer = null;
  const pointerMoved = (event) => (pointer = `${event.clientX} ${event.clientY}`);
  function point(questionId, event, follow) {
    if (questionId !== null && pointer === `${event.clientX} ${event.clientY}`) return;
    if (event) pointerMoved(event);
    for (const card of cards) card.element.classList.toggle("pointed", card.question === questionId);
    pages.light(questionId ?? current, questionId !== null && follow);
  }

  function visit(questionId) {
    const card = cards.find((one) => one.question === questionId) ?? cards[0];
    if (!card) return;
    card.element.focus({ preventScroll: true });
    card.element.scrollIntoView({ block: "center", behavior: "auto" });
    focus(card.question);
    pages.light(card.question, true);
    const address = `${home}/s/${id}/${encodeURIComponent(card.question)}`;
    if (location.hash !== address) history.replaceState(null, "", address);
  }

  const cardIndex = () =>
    Math.max(
      0,
      cards.findIndex((card) => card.question === current),
    );
  const step = (by) => visit(cards[Math.min(cards.length - 1, Math.max(0, cardIndex() + by))]?.question);

  /** Goes to the next answer to review, on this sheet and then on the following ones; backwards if `by` is negative. */
  function goToReview(by) {
    const { questions } = shown;
    const order = by > 0 ? questions.slice(cardIndex() + 1) : questions.slice(0, cardIndex()).toReversed();
    const next = order.find(needsReview);
    if (next) return visit(next.question);
    const others = by > 0 ? sheets.slice(sheetIndex() + 1) : sheets.slice(0, sheetIndex()).toReversed();
    const isLeft = (one, of) => one.review?.length && !changes?.isPending(of.id, one.question);
    const sheet = others.find((of) => (of.question_marks ?? []).some((one) => isLeft(one, of)));
    if (sheet) return go(sheet);
    notify(by > 0 ? "There is nothing more to review." : "There is nothing to review before this.");
  }

  const go = (sheet) => sheet && (location.hash = `${home}/s/${sheet.id}`);

  const moves = {
    n: () => goToReview(1),
    p: () => goToReview(-1),
    j: () => step(1),
    k: () => step(-1),
    "]": () => go(sheets[sheetIndex() + 1]),
    "[": () => go(sheets[sheetIndex() - 1]),
    o: () => (location.hash = home),
    "?": keys.open,
  };
  // A key that is held down repeats navigation, but changes only one answer.
  const edits = changes && {
    m: () => cards[cardIndex()]?.edit(),
    e: () => cards[cardIndex()]?.correct(),
    Enter: () => cards[cardIndex()]?.confirmMark(),
    u: changes.undo,
  };

  // Keys typed before the sheet is loaded are ignored, and so are those that follow without a pause: the rest of a mark
  // whose first digit is lost would be another mark. Only "o" (all sheets) works on a sheet that does not load.
  let ignoredAt = -Infinity;
  function isEarly(event, editing) {
    if ((shown || event.key === "o") && event.timeStamp - ignoredAt > PAUSE_MS) return false;
    if (!editing && ignoredAt === -Infinity) return true;
    if (ignoredAt === -Infinity) notify("This sheet was not loaded yet: what you typed was ignored.");
    ignoredAt = event.timeStamp;
    return true;
  }

  function keyPressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select, dialog[open]"))
      return;
    if (event.key === "Enter" && event.target.closest("a, button")) return;
    const digit = changes && /^[0-9]$/.test(event.key) ? event.key : null;
    const editing = digit || edits?.[event.key];
    if (!editing && !moves[event.key]) return;
    if (isEarly(event, editing)) return;
    event.preventDefault();
    if (moves[event.key]) return moves[event.key]();
    if (event.repeat) return;
    if (digit) cards[cardIndex()]?.edit(digit);
    else edits[event.key]();
  }

  return { open, close, moveTo };
}
