import { VirtualClock } from '../../../src/base/time/clock.js';
import type { LegName } from '../../../src/stream/align/ledger.js';
import { LegAligner, type LegAlignerOptions } from '../../../src/stream/align/leg-aligner.js';
import { randomFrom } from '../../random.js';

export const SAMPLES_PER_MS = 16;
/** Frames are told apart by their level. Two with the same are six seconds apart. */
const CODES = 300;
const LEVEL = 100;

/** Samples between two that are looked at: a quarter of a millisecond. */
const STEP = 4;

/** Something that befalls a leg for a while. */
export interface Trouble {
  readonly fromMs: number;
  readonly ms: number;
  /** `lost`: what is sent meanwhile never comes. `delayed`: it comes at the end, all at once. */
  readonly kind: 'lost' | 'delayed';
}

/** How a leg is sent, and what becomes of it on the way. */
export interface LineOptions {
  readonly troubles: readonly Trouble[];
  /** By how much the sender's clock is slow. */
  readonly ppm: number;
  /** Frames come up to this much late, seldom by much. */
  readonly jitterMs: number;
  readonly seed: number;
  readonly frameMs: number;
  /** How seldom frames come much late: 1 is evenly. Default 3. */
  readonly cube?: number;
  /** A reader looks at the socket this often. Default: at once. */
  readonly visitMs?: number;
  /** The reader comes up to this much late, seldom by much, at the same times for all legs of a call. Default 0. */
  readonly busyMs?: number;
}

/** A frame that was sent and arrives. */
export interface SentFrame {
  readonly index: number;
  /** When its last sample was sent. */
  readonly sentMs: number;
  readonly arrivesMs: number;
}

/** What a leg of `ms` sends over such a line, in order. */
export function framesOf(
  { troubles, ppm, jitterMs, seed, frameMs, visitMs, busyMs = 0, cube = 3 }: LineOptions,
  ms: number,
): SentFrame[] {
  const frames: SentFrame[] = [];
  const random = randomFrom(seed + 1);
  const troublesAt = inOrder(troubles);
  let last = 0;
  for (let index = 0; ; index++) {
    const sentMs = (index + 1) * frameMs * (1 + ppm / 1e6);
    if (sentMs > ms) return frames;
    const here = troublesAt(sentMs);
    const jitter = jitterMs * random() ** cube;
    if (here.some(({ kind }) => kind === 'lost')) continue;
    const freeMs = Math.max(0, ...here.map(({ fromMs, ms: length }) => fromMs + length));
    last = Math.max(last, freeMs, sentMs + jitter);
    const arrivesMs = visitMs === undefined ? last : Math.min(ms, visitAfter(last, visitMs, busyMs));
    frames.push({ index, sentMs, arrivesMs });
  }
}

/**
 * Gives the troubles that a moment lies in. It is asked for one moment after the other, and passes by those that are over.
 *
 * @param afterMs For how long a trouble counts once it is over.
 */
export function inOrder(troubles: readonly Trouble[], afterMs = 0): (ms: number) => readonly Trouble[] {
  const open = troubles.map((trouble) => ({ trouble, endMs: trouble.fromMs + trouble.ms + afterMs }));
  open.sort((a, b) => b.trouble.fromMs - a.trouble.fromMs);
  let under: typeof open = [];
  return (ms) => {
    for (let next = open.at(-1); next && next.trouble.fromMs <= ms; next = open.at(-1)) {
      under.push(next);
      open.pop();
    }
    if (under.some(({ endMs }) => endMs <= ms)) under = under.filter(({ endMs }) => endMs > ms);
    return under.map(({ trouble }) => trouble);
  };
}

/** When a reader that is up to `busyMs` late looks first, at `ms` or later. */
function visitAfter(ms: number, visitMs: number, busyMs: number): number {
  for (let visit = Math.floor(ms / visitMs); ; visit++) {
    const atMs = visit * visitMs + busyMs * (((visit * 48_271) % 65_537) / 65_537) ** 3;
    if (atMs >= ms) return atMs;
  }
}

/** A frame as it lies in the recording. */
export interface FoundFrame extends SentFrame {
  /** How much too late it lies, in ms; nothing where it does not lie there, or more than once. */
  readonly offMs: number | undefined;
}

export interface AlignedCall {
  readonly aligner: LegAligner;
  readonly length: number;
  readonly legs: Readonly<Record<LegName, readonly FoundFrame[]>>;
  readonly changed: number;
}

