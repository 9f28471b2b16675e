// Guard for unsaved changes. Parts of the page that may have some are registered here; the user is asked before they
// would be lost: by the browser's own dialog when leaving or reloading the page, by `confirm` when only the view
// changes.

const QUESTION = "There are unsaved changes. Leave and lose them?";

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
   * `unsaved()` says whether there are unsaved changes. `everywhere`: they survive a change of view.
   * `survivesReload()` says whether they survive a reload in this tab. Returns a function that removes the holder.
   */
  add(holder) {
    this.#holders.add(holder);
    return () => this.#holders.delete(holder);
  }

  /** Whether another view may be shown; asks the user if that would lose changes. */
  mayMove() {
    return !this.#some((one) => !one.everywhere) || confirm(QUESTION);
  }

  /** Whether the user may sign out, which loses all unsaved changes; after a yes nothing more is asked. */
  maySignOut() {
    if (this.#some(() => true) && !confirm(QUESTION)) return false;
    this.#holders.clear();
    return true;
  }

  /** The browser is redirected to sign in and comes back: changes that survive a reload need no question. */
  signingIn() {
    this.#signingIn = true;
  }

  #some(counts) {
    return [...this.#holders].some((one) => counts(one) && one.unsaved());
  }
}
