import {
  signal as abortSignal,
  checkOptions,
  flag,
  having,
  needed,
  oneOf,
  type Rules,
  whole,
  within,
} from '../../base/check.js';
import { invalidArgument, JackfieldError } from '../../base/errors.js';
import { type PcmFormat, STEREO, VOICE_FORMAT } from '../../base/pcm.js';
import { CLOCK, type Clock, systemClock } from '../../base/time/clock.js';
import type { PcmStream } from '../pcm-stream.js';
import { BufferBudget } from '../receive/buffer-budget.js';
import { ChunkIterator } from '../receive/chunk-iterator.js';
import { FanOut } from '../receive/fan-out.js';
import type { SinkHandle, SinkStats } from '../sink.js';
import { LegAligner } from './leg-aligner.js';
import { LegJoiner } from './leg-joiner.js';

/** A stretch of both legs of a call. Samples at the same index were simultaneous. The arrays belong to the reader. */
export interface LegChunk {
  /** Position of the first sample, as the source of the tap counts. */
  readonly position: number;
  readonly local: Int16Array;
  readonly remote: Int16Array;
}

/** Options of a tap on both legs. */
export interface LegTapOptions {
  /** Rule for a reader that is too slow. A tap never holds the legs back. Default `drop-oldest`. */
  readonly policy?: 'drop-oldest' | 'drop-newest' | 'spill';
  /** Audio that may wait for the reader, in ms: 20 to 600,000. Default 1000. */
  readonly maxBufferedMs?: number;
  /** Ends the tap with ERR_ABORTED. */
  readonly signal?: AbortSignal;
}

/** Both legs as they come, to be read with `for await`. Leaving the loop ends the tap. */
export interface LegTap extends AsyncIterableIterator<LegChunk> {
  /** Samples per leg that the reader got and missed. A dropped stretch shows as a hole in `position`. */
  readonly stats: SinkStats;
}

/** The rules of {@link LegTapOptions}. */
export const TAP_RULES: Rules<LegTapOptions> = {
  policy: oneOf('drop-oldest', 'drop-newest', 'spill'),
  maxBufferedMs: within(20, 600_000, 'ms'),
  signal: abortSignal,
};

/** Most bytes that may wait for all taps of one pair of legs: minutes of stereo. */
const MAX_BYTES = 32 * 1024 * 1024;

/** The taps of one pair of legs, fed with the stereo that a {@link LegAligner} gives out. */
export class LegTaps {
  readonly #fanOut = new FanOut(STEREO, new BufferBudget(MAX_BYTES, () => undefined), {
    pressed: () => undefined,
    overflowed: () => undefined,
    failed: () => undefined,
    drained: () => undefined,
  });
  #over = false;

  /**
   * @param onDone Called when the reader has left or has got everything.
   * @throws ERR_INVALID_ARG; ERR_INVALID_STATE when the legs have ended.
   */
  open(options: LegTapOptions, onDone: () => void = () => undefined): LegTap {
    checkOptions(options, TAP_RULES);
    if (this.#over) {
      throw new JackfieldError('ERR_INVALID_STATE', 'The legs have ended: tap them during the call.');
    }
    const { signal, ...sinkOptions } = options;
    const chunks = new ChunkIterator(() => void handle.remove().catch(() => undefined), signal);
    const handle = this.#fanOut.add(chunks, { policy: 'drop-oldest', name: 'legs', ...sinkOptions });
    handle.done.then(onDone, onDone);
    return new SplitChunks(chunks, handle);
  }

  /** Takes interleaved stereo with the local leg on the left. */
  write(samples: Int16Array, position: number): void {
    this.#fanOut.write(samples, position);
  }

  end(error?: Error): void {
    this.#over = true;
    this.#fanOut.end(error);
  }
}

class SplitChunks implements LegTap {
  readonly #chunks: ChunkIterator;
  readonly #handle: SinkHandle;

  constructor(chunks: ChunkIterator, handle: SinkHandle) {
    this.#chunks = chunks;
    this.#handle = handle;
  }

