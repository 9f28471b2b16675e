// Work on the page that is not saved yet. Whoever holds some is listed here; the page asks before it would be lost, in
// the browser's own words where it is left or reloaded, in ours where only the view changes.

const QUESTION = "There are changes that are not saved. Leave them and lose them?";

export class Unsaved {
  #holders = new Set();
  #signingIn = false;

  constructor() {
    addEventListener("beforeunload", (event) => {
      const signingIn = this.#signingIn;
      this.#signingIn = false;
      if (this.#some((one) => !(signingIn && one.survivesReload?.()))) event.preventDefault();
    });
  }

  /**
   * `unsaved()` says whether there is any now. `everywhere`: it outlives another view of this page.
   * `survivesReload()` says whether it outlives a reload in this tab as well. Gives what takes the holder off again.
   */
  add(holder) {
    this.#holders.add(holder);
    return () => this.#holders.delete(holder);
  }

  /** Whether another view may be shown; asks where that would lose something. */
  mayMove() {
    return !this.#some((one) => !one.everywhere) || confirm(QUESTION);
  }

  /** Whether a person may sign out, which loses everything that is not saved; nothing is asked after a yes. */
  maySignOut() {
    if (this.#some(() => true) && !confirm(QUESTION)) return false;
    this.#holders.clear();
    return true;
  }

  /** The browser goes to sign in and comes back: what is kept for a reload needs no question. */
  signingIn() {
    this.#signingIn = true;
  }

  #some(counts) {
    return [...this.#holders].some((one) => counts(one) && one.unsaved());
  }
}
