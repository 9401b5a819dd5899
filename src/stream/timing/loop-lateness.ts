/**
 * Time between two looks at the event loop's lateness, in ms, and time for which it is watched after the last question.
 */
const EVERY_MS = 20;
const ASKED_MS = 5000;
/** A timer that is later than this was not served in time, in ms. */
const ON_TIME_MS = 5;

/**
 * Measures how long this process was not given the processor, or was busy, when a timer was due: on a machine with too
 * much to do, what comes then was not late, but read late. Looks only while somebody asks, and keeps no process alive.
 */
class LoopLateness {
  #timer: NodeJS.Timeout | undefined;
  #lateMs = 0;
  #dueMs = 0;
  #askedMs = 0;

  /** In all, in ms. */
  get lateMs(): number {
    this.#askedMs = performance.now();
    if (!this.#timer) {
      this.#dueMs = this.#askedMs + EVERY_MS;
      this.#timer = setInterval(() => this.#look(), EVERY_MS).unref();
    }
    return this.#lateMs + Math.max(0, this.#askedMs - this.#dueMs - ON_TIME_MS);
  }

  #look(): void {
    const now = performance.now();
    const late = now - this.#dueMs;
    if (late > ON_TIME_MS) this.#lateMs += late;
    this.#dueMs = now + EVERY_MS;
    if (now - this.#askedMs < ASKED_MS) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

/** One for all: there is one event loop. */
export const loopLateness = new LoopLateness();
