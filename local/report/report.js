// Moves between answers by key, and shows an answer's lines on its page. The page reads well without it.
(() => {
  "use strict";
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const answers = all("article.answer[id]");
  const doubtful = answers.filter((answer) => answer.classList.contains("doubtful"));
  const sheets = all("section.sheet");
  const boxes = Map.groupBy ? Map.groupBy(all(".box"), (box) => box.dataset.answer) : group(all(".box"));
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const bar = document.querySelector("nav.bar");
  let lit = null;

  function group(list) {
    const found = new Map();
    for (const box of list) {
      const key = box.dataset.answer;
      found.set(key, [...(found.get(key) || []), box]);
    }
    return found;
  }

  function light(answer, follow) {
    if (answer === lit) return;
    if (lit) {
      lit.classList.remove("lit");
      for (const box of boxes.get(lit.id) || []) box.classList.remove("lit");
    }
    lit = answer;
    if (!answer) return;
    answer.classList.add("lit");
    const own = boxes.get(answer.id) || [];
    for (const box of own) box.classList.add("lit");
    if (follow && own.length) bringIntoPane(own[0], answer.closest(".side-by-side").querySelector(".pages"));
  }

  // Only the pane of pages moves, never the whole page under the reader's eyes.
  function bringIntoPane(box, pane) {
    if (pane.scrollHeight <= pane.clientHeight + 1) return;
    const at = box.getBoundingClientRect();
    const frame = pane.getBoundingClientRect();
    if (at.top >= frame.top + 24 && at.bottom <= frame.bottom - 24) return;
    const top = pane.scrollTop + at.top - frame.top - frame.height / 3;
    pane.scrollTo({ top, behavior: calm.matches ? "auto" : "smooth" });
  }

  function visit(target) {
    if (!target) return;
    target.focus({ preventScroll: true });
    target.scrollIntoView({ block: target.matches(".sheet, .masthead") ? "start" : "center", behavior: "auto" });
    if (target.matches(".answer")) light(target, true);
    tell();
  }

  function current(list) {
    const active = document.activeElement;
    const exact = list.findIndex((item) => item === active || item.contains(active));
    if (exact >= 0) return exact;
    // Nothing of the list has the focus: the last one that lies above the middle of the window.
    const middle = innerHeight / 2;
    let found = -1;
    list.forEach((item, index) => {
      if (item.getBoundingClientRect().top < middle) found = index;
    });
    return found;
  }

  const on = (list) => list[Math.min(current(list) + 1, list.length - 1)];
  function back(list) {
    const at = current(list);
    const inside = at >= 0 && (list[at] === document.activeElement || list[at].contains(document.activeElement));
    return list[Math.max(inside ? at - 1 : at, 0)];
  }

  function around(step) {
    const active = answers.indexOf(document.activeElement);
    const place = active >= 0 ? active : current(answers) + (step < 0 ? 1 : 0);
    const order = doubtful.map((answer) => answers.indexOf(answer));
    const next = step > 0 ? order.find((index) => index > place) : order.findLast((index) => index < place);
    return next === undefined ? (step > 0 ? doubtful[0] : doubtful.at(-1)) : answers[next];
  }

  function tell() {
    const where = document.getElementById("where");
    const doubts = document.getElementById("doubts");
    const sheet = current(sheets);
    if (where) where.textContent = sheet < 0 ? `${sheets.length} sheets` : `${sheet + 1} of ${sheets.length}`;
    if (doubts) {
      const at = doubtful.indexOf(document.activeElement);
      doubts.textContent = at < 0 ? `${doubtful.length} to look at` : `${at + 1} of ${doubtful.length}`;
    }
  }

  const moves = {
    "doubt-on": () => visit(around(1)),
    "doubt-back": () => visit(around(-1)),
    "answer-on": () => visit(on(answers)),
    "answer-back": () => visit(back(answers)),
    "sheet-on": () => visit(on(sheets)),
    "sheet-back": () => visit(back(sheets)),
    overview: () => visit(document.getElementById("overview")),
    keys: () => document.getElementById("keys")?.showModal(),
  };
  const byKey = {
    n: "doubt-on",
    p: "doubt-back",
    j: "answer-on",
    k: "answer-back",
    "]": "sheet-on",
    "[": "sheet-back",
    o: "overview",
    "?": "keys",
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    const move = byKey[event.key];
    if (!move || (move.startsWith("doubt") && !doubtful.length)) return;
    event.preventDefault();
    moves[move]();
  });
  for (const button of all("[data-go]")) button.addEventListener("click", () => moves[button.dataset.go]());
  for (const answer of answers) {
    answer.addEventListener("pointerenter", () => light(answer, true));
    answer.addEventListener("focus", () => light(answer, true));
  }
  for (const box of all(".box")) {
    box.addEventListener("pointerenter", () => light(document.getElementById(box.dataset.answer), false));
    box.addEventListener("click", () => visit(document.getElementById(box.dataset.answer)));
  }
  document.addEventListener("focusin", tell);
  addEventListener("scroll", tell, { passive: true });
  addEventListener("hashchange", () => visit(document.getElementById(location.hash.slice(1))));
  if (bar) bar.hidden = false;
  if (location.hash.length > 1) visit(document.getElementById(location.hash.slice(1)));
  tell();
})();
