import type { MadeUp } from '../../switch/party.js';
import type { SourcePacket } from '../rtp-receive/rtp-source.js';
import { DelayReview } from './delay-review.js';
import type { LossRuns } from './loss-runs.js';
import { LostPackets } from './lost-packets.js';
import { MadeUpAccount } from './made-up-account.js';
import { PacketBuffer } from './packet-buffer.js';
import { PlayPosition } from './play-position.js';
import { PlayingDelay } from './playing-delay.js';
import { TimeScaler } from './time-scaler.js';
import type { VoiceDecoding } from './voice-decoding.js';
import { VoiceFiller } from './voice-filler.js';
import { VoiceOutput } from './voice-output.js';

/** Counters of a jitter buffer. */
export interface PlayoutStats {
  /** Current target of the time from the arrival of voice to its playing, in ms. */
  readonly delayMs: number;
  /** Packets that came too late and were left out. */
  readonly late: number;
  /** Packets for which there was no room. */
  readonly overflowed: number;
  /** Voice that was made up in place of lost or late packets, in ms. */
  readonly concealedMs: number;
  /** Silence that the peer did not send, in ms. */
  readonly silentMs: number;
  /** Voice that was inserted and removed to change the delay, or because clocks drift, in ms. */
  readonly insertedMs: number;
  readonly removedMs: number;
}

/** Voice that a tick of the conversation takes at once, in ms. */
const TICK_MS = 20;
/** Packets of 10 ms in two seconds and a half. */
const MOST_PACKETS = 250;

/** Voice of the packet that is being played, and its position in the stream. */
interface BegunPacket {
  readonly samples: Int16Array;
  readonly at: number;
}

const NOTHING: BegunPacket = { samples: new Int16Array(), at: 0 };

/** Adaptive jitter buffer with concealment. It plays the voice of a stream in real time, one frame a tick. */
export class JitterBuffer {
  readonly #buffer = new PacketBuffer(MOST_PACKETS);
  readonly #delay: PlayingDelay;
  readonly #review = new DelayReview();
  readonly #lost = new LostPackets();
  readonly #position = new PlayPosition();
  readonly #filler = new VoiceFiller();
  readonly #output = new VoiceOutput();
  readonly #account = new MadeUpAccount();
  #scaler = new TimeScaler(8000);
  #decoding: VoiceDecoding | undefined;
  #begun = NOTHING;
  readonly #counts = { late: 0, overflowed: 0, rejoined: 0 };

  constructor(maxDelayMs: number) {
    this.#delay = new PlayingDelay(maxDelayMs);
  }

