/** Most marks that are remembered. */
const MAX_MARKS = 1000;

/**
 * Marks that an application has sent and that have not come back. Most providers also return marks that a `clear` has
 * removed, without telling them apart. Those marks count as not heard.
 */
export class MarkList {
  #waiting: string[] = [];
  readonly #cleared = new Map<string, number>();

  sent(name: string): void {
    this.#waiting.push(name);
    if (this.#waiting.length > MAX_MARKS) this.#waiting.shift();
  }

  /**
   * Removes all marks and returns their names. With `comeBack` the other side still returns them, which is ignored
   * then.
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

  /** Takes a mark that came back. Returns false for one that a `clear` has removed, or that was never sent. */
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
