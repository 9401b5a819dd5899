/** A value, and when it was heard. */
interface Entry {
  readonly value: string;
  /** Number of the newest notification that said so, counted over all messages of the client; 0 for none. */
  readonly notifiedAt: number;
}

/**
 * The properties of an object as they were last heard. Answers and notifications can overtake one another: an answer
 * is ignored when a notification of the same property came after its command was sent, since the value of the answer
 * is then older than, or the same as, the value that was notified.
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
   * Takes a value in.
   *
   * @param heardAt how many messages have come, this one counted in.
   * @param sentAfter for an answer: how many messages had come when its command was sent.
   * @returns whether it is news.
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

  /** Forgets everything, so that the endpoint is asked the next time. */
  clear(): void {
    this.#entries.clear();
  }
}
