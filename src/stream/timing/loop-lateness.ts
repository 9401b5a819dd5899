/**
 * Time between two looks at the event loop's lateness, in ms, and time for which it is watched after the last question.
 */
const EVERY_MS = 20;
const ASKED_MS = 5000;
/** Lateness up to which a timer counts as served in time, in ms. */
const ON_TIME_MS = 5;

/**
 * Measures the time for which this process was busy, or did not get the processor, when a timer was due. On an
 * overloaded machine, samples of that time did not come late: they were read late. It measures only while somebody
 * asks, and does not keep the process alive.
 */
class LoopLateness {
  #timer: NodeJS.Timeout | undefined;
  #lateMs = 0;
  #dueMs = 0;
  #askedMs = 0;

  /** Total lateness, in ms. */
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

/** Shared instance, since there is one event loop. */
export const loopLateness = new LoopLateness();
