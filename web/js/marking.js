// The marking view: the pages on the left, what was read and marked on the right, all of it by keyboard.

import { answerCard, nothingFor } from "./answer.js";
import { fill, h, tell } from "./dom.js";
import { keysDialog } from "./keys.js";
import { lanesChart } from "./lanes.js";
import { pagesPane } from "./pages.js";
import { sheetBar } from "./sheet-bar.js";
import { sheetHead } from "./sheet-head.js";
import { leaves, marksInShort } from "./summary.js";
import { MARKED, UNDER_WAY, state, student } from "./words.js";

const PAUSE_MS = 1000;

/** Without `changesOf` (changing.js) it is for reading alone. */
export function markingView({ api, unsaved, content, parts, trail, changesOf }) {
  const [name, id] = parts;
  let wanted = parts[2];
  const home = `#/a/${encodeURIComponent(name)}`;
  let status = null;
  // The result as it is on the screen: with the changes that are on their way.
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
    pointed: (asked, event) => point(asked, event, false),
    chosen: (asked) => visit(asked),
  });
  const head = sheetHead({ changes });
  const answers = h("div", { class: "answers" });
  const bar = sheetBar({
    step: (by) => go(sheets[place() + by]),
    next: () => doubt(1),
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
    fill(content, h("p", { class: "lonely quiet" }, "One moment …"));
    document.addEventListener("keydown", pressed);
    document.addEventListener("pointermove", moved);
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
    document.removeEventListener("keydown", pressed);
    document.removeEventListener("pointermove", moved);
    pages.close();
    changes?.close();
    listed?.();
  }

  /** Another answer of the same sheet needs no new view. */
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
    // Marking may begin before the pages are there; when they come, the hand stays where it is.
    visit(wanted ?? shown.questions.find(isToLookAt)?.question);
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
        { class: "lonely" },
        h("h1", {}, student(status.student)),
        h("p", {}, `${state(status.state)}${why}`),
        lanesChart(status),
        h("p", {}, h("a", { href: home }, "Back to all sheets")),
        changes && !UNDER_WAY.has(status.state) ? h("p", {}, erase()) : null,
      ),
    );
    if (UNDER_WAY.has(status.state)) timer = setTimeout(() => load().catch(() => wait()), 1000);
  }

  /** Something of the sheet is another: changed here, saved, or changed by somebody else. */
  function redraw() {
    if (!shown) return;
    const before = doubtful();
    status = changes.status();
    draw();
    if (doubtful() !== before) pages.mark(shown.questions);
  }

  const doubtful = () => JSON.stringify(shown.questions.map((one) => one.review.length > 0));

  function draw() {
    shown = changes ? changes.shown() : status.result;
    const inList = sheets.find((one) => one.id === id);
    if (inList) inList.question_marks = marksInShort(shown);
    head.show(status, shown);
    if (sameQuestions()) shown.questions.forEach((one, index) => cards[index].update(one));
    else drawCards();
    const doubts = shown.questions.filter(isToLookAt).length;
    bar.show({ at: place(), sheets: sheets.length, doubts, undoable: changes?.undoable() });
  }

  const sameQuestions = () =>
    cards.length === shown.questions.length &&
    cards.every((card, index) => card.question === shown.questions[index].question);

  function drawCards() {
    const asked = new Map(leaves(paper?.questions ?? []).map((one) => [one.id, one]));
    const before = new Map(cards.map((card) => [card.question, card]));
    cards = shown.questions.map((one) => before.get(one.question) ?? made(one, asked.get(one.question)));
    shown.questions.forEach((one, index) => cards[index].update(one));
    fill(
      answers,
      cards.map((card) => card.element),
      nothingFor(shown.leftover),
      h("figure", { class: "timeline" }, lanesChart(status)),
    );
    cards[at()]?.element.classList.toggle("lit", current !== null);
  }

  const made = (one, asked) =>
    answerCard(one, asked, {
      changes,
      focused: () => focus(one.question),
      pointed: (event) => point(event && one.question, event, true),
    });

  // ── moving ───────────────────────────────────────────────────────────────────────────────────

  const isToLookAt = (one) => one.review.length > 0 || Boolean(one.undecided);
  const place = () => sheets.findIndex((one) => one.id === id);

  // The question that the keys act on: the one that has the focus, or had it last.
  let current = null;
  function focus(asked) {
    if (asked === current) return;
    cards.find((card) => card.question === current)?.element.classList.remove("lit");
    current = asked;
    cards.find((card) => card.question === asked)?.element.classList.add("lit");
    pages.light(asked, true);
  }

  // Where the pointer is. Cards that are scrolled below a resting one are not pointed at.
  let pointer = null;
  const moved = (event) => (pointer = `${event.clientX} ${event.clientY}`);
  function point(asked, event, follow) {
    if (asked !== null && pointer === `${event.clientX} ${event.clientY}`) return;
    if (event) moved(event);
    for (const card of cards) card.element.classList.toggle("pointed", card.question === asked);
    pages.light(asked ?? current, asked !== null && follow);
  }

  function visit(asked) {
    const card = cards.find((one) => one.question === asked) ?? cards[0];
    if (!card) return;
    card.element.focus({ preventScroll: true });
    card.element.scrollIntoView({ block: "center", behavior: "auto" });
    focus(card.question);
    pages.light(card.question, true);
    const address = `${home}/s/${id}/${encodeURIComponent(card.question)}`;
    if (location.hash !== address) history.replaceState(null, "", address);
  }

  const at = () =>
    Math.max(
      0,
      cards.findIndex((card) => card.question === current),
    );
  const step = (by) => visit(cards[Math.min(cards.length - 1, Math.max(0, at() + by))]?.question);

  /** The next answer to look at on this sheet, then on the sheets that follow. */
  function doubt(by) {
    const { questions } = shown;
    const order = by > 0 ? questions.slice(at() + 1) : questions.slice(0, at()).toReversed();
    const next = order.find(isToLookAt);
    if (next) return visit(next.question);
    const others = by > 0 ? sheets.slice(place() + 1) : sheets.slice(0, place()).toReversed();
    const isLeft = (one, of) => one.review?.length && !changes?.isPending(of.id, one.question);
    const sheet = others.find((of) => (of.question_marks ?? []).some((one) => isLeft(one, of)));
    if (sheet) return go(sheet);
    tell(by > 0 ? "There is nothing more to look at." : "There is nothing to look at before this.");
  }

  const go = (sheet) => sheet && (location.hash = `${home}/s/${sheet.id}`);

  const moves = {
    n: () => doubt(1),
    p: () => doubt(-1),
    j: () => step(1),
    k: () => step(-1),
    "]": () => go(sheets[place() + 1]),
    "[": () => go(sheets[place() - 1]),
    o: () => (location.hash = home),
    "?": keys.open,
  };
  // A key that is held down moves on, but changes one answer alone.
  const edits = changes && {
    m: () => cards[at()]?.edit(),
    e: () => cards[at()]?.correct(),
    Enter: () => cards[at()]?.agree(),
    u: changes.undo,
  };

  // Keys that were typed before the sheet was there are not taken, nor is what follows them without a pause: the end of
  // a mark whose beginning is lost would be another mark. To all sheets one may go from a sheet that does not come.
  let early = -Infinity;
  function isEarly(event, editing) {
    if ((shown || event.key === "o") && event.timeStamp - early > PAUSE_MS) return false;
    if (!editing && early === -Infinity) return true;
    if (early === -Infinity) tell("This sheet was not there yet: what you typed was not taken.");
    early = event.timeStamp;
    return true;
  }

  function pressed(event) {
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
    if (digit) cards[at()]?.edit(digit);
    else edits[event.key]();
  }

  return { open, close, moveTo };
}
