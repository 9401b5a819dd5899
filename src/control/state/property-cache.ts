/** A value with the time at which it was reported. */
interface Entry {
  readonly value: string;
  /** Number of the newest notification with this value, counted over all messages of the client; 0 for none. */
  readonly notifiedAt: number;
}

/**
 * The newest values of an object's properties. Answers and notifications can overtake one another. So an answer is
 * ignored when a notification of the same property came after its command was sent: the notified value is at least as
 * new.
 */
export class PropertyCache {
  readonly #entries = new Map<string, Entry>();

  get(property: string): string | undefined {
    return this.#entries.get(property)?.value;
  }

  /** All values by property, as on the wire. */
  get values(): ReadonlyMap<string, string> {
    return new Map(Array.from(this.#entries, ([property, { value }]) => [property, value]));
  }

  /**
   * Takes a value.
   *
   * @param heardAt Number of messages received, including this one.
   * @param sentAfter For an answer: number of messages received before its command was sent.
   * @returns true when it is news.
   */
  take(property: string, value: string, heardAt: number, sentAfter: number | undefined): boolean {
    const known = this.#entries.get(property);
    if (known && sentAfter !== undefined && known.notifiedAt > sentAfter) return false;
    this.#entries.set(property, {
      value,
      notifiedAt: sentAfter === undefined ? heardAt : (known?.notifiedAt ?? 0),
    });
    return known?.value !== value;
  }

  /** Drops all values, so that the endpoint is asked again. */
  clear(): void {
    this.#entries.clear();
  }
}
