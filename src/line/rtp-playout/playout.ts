import type { MadeUp } from '../../switch/party.js';
import { RateDoubler } from '../../voice/convert/half-band.js';
import { DTMF_COLUMNS, DTMF_ROWS, type DtmfDigit, dtmfKey } from '../../voice/tone/dtmf.js';
import { toneSamples } from '../../voice/tone/tone-samples.js';
import type { SourcePacket } from '../rtp/rtp-source.js';
import { ComfortNoise } from './comfort-noise.js';
import { Concealer } from './concealer.js';
import { DelayEstimate } from './delay-estimate.js';
import { LossRuns } from './loss-runs.js';
import { MadeUpAccount } from './made-up-account.js';
import { PacketBuffer } from './packet-buffer.js';
import { TimeScaler } from './time-scaler.js';
import type { VoiceDecoding } from './voice-decoding.js';
import { Voiceless } from './voiceless.js';

/** Counters of a jitter buffer. */
export interface PlayoutStats {
  /** Time from the arrival of voice to its playing now, as the buffer aims at it, in ms. */
  readonly delayMs: number;
  /** Packets that came after their time and were left out. */
  readonly late: number;
  /** Packets for which there was no room. */
  readonly overflowed: number;
  /** Voice that was made up in place of what was lost or late, in ms. */
  readonly concealedMs: number;
  /** Silence that the peer did not send, in ms. */
  readonly silentMs: number;
  /** Voice that was put in and taken out to change the delay, or for the drift of clocks, in ms. */
  readonly insertedMs: number;
  readonly removedMs: number;
}

/** A tick of the conversation takes this much at once, in ms, and may come so much late. */
const TICK_MS = 20;
const TICK_MARGIN_MS = 5;
/** Jitter that is expected before anything was learnt, in ms. */
const FIRST_JITTER_MS = 10;
/** The delay is looked at once in so many ticks: half a second. */
const REVIEW_TICKS = 25;
/** Differences from the wanted delay that are left alone, in ms. */
const TOO_LONG_MS = 20;
const TOO_SHORT_MS = 5;
/** A packet that comes earlier or later than this by its timestamp is of another count of time, in ms. */
const EARLIEST_MS = -1000;
const LATEST_MS = 10_000;
/** So many of these in a row begin anew. */
const STRANGE = 3;
/** Packets of 10 ms in two seconds and a half. */
const MOST_PACKETS = 250;

/** Plays the voice of a stream in real time, one frame a tick: an adaptive jitter buffer with concealment. */
export class Playout {
  readonly losses = new LossRuns();
  readonly #maxDelayMs: number;
  readonly #buffer = new PacketBuffer(MOST_PACKETS);
  #decoding: VoiceDecoding | undefined;
  #estimate = new DelayEstimate();
  #concealer = new Concealer(8000);
  #scaler = new TimeScaler(8000);
  #doubler: RateDoubler | undefined;
  readonly #noise = new ComfortNoise();
  /** Position in the stream of the next sample that is pulled, in samples; nothing until playing begins. */
  #next: number | undefined;
  /** Number of the packet that was played last. */
  #last: number | undefined;
  /** Rest of a packet that was begun. */
  #rest: Int16Array = new Int16Array();
  #restAt = 0;
  /** Samples made up since nothing has come. */
  #starved = 0;
  readonly #account = new MadeUpAccount();
  readonly #voiceless = new Voiceless();
  /** Samples of the packet that was played last, and those that were told as lost since. */
  #usual = 0;
  #lostSince = 0;
  #tone: { readonly samples: Int16Array; at: number } | undefined;
  #strange = 0;
  #ticks = 0;
  #surplus = Number.POSITIVE_INFINITY;
  readonly #counts = { late: 0, overflowed: 0, concealed: 0, silent: 0, rejoined: 0 };

  constructor(maxDelayMs: number) {
    this.#maxDelayMs = maxDelayMs;
  }

