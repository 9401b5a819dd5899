/** Most chunks that wait for a missing one. */
const MAX_WAITING = 5;

/** Puts numbered chunks in order. It waits for a missing chunk until five later ones have come. */
export class ChunkOrder<T> {
  #next: number | undefined;
  readonly #waiting = new Map<number, T>();

  /** Takes a chunk, and returns the chunks that are next. A repeated or late chunk is dropped. */
  push(chunk: number | undefined, value: T): readonly T[] {
    if (chunk === undefined) return [value];
    this.#next ??= chunk;
    if (chunk < this.#next) return [];
    this.#waiting.set(chunk, value);
    const ready = this.#ready();
    if (this.#waiting.size < MAX_WAITING) return ready;
    this.#next = Math.min(...this.#waiting.keys());
    return [...ready, ...this.#ready()];
  }

  #ready(): T[] {
    const ready: T[] = [];
    for (let at = this.#next ?? 0; this.#waiting.has(at); this.#next = ++at) {
      ready.push(this.#waiting.get(at) as T);
      this.#waiting.delete(at);
    }
    return ready;
  }
}
