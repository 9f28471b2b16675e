// Queue of all changes to marks and answers that are not saved yet. It belongs to the page, not to a view, so changing
// the view loses nothing. Changes of one sheet are sent one after another, different sheets in parallel.

import { isUndecided, withChanges } from "./pending-changes.js";
import { SheetChanges } from "./sheet-changes.js";

const MAX_PAUSE_SECONDS = 30;

export class ChangeQueue {
  #api;
  #store;
  #backoff;
  #sheets = new Map();
  #listeners = new Set();
  #number = 0;
  #survivesReload = true;

  /** `backoff(n)`: seconds until the next attempt after n failures. */
  constructor(api, store, { backoff = (failures) => Math.min(MAX_PAUSE_SECONDS, 2 ** failures) } = {}) {
    this.#api = api;
    this.#store = store;
    this.#backoff = backoff;
    addEventListener("online", () => this.wake());
    addEventListener("offline", () => this.#notify(null, {}));
  }

  /** Resumes with the changes that this tab has stored for this user; `who`: [API, tenant, user]. */
  open(who) {
    const { changes, unreadable } = this.#store.open(who);
    for (const change of changes) this.#sheet(change.sheet).restore(change);
    for (const sheet of this.#sheets.values()) sheet.run();
    this.#notify(null, unreadable ? { unreadable } : {});
  }

  /** Calls `listener(sheet, event)` after each step; `sheet` is null if it may be any. Returns a function to remove it. */
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

  /** The newest known status of a sheet, null if none with marks is known. */
  status = (sheet) => this.#sheet(sheet).status;
  /** Its result with the unsaved changes applied. */
  shown = (sheet) => withChanges(this.status(sheet).result, this.changes(sheet));
  changes = (sheet) => this.#sheet(sheet).changes;
  trouble = (sheet) => this.#sheet(sheet).trouble ?? offline();
  saved = (sheet) => this.#sheet(sheet).saved;
  undoable = (sheet) => this.#sheet(sheet).undoable;
  undo = (sheet) => this.#sheet(sheet).undo(this.#newId());
  keepMine = (change) => this.#sheet(change.sheet).keepMine(change);
  retry = (change) => this.#sheet(change.sheet).retry(change);
  discard = (change) => this.#sheet(change.sheet).discard(change);
  /** Drops the changes of a sheet that was erased. */
  forget = (sheet) => this.#sheet(sheet).clear();

  /** Retries everything at once. */
  wake() {
    for (const sheet of this.#sheets.values()) sheet.wake();
    this.#notify(null, {});
  }

  /** Drops all changes and clears the storage, for signing out. */
  clear() {
    for (const sheet of this.#sheets.values()) sheet.clear();
    this.#store.clear();
  }

  get all() {
    return [...this.#sheets.values()].flatMap((sheet) => sheet.changes);
  }

  /** Whether a reload would restore everything that is not saved. */
  get survivesReload() {
    return this.#survivesReload;
  }

  /** A summary for the page: {waiting, undecided: [changes], trouble}. */
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
        // An error in a view must not stop the saving.
        reportError(error);
      }
    }
  }
}

/** A browser that reports being offline may still reach a local server, so requests are sent anyway. */
const offline = () =>
  navigator.onLine === false ? { kind: "connection", text: "Gradeline cannot be reached at the moment." } : null;