  get stats(): PlayoutStats {
    const rate = this.#rate;
    const { late, overflowed, concealed, silent, rejoined } = this.#counts;
    const ms = (samples: number) => (samples * 1000) / rate;
    return {
      delayMs: this.#targetMs,
      late,
      overflowed,
      concealedMs: ms(concealed),
      silentMs: ms(silent),
      insertedMs: ms(this.#scaler.inserted + rejoined),
      removedMs: ms(this.#scaler.removed),
    };
  }

  /** Takes a packet of voice or comfort noise. */
  arrive(packet: SourcePacket, decoding: VoiceDecoding): void {
    if (this.#decoding !== decoding) this.#decodeWith(decoding);
    const at = decoding.positionOf(packet);
    const transit = packet.atMs - this.#msOf(at);
    const usual = this.#estimate.leastMs;
    if (usual !== undefined && (transit - usual < EARLIEST_MS || transit - usual > LATEST_MS)) {
      if (++this.#strange < STRANGE) return;
      this.restart();
    }
    this.#strange = 0;
    this.#estimate.note(transit, packet.atMs);
    if (this.#next !== undefined && this.#last !== undefined && packet.sequence <= this.#last) {
      this.#counts.late++;
      return;
    }
    if (this.#buffer.add(packet)) this.#counts.overflowed++;
  }

  /** A packet without voice has come: it is not missing. */
  skip(sequence: number): void {
    this.#voiceless.note(sequence);
  }

  /** Fills a frame of 320 samples at 16 kHz with what is due at `nowMs`. */
  play(frame: Int16Array, nowMs: number): void {
    const count = (this.#rate * TICK_MS) / 1000;
    const voice = this.#due(count, nowMs);
    this.#account.frame(count, this.#scaler.held, this.#doubler ? DOUBLER_DELAY : 0);
    const wide = this.#doubler ? this.#doubler.push(voice) : voice;
    frame.set(wide.subarray(0, frame.length));
    if (this.#tone) this.#playTone(frame, this.#tone);
  }

  /** Stretches that were made up, as far as they have become known with the frame that was played last. */
  madeUp(): readonly MadeUp[] {
    return this.#account.take((this.#rate * TICK_MS) / 1000);
  }

  /** Plays the tone of a digit in place of voice, until it is told to stop (nothing). */
  press(digit: string | undefined): void {
    if (digit === undefined) {
      this.#tone = undefined;
      return;
    }
    const { row, column } = dtmfKey(digit as DtmfDigit);
    const frequency = [DTMF_ROWS[row] ?? 0, DTMF_COLUMNS[column] ?? 0];
    // A second of whole frequencies is a whole number of periods.
    this.#tone = { samples: toneSamples({ frequency, durationMs: 1000, fadeMs: 0 }), at: 0 };
  }

  /** Forgets what waits: what comes next begins anew. */
  restart(): void {
    this.#buffer.clear();
    this.#estimate = new DelayEstimate();
    this.#begin();
  }

  get #rate(): number {
    return this.#decoding?.sampleRate ?? 8000;
  }

  get #targetMs(): number {
    const jitter = Math.max(FIRST_JITTER_MS, this.#estimate.jitterMs);
    return Math.min(this.#maxDelayMs, jitter + TICK_MS + TICK_MARGIN_MS);
  }

  #msOf(samples: number): number {
    return (samples * 1000) / this.#rate;
  }

  #decodeWith(decoding: VoiceDecoding): void {
    const changesRate = this.#decoding?.sampleRate !== decoding.sampleRate;
    this.#decoding = decoding;
    this.restart();
    if (!changesRate && this.#doubler) return;
    this.#concealer = new Concealer(decoding.sampleRate);
    this.#scaler = new TimeScaler(decoding.sampleRate);
    this.#doubler = decoding.sampleRate === 8000 ? new RateDoubler() : undefined;
    // Its output comes late by what it looks ahead.
    this.#doubler?.push(new Int16Array(DOUBLER_DELAY));
  }

  #begin(): void {
    this.#next = undefined;
    this.#last = undefined;
    this.#rest = new Int16Array();
    this.#starved = 0;
    this.#lostSince = 0;
    this.#account.restart();
    this.#voiceless.clear();
    this.#ticks = 0;
    this.#surplus = Number.POSITIVE_INFINITY;
    this.#noise.level = undefined;
    this.#scaler.clear();
  }

  /** The next `count` samples. */
  #due(count: number, nowMs: number): Int16Array {
    const wanted = this.#wanted(nowMs);
    const first = this.#buffer.first;
    if (this.#next === undefined) {
      const at = first && this.#decoding?.positionOf(first);
      if (wanted === undefined || at === undefined || wanted + count <= at) return new Int16Array(count);
      this.#next = Math.min(Math.floor(wanted), at);
      this.#last = (first?.sequence ?? 0) - 1;
    } else if (wanted !== undefined) this.#review(wanted);
    return this.#scaler.take(count, (length) => this.#pull(length));
  }

  /** Position that should be played now. */
  #wanted(nowMs: number): number | undefined {
    const { leastMs } = this.#estimate;
    return leastMs === undefined ? undefined : ((nowMs - leastMs - this.#targetMs) * this.#rate) / 1000;
  }

  /**
   * Compares the delay with the wanted one. Ticks come late, never early: the least surplus of half a second is the
   * true one. In a loss or silence it is put right at once, in voice a pitch period at a time.
   */
  #review(wanted: number): void {
    const next = this.#next ?? 0;
    const surplus = wanted - (next - this.#scaler.held);
    const { first } = this.#buffer;
    if (this.#starved > 0 && first) {
      this.#rejoin(wanted, first);
      return;
    }
    this.#surplus = Math.min(this.#surplus, surplus);
    if (++this.#ticks < REVIEW_TICKS) return;
    const ms = this.#msOf(this.#surplus);
    this.#scaler.owed = ms > TOO_LONG_MS || ms < -TOO_SHORT_MS ? Math.round(this.#surplus) : 0;
    this.#ticks = 0;
    this.#surplus = Number.POSITIVE_INFINITY;
  }

  /** After a time in which nothing came: goes on where the delay is as wanted, and repeats nothing that was played. */
  #rejoin(wanted: number, first: SourcePacket): void {
    const next = this.#next ?? 0;
    const heard = next - this.#starved;
    const place = Math.max(heard, Math.min(Math.floor(wanted), next));
    const at = Math.max(heard, Math.min(place, this.#decoding?.positionOf(first) ?? place));
    const lost = this.#lostBefore(first, at - heard);
    this.#account.resume({ lost, notSent: at - heard - lost, late: place - at });
    this.#counts.rejoined += next - place;
    this.#next = place;
    this.#starved = 0;
    this.#ticks = 0;
    this.#surplus = Number.POSITIVE_INFINITY;
  }

  /** The next `length` samples of the stream: what came, or what stands for it. */
  #pull(length: number): Int16Array {
    const samples = new Int16Array(length);
    let filled = 0;
    while (filled < length) {
      const part = this.#piece(length - filled);
      samples.set(part, filled);
      filled += part.length;
      this.#next = (this.#next ?? 0) + part.length;
    }
    return samples;
  }

  /** At least one sample, at most `most`. */
  #piece(most: number): Int16Array {
    const next = this.#next ?? 0;
    const decoding = this.#decoding;
    for (;;) {
      const left = this.#rest.subarray(
        Math.max(0, next - this.#restAt),
        Math.max(0, next - this.#restAt) + most,
      );
      if (left.length > 0 && this.#restAt <= next) {
        this.#account.play(left.length);
        return this.#came(left);
      }
      const packet = this.#buffer.first;
      if (!packet || !decoding) return this.#missing(most, undefined);
      const at = decoding.positionOf(packet);
      if (at > next) return this.#missing(Math.min(most, at - next), packet);
      this.#buffer.take();
      const decoded = decoding.isComfort(packet) ? undefined : decoding.decode(packet);
      // One that is damaged is as good as lost.
      if (decoded?.length === 0) continue;
      this.losses.note(this.#missingBefore(packet));
      this.#account.lostInSilence(this.#missingBefore(packet) * this.#usual - this.#lostSince);
      this.#last = packet.sequence;
      this.#lostSince = 0;
      if (!decoded) {
        this.#noise.level = packet.payload[0];
        continue;
      }
      this.#usual = decoded.length;
      if (at + decoded.length <= next) this.#counts.late++;
      this.#rest = decoded;
      this.#restAt = at;
    }
  }

  #came(samples: Int16Array): Int16Array {
    this.#noise.level = undefined;
    const own = samples.slice();
    this.#concealer.heard(own);
    return own;
  }

  /** Fills up to the packet that comes next, or where nothing has come. */
  #missing(count: number, following: SourcePacket | undefined): Int16Array {
    const noise = this.#noise.level !== undefined;
    const lost = following ? this.#lostBefore(following, count) : 0;
    const wasSent = following !== undefined && this.#missingBefore(following) === 0;
    const isSilent = noise || (wasSent && !this.#concealer.concealing);
    this.#account.note(lost, 'lost');
    if (noise) this.#account.silence(count - lost);
    else if (following) this.#account.note(count - lost, 'not-sent');
    else this.#account.starve(count, this.#rate);
    if (isSilent) {
      this.#counts.silent += count;
      return noise ? this.#noise.make(count) : new Int16Array(count);
    }
    if (!following) this.#starved += count;
    this.#counts.concealed += count;
    return this.#concealer.conceal(count);
  }

  /** Packets that are missing before one that came. */
  #missingBefore({ sequence }: SourcePacket): number {
    return this.#voiceless.missing((this.#last ?? sequence - 1) + 1, sequence);
  }

  /** Samples of a stretch of `count` before a packet that were lost, by the packets that are missing; the rest was not sent. */
  #lostBefore(packet: SourcePacket, count: number): number {
    const missing = this.#missingBefore(packet) * (this.#usual || count);
    const lost = Math.max(0, Math.min(count, missing - this.#lostSince));
    this.#lostSince += lost;
    return lost;
  }

  #playTone(frame: Int16Array, tone: { readonly samples: Int16Array; at: number }): void {
    for (let i = 0; i < frame.length; i++) frame[i] = tone.samples[(tone.at + i) % tone.samples.length] ?? 0;
    tone.at += frame.length;
  }
}

/** Input samples that a {@link RateDoubler} looks ahead. */
const DOUBLER_DELAY = 16;
