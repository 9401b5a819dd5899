import { msToSamples } from '../../base/pcm.js';
import type { CancelTimer, Clock } from '../../base/time/clock.js';
import type { FedStream } from '../../stream/fed-stream.js';
import type { SourcePacket } from '../rtp-receive/rtp-source.js';
import type { LossRuns } from './loss-runs.js';
import { LostPackets } from './lost-packets.js';
import { PacketBuffer } from './packet-buffer.js';
import { PlacedOutput } from './placed-output.js';
import { placeOf, SourcePlace, SourceWatch, WATCH_MS } from './source-place.js';
import type { VoiceDecoding } from './voice-decoding.js';

/** Counters of a stream whose voice is placed by its timestamps. Samples are at 16 kHz. */
export interface PlacedStats {
  /** Samples of packets that never came, or too late. */
  readonly lost: number;
  /** Samples of silence that the peer did not send. */
  readonly notSent: number;
  /** Packets that came after their position was passed. */
  readonly late: number;
  /** Number of jumps in the timestamps of the peer. */
  readonly jumps: number;
}

/** Lag after a pause above which the clock of the source has stopped or changed. */
const STOPPED = msToSamples(500);
/** Least length of voice that shows its pace. */
const LEAST_STEADY = msToSamples(80);
/** Most packets that are searched for the one with the least transit time. */
const MOST_LAGS = 1000;
/** Lead of a position above which the timestamps have jumped. */
const AHEAD = msToSamples(1000);
/** Most waiting packets: those of 10 ms that come at once after a stall of a minute. */
const MOST_PACKETS = 6000;

/**
 * Places the voice of a stream by its timestamps, in order and exact to the sample, for recording. Nothing is made up.
 * Lost packets, and silence that the peer did not send, become stretches that the stream leaves out, each with its
 * reason.
 */
export class PlacedVoice {
  readonly #clock: Clock;
  readonly #reorderMs: number;
  readonly #buffer = new PacketBuffer(MOST_PACKETS);
  readonly #lost = new LostPackets();
  readonly #watch = new SourceWatch();
  readonly #place: SourcePlace;
  readonly #output: PlacedOutput;
  readonly #counts = { lost: 0, notSent: 0, late: 0, jumps: 0 };
  /** Damaged packets since the last intact one. */
  #damaged = 0;
  #usualLength = msToSamples(20);
  #decoding: VoiceDecoding | undefined;
  #cancelTimer: CancelTimer | undefined;

  /** @param originMs Time of position 0 of the stream. */
  constructor(
    clock: Clock,
    stream: FedStream,
    options: { readonly reorderMs: number; readonly originMs: number },
  ) {
    this.#clock = clock;
    this.#reorderMs = options.reorderMs;
    this.#place = new SourcePlace(options.originMs);
    this.#output = new PlacedOutput(clock, stream, options.originMs);
  }

