import type { Clock } from '../../base/time/clock.js';
import { digitOf, type Press, readTelephoneEvent, TelephoneEventReader } from '../rtp/telephone-event.js';

/** Listener of key presses. */
export interface KeyPressListener {
  digit(digit: string): void;
  digitEnd(digit: string, durationMs: number): void;
}

/** Milliseconds after which a key press counts as ended when no further packet of it arrives. */
const PRESS_TIMEOUT_MS = 500;

/** Keys that the peer presses, by its event packets (RFC 4733). */
export class KeyPresses {
  /** Clock rate of the timestamps of events, in Hz. */
  clockRate = 8000;
  readonly #clock: Clock;
  readonly #listener: KeyPressListener;
  #reader = new TelephoneEventReader();
  #cancel: () => void = () => undefined;

  constructor(clock: Clock, listener: KeyPressListener) {
    this.#clock = clock;
    this.#listener = listener;
  }

  /** Takes the payload of an event packet. @param timestamp Unwrapped. */
  take(payload: Buffer, timestamp: number): void {
    const event = readTelephoneEvent(payload);
    if (!event) return;
    this.#tell(this.#reader.take(event, timestamp));
    this.#cancel();
    if (!this.#reader.pressing) return;
    const overMs = this.#clock.now() + PRESS_TIMEOUT_MS;
    this.#cancel = this.#clock.timerAt(overMs, () => this.#tell(this.#reader.finish()));
  }

  /** Ends a press, because another source begins. */
  restart(): void {
    this.#tell(this.#reader.finish());
    this.#reader = new TelephoneEventReader();
  }

  close(): void {
    this.#cancel();
  }

  #tell(presses: readonly Press[]): void {
    for (const press of presses) {
      const digit = digitOf(press.event);
      if (digit === undefined) continue;
      if (press.type === 'begin') this.#listener.digit(digit);
      else this.#listener.digitEnd(digit, (press.duration * 1000) / this.clockRate);
    }
  }
}
