import type { Clock } from '../base/time/clock.js';
import type { CallControl } from '../call/call-control.js';
import type { CallVoice } from '../call/call-voice.js';
import type { GapName, LegName, StreamGap } from '../stream/align/ledger.js';
import type { PcmStream, PcmStreamState } from '../stream/pcm-stream.js';
import type { LegStream } from './sidecar.js';

const HOLDS: ReadonlySet<string> = new Set(['ONHOLD', 'LOCALHOLD', 'REMOTEHOLD']);
/** Longest time between the end of a hold and the classification of the gap that it explains, in ms. */
const HOLD_MEMORY_MS = 1500;
/** An endpoint may reset a stream before it reports the end of the call, by up to this time, in ms. */
const END_GRACE_MS = 2000;

/** Classifies the gaps of a call's legs from the states of their streams and of the call. */
export class LegGaps {
  readonly #call: CallControl;
  readonly #streams: Readonly<Record<LegName, LegStream>>;
  readonly #clock: Clock;
  /** Ended streams, with the time at which the connection was lost, if it was. */
  readonly #over = new Map<PcmStream, { readonly brokenMs: number | undefined }>();
  /** The stream of each leg, once the call's voice is open. */
  #legs: Readonly<Record<LegName, PcmStream | undefined>> | undefined;
  /** True when the streams report their own gaps. */
  #isPlaced = false;
  #endedMs: number | undefined;

  constructor(call: CallControl, streams: Readonly<Record<LegName, LegStream>>, clock: Clock) {
    this.#call = call;
    this.#streams = streams;
    this.#clock = clock;
    const ended = () => {
      this.#endedMs ??= clock.now();
    };
    call.ended().then(ended, ended);
  }

  /** Watches a stream. Call it before the stream is connected, or as soon as it is known. */
  watch(stream: PcmStream): void {
    const note = (state: PcmStreamState) => {
      if (!('reason' in state) || this.#over.has(stream)) return;
      this.#over.set(stream, { brokenMs: 'error' in state.reason ? this.#clock.now() : undefined });
    };
    note(stream.state);
    stream.on('state', note);
  }

  /** Takes the open voice of the call. A leg without a stream at this time never comes. */
  opened({ remote, input, microphone, placed = false }: CallVoice): void {
    this.#isPlaced = placed;
    const streams = { OUTPUT: remote, INPUT: input, CAPTURE_MIC: microphone, none: undefined };
    this.#legs = { local: streams[this.#streams.local], remote: streams[this.#streams.remote] };
  }

  /** Classifies the current gap of a leg. @param begun True when the leg has had samples before. */
  name(leg: LegName, begun: boolean): GapName {
    if (this.#streams[leg] === 'none') return { kind: 'idle', reason: 'not-wanted' };
    if (!this.#legs) return { kind: 'missing', reason: begun ? 'stalled' : 'late-start' };
    const stream = this.#legs[leg];
    if (!stream) return { kind: 'missing', reason: 'never-came' };
    const over = this.#over.get(stream);
    if (over) {
      return this.#brokeBeforeEnd(over.brokenMs)
        ? { kind: 'missing', reason: 'connection-lost' }
        : { kind: 'idle', reason: 'ended' };
    }
    if (this.#heldJustNow()) return { kind: 'idle', reason: 'hold' };
    if (begun) return { kind: 'missing', reason: 'stalled' };
    if (this.#isPlaced) return { kind: 'idle', reason: 'not-sent' };
    const came = stream.stats.samplesReceived > 0 || this.#streams[leg] === 'INPUT';
    return { kind: 'missing', reason: came ? 'late-start' : 'never-came' };
  }

  /** The gaps that a leg's stream reports between two of its positions. */
  holes(leg: LegName, from: number, to: number): readonly StreamGap[] {
    return this.#legs?.[leg]?.gapsBetween?.(from, to) ?? [];
  }

  /** True when the connection was lost during the call. */
  #brokeBeforeEnd(brokenMs: number | undefined): boolean {
    if (brokenMs === undefined) return false;
    return this.#endedMs === undefined || this.#endedMs - brokenMs > END_GRACE_MS;
  }

  #heldJustNow(): boolean {
    const [before, last] = this.#call.history.slice(-2);
    const now = last ?? before;
    if (!now) return false;
    if (HOLDS.has(now.status)) return true;
    return (
      last !== undefined &&
      before !== undefined &&
      HOLDS.has(before.status) &&
      this.#clock.unixMs() - last.atMs < HOLD_MEMORY_MS
    );
  }
}
