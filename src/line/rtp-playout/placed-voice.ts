import { msToSamples } from '../../base/pcm.js';
import type { CancelTimer, Clock } from '../../base/time/clock.js';
import type { FedStream } from '../../stream/fed-stream.js';
import type { SourcePacket } from '../rtp/rtp-source.js';
import type { LossRuns } from './loss-runs.js';
import { LostPackets } from './lost-packets.js';
import { PacketBuffer } from './packet-buffer.js';
import { PlacedOutput } from './placed-output.js';
import { placeOf, SourcePlace, SourceWatch, WATCH_MS } from './source-place.js';
import type { VoiceDecoding } from './voice-decoding.js';

/** Counters of a stream whose voice is placed by its timestamps. Samples at 16 kHz. */
export interface PlacedStats {
  /** Samples of packets that never came, or too late. */
  readonly lost: number;
  /** Samples of silence that the peer did not send. */
  readonly notSent: number;
  /** Packets that came when their place was passed over already. */
  readonly late: number;
  /** Times that the peer's count of time was found to have jumped. */
  readonly jumps: number;
}

/** A source whose clock is behind by more than this after a pause has stopped it meanwhile; or is of another count. */
const STOPPED = msToSamples(500);
/** Length of voice that shows the pace at which it comes. */
const LEAST_STEADY = msToSamples(80);
/** Packets that are looked at to find the one that took the least time. */
const MOST_LAGS = 1000;
/** A place that is this far ahead of time is of another count. */
const AHEAD = msToSamples(1000);
/** Packets of 10 ms that may wait: what a stall of a minute brings at once. */
const MOST_PACKETS = 6000;

/**
 * Puts the voice of a stream where its timestamps say, in order and to the sample: for whoever records. Nothing is made
 * up: a packet that was lost, and silence that the peer did not send, are stretches that the stream leaves out, each
 * with its name.
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
  /** Packets that came damaged, since the last that did not. */
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
    this.#output = new PlacedOutput(clock, stream);
  }

  get stats(): PlacedStats {
    return { ...this.#counts };
  }

  /** Losses as they lie in the stream. */
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

  /** A packet without voice has come: it is not missing. */
  skip(sequence: number): void {
    this.#lost.skip(sequence);
  }

  /** Another source goes on: what it brings begins where it comes. */
  restart(): void {
    this.#flush();
    this.#lost.restart();
    this.#place.restart();
  }

  /** Gives out all that waits. */
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
    // What waits is of the codec before.
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

  /** Finds the place of what is watched: by the packet that took the least time. */
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
      // Of a stall everything comes at once; of a clock that had stopped, at its usual pace.
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

  /** Gives out what is there in order; what is missing is waited for. */
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
    // One that is damaged is as good as lost.
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
    this.#output.put(fresh);
    this.#place.end = place + wide;
  }

  /** Leaves a stretch out up to `place`: first what was lost, then what was not sent. */
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
