// The changes of one sheet, sent one after another, each conditional on the known version of the sheet (its ETag). If
// the sheet has changed since, it is fetched. Only a change of the same question by another user is a conflict, which
// the user resolves; otherwise the change is sent again.

import { fieldOf, isBusy, isStored, isUndecided, reverseOf, versionOf } from "./pending-changes.js";
import { Problem } from "./errors.js";

// Other users may keep changing the same sheet; after this many refusals the queue pauses.
const MAX_REFETCHES = 8;
/**
 * Whether the same request may be accepted later: the API is busy, or the error is from a gateway or a proxy, which
 * says nothing about the change.
 */
const isTemporary = ({ status, type }) => !type || status === 412 || status === 429 || status >= 500;

/**
 * A change is {id, assessment, sheet, question, what, version, sent, state, problem}.
 * `version`: the version of the stored question that the user saw. `sent`: it may have reached the server.
 * `state`: waiting, sending, refused (`problem` says why), conflict (another user has changed the question).
 */
export class SheetChanges {
  changes = [];
  /** The sheet's newest known status that has marks. */
  status = null;
  /** Why saving does not work at the moment: {kind: "connection" | "busy" | "sign-in", text}; null if it works. */
  trouble = null;
  /** The questions that were saved since the page was opened. */
  saved = new Set();
  #api;
  #id;
  #notify;
  #backoff;
  #current = false;
  #running = false;
  #failures = 0;
  #wake = null;
  #undoable = [];
  // By question and version: the version that the user's own change made from it.
  #followed = new Map();

  /** `notify(event)` is called after each step: {} or {saved: change} or {lost: change, text}. */
  constructor(api, id, { notify, backoff }) {
    this.#api = api;
    this.#id = id;
    this.#notify = notify;
    this.#backoff = backoff;
  }

  /** Takes a fetched status, unless it is older than the known one. */
  updateStatus(status) {
    if (!status.result || (this.status && editionOf(status) < editionOf(this.status))) return;
    this.status = status;
    this.#current = true;
  }

  restore(change) {
    this.changes.push({ ...change, state: change.state === "refused" ? "refused" : "waiting" });
  }

  /** `seen` is the question as the user saw it when making the change. */
  add({ id, assessment, question, what, seen }) {
    const same = this.#same(question, what);
    for (const other of same) if (isUndecided(other)) this.#drop(other);
    const unsent = same.find((other) => other.state === "waiting" && !other.sent);
    const version = this.#followedVersion(question, seen.version);
    const change = unsent ?? { id, assessment, sheet: this.#id, question, version, sent: false, state: "waiting" };
    change.what = what;
    if (!unsent) this.changes.push(change);
    this.#undoable.push({ change, reverse: reverseOf(seen, what), replaced: Boolean(unsent) });
    this.#step();
  }

  get undoable() {
    return this.#undoable.length > 0;
  }

  /** Undoes the last change: drops it if it was never sent, otherwise sends its reverse. Returns its question. */
  undo(id) {
    const last = this.#undoable.pop();
    if (!last) return null;
    const { change, reverse, replaced } = last;
    const queued = this.changes.includes(change);
    if (queued && change.state === "waiting" && !change.sent && replaced) change.what = reverse;
    else if (queued && (isUndecided(change) || (change.state === "waiting" && !change.sent))) this.#drop(change);
    else this.#sendReverse(change, { id, what: reverse });
    this.#step();
    return change.question;
  }

  /** The user's own later changes of the question are no conflict; another user's are. */
  #sendReverse(change, reverse) {
    const version = this.#followedVersion(change.question, change.version);
    this.changes.push({ ...change, ...reverse, version, sent: false, state: "waiting" });
  }

  /** Resolves a conflict with the user's own change; undoing it restores the other user's. */
  keepMine(change) {
    const theirs = this.#question(change.question);
    change.version = versionOf(theirs);
    for (const entry of this.#undoable)
      if (entry.change === change && !entry.replaced) entry.reverse = reverseOf(theirs, change.what);
    this.retry(change);
  }

  retry(change) {
    Object.assign(change, { state: "waiting", problem: null });
    this.#step();
  }

  discard(change) {
    this.#drop(change);
    this.#step();
  }

  clear() {
    this.changes = [];
    this.#undoable = [];
    this.#step();
  }

  /** Retries at once: the connection is back, or the user requests it. */
  wake() {
    this.#wake?.();
  }

  async run() {
    if (this.#running) return;
    this.#running = true;
    for (let next; (next = this.changes.find((one) => one.state === "waiting")); ) await this.#send(next);
    this.#running = false;
  }

  #step(event = {}) {
    this.#notify(event);
    this.run();
  }

  async #send(change) {
    change.state = "sending";
    this.#notify({});
    try {
      await this.#deliver(change);
      this.#failures = 0;
      this.trouble = null;
      this.#notify({});
    } catch (error) {
      await this.#failed(change, error);
    }
  }

