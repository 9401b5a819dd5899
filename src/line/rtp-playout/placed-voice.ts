import { msToSamples } from '../../base/pcm.js';
import type { CancelTimer, Clock } from '../../base/time/clock.js';
import type { StreamGap } from '../../stream/align/ledger.js';
import type { FedStream } from '../../stream/fed-stream.js';
import { RateDoubler } from '../../voice/convert/half-band.js';
import type { SourcePacket } from '../rtp/rtp-source.js';
import { LeastDelay } from './least-delay.js';
import { LossRuns } from './loss-runs.js';
import { PacketBuffer } from './packet-buffer.js';
import type { VoiceDecoding } from './voice-decoding.js';
import { Voiceless } from './voiceless.js';

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

/** A source is watched for so long before it has its place, in ms: some of its packets come without delay meanwhile. */
const WATCH_MS = 150;
/** After a pause in which nothing came, of more than this, it is looked at anew where the source is, in ms. */
const PAUSE_MS = 500;
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
/** A stream in the batched class is brought what has come in so many ms at once, or in so many samples of the codec. */
const BATCH_MS = 250;
const MOST_BATCHED = msToSamples(500);

/**
 * Puts the voice of a stream where its timestamps say, in order and to the sample: for whoever records. Nothing is made
 * up: a packet that was lost, and silence that the peer did not send, are stretches that the stream leaves out, each
 * with its name.
 */
