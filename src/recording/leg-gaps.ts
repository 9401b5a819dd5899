import type { Clock } from '../base/time/clock.js';
import type { CallControl } from '../call/call-control.js';
import type { CallVoice } from '../call/call-voice.js';
import type { GapName, LegName, StreamGap } from '../stream/align/ledger.js';
import type { PcmStream, PcmStreamState } from '../stream/pcm-stream.js';
import type { LegStream } from './sidecar.js';

const HOLDS: ReadonlySet<string> = new Set(['ONHOLD', 'LOCALHOLD', 'REMOTEHOLD']);
/** A gap is judged this long after the stream has come back, at most; a hold that ended meanwhile explains it. */
const HOLD_MEMORY_MS = 1500;
/** An endpoint may reset a stream of a call that is over before it tells so: up to this long before, in ms. */
const END_GRACE_MS = 2000;

/** Names the gaps of a call's legs, by what it is told of their streams and of the call. */
export class LegGaps {
  readonly #call: CallControl;
  readonly #streams: Readonly<Record<LegName, LegStream>>;
  readonly #clock: Clock;
  /** Streams that are over, with the time at which the connection broke, if it did. */
  readonly #over = new Map<PcmStream, { readonly brokenMs: number | undefined }>();
  /** The stream of each leg, once the call's voice is open. */
  #legs: Readonly<Record<LegName, PcmStream | undefined>> | undefined;
  /** True where the streams themselves name what they leave out. */
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

  /** To be told of each stream before it is connected, or as soon as it is known. */
  watch(stream: PcmStream): void {
    const note = (state: PcmStreamState) => {
      if (!('reason' in state) || this.#over.has(stream)) return;
      this.#over.set(stream, { brokenMs: 'error' in state.reason ? this.#clock.now() : undefined });
    };
    note(stream.state);
    stream.on('state', note);
  }

  /** To be told when the call's voice is open: a leg that has no stream then never comes. */
  opened({ remote, input, microphone, placed = false }: CallVoice): void {
    this.#isPlaced = placed;
    const streams = { OUTPUT: remote, INPUT: input, CAPTURE_MIC: microphone, none: undefined };
    this.#legs = { local: streams[this.#streams.local], remote: streams[this.#streams.remote] };
  }

  /** Names the stretch in which a leg has no samples now. @param begun true when it has had some. */
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

  /** Names what a leg's stream itself has left out between two of its positions. */
  holes(leg: LegName, from: number, to: number): readonly StreamGap[] {
    return this.#legs?.[leg]?.gapsBetween?.(from, to) ?? [];
  }

  /** True when a connection broke while the call went on. */
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
