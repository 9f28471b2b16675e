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
  #survivesReload = true;

  /** `backoff(n)`: seconds until the next try after n failures. */
  constructor(api, store, { backoff = (failures) => Math.min(LONGEST_PAUSE, 2 ** failures) } = {}) {
    this.#api = api;
    this.#store = store;
    this.#backoff = backoff;
    addEventListener("online", () => this.wake());
    addEventListener("offline", () => this.#notify(null, {}));
  }

  /** Goes on with what this tab has kept of this person; `who`: [API, tenant, user]. */
  open(who) {
    const { changes, unreadable } = this.#store.open(who);
    for (const change of changes) this.#sheet(change.sheet).restore(change);
    for (const sheet of this.#sheets.values()) sheet.run();
    this.#notify(null, unreadable ? { unreadable } : {});
  }

  /** `listener(sheet, event)` after each step; `sheet` is null where it may be any. Gives what takes it off again. */
  listen(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  add(sheet, change) {
    this.#sheet(sheet).add({ ...change, id: this.#newId() });
  }

  updateStatus(status) {
    this.#sheet(status.id).updateStatus(status);
  }

  /** The newest known status of a sheet, null where none with marks is known. */
  status = (sheet) => this.#sheet(sheet).status;
  /** Its result with the changes that are on their way. */
  shown = (sheet) => withChanges(this.status(sheet).result, this.changes(sheet));
  changes = (sheet) => this.#sheet(sheet).changes;
  trouble = (sheet) => this.#sheet(sheet).trouble ?? offline();
  saved = (sheet) => this.#sheet(sheet).saved;
  undoable = (sheet) => this.#sheet(sheet).undoable;
  undo = (sheet) => this.#sheet(sheet).undo(this.#newId());
  keepMine = (change) => this.#sheet(change.sheet).keepMine(change);
  retry = (change) => this.#sheet(change.sheet).retry(change);
  discard = (change) => this.#sheet(change.sheet).discard(change);
  /** A sheet is erased: there is nothing to change any more. */
  forget = (sheet) => this.#sheet(sheet).clear();

  /** Tries everything again at once. */
  wake() {
    for (const sheet of this.#sheets.values()) sheet.wake();
    this.#notify(null, {});
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
  get survivesReload() {
    return this.#survivesReload;
  }

  /** What the page says of all of it: {waiting, undecided: [changes], trouble}. */
  get summary() {
    const undecided = this.all.filter(isUndecided);
    const troubled = [...this.#sheets.values()].find((sheet) => sheet.trouble && sheet.changes.length);
    return { waiting: this.all.length - undecided.length, undecided, trouble: troubled?.trouble ?? offline() };
  }

  #newId = () => `change-${++this.#number}`;

  #sheet(id) {
    if (!this.#sheets.has(id)) {
      const notify = (event) => {
        this.#survivesReload = this.#store.keep(id, this.#sheets.get(id).changes);
        this.#notify(id, event);
      };
      this.#sheets.set(id, new SheetChanges(this.#api, id, { notify, backoff: this.#backoff }));
    }
    return this.#sheets.get(id);
  }

  #notify(sheet, event) {
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
