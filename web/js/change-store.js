// Unsaved changes in the tab's session storage. They survive a reload and a sign-in, no other tab sends them too, and
// they are deleted with the tab.

const PREFIX = "gradeline.changes";

export class ChangeStore {
  #storage;
  #scope = "";

  constructor(storage) {
    this.#storage = storage;
  }

  /**
   * `who` identifies the API, the tenant and the user, so that no other user's changes are sent. Returns the stored
   * `changes`; entries that cannot be read are removed, and `unreadable` is their number.
   */
  open(who) {
    this.#scope = `${PREFIX} ${JSON.stringify(who)} `;
    const changes = [];
    let unreadable = 0;
    for (const key of this.#keys(this.#scope)) {
      const entry = parseEntry(this.#storage.getItem(key));
      if (entry) changes.push(...entry);
      else {
        this.#storage.removeItem(key);
        unreadable++;
      }
    }
    return { changes, unreadable };
  }

  /** Replaces the stored changes of one sheet; returns false if the browser has no room for them. */
  keep(sheet, changes) {
    try {
      if (changes.length) this.#storage.setItem(this.#scope + sheet, JSON.stringify(changes));
      else this.#storage.removeItem(this.#scope + sheet);
      return true;
    } catch {
      return false;
    }
  }

  /** Removes the changes of all users, when signing out. */
  clear() {
    for (const key of this.#keys(PREFIX)) this.#storage.removeItem(key);
  }

  #keys(beginning) {
    const all = Array.from({ length: this.#storage.length }, (_, at) => this.#storage.key(at));
    return all.filter((key) => key.startsWith(beginning));
  }
}

/** The changes of an entry; null if it is damaged. */
function parseEntry(text) {
  try {
    const entry = JSON.parse(text);
    return Array.isArray(entry) && entry.every(isChange) ? entry : null;
  } catch {
    return null;
  }
}

const isChange = (one) =>
  [one?.assessment, one?.sheet, one?.question].every((name) => typeof name === "string") &&
  (isNullOr("number", one.what?.marks) || isNullOr("string", one.what?.answer));

const isNullOr = (type, value) => value === null || typeof value === type;
