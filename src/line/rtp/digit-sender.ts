import { deferred } from '../../base/deferred.js';
import { JackfieldError } from '../../base/errors.js';
import { msToSamples } from '../../base/pcm.js';
import { type DtmfDigit, dtmfSamples } from '../../voice/tone/dtmf.js';
import { eventOf, writeTelephoneEvent } from './telephone-event.js';

/** Silence between two digits, in ms: twice what ITU-T Q.24 asks for. */
const PAUSE_MS = 80;
/** Level of the tone that an event stands for, in dBm0 below full scale. */
const VOLUME = 10;
/** Number of times that the last packet of an event is sent (RFC 4733, section 2.5.1.4). */
const LAST_PACKETS = 3;
/** Most digits that may wait. */
const MAX_WAITING = 256;

/** Payload that is sent in place of voice. */
export interface EventPayload {
  readonly payload: Buffer;
  /** Timestamp units since the event began. All its packets have the timestamp of the first one. */
  readonly since: number;
  /** True for the first packet of an event, which has the marker bit. */
  readonly isFirst: boolean;
}

interface Waiting {
  readonly digit: string;
  readonly samples: number;
  readonly sent: () => void;
  readonly failed: (error: Error) => void;
}

/** Sends the digits of a session, in order: as events, or as tones in the voice. */
export class DigitSender {
  #waiting: Waiting[] = [];
  /** Samples at 16 kHz of the first digit that have been sent. */
  #passed = 0;
  /** Packets that end the first digit and have been sent. */
  #ends = 0;
  #tone: Int16Array | undefined;

  get idle(): boolean {
    return this.#waiting.length === 0;
  }

  /** Resolves when the digit and the pause after it have been sent. @throws ERR_LIMIT when too many are waiting. */
  send(digit: string, ms: number): Promise<void> {
    if (this.#waiting.length >= MAX_WAITING) {
      const text = `${MAX_WAITING} digits are waiting to be sent: await the earlier ones.`;
      return Promise.reject(new JackfieldError('ERR_LIMIT', text));
    }
    const { promise, resolve, reject } = deferred<void>();
    this.#waiting.push({ digit, samples: msToSamples(ms), sent: resolve, failed: reject });
    return promise;
  }

  /** Puts the tone of the digit in place of `frame`. Does not change it when no digit is waiting. */
  overlay(frame: Int16Array): void {
    const [first] = this.#waiting;
    if (!first) return;
    this.#tone ??= dtmfSamples(first.digit.toUpperCase() as DtmfDigit, {
      toneMs: (first.samples * 1000) / 16_000,
      pauseMs: PAUSE_MS,
    });
    const part = this.#tone.subarray(this.#passed, this.#passed + frame.length);
    frame.fill(0);
    frame.set(part);
    this.#passed += frame.length;
    if (this.#passed >= this.#tone.length) this.#next();
  }

  /**
   * Advances by a packet of `samples` at 16 kHz.
   *
   * @param unitsPerSample Timestamp units in a sample.
   * @returns the event to send in place of the voice, `pause` for the pause after an event, or undefined when no digit
   * is waiting.
   */
  packet(samples: number, unitsPerSample: number): EventPayload | 'pause' | undefined {
    const [first] = this.#waiting;
    if (!first) return undefined;
    const event = eventOf(first.digit) ?? 0;
    const before = this.#passed;
    this.#passed += samples;
    const end = this.#passed >= first.samples;
    const length = Math.ceil(first.samples / samples) * samples;
    if (this.#ends === LAST_PACKETS) {
      if (this.#passed >= length + msToSamples(PAUSE_MS)) this.#next();
      return 'pause';
    }
    if (end) this.#ends++;
    const duration = Math.min(this.#passed, length) * unitsPerSample;
    return {
      payload: writeTelephoneEvent({ event, end, volume: VOLUME, duration }),
      since: before * unitsPerSample,
      isFirst: before === 0,
    };
  }

  /** Rejects the digits that are waiting. */
  close(error: Error): void {
    for (const { failed } of this.#waiting.splice(0)) failed(error);
  }

  #next(): void {
    this.#passed = 0;
    this.#ends = 0;
    this.#tone = undefined;
    this.#waiting.shift()?.sent();
  }
}
