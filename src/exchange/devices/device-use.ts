import type { CancelTimer, Clock } from '../../base/time/clock.js';

/** Time without use after which a device is closed. */
const IDLE_MS = 2000;

/** Opens a device by its name (empty for the default), and runs it until `signal` fires. Rejects when it fails. */
export type RunDevice = (name: string, signal: AbortSignal) => Promise<void>;

/**
 * A device of the machine that is open while it is used: the first use opens it, another name opens another, and it is let
 * go of when it is not used any more.
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

  /** Uses it now. Throws, once, what it failed with since it was used last; then it is opened anew. */
  use(): void {
    const now = this.#clock.now();
    const failure = now - this.#usedAt < IDLE_MS ? this.#failure : undefined;
    this.#usedAt = now;
    this.#failure = undefined;
    if (failure) throw failure.error;
    this.#stop ??= this.#open();
  }

  /** Another device is meant from now on. */
  choose(name: string): void {
    if (name === this.#name) return;
    this.#name = name;
    this.letGo();
  }

  /** Lets go of it; the next use opens it anew. */
  letGo(): void {
    this.#cancel();
    this.#stop?.abort();
    this.#stop = undefined;
  }

  /** Lets go of it. Resolves when it is free. */
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