  async #deliver(change) {
    for (let attempt = 0; attempt < MAX_REFETCHES; attempt++) {
      if (!this.#current) await this.#fetch();
      if (!this.changes.includes(change)) return;
      const stored = this.#question(change.question);
      if (!stored) return this.#lose(change, "The sheet no longer has this question.");
      if (change.sent && isStored(stored, change.what)) return this.#done(change);
      if (change.version !== versionOf(stored)) return this.#decide(change, "conflict");
      change.sent = true;
      this.#notify({});
      try {
        const answer = await this.#api.changeMark(this.#id, change.question, change.what, this.status.etag);
        if (!answer.result) throw noMarks();
        this.updateStatus(answer);
        return this.#done(change);
      } catch (error) {
        this.#current = false;
        if (!(error instanceof Problem && error.status === 412)) throw error;
      }
    }
    throw new Problem(412, { title: "Other users are changing this sheet at the moment." });
  }

  async #fetch() {
    const status = await this.#api.submission(this.#id);
    if (!status.result) throw noMarks();
    this.updateStatus(status);
    this.#current = true;
    this.#notify({});
  }

  #done(change) {
    this.#remove(change);
    // If another user has changed it since, the user's next change is a conflict.
    if (isStored(this.#question(change.question), change.what)) this.#follow(change);
    this.saved.add(change.question);
    this.#notify({ saved: change });
  }

  /** Bases later changes of the question, and the undo of this one, on the version that this change has made. */
  #follow(change) {
    const { question, version } = change;
    const now = versionOf(this.#question(question));
    for (const later of this.changes)
      if (later.question === question && later.version === version) later.version = now;
    this.#followed.set(`${question} ${version}`, now);
    this.#followed.delete(`${question} ${now}`);
    change.version = now;
  }

  /** Asks the user to decide, unless a later change of theirs has replaced this one. */
  #decide(change, state, problem = null) {
    Object.assign(change, { state, problem });
    if (this.#same(change.question, change.what).at(-1) !== change) this.#drop(change);
    this.saved.delete(change.question);
    this.#notify({});
  }

  #lose(change, text) {
    this.discard(change);
    this.#notify({ lost: change, text });
  }

  async #failed(change, error) {
    // It was dropped in the meantime, with its sheet or by signing out.
    if (!this.changes.includes(change)) return;
    if (!(error instanceof Problem)) return this.#pause(change, { kind: "connection", text: error.message });
    if (error.type === "NotFound") return this.#lose(change, error.message);
    if (error.status === 401) return this.#pause(change, { kind: "sign-in", text: "Your sign-in has ended." });
    const busy = isTemporary(error) || (error.status === 409 && (await this.#willHaveMarks()));
    if (busy) return this.#pause(change, { kind: "busy", text: error.message });
    return this.#decide(change, "refused", error.message);
  }

  #willHaveMarks() {
    return this.#api.submission(this.#id).then(isBusy, () => true);
  }

  async #pause(change, trouble) {
    if (change.state === "sending") change.state = "waiting";
    this.trouble = trouble;
    this.#notify({});
    const seconds = trouble.kind === "sign-in" ? null : this.#backoff(this.#failures++);
    await new Promise((done) => {
      const timer = seconds === null ? 0 : setTimeout(done, 1000 * seconds);
      this.#wake = () => (clearTimeout(timer), (this.#failures = 0), done());
    });
    this.#wake = null;
  }

  #followedVersion(question, seen) {
    const stored = this.#question(question);
    let version = seen;
    while ((!stored || version !== versionOf(stored)) && this.#followed.has(`${question} ${version}`))
      version = this.#followed.get(`${question} ${version}`);
    return version;
  }

  #question(question) {
    return this.status?.result.questions.find((one) => one.question === question);
  }

  #same(question, what) {
    return this.changes.filter((one) => one.question === question && fieldOf(one.what) === fieldOf(what));
  }

  #remove(change) {
    this.changes = this.changes.filter((one) => one !== change);
  }

  /** Removes a change that never took effect, so there is nothing to undo either. */
  #drop(change) {
    this.#remove(change);
    this.#undoable = this.#undoable.filter((one) => one.change !== change);
  }
}

const noMarks = () =>
  new Problem(409, {
    type: "urn:gradeline:problem:NotMarked",
    detail: "This sheet has no marks that could be changed now.",
  });

/** A sortable number of an edition "run.edits": "2.11" is later than "2.9". */
function editionOf(status) {
  const [run, edits] = (status.edition ?? "0.0").split(".").map(Number);
  return run * 1e6 + edits;
}