export class PlacedVoice {
  readonly #clock: Clock;
  readonly #stream: FedStream;
  readonly #reorderMs: number;
  readonly #buffer = new PacketBuffer(MOST_PACKETS);
  readonly losses = new LossRuns();
  readonly #voiceless = new Voiceless();
  /** Packets that came damaged, since the last that did not. */
  #damaged = 0;
  readonly #delay = new LeastDelay(10_000, 300);
  readonly #originMs: number;
  #decoding: VoiceDecoding | undefined;
  #doubler: RateDoubler | undefined;
  /** Since when packets are watched to find their place; nothing once they have it. */
  #watchedMs: number | undefined;
  #cancelTimer: CancelTimer | undefined;
  /** Place of the source's timestamp 0; nothing before the first source has its place. */
  #shift: number | undefined;
  /** True when the shift is of another source than the one that is watched. */
  #isOther = false;
  /** Number that comes next, and the place behind what has come. */
  #next: number | undefined;
  #end = 0;
  /** Place behind what was written. */
  #written = 0;
  /** Voice of the codec, at its rate, that waits to be written. */
  readonly #batch: { samples: Int16Array; count: number; cancelTimer: CancelTimer | undefined } = {
    ...{ samples: new Int16Array(), count: 0, cancelTimer: undefined },
  };
  #lastMs = Number.NEGATIVE_INFINITY;
  #usualLength = msToSamples(20);
  readonly #counts = { lost: 0, notSent: 0, late: 0, jumps: 0 };

  /** @param originMs Time of position 0 of the stream. */
  constructor(
    clock: Clock,
    stream: FedStream,
    options: { readonly reorderMs: number; readonly originMs: number },
  ) {
    this.#clock = clock;
    this.#stream = stream;
    this.#reorderMs = options.reorderMs;
    this.#originMs = options.originMs;
  }

  get stats(): PlacedStats {
    return { ...this.#counts };
  }

  /** Takes a packet of voice or comfort noise. */
  arrive(packet: SourcePacket, decoding: VoiceDecoding): void {
    if (this.#decoding !== decoding) this.#decodeWith(decoding);
    const { atMs } = packet;
    if (this.#watchedMs === undefined && (this.#next === undefined || atMs - this.#lastMs > PAUSE_MS)) {
      this.#watch(atMs);
    }
    this.#lastMs = atMs;
    if (this.#next !== undefined && packet.sequence < this.#next) {
      this.#counts.late++;
      return;
    }
    this.#buffer.add(packet);
    if (this.#watchedMs === undefined) this.#release(atMs);
    else if (atMs - this.#watchedMs >= WATCH_MS) this.#place();
  }

  /** A packet without voice has come: it is not missing. */
  skip(sequence: number): void {
    this.#voiceless.note(sequence);
  }

  /** Another source goes on: what it brings begins where it comes. */
  restart(): void {
    this.#flush();
    this.#next = undefined;
    this.#voiceless.clear();
    this.#isOther = true;
  }

  /** Gives out all that waits. */
  end(): void {
    this.#flush();
    this.#writeAll();
  }

  #flush(): void {
    if (this.#watchedMs !== undefined) this.#place();
    this.#release(Number.POSITIVE_INFINITY);
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  #decodeWith(decoding: VoiceDecoding): void {
    const clockChanges =
      this.#decoding !== undefined && this.#decoding.make.clockRate !== decoding.make.clockRate;
    // What waits is of the codec before.
    if (this.#decoding) this.#flush();
    this.#writeAll();
    this.#decoding = decoding;
    this.#doubler = decoding.sampleRate === 8000 ? new RateDoubler() : undefined;
    if (clockChanges) this.restart();
  }

  #watch(atMs: number): void {
    this.#watchedMs = atMs;
    this.#setTimer(atMs + WATCH_MS);
  }

  #setTimer(atMs: number): void {
    this.#cancelTimer?.();
    this.#cancelTimer = this.#clock.timerAt(atMs, () => {
      this.#cancelTimer = undefined;
      if (this.#watchedMs !== undefined) this.#place();
      else this.#release(this.#clock.now());
    });
  }

  /** Finds the place of what is watched: by the packet that took the least time. */
  #place(): void {
    const decoding = this.#decoding;
    const watchedMs = this.#watchedMs ?? 0;
    this.#watchedMs = undefined;
    const first = this.#buffer.first;
    if (!decoding || !first) return;
    const watched = [...this.#buffer].filter(({ atMs }) => atMs >= watchedMs);
    const lags = watched.map((packet) => this.#lagOf(packet, decoding));
    const shift = Math.min(...lags.slice(0, MOST_LAGS)) - (this.#delay.least ?? 0);
    if (this.#shift === undefined || this.#isOther) this.#moveTo(shift, first, decoding);
    else {
      // Of a stall everything comes at once; of a clock that had stopped, at its usual pace.
      const caughtUp = (lags[0] ?? 0) - (lags.at(-1) ?? 0);
      const length = placeOf(watched.at(-1) ?? first, decoding) - placeOf(watched[0] ?? first, decoding);
      const isSteady = length >= LEAST_STEADY && caughtUp < length / 2;
      const behind = shift - this.#shift;
      if ((isSteady && behind > STOPPED) || behind < -AHEAD) {
        this.#counts.jumps++;
        this.#moveTo(shift, first, decoding);
      }
    }
    this.#release(this.#clock.now());
  }

  /** Time of arrival less the place of the packet's end, in samples: how far its source's count is from the stream's. */
  #lagOf(packet: SourcePacket, decoding: VoiceDecoding): number {
    const arrived = (packet.atMs - this.#originMs) * 16;
    return arrived - placeOf(packet, decoding) - decoding.lengthOf(packet);
  }

  /** Moves the source, of which `first` comes next: not to where something is already, nor before the beginning. */
  #moveTo(shift: number, first: SourcePacket, decoding: VoiceDecoding): void {
    this.#shift = Math.max(Math.round(shift), this.#end - placeOf(first, decoding));
    this.#isOther = false;
    this.#next ??= first.sequence;
  }

  /** Gives out what is there in order; what is missing is waited for. */
  #release(nowMs: number): void {
    const decoding = this.#decoding;
    if (!decoding || this.#watchedMs !== undefined) return;
    for (let packet = this.#buffer.first; packet; packet = this.#buffer.first) {
      const missing = this.#voiceless.missing(this.#next ?? packet.sequence, packet.sequence);
      const dueMs = packet.atMs + this.#reorderMs;
      if (missing > 0 && dueMs > nowMs) {
        if (!this.#cancelTimer) this.#setTimer(dueMs);
        return;
      }
      this.#buffer.take();
      this.#next = packet.sequence + 1;
      this.losses.note(missing);
      this.#put(packet, decoding, Math.max(0, missing));
    }
  }

  #put(packet: SourcePacket, decoding: VoiceDecoding, missing: number): void {
    const lag = this.#lagOf(packet, decoding);
    let place = placeOf(packet, decoding) + (this.#shift ?? 0);
    const ahead = place - (packet.atMs - this.#originMs) * 16;
    if (place < this.#end - this.#usualLength || ahead > AHEAD) {
      this.#counts.jumps++;
      this.#moveTo(lag - (this.#delay.least ?? 0), packet, decoding);
      place = placeOf(packet, decoding) + (this.#shift ?? 0);
    }
    this.#delay.note(lag - (this.#shift ?? 0), packet.atMs);
    const samples = decoding.isComfort(packet) ? undefined : decoding.decode(packet);
    // One that is damaged is as good as lost.
    if (samples?.length === 0) {
      this.#damaged += missing + 1;
      return;
    }
    if (place > this.#end) this.#leaveOut(place, missing + this.#damaged);
    this.#damaged = 0;
    if (!samples) return;
    const wide = (samples.length * 16_000) / decoding.sampleRate;
    if (wide > 0) this.#usualLength = wide;
    const known = Math.max(0, this.#end - place);
    if (known >= wide) return;
    const fresh = known > 0 ? samples.subarray((known * decoding.sampleRate) / 16_000) : samples;
    this.#bring(fresh);
    this.#end = place + wide;
  }

  /** Leaves a stretch out up to `place`: first what was lost, then what was not sent. */
  #leaveOut(place: number, missing: number): void {
    this.#writeAll();
    const gap = place - this.#end;
    const lost = Math.min(gap, missing * this.#usualLength);
    const name = (samples: number, from: number, gapOf: Pick<StreamGap, 'kind' | 'reason'>) => {
      if (samples > 0) this.#stream.leaveOut({ from, samples, ...gapOf });
    };
    name(lost, this.#end, { kind: 'missing', reason: 'lost' });
    name(gap - lost, this.#end + lost, { kind: 'idle', reason: 'not-sent' });
    this.#counts.lost += lost;
    this.#counts.notSent += gap - lost;
    this.#end = place;
    this.#written = place;
  }

  /** Brings voice of the codec to the stream, at once or with what comes soon. */
  #bring(samples: Int16Array): void {
    if (this.#stream.readClass === 'batched' && samples.length <= MOST_BATCHED) this.#keep(samples);
    else {
      this.#writeBatch();
      this.#write(samples);
    }
  }

  #keep(samples: Int16Array): void {
    const batch = this.#batch;
    if (batch.count + samples.length > MOST_BATCHED) this.#writeBatch();
    if (batch.samples.length === 0) batch.samples = new Int16Array(MOST_BATCHED);
    batch.samples.set(samples, batch.count);
    batch.count += samples.length;
    batch.cancelTimer ??= this.#clock.timerAt(this.#clock.now() + BATCH_MS, () => this.#writeBatch());
  }

  #writeBatch(): void {
    const { samples, count, cancelTimer } = this.#batch;
    cancelTimer?.();
    this.#batch.cancelTimer = undefined;
    this.#batch.count = 0;
    if (count > 0) this.#write(samples.subarray(0, count));
  }

  /** Writes what waits, with what the doubler holds back: something else follows. */
  #writeAll(): void {
    this.#writeBatch();
    if (this.#doubler) this.#writeOut(this.#doubler.flush());
  }

  #write(samples: Int16Array): void {
    this.#writeOut(this.#doubler ? this.#doubler.push(samples) : samples);
  }

  #writeOut(samples: Int16Array): void {
    this.#stream.write(samples, this.#written);
    this.#written += samples.length;
  }
}

/** Place of a packet by its timestamp, in samples at 16 kHz. */
function placeOf(packet: SourcePacket, decoding: VoiceDecoding): number {
  return (decoding.positionOf(packet) * 16_000) / decoding.sampleRate;
}
