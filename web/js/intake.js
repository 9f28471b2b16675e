// Upload area: drop zones for the question paper, the answer key or marking scheme, and the answer sheets.

import { documentKinds } from "./document-kinds.js";
import { LiveList, fill, h, notify } from "./dom.js";
import { leaves } from "./summary.js";
import { READABLE, isReadable, isRoster, isScheme, studentOf } from "./uploads.js";
import { UNDER_WAY, bytes, count, mark, state } from "./words.js";

export function intake({ name, api, uploads, sent }) {
  const places = documentKinds().map(({ name: role, upload_title: title, also_accepted, many }) => {
    const place = { role, title, many, accept: [READABLE, ...also_accepted].join(",") };
    return { ...place, status: h("div", { class: "standing" }), ...zone(place) };
  });
  const rows = h("ul", { class: "uploads", "aria-label": "Uploads" });
  const list = new LiveList(rows, {
    draw: drawUpload,
    of: ({ state: at, sent: number, problem }) => [at, number, problem],
  });
  const element = h(
    "section",
    { class: "intake", "aria-label": "Files" },
    h(
      "div",
      { class: "places" },
      places.map((place) => place.element),
    ),
    rows,
  );
  let finished = 0;

  function zone(place) {
    const id = `choose-${place.role}`;
    const input = h("input", {
      id,
      type: "file",
      class: "unseen",
      accept: place.accept,
      multiple: place.many,
      onchange: () => (take(place, [...input.files]), (input.value = "")),
    });
    const camera = h("input", {
      id: `${id}-camera`,
      type: "file",
      class: "unseen",
      accept: "image/*",
      capture: "environment",
      multiple: place.many,
      onchange: () => (take(place, [...camera.files]), (camera.value = "")),
    });
    const element = h(
      "div",
      { class: "place", data: { role: place.role } },
      h("h2", {}, place.title),
      h(
        "p",
        { class: "choose" },
        h("label", { for: id, class: "button" }, place.many ? "Choose files" : "Choose a file"),
        input,
        h("label", { for: `${id}-camera`, class: "button camera" }, "Camera"),
        camera,
        h("span", { class: "quiet wide" }, " or drop here"),
      ),
    );
    let inside = 0;
    const over = (step) => element.classList.toggle("over", (inside = Math.max(0, inside + step)) > 0);
    element.addEventListener("dragenter", (event) => (event.preventDefault(), over(1)));
    element.addEventListener("dragleave", () => over(-1));
    element.addEventListener("dragover", (event) => event.preventDefault());
    element.addEventListener("drop", async (event) => {
      event.preventDefault();
      over(-inside);
      take(place, await dropped(event.dataTransfer));
    });
    return { element };
  }

  function take(place, files) {
    const wanted = files.filter((file) => !file.name.startsWith("."));
    const chosen = place.many ? wanted : wanted.slice(0, 1);
    const refused = [];
    for (const file of chosen) {
      if (place.role === "answer_key" && isScheme(file.name)) uploads.add(name, "scheme", file);
      else if (place.role === "answer_sheet" && isRoster(file.name)) uploads.add(name, "roster", file);
      else if (!isReadable(file.name)) refused.push(file.name);
      else uploads.add(name, place.role, file, place.many ? studentOf(file.name) : null);
    }
    if (refused.length)
      notify(
        `${refused.slice(0, 3).join(", ")}${refused.length > 3 ? " and others" : ""}: only PDF, JPEG, PNG and TIFF can be read.`,
        { kind: "problem" },
      );
    if (wanted.length > chosen.length) notify("Only one file is used here: the first one.");
  }

  function drawUpload(upload) {
    const { state: at } = upload;
    const line = h(
      "li",
      { class: `upload ${at}` },
      h("span", { class: "name" }, upload.name),
      h("span", { class: "quiet" }, bytes(upload.size)),
    );
    if (at === "refused") {
      line.append(h("p", { class: "problem", role: "alert" }, upload.problem));
      if (upload.file)
        line.append(h("button", { type: "button", class: "link", onclick: () => uploads.again(upload) }, "Try again"));
      line.append(h("button", { type: "button", class: "link", onclick: () => uploads.dismiss(upload) }, "Dismiss"));
      return line;
    }
    const words = {
      waiting: "waiting",
      sending: "uploading",
      paused: "waiting for the connection; it resumes automatically",
    }[at];
    line.append(
      h("progress", { max: Math.max(1, upload.size), value: upload.sent, "aria-label": `${upload.name} ${words}` }),
      h(
        "span",
        { class: "quiet" },
        at === "sending" ? `${Math.floor((100 * upload.sent) / Math.max(1, upload.size))}%` : words,
      ),
    );
    return line;
  }

  function uploadsChanged() {
    const own = uploads.of(name);
    const done = own.filter((upload) => upload.state === "done").length;
    if (done > finished) sent();
    finished = done;
    list.show(own.filter((upload) => upload.state !== "done"));
  }

  function show(assessment, submissions) {
    for (const place of places) {
      let standing = place.element.querySelector(".standing");
      if (!standing) place.element.append((standing = place.status));
      const text = statusLines(place, assessment, submissions, name);
      if (place.shown !== JSON.stringify(text))
        fill(
          standing,
          text.map(([words, link, className]) =>
            h("p", { class: className ?? "quiet" }, link ? h("a", { href: link }, words) : words),
          ),
        );
      place.shown = JSON.stringify(text);
    }
  }

  uploadsChanged();
  return { element, show, uploadsChanged };
}