/** Sends a call of `ms` through an aligner, frame by frame as they arrive; finds each of them in what comes out. */
export async function alignCall(
  lines: Readonly<Record<LegName, LineOptions>>,
  ms: number,
  options: LegAlignerOptions = {},
): Promise<AlignedCall> {
  const clock = new VirtualClock();
  const runs = { local: new RunFinder(), remote: new RunFinder() };
  const aligner = new LegAligner(
    {
      write: () => undefined,
      final: (samples) => {
        runs.local.push(samples, 0);
        runs.remote.push(samples, 1);
      },
    },
    options,
    { clock },
  );
  const sent = { local: framesOf(lines.local, ms), remote: framesOf(lines.remote, ms) };
  const at = { local: 0, remote: 0 };
  const next = { local: 0, remote: 0 };
  for (;;) {
    const due = (leg: LegName) => sent[leg][next[leg]]?.arrivesMs ?? Number.POSITIVE_INFINITY;
    const leg = due('local') < due('remote') ? 'local' : 'remote';
    const nowMs = due(leg);
    if (!Number.isFinite(nowMs)) break;
    if (nowMs > clock.now()) await clock.advance(nowMs - clock.now());
    const size = lines[leg].frameMs * SAMPLES_PER_MS;
    const read: SentFrame[] = [];
    const limit = lines[leg].visitMs === undefined ? 1 : Number.POSITIVE_INFINITY;
    while (read.length < limit && sent[leg][next[leg]]?.arrivesMs === nowMs) {
      const frame = sent[leg][next[leg]++];
      if (frame) read.push(frame);
    }
    const samples = new Int16Array(read.length * size);
    for (const [i, { index }] of read.entries()) samples.fill(levelOf(index), i * size, (i + 1) * size);
    const written = aligner[leg].write(samples, at[leg]);
    if (written) await written;
    at[leg] += samples.length;
  }
  await clock.advance(Math.max(0, ms - clock.now()));
  const length = await aligner.finish();
  const pace = 1 + lines.remote.ppm / 1e6;
  const found = (leg: LegName) => runs[leg].find(sent[leg], lines[leg].frameMs, pace);
  const { inserted, removed } = aligner.legs.local.stretcher.account;
  return {
    aligner,
    length,
    legs: { local: found('local'), remote: found('remote') },
    changed: inserted + removed,
  };
}

/** The level of all samples of a frame, by which it is told apart. */
export function levelOf(index: number): number {
  return codeOf(index) * LEVEL;
}

function codeOf(index: number): number {
  return (index % CODES) + 1;
}

/** Stretches of equal level in one channel. */
export class RunFinder {
  readonly #runs: { readonly code: number; readonly from: number; to: number }[] = [];
  #position = 0;
  #looked = 0;

  push(stereo: Int16Array, channel: 0 | 1): void {
    const end = this.#position + stereo.length / 2;
    for (; this.#looked < end; this.#looked += STEP) {
      const level = stereo[(this.#looked - this.#position) * 2 + channel] ?? 0;
      if (level === 0) continue;
      const code = Math.round(level / LEVEL);
      const last = this.#runs.at(-1);
      if (last && last.code === code && last.to === this.#looked) last.to += STEP;
      else this.#runs.push({ code, from: this.#looked, to: this.#looked + STEP });
    }
    this.#position = end;
  }

  /**
   * Looks for each frame where it belongs: its run is as long as the frame, but for what drift correction changes.
   *
   * @param pace How much slower than time the call's clock goes.
   */
  find(frames: readonly SentFrame[], frameMs: number, pace = 1): FoundFrame[] {
    const size = frameMs * SAMPLES_PER_MS;
    const placeOf = ({ sentMs }: SentFrame) => (sentMs / pace - frameMs) * SAMPLES_PER_MS;
    /** The runs of each code, and the first of them that may belong to a frame that is still to come. */
    const runs = new Map<number, { first: number; readonly from: number[] }>();
    for (const { code, from, to } of this.#runs) {
      if (to - from <= size / 2 || to - from >= size * 1.5) continue;
      const of = runs.get(code);
      if (of) of.from.push(from);
      else runs.set(code, { first: 0, from: [from] });
    }
    const near = (CODES * size) / 2;
    return frames.map((frame) => {
      const place = placeOf(frame);
      const of = runs.get(codeOf(frame.index));
      if (!of) return { ...frame, offMs: undefined };
      while ((of.from[of.first] ?? Number.POSITIVE_INFINITY) < place - near) of.first++;
      const from = of.from[of.first] ?? Number.POSITIVE_INFINITY;
      const isAlone =
        from < place + near && (of.from[of.first + 1] ?? Number.POSITIVE_INFINITY) >= place + near;
      return { ...frame, offMs: isAlone ? (from - place) / SAMPLES_PER_MS : undefined };
    });
  }
}
