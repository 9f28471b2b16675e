// Changes that are not saved yet, kept in this tab's session storage: they outlive a reload and a sign-in, no other tab
// sends them as well, and they go with the tab.

const PREFIX = "gradeline.changes";

export class ChangeStore {
  #storage;
  #scope = "";

  constructor(storage) {
    this.#storage = storage;
  }

  /** `who` names the API, the tenant and the person: nobody else's changes are ever sent. Gives what was kept. */
  open(who) {
    this.#scope = `${PREFIX} ${JSON.stringify(who)} `;
    return this.#keys(this.#scope).flatMap((key) => JSON.parse(this.#storage.getItem(key)));
  }

  /** Keeps the changes of one sheet in place of those before; false where the browser has no room for them. */
  keep(sheet, changes) {
    try {
      if (changes.length) this.#storage.setItem(this.#scope + sheet, JSON.stringify(changes));
      else this.#storage.removeItem(this.#scope + sheet);
      return true;
    } catch {
      return false;
    }
  }

  /** Everybody's: somebody signs out of this tab. */
  clear() {
    for (const key of this.#keys(PREFIX)) this.#storage.removeItem(key);
  }

  #keys(beginning) {
    const all = Array.from({ length: this.#storage.length }, (_, at) => this.#storage.key(at));
    return all.filter((key) => key.startsWith(beginning));
  }
}
