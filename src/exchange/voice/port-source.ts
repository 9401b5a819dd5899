import { BYTES_PER_SAMPLE } from '../../base/pcm.js';
import { FRAME_BYTES, FRAME_SAMPLES } from '../../switch/party.js';
import { Lateness } from './lateness.js';
import { type PortOptions, voiceBytes } from './port-dial.js';
import { LOW_WATER_BYTES, PortInput } from './port-input.js';
import { shorten } from './shorten.js';
import type { StreamStats, VoiceSource } from './stream.js';

/** Bytes with which an input begins. Without this lead, a peer that sends in real time would be late at once. */
const PRIME_BYTES = voiceBytes(40);
/** Bytes that must be there before a late peer catches up: two frames, and two as a reserve for the next delay. */
const SPARE_BYTES = 4 * FRAME_BYTES;
/** Two frames that are shortened to one. Reads are synchronous, so all sources share them. */
const twoFrames = new Int16Array(2 * FRAME_SAMPLES);

/**
 * A `SET_INPUT PORT`. It reads the peer in real time, with a small buffer. A frame that is not there in time is
 * replaced by silence. When the late voice still arrives, it is played slightly faster until the peer is on time again.
 * One delay therefore does not delay the rest of the call.
 */
export class PortSource implements VoiceSource {
  readonly #patienceMs: number;
  readonly #lateness = new Lateness();
  readonly #input = new PortInput((event) => {
    if (event === 'bytes') this.#received();
    this.#wake?.();
  });
  #primed = false;
  /** True since a tick has waited in vain, until bytes arrive. Later ticks do not wait meanwhile. */
  #stalled = false;
  #wake: (() => void) | undefined;
  #moved = 0;
  #silenceFilled = 0;
  #shortened = 0;

  private constructor(options: PortOptions) {
    this.#patienceMs = options.patienceMs;
  }

  /** Connects to `port`. Rejects with the reason when nothing answers. */
  static async dial(port: number, options: PortOptions): Promise<PortSource> {
    const source = new PortSource(options);
    await source.#input.dial(port);
    return source;
  }

  get stats(): StreamStats {
    return {
      moved: this.#moved,
      silenceFilled: this.#silenceFilled,
      late: this.#lateness.filled / BYTES_PER_SAMPLE,
      dropped: this.#shortened,
    };
  }

  get active(): boolean {
    return this.#primed && (!this.over || this.#input.length >= BYTES_PER_SAMPLE);
  }

  get over(): boolean {
    return this.#input.over;
  }

  read(frame: Int16Array): void | Promise<void> {
    if (!this.#ready(frame.byteLength) && this.#patienceMs > 0 && !this.#stalled) {
      return this.#waitFor(frame.byteLength).then(() => this.#fill(frame));
    }
    this.#fill(frame);
  }

  close(): Promise<void> {
    return this.#input.close();
  }

  #ready(frameBytes: number): boolean {
    return this.over || this.#input.length >= (this.#primed ? frameBytes : PRIME_BYTES);
  }

  async #waitFor(frameBytes: number): Promise<void> {
    const giveUp = setTimeout(() => {
      this.#stalled = true;
      this.#wake?.();
    }, this.#patienceMs);
    while (!this.#stalled && !this.#ready(frameBytes)) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    clearTimeout(giveUp);
  }

  #fill(frame: Int16Array): void {
    const bytes = new Uint8Array(frame.buffer, frame.byteOffset, frame.byteLength);
    this.#primed ||= this.#ready(bytes.length);
    // A sample whose second byte has not arrived waits for the next frame.
    const count = this.#primed ? Math.min(bytes.length, this.#input.length & ~1) : 0;
    if (count < bytes.length) this.#fillUp(bytes, count);
    else this.#fillWhole(frame, bytes);
    this.#moved += count / BYTES_PER_SAMPLE;
  }

  /** Takes the available bytes and fills the rest with silence. */
  #fillUp(bytes: Uint8Array, count: number): void {
    this.#input.take(bytes.subarray(0, count));
    bytes.fill(0, count);
    const missing = bytes.length - count;
    this.#silenceFilled += missing / BYTES_PER_SAMPLE;
    if (this.#primed) this.#lateness.fill(missing);
  }

  /** Takes one frame. When the peer is late and more has arrived, it shortens up to two frames to one. */
  #fillWhole(frame: Int16Array, bytes: Uint8Array): void {
    this.#lateness.endBreak();
    if (this.#lateness.bytes >= FRAME_BYTES / 2 && this.#input.length >= SPARE_BYTES) {
      this.#catchUp(frame);
      return;
    }
    this.#input.take(bytes);
    this.#lateness.forget();
  }

  #catchUp(frame: Int16Array): void {
    this.#input.peek(new Uint8Array(twoFrames.buffer));
    const left = shorten(twoFrames, frame);
    this.#input.skip((frame.length + left) * BYTES_PER_SAMPLE);
    this.#lateness.makeUp(left * BYTES_PER_SAMPLE);
    this.#shortened += left;
  }

  #received(): void {
    this.#stalled = false;
    if (this.#input.length - this.#lateness.bytes > LOW_WATER_BYTES) this.#lateness.clear();
  }
}
