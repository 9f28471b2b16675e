// All changes of marks and readings that are not saved yet. The queue belongs to the page, above the views: changes of
// one sheet go one after another, several sheets side by side, and moving about loses none.

import { isUndecided, withChanges } from "./pending-changes.js";
import { SheetChanges } from "./sheet-changes.js";

const LONGEST_PAUSE = 30;

export class ChangeQueue {
  #api;
  #store;
  #backoff;
  #sheets = new Map();
  #listeners = new Set();
  #number = 0;
  #kept = true;

  /** `backoff(n)`: seconds until the next try after n failures. */
  constructor(api, store, { backoff = (failures) => Math.min(LONGEST_PAUSE, 2 ** failures) } = {}) {
    this.#api = api;
    this.#store = store;
    this.#backoff = backoff;
    addEventListener("online", () => this.wake());
    addEventListener("offline", () => this.#tell(null, {}));
  }

  /** Goes on with what this tab has kept of this person; `who`: [API, tenant, user]. */
  open(who) {
    const { changes, unreadable } = this.#store.open(who);
    for (const change of changes) this.#of(change.sheet).restore(change);
    for (const sheet of this.#sheets.values()) sheet.run();
    this.#tell(null, unreadable ? { unreadable } : {});
  }

  /** `listener(sheet, event)` after each step; `sheet` is null where it may be any. Gives what takes it off again. */
  listen(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  add(sheet, change) {
    this.#of(sheet).add({ ...change, id: this.#newId() });
  }

  know(status) {
    this.#of(status.id).know(status);
  }

  /** The newest known status of a sheet, null where none with marks is known. */
  status = (sheet) => this.#of(sheet).status;
  /** Its result with the changes that are on their way. */
  shown = (sheet) => withChanges(this.status(sheet).result, this.changes(sheet));
  changes = (sheet) => this.#of(sheet).changes;
  trouble = (sheet) => this.#of(sheet).trouble ?? offline();
  saved = (sheet) => this.#of(sheet).saved;
  undoable = (sheet) => this.#of(sheet).undoable;
  undo = (sheet) => this.#of(sheet).undo(this.#newId());
  keepMine = (change) => this.#of(change.sheet).keepMine(change);
  retry = (change) => this.#of(change.sheet).retry(change);
  discard = (change) => this.#of(change.sheet).discard(change);
  /** A sheet is erased: there is nothing to change any more. */
  forget = (sheet) => this.#of(sheet).clear();

  /** Tries everything again at once. */
  wake() {
    for (const sheet of this.#sheets.values()) sheet.wake();
    this.#tell(null, {});
  }

  /** Nothing is sent any more, and nothing stays in this tab: somebody signs out. */
  clear() {
    for (const sheet of this.#sheets.values()) sheet.clear();
    this.#store.clear();
  }

  get all() {
    return [...this.#sheets.values()].flatMap((sheet) => sheet.changes);
  }

  /** True where a reload would bring back everything that is not saved. */
  get kept() {
    return this.#kept;
  }

  /** What the page says of all of it: {waiting, undecided: [changes], trouble}. */
  get summary() {
    const undecided = this.all.filter(isUndecided);
    const troubled = [...this.#sheets.values()].find((sheet) => sheet.trouble && sheet.changes.length);
    return { waiting: this.all.length - undecided.length, undecided, trouble: troubled?.trouble ?? offline() };
  }

  #newId = () => `change-${++this.#number}`;

  #of(id) {
    if (!this.#sheets.has(id)) {
      const tell = (event) => {
        this.#kept = this.#store.keep(id, this.#sheets.get(id).changes);
        this.#tell(id, event);
      };
      this.#sheets.set(id, new SheetChanges(this.#api, id, { tell, backoff: this.#backoff }));
    }
    return this.#sheets.get(id);
  }

  #tell(sheet, event) {
    for (const listener of [...this.#listeners]) {
      try {
        listener(sheet, event);
      } catch (error) {
        // A fault in drawing must not stop what is being saved.
        reportError(error);
      }
    }
  }
}

/** A browser that says it is offline may still reach this machine: everything is tried all the same. */
const offline = () =>
  navigator.onLine === false ? { kind: "connection", text: "Gradeline cannot be reached just now." } : null;
