import type { MediaEvent } from '../dialect/media-event.js';

/** Most chunks that wait for a missing one. */
const MAX_WAITING = 5;

/** Puts numbered chunks in order. It waits for a missing chunk until five later ones have come. */
export class ChunkOrder {
  #next: number | undefined;
  readonly #waiting = new Map<number, MediaEvent>();

  /** Takes a chunk, and returns the chunks that are next. A repeated or late chunk is dropped. */
  push(chunk: number | undefined, event: MediaEvent): readonly MediaEvent[] {
    if (chunk === undefined) return [event];
    this.#next ??= chunk;
    if (chunk < this.#next) return [];
    this.#waiting.set(chunk, event);
    const ready = this.#ready();
    if (this.#waiting.size < MAX_WAITING) return ready;
    this.#next = Math.min(...this.#waiting.keys());
    return [...ready, ...this.#ready()];
  }

  #ready(): MediaEvent[] {
    const ready: MediaEvent[] = [];
    for (let at = this.#next ?? 0, event = this.#waiting.get(at); event; event = this.#waiting.get(at)) {
      ready.push(event);
      this.#waiting.delete(at);
      at++;
      this.#next = at;
    }
    return ready;
  }
}
