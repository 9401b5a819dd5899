import type { Backlog } from './backlog.js';
import type { ResolvedSinkOptions } from './sink-options.js';

/** The stream that a sink listens to. */
export interface PressureOwner {
  /** True when others listen to the stream, whom a sink with the policy `wait` must not delay. */
  readonly shared: boolean;
  /** Called when the stream has to wait (`true`), or may go on (`false`). */
  pressed(pressed: boolean): void;
  /** Called when the buffer is full. Called again only after no more than the low watermark was waiting. */
  overflowed(): void;
}

/** Decides by a sink's backlog when the stream has to wait, when it may go on, and when the buffer has overflowed. */
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

  /** Samples that fit before the stream has to wait; Infinity unless the policy is `wait`. */
  get room(): number {
    if (this.#options.policy !== 'wait') return Number.POSITIVE_INFINITY;
    const { memoryRoom, fileRoom } = this.#backlog;
    return this.#owner.shared ? Math.max(memoryRoom, fileRoom) : memoryRoom;
  }

  /** Decides anew after samples were added, or after `shared` of the owner has changed. */
  risen(): void {
    if (this.#options.policy !== 'wait') return;
    if (this.#eased) this.#press(false);
    else if (this.room === 0) this.#press(true);
  }

  /** Decides anew after the sink has taken samples. */
  fallen(): void {
    if (this.#backlog.size <= this.#options.resumeBelow) this.#overflowing = false;
    if (this.#eased) this.#press(false);
  }

  /** Notes that samples did not fit into memory. */
  overflow(): void {
    if (this.#overflowing) return;
    this.#overflowing = true;
    this.#owner.overflowed();
  }

  /** Lets the stream go on: it need not wait for this sink any more. */
  release(): void {
    this.#press(false);
  }

  /** True when no more than the low watermark is in memory or, if the file is used, when half of the file is free. */
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
