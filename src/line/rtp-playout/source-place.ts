import type { SourcePacket } from '../rtp/rtp-source.js';
import { LeastDelay } from './least-delay.js';
import type { VoiceDecoding } from './voice-decoding.js';

/** A source is watched for so long before it has its place, in ms: some of its packets come without delay meanwhile. */
export const WATCH_MS = 150;
/** After a pause in which nothing came, of more than this, it is looked at anew where the source is, in ms. */
const PAUSE_MS = 500;

/** Watches packets until their place can be told: `idle -> watching -> idle`. */
export class SourceWatch {
  #sinceMs: number | undefined;
  #lastMs = Number.NEGATIVE_INFINITY;

  get isOn(): boolean {
    return this.#sinceMs !== undefined;
  }

  /**
   * Notes a packet that came at `atMs`.
   *
   * @param isPlaced False where the source has no place yet.
   * @returns true when the watch begins with it.
   */
  take(atMs: number, isPlaced: boolean): boolean {
    const begins = !this.isOn && (!isPlaced || atMs - this.#lastMs > PAUSE_MS);
    this.#lastMs = atMs;
    if (begins) this.#sinceMs = atMs;
    return begins;
  }

  /** True when it has lasted long enough. */
  isOver(atMs: number): boolean {
    return this.#sinceMs !== undefined && atMs - this.#sinceMs >= WATCH_MS;
  }

  /** Ends it. @returns the time at which it began. */
  end(): number {
    const since = this.#sinceMs ?? 0;
    this.#sinceMs = undefined;
    return since;
  }
}

/** Place of a source in the stream: how far its timestamps are from the stream's count. Samples at 16 kHz. */
export class SourcePlace {
  /** Place behind what has come. */
  end = 0;
  readonly #originMs: number;
  readonly #delay = new LeastDelay(10_000, 300);
  /** Place of the source's timestamp 0; nothing before the first source has its place. */
  #shift: number | undefined;
  /** True when the shift is of another source than the one that comes. */
  #isOther = false;

  /** @param originMs Time of position 0 of the stream. */
  constructor(originMs: number) {
    this.#originMs = originMs;
  }

  /** Shift of the source that comes; nothing before it has its place. */
  get shift(): number | undefined {
    return this.#isOther ? undefined : this.#shift;
  }

  /** Time of arrival less the place of the packet's end: how far its source's count is from the stream's. */
  lagOf(packet: SourcePacket, decoding: VoiceDecoding): number {
    return this.#arrived(packet) - placeOf(packet, decoding) - decoding.lengthOf(packet);
  }

  /** The shift that a lag shows. */
  shiftFor(lag: number): number {
    return lag - (this.#delay.least ?? 0);
  }

  /** Place of a packet in the stream. */
  of(packet: SourcePacket, decoding: VoiceDecoding): number {
    return placeOf(packet, decoding) + (this.#shift ?? 0);
  }

  /** Samples by which a place is ahead of the time at which its packet came. */
  ahead(place: number, packet: SourcePacket): number {
    return place - this.#arrived(packet);
  }

  /** Learns from the lag of a packet how long packets take. */
  note(lag: number, atMs: number): void {
    this.#delay.note(lag - (this.#shift ?? 0), atMs);
  }

  /** Moves the source, of which `first` comes next: not to where something is already, nor before the beginning. */
  moveTo(shift: number, first: SourcePacket, decoding: VoiceDecoding): void {
    this.#shift = Math.max(Math.round(shift), this.end - placeOf(first, decoding));
    this.#isOther = false;
  }

  /** Another source goes on. */
  restart(): void {
    this.#isOther = true;
  }

  #arrived({ atMs }: SourcePacket): number {
    return (atMs - this.#originMs) * 16;
  }
}

/** Place of a packet by its timestamp alone, in samples at 16 kHz. */
export function placeOf(packet: SourcePacket, decoding: VoiceDecoding): number {
  return (decoding.positionOf(packet) * 16_000) / decoding.sampleRate;
}
