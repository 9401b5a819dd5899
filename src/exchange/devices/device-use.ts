import type { CancelTimer, Clock } from '../../base/time/clock.js';

/** Idle time after which a device is closed, in ms. */
const IDLE_MS = 2000;

/** Opens a device by its name (empty for the default), and runs it until `signal` fires. Rejects when it fails. */
export type RunDevice = (name: string, signal: AbortSignal) => Promise<void>;

/**
 * A device of the machine that is open while it is used. The first use opens it, a new name opens another device, and
 * it is closed when it is no longer used.
 */
export class OpenWhileUsed {
  readonly #run: RunDevice;
  readonly #clock: Clock;
  #name: string;
  #stop: AbortController | undefined;
  #failure: { readonly error: unknown } | undefined;
  #usedAt = Number.NEGATIVE_INFINITY;
  #cancel: CancelTimer = () => undefined;
  #ended: Promise<unknown> = Promise.resolve();

  constructor(name: string, clock: Clock, run: RunDevice) {
    this.#name = name;
    this.#clock = clock;
    this.#run = run;
  }

  /**
   * Marks the device as used and opens it if needed. If it has failed since the last use, throws its error once; the
   * next use opens it again.
   */
  use(): void {
    const now = this.#clock.now();
    const failure = now - this.#usedAt < IDLE_MS ? this.#failure : undefined;
    this.#usedAt = now;
    this.#failure = undefined;
    if (failure) throw failure.error;
    this.#stop ??= this.#open();
  }

  /** Selects another device from now on. */
  choose(name: string): void {
    if (name === this.#name) return;
    this.#name = name;
    this.letGo();
  }

  /** Releases the device. The next use opens it again. */
  letGo(): void {
    this.#cancel();
    this.#stop?.abort();
    this.#stop = undefined;
  }

  /** Releases the device. Resolves when it is closed. */
  async close(): Promise<void> {
    this.letGo();
    await this.#ended;
  }

  #open(): AbortController {
    const stop = new AbortController();
    const run = this.#run(this.#name, stop.signal).catch((error: unknown) => {
      if (!stop.signal.aborted) this.#failure = { error };
    });
    this.#ended = Promise.all([
      this.#ended,
      run.then(() => {
        if (this.#stop === stop) this.letGo();
      }),
    ]);
    this.#watch();
    return stop;
  }

  #watch(): void {
    this.#cancel = this.#clock.timerAt(this.#clock.now() + IDLE_MS, () => {
      if (this.#clock.now() - this.#usedAt < IDLE_MS) this.#watch();
      else this.letGo();
    });
  }
}