/** The current content of a drop zone, as lines [text, link, class]. */
function statusLines({ role, many }, assessment, submissions, name) {
  const { paper, paper_problem, scheme, students, maximum_marks: maximum } = assessment;
  const newest = submissions.filter((one) => one.kind === role && one.state !== "ERASED").at(-1);
  const lines = [];
  if (role === "question_paper") {
    if (paper) {
      const questions = leaves(paper.questions).length;
      lines.push([
        `${count(questions, "question")}, ${mark(maximum.total)} ${maximum.total === 1 ? "mark" : "marks"}`,
        `#/a/${encodeURIComponent(name)}/paper`,
        null,
      ]);
      if (maximum.warnings.length)
        lines.push([
          `${count(maximum.warnings.length, "warning")}: please check`,
          `#/a/${encodeURIComponent(name)}/paper`,
          "look",
        ]);
    } else if (!newest) lines.push(["Sheets wait until it is uploaded."]);
    if (paper_problem) lines.push([paper_problem.message, null, "problem"]);
  }
  if (role === "answer_key")
    lines.push(
      scheme
        ? [`${count(scheme.entries.length, "question has", "questions have")} a rule`]
        : ["Without one, a model marks free text; nothing else is marked."],
    );
  if (newest && !many) {
    // What is wrong with a question paper is part of the assessment: the one before it may still count.
    if (role !== "question_paper" && ["REJECTED", "FAILED"].includes(newest.state))
      lines.push([newest.reason?.message ?? state(newest.state), null, "problem"]);
    else if (UNDER_WAY.has(newest.state) || !lines.length) lines.push([state(newest.state)]);
  }
  if (role === "answer_sheet") {
    const waiting = submissions.filter((one) => one.kind === role && one.state === "AWAITING_PAPER").length;
    lines.push([
      waiting
        ? `${count(waiting, "sheet waits", "sheets wait")} for ${paper_problem ? "another" : "the"} question paper`
        : "One file per student, named after the student.",
    ]);
    lines.push([students ? `${count(students, "student")} on the class list` : "A CSV file is used as the class list."]);
  }
  return lines;
}

/** The dropped files, including those inside folders. */
async function dropped(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return [...transfer.files];
  return (await Promise.all(entries.map(filesOf))).flat();
}

async function filesOf(entry) {
  if (entry.isFile) return [await new Promise((done, failed) => entry.file(done, failed))];
  const reader = entry.createReader();
  const found = [];
  // A directory is read in batches; an empty one is the last.
  for (;;) {
    const batch = await new Promise((done, failed) => reader.readEntries(done, failed));
    if (!batch.length) return (await Promise.all(found.map(filesOf))).flat();
    found.push(...batch);
  }
}