  get stats(): PlayoutStats {
    const rate = this.#rate;
    const { late, overflowed, rejoined } = this.#counts;
    const ms = (samples: number) => (samples * 1000) / rate;
    return {
      delayMs: this.#delay.targetMs,
      late,
      overflowed,
      concealedMs: ms(this.#filler.concealed),
      silentMs: ms(this.#filler.silent),
      insertedMs: ms(this.#scaler.inserted + rejoined),
      removedMs: ms(this.#scaler.removed),
    };
  }

  /** Runs of losses in the stream. */
  get losses(): LossRuns {
    return this.#lost.runs;
  }

  /** True when all that has come was played. */
  get isPlayed(): boolean {
    const { samples, at } = this.#begun;
    if (this.#buffer.size > 0 || this.#scaler.held > 0) return false;
    return samples.length === 0 || at + samples.length + this.#output.delay <= this.#position.next;
  }

  /** Takes a packet of voice or comfort noise. */
  arrive(packet: SourcePacket, decoding: VoiceDecoding): void {
    if (this.#decoding !== decoding) this.#decodeWith(decoding);
    const transit = packet.atMs - (decoding.positionOf(packet) * 1000) / this.#rate;
    const judged = this.#delay.judge(transit);
    if (judged === 'strange') return;
    if (judged === 'anew') this.restart();
    this.#delay.note(transit, packet.atMs);
    if (this.#lost.isLate(packet.sequence)) this.#counts.late++;
    else if (this.#buffer.add(packet)) this.#counts.overflowed++;
  }

  /** Notes a packet without voice, so that it does not count as missing. */
  skip(sequence: number): void {
    this.#lost.skip(sequence);
  }

  /** Fills a frame of 320 samples at 16 kHz with the voice that is due at `nowMs`. */
  play(frame: Int16Array, nowMs: number): void {
    const count = (this.#rate * TICK_MS) / 1000;
    const voice = this.#due(count, nowMs);
    this.#account.frame(count, this.#scaler.held, this.#output.delay);
    this.#output.play(frame, voice);
  }

  /** Returns the made-up stretches that have become known with the last frame. */
  madeUp(): readonly MadeUp[] {
    return this.#account.take((this.#rate * TICK_MS) / 1000);
  }

  /** Plays the tone of a digit in place of voice; `undefined` stops it. */
  press(digit: string | undefined): void {
    this.#output.press(digit);
  }

  /** Drops the waiting packets. The next packet begins a new stream. */
  restart(): void {
    this.#buffer.clear();
    this.#delay.restart();
    this.#position.restart();
    this.#begun = NOTHING;
    this.#lost.restart();
    this.#account.restart();
    this.#review.restart();
    this.#filler.restart();
    this.#scaler.clear();
  }

  get #rate(): number {
    return this.#decoding?.sampleRate ?? 8000;
  }

  #decodeWith(decoding: VoiceDecoding): void {
    const { sampleRate } = decoding;
    const changesRate = this.#decoding?.sampleRate !== sampleRate;
    this.#decoding = decoding;
    this.restart();
    if (!changesRate && this.#output.isDoubled) return;
    this.#filler.changeRate(sampleRate);
    this.#scaler = new TimeScaler(sampleRate);
    this.#output.changeRate(sampleRate);
  }

  /** Returns the next `count` samples. */
  #due(count: number, nowMs: number): Int16Array {
    const wanted = this.#wanted(nowMs);
    const first = this.#buffer.first;
    if (!this.#position.isSet) {
      const at = first && this.#decoding?.positionOf(first);
      if (wanted === undefined || at === undefined || wanted + count <= at) return new Int16Array(count);
      this.#position.set(Math.min(Math.floor(wanted), at));
      this.#lost.beginAt(first?.sequence ?? 0);
    } else if (wanted !== undefined) this.#compare(wanted);
    return this.#scaler.take(count, (length) => this.#pull(length));
  }

  /** Returns the position that should be played now. */
  #wanted(nowMs: number): number | undefined {
    const place = this.#delay.placeMs(nowMs);
    return place === undefined ? undefined : (place * this.#rate) / 1000;
  }

  /**
   * Compares the delay with the wanted one. During a loss or silence it is corrected at once, in voice by one pitch
   * period at a time.
   */
  #compare(wanted: number): void {
    const { first } = this.#buffer;
    if (this.#position.isStarved && first) {
      this.#rejoin(wanted, first);
      return;
    }
    const surplus = wanted - (this.#position.next - this.#scaler.held);
    const owed = this.#review.take(surplus, this.#rate);
    if (owed !== undefined) this.#scaler.owed = owed;
  }

  /** Goes on after a time without packets, at the position with the wanted delay. Nothing is played twice. */
  #rejoin(wanted: number, first: SourcePacket): void {
    const { next, heard } = this.#position;
    const place = Math.max(heard, Math.min(Math.floor(wanted), next));
    const at = Math.max(heard, Math.min(place, this.#decoding?.positionOf(first) ?? place));
    const lost = this.#lost.samplesBefore(first, at - heard);
    this.#account.resume({ lost, notSent: at - heard - lost, late: place - at });
    this.#counts.rejoined += next - place;
    this.#position.set(place);
    this.#review.restart();
  }

  /** Returns the next `length` samples of the stream, received or made up. */
  #pull(length: number): Int16Array {
    const samples = new Int16Array(length);
    let filled = 0;
    while (filled < length) {
      const part = this.#piece(length - filled);
      samples.set(part, filled);
      filled += part.length;
      this.#position.advance(part.length);
    }
    return samples;
  }

  /** Returns at least one sample, and at most `most`. */
  #piece(most: number): Int16Array {
    const { next } = this.#position;
    const decoding = this.#decoding;
    for (;;) {
      const { samples, at: begun } = this.#begun;
      const from = Math.max(0, next - begun);
      const left = samples.subarray(from, from + most);
      if (left.length > 0 && begun <= next) {
        this.#account.play(left.length);
        return this.#filler.heard(left);
      }
      const packet = this.#buffer.first;
      if (!packet || !decoding) return this.#missing(most, undefined);
      const at = decoding.positionOf(packet);
      if (at > next) return this.#missing(Math.min(most, at - next), packet);
      this.#buffer.take();
      const decoded = decoding.isComfort(packet) ? undefined : decoding.decode(packet);
      // A damaged packet counts as lost.
      if (decoded?.length === 0) continue;
      this.#account.lostInSilence(this.#lost.played(packet, decoded?.length));
      if (!decoded) {
        this.#filler.comfort(packet.payload[0]);
        continue;
      }
      if (at + decoded.length <= next) this.#counts.late++;
      this.#begun = { samples: decoded, at };
    }
  }

  /** Makes samples up to the next packet, or for a time without packets. */
  #missing(count: number, following: SourcePacket | undefined): Int16Array {
    const lost = following ? this.#lost.samplesBefore(following, count) : 0;
    const isWhole = following !== undefined && this.#lost.before(following) === 0;
    const isPause = this.#filler.isPause(isWhole);
    this.#account.note(lost, 'lost');
    if (this.#filler.isNoise) this.#account.silence(count - lost);
    // Before the first packet nothing is made up, because there is no voice yet.
    else if (following && this.#begun.samples.length === 0) this.#account.play(count - lost);
    else if (following) this.#account.note(count - lost, 'not-sent');
    else this.#account.starve(count, this.#rate);
    if (isPause) return this.#filler.pause(count);
    if (!following) this.#position.starve(count);
    return this.#filler.conceal(count);
  }
}
