import type { SourcePacket } from '../rtp-receive/rtp-source.js';
import { LeastDelay } from './least-delay.js';
import type { VoiceDecoding } from './voice-decoding.js';

/**
 * Time for which a source is watched before it is placed, in ms. Some of its packets come without delay in that time.
 */
export const WATCH_MS = 150;
/** Pause without packets after which the position of the source is searched again, in ms. */
const PAUSE_MS = 500;

/** Watches packets until their position can be found: `idle -> watching -> idle`. */
export class SourceWatch {
  #sinceMs: number | undefined;
  #lastMs = Number.NEGATIVE_INFINITY;

  get isOn(): boolean {
    return this.#sinceMs !== undefined;
  }

  /**
   * Notes a packet that came at `atMs`.
   *
   * @param isPlaced False when the source is not placed yet.
   * @returns true when the watch begins with it.
   */
  take(atMs: number, isPlaced: boolean): boolean {
    const begins = !this.isOn && (!isPlaced || atMs - this.#lastMs > PAUSE_MS);
    this.#lastMs = atMs;
    if (begins) this.#sinceMs = atMs;
    return begins;
  }

  /** Returns true when the watch has lasted long enough. */
  isOver(atMs: number): boolean {
    return this.#sinceMs !== undefined && atMs - this.#sinceMs >= WATCH_MS;
  }

  /** Ends the watch. @returns the time at which it began. */
  end(): number {
    const since = this.#sinceMs ?? 0;
    this.#sinceMs = undefined;
    return since;
  }
}

/**
 * Position of a source in the stream: the offset between its timestamps and the positions of the stream. Samples are at
 * 16 kHz.
 */
export class SourcePlace {
  /** End of the voice so far. */
  end = 0;
  readonly #originMs: number;
  readonly #delay = new LeastDelay(10_000, 300);
  /** Position of timestamp 0 of the source; undefined before the first source is placed. */
  #shift: number | undefined;
  /** True when the shift belongs to an earlier source. */
  #isOther = false;

  /** @param originMs Time of position 0 of the stream. */
  constructor(originMs: number) {
    this.#originMs = originMs;
  }

  /** Shift of the current source; undefined before it is placed. */
  get shift(): number | undefined {
    return this.#isOther ? undefined : this.#shift;
  }

  /** Returns the arrival of a packet minus the position of its end: the offset that it shows, plus its transit time. */
  lagOf(packet: SourcePacket, decoding: VoiceDecoding): number {
    return this.#arrived(packet) - placeOf(packet, decoding) - decoding.lengthOf(packet);
  }

  /** Returns the shift for a lag. */
  shiftFor(lag: number): number {
    return lag - (this.#delay.least ?? 0);
  }

  /** Returns the position of a packet in the stream. */
  of(packet: SourcePacket, decoding: VoiceDecoding): number {
    return placeOf(packet, decoding) + (this.#shift ?? 0);
  }

  /** Returns the samples by which a position is ahead of the arrival of its packet. */
  ahead(place: number, packet: SourcePacket): number {
    return place - this.#arrived(packet);
  }

  /** Learns the transit time from the lag of a packet. */
  note(lag: number, atMs: number): void {
    this.#delay.note(lag - (this.#shift ?? 0), atMs);
  }

  /** Moves the source, whose next packet is `first`, but never to a position before the end of the voice so far. */
  moveTo(shift: number, first: SourcePacket, decoding: VoiceDecoding): void {
    this.#shift = Math.max(Math.round(shift), this.end - placeOf(first, decoding));
    this.#isOther = false;
  }

  /** Begins another source. */
  restart(): void {
    this.#isOther = true;
  }

  #arrived({ atMs }: SourcePacket): number {
    return (atMs - this.#originMs) * 16;
  }
}

/** Returns the position of a packet by its timestamp only, in samples at 16 kHz. */
export function placeOf(packet: SourcePacket, decoding: VoiceDecoding): number {
  return (decoding.positionOf(packet) * 16_000) / decoding.sampleRate;
}