  get stats(): PlacedStats {
    return { ...this.#counts };
  }

  /** Runs of losses in the stream. */
  get losses(): LossRuns {
    return this.#lost.runs;
  }

  /** Takes a packet of voice or comfort noise. */
  arrive(packet: SourcePacket, decoding: VoiceDecoding): void {
    if (this.#decoding !== decoding) this.#decodeWith(decoding);
    const { atMs } = packet;
    if (this.#watch.take(atMs, this.#lost.isBegun)) this.#setTimer(atMs + WATCH_MS);
    if (this.#lost.isLate(packet.sequence)) {
      this.#counts.late++;
      return;
    }
    this.#buffer.add(packet);
    if (!this.#watch.isOn) this.#release(atMs);
    else if (this.#watch.isOver(atMs)) this.#findPlace();
  }

  /** Notes a packet without voice, so that it does not count as missing. */
  skip(sequence: number): void {
    this.#lost.skip(sequence);
  }

  /** Begins another source. Its voice is placed by its arrival. */
  restart(): void {
    this.#flush();
    this.#lost.restart();
    this.#place.restart();
  }

  /** Writes everything that waits. */
  end(): void {
    this.#flush();
    this.#output.flush();
  }

  #flush(): void {
    if (this.#watch.isOn) this.#findPlace();
    this.#release(Number.POSITIVE_INFINITY);
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  #decodeWith(decoding: VoiceDecoding): void {
    const clockChanges =
      this.#decoding !== undefined && this.#decoding.make.clockRate !== decoding.make.clockRate;
    // The waiting packets are of the codec before.
    if (this.#decoding) this.#flush();
    this.#output.changeRate(decoding.sampleRate);
    this.#decoding = decoding;
    if (clockChanges) this.restart();
  }

  #setTimer(atMs: number): void {
    this.#cancelTimer?.();
    this.#cancelTimer = this.#clock.timerAt(atMs, () => {
      this.#cancelTimer = undefined;
      if (this.#watch.isOn) this.#findPlace();
      else this.#release(this.#clock.now());
    });
  }

  /** Finds the position of the watched packets, by the one with the least transit time. */
  #findPlace(): void {
    const decoding = this.#decoding;
    const watchedMs = this.#watch.end();
    const first = this.#buffer.first;
    if (!decoding || !first) return;
    const watched = [...this.#buffer].filter(({ atMs }) => atMs >= watchedMs);
    const lags = watched.map((packet) => this.#place.lagOf(packet, decoding));
    const shift = this.#place.shiftFor(Math.min(...lags.slice(0, MOST_LAGS)));
    const before = this.#place.shift;
    if (before === undefined) this.#moveTo(shift, first, decoding);
    else {
      // After a stall everything comes at once. After a stop of the clock it comes at the usual pace.
      const caughtUp = (lags[0] ?? 0) - (lags.at(-1) ?? 0);
      const length = placeOf(watched.at(-1) ?? first, decoding) - placeOf(watched[0] ?? first, decoding);
      const isSteady = length >= LEAST_STEADY && caughtUp < length / 2;
      const behind = shift - before;
      if ((isSteady && behind > STOPPED) || behind < -AHEAD) {
        this.#counts.jumps++;
        this.#moveTo(shift, first, decoding);
      }
    }
    this.#release(this.#clock.now());
  }

  #moveTo(shift: number, first: SourcePacket, decoding: VoiceDecoding): void {
    this.#place.moveTo(shift, first, decoding);
    if (!this.#lost.isBegun) this.#lost.beginAt(first.sequence);
  }

  /** Writes the packets in order, and waits for missing ones. */
  #release(nowMs: number): void {
    const decoding = this.#decoding;
    if (!decoding || this.#watch.isOn) return;
    for (let packet = this.#buffer.first; packet; packet = this.#buffer.first) {
      const missing = this.#lost.before(packet);
      const dueMs = packet.atMs + this.#reorderMs;
      if (missing > 0 && dueMs > nowMs) {
        if (!this.#cancelTimer) this.#setTimer(dueMs);
        return;
      }
      this.#buffer.take();
      this.#lost.played(packet, undefined);
      this.#put(packet, decoding, Math.max(0, missing));
    }
  }

  #put(packet: SourcePacket, decoding: VoiceDecoding, missing: number): void {
    const lag = this.#place.lagOf(packet, decoding);
    let place = this.#place.of(packet, decoding);
    if (place < this.#place.end - this.#usualLength || this.#place.ahead(place, packet) > AHEAD) {
      this.#counts.jumps++;
      this.#moveTo(this.#place.shiftFor(lag), packet, decoding);
      place = this.#place.of(packet, decoding);
    }
    this.#place.note(lag, packet.atMs);
    const samples = decoding.isComfort(packet) ? undefined : decoding.decode(packet);
    // A damaged packet counts as lost.
    if (samples?.length === 0) {
      this.#damaged += missing + 1;
      return;
    }
    if (place > this.#place.end) this.#leaveOut(place, missing + this.#damaged);
    this.#damaged = 0;
    if (!samples) return;
    const wide = (samples.length * 16_000) / decoding.sampleRate;
    if (wide > 0) this.#usualLength = wide;
    const known = Math.max(0, this.#place.end - place);
    if (known >= wide) return;
    const fresh = known > 0 ? samples.subarray((known * decoding.sampleRate) / 16_000) : samples;
    this.#output.put(fresh, packet.atMs);
    this.#place.end = place + wide;
  }

  /** Leaves out a stretch up to `place`: first the lost samples, then those that were not sent. */
  #leaveOut(place: number, missing: number): void {
    const { end } = this.#place;
    const gap = place - end;
    const lost = Math.min(gap, missing * this.#usualLength);
    this.#output.leaveOut(
      [
        { from: end, samples: lost, kind: 'missing', reason: 'lost' },
        { from: end + lost, samples: gap - lost, kind: 'idle', reason: 'not-sent' },
      ],
      place,
    );
    this.#counts.lost += lost;
    this.#counts.notSent += gap - lost;
    this.#place.end = place;
  }
}
