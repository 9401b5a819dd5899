/** Marks that are waited for. */
const MAX_MARKS = 1000;

/**
 * Marks that an application has sent and that have not come back. A provider returns those that a `clear` has removed as
 * well, and mostly does not say so: they count as not heard.
 */
export class MarkList {
  #waiting: string[] = [];
  readonly #cleared = new Map<string, number>();

  sent(name: string): void {
    this.#waiting.push(name);
    if (this.#waiting.length > MAX_MARKS) this.#waiting.shift();
  }

  /**
   * Takes all away; gives their names. With `comeBack` the other side returns them nevertheless, which is no news then.
   */
  clear(comeBack: boolean): readonly string[] {
    const names = this.#waiting;
    this.#waiting = [];
    if (!comeBack) return names;
    for (const name of names) this.#cleared.set(name, (this.#cleared.get(name) ?? 0) + 1);
    while (this.#cleared.size > MAX_MARKS) {
      const [oldest = ''] = this.#cleared.keys();
      this.#cleared.delete(oldest);
    }
    return names;
  }

  /** True for a mark that is news; false for one that a clear has taken away, or that nobody sent. */
  cameBack(name: string): boolean {
    const cleared = this.#cleared.get(name);
    if (cleared !== undefined) {
      if (cleared > 1) this.#cleared.set(name, cleared - 1);
      else this.#cleared.delete(name);
      return false;
    }
    const at = this.#waiting.indexOf(name);
    if (at >= 0) this.#waiting.splice(at, 1);
    return at >= 0;
  }
}
