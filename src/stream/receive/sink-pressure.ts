import type { Backlog } from './backlog.js';
import type { ResolvedSinkOptions } from './sink-options.js';

/** The stream that a sink listens to. */
export interface PressureOwner {
  /** True when others listen to the stream: a sink that is waited for must not delay them. */
  readonly shared: boolean;
  /** The stream has to wait (`true`), or may go on. */
  pressed(pressed: boolean): void;
  /** The buffer was full; told once until no more than the low watermark waits. */
  overflowed(): void;
}

/** Tells from a sink's backlog when the stream has to wait, when it may go on, and when the buffer has overflowed. */
export class SinkPressure {
  readonly #backlog: Backlog;
  readonly #options: ResolvedSinkOptions;
  readonly #owner: PressureOwner;
  #pressed = false;
  #overflowing = false;

  constructor(backlog: Backlog, options: ResolvedSinkOptions, owner: PressureOwner) {
    this.#backlog = backlog;
    this.#options = options;
    this.#owner = owner;
  }

  /** Samples that fit without the stream having to wait; Infinity unless the policy is `wait`. */
  get room(): number {
    if (this.#options.policy !== 'wait') return Number.POSITIVE_INFINITY;
    const { memoryRoom, fileRoom } = this.#backlog;
    return this.#owner.shared ? Math.max(memoryRoom, fileRoom) : memoryRoom;
  }

  /** Samples were added, or the stream has become shared or is no more. */
  risen(): void {
    if (this.#options.policy !== 'wait') return;
    if (this.#eased) this.#press(false);
    else if (this.room === 0) this.#press(true);
  }

  /** The sink has taken samples. */
  fallen(): void {
    if (this.#backlog.size <= this.#options.resumeBelow) this.#overflowing = false;
    if (this.#eased) this.#press(false);
  }

  /** Samples did not fit into memory. */
  overflow(): void {
    if (this.#overflowing) return;
    this.#overflowing = true;
    this.#owner.overflowed();
  }

  /** The stream need not wait for this sink any more. */
  release(): void {
    this.#press(false);
  }

  /** True when no more than the low watermark is in memory or, where it is used, half of the file. */
  get #eased(): boolean {
    const { size, spilled, fileRoom } = this.#backlog;
    const { policy, resumeBelow, spillLimit } = this.#options;
    if (policy === 'wait' && this.#owner.shared && fileRoom > 0) return spilled <= spillLimit / 2;
    return size <= resumeBelow;
  }

  #press(pressed: boolean): void {
    if (pressed === this.#pressed) return;
    this.#pressed = pressed;
    this.#owner.pressed(pressed);
  }
}
