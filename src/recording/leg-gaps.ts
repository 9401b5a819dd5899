import type { Clock } from '../base/clock.js';
import type { CallControl } from '../call/call-control.js';
import type { CallVoice } from '../call/call-voice.js';
import type { GapName } from '../stream/align/aligned-leg.js';
import type { LegName } from '../stream/align/ledger.js';
import type { PcmStream } from '../stream/pcm-stream.js';
import type { LegStream } from './sidecar.js';

const HOLDS: ReadonlySet<string> = new Set(['ONHOLD', 'LOCALHOLD', 'REMOTEHOLD']);
/** A gap is judged this long after the stream has come back, at most; a hold that ended meanwhile explains it. */
const HOLD_MEMORY_MS = 1500;
/** An endpoint may reset a stream of a call that is over before it tells so: up to this long before, in ms. */
const END_GRACE_MS = 2000;

/** Says why a leg of a call has no samples. */
export class LegGaps {
  readonly #call: CallControl;
  readonly #streams: Readonly<Record<LegName, LegStream>>;
  readonly #clock: Clock;
  /** Times at which the connections of legs broke: a gap is judged only when the call has ended. */
  readonly #brokenMs = new Map<PcmStream, number>();
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

  /** To be told of each lease before it is connected. */
  watch(lease: PcmStream): void {
    lease.on('state', (state) => {
      if ('reason' in state && 'error' in state.reason && !this.#brokenMs.has(lease)) {
        this.#brokenMs.set(lease, this.#clock.now());
      }
    });
  }

  /** @param voice The call's streams, once they are there. */
  name(voice: CallVoice | undefined, leg: LegName, begun: boolean): GapName {
    const stream = this.#streams[leg];
    if (stream === 'none') return { kind: 'idle', reason: 'not-wanted' };
    if (!voice) return { kind: 'missing', reason: begun ? 'stalled' : 'late-start' };
    const lease = { OUTPUT: voice.remote, INPUT: voice.input, CAPTURE_MIC: voice.microphone }[stream];
    if (!lease) return { kind: 'missing', reason: 'never-came' };
    const { status } = lease.state;
    if (status === 'draining' || status === 'closed') {
      return this.#brokeBefore(lease)
        ? { kind: 'missing', reason: 'connection-lost' }
        : { kind: 'idle', reason: 'ended' };
    }
    if (this.#heldJustNow()) return { kind: 'idle', reason: 'hold' };
    if (begun) return { kind: 'missing', reason: 'stalled' };
    const came = lease.stats.samplesReceived > 0 || stream === 'INPUT';
    return { kind: 'missing', reason: came ? 'late-start' : 'never-came' };
  }

  /** True when the connection broke while the call went on. */
  #brokeBefore(lease: PcmStream): boolean {
    const brokenMs = this.#brokenMs.get(lease);
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