  get stats(): SinkStats {
    return this.#handle.stats;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<LegChunk, undefined>> {
    const { done, value } = await this.#chunks.next();
    if (done) return { done, value: undefined };
    const { samples, position } = value;
    const local = new Int16Array(samples.length / 2);
    const remote = new Int16Array(samples.length / 2);
    for (let i = 0, at = 0; i < local.length; i++) {
      local[i] = samples[at++] as number;
      remote[i] = samples[at++] as number;
    }
    return { done: false, value: { position, local, remote } };
  }

  async return(): Promise<IteratorResult<LegChunk, undefined>> {
    await this.#chunks.return();
    return { done: true, value: undefined };
  }
}

/** Options of {@link tapLegs}. */
export interface PairTapOptions extends LegTapOptions {
  /** Clock that gives samples their time of arrival. Default: the machine's clock. */
  readonly clock?: Clock;
}

const PAIR_RULES: Rules<PairTapOptions> = { ...TAP_RULES, clock: CLOCK };
const STREAM = having('addSink', 'on');
const LEG_RULES: Rules<LegPair> = {
  remote: needed(STREAM),
  local: STREAM,
  localSide: needed(oneOf('sent', 'received')),
  localPaced: flag,
  placed: flag,
  localStart: whole(0, Number.MAX_SAFE_INTEGER),
};

/** Two streams that are the legs of one call. */
export interface LegPair {
  /** The other party's stream. Its positions are those of the tap. */
  readonly remote: PcmStream;
  /** The local stream; undefined when there is none. */
  readonly local: PcmStream | undefined;
  /** The side of `local` that is tapped. `sent`: the played audio, which the remote stream paces. */
  readonly localSide: 'sent' | 'received';
  /**
   * True when the remote stream paces what `local` receives, so that positions alone tell its place. The side `sent` is
   * always paced so. Default false: the place is found by the times of arrival.
   */
  readonly localPaced?: boolean;
  /**
   * True when positions alone tell the place of both streams: those of a line, which knows from its timestamps what was
   * lost. Position 0 of both is the same time. Default false.
   */
  readonly placed?: boolean;
  /** Position of the remote stream at which a paced local stream has its position 0. Default 0. */
  readonly localStart?: number;
}

/**
 * Taps both legs of a call from now on, aligned by a {@link LegAligner}. A leg that stands still becomes silence of
 * exactly that length. Samples come a few hundred milliseconds after they were said. The tap ends with the remote
 * stream. Both streams must be 16 kHz mono.
 *
 * @throws ERR_INVALID_ARG; ERR_INVALID_STATE for a stream that is over.
 */
export function tapLegs(pair: LegPair, options: PairTapOptions = {}): LegTap {
  checkOptions(pair, LEG_RULES);
  checkOptions(options, PAIR_RULES);
  const { clock = systemClock, ...tapOptions } = options;
  const { remote, local, localSide, localPaced = false, placed = false, localStart = 0 } = pair;
  for (const stream of local ? [remote, local] : [remote]) checkFormat(stream.format);
  const taps = new LegTaps();
  const base = remote.received.position;
  const sink = { write: () => undefined, final: (it: Int16Array, at: number) => taps.write(it, at + base) };
  const aligner = new LegAligner(sink, {}, { clock });
  const legs = new LegJoiner(aligner, clock, { policy: 'drop-oldest', name: 'legs' });
  try {
    if (placed) legs.byPosition();
    legs.addRemote(remote, -base);
    if (local && placed) legs.addReceived(local, -base);
    else if (local && localSide === 'sent') legs.addSent(local, localStart - base);
    else if (local && localPaced) legs.addPaced(local, localStart - base);
    else if (local) legs.addJoining(local, 0);
    const tap = taps.open(tapOptions, () => legs.leave());
    void remote.closed.then(async ({ error }) => {
      await aligner.finish(() => remote.received.position - base);
      taps.end(error);
    });
    return tap;
  } catch (error) {
    legs.leave();
    throw error;
  }
}

function checkFormat({ sampleRate, channels }: PcmFormat): void {
  if (sampleRate === VOICE_FORMAT.sampleRate && channels === VOICE_FORMAT.channels) return;
  const given = `${sampleRate} Hz, ${channels} channels`;
  throw invalidArgument('pair', `streams of ${VOICE_FORMAT.sampleRate} Hz mono`, given);
}
