import { mkdtemp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { VirtualClock } from '../../../src/base/time/clock.js';
import { Segment } from '../../../src/recording/file/segment.js';
import { StereoFile } from '../../../src/recording/file/stereo-file.js';
import { LiveMask } from '../../../src/recording/masking/live-mask.js';
import type { LiveMaskOptions } from '../../../src/recording/masking/live-mask-options.js';
import type { MaskSpan } from '../../../src/recording/masking/mask-spans.js';
import { RecordingTrack } from '../../../src/recording/recording-track.js';
import { concatSamples, splitChannels, WavReader } from '../../../src/voice.js';
import type { Talk } from './ears.js';

/** Extra silence around each find, in samples. */
export const MARGIN = 4000;
export const CARD = 'four one one one one one one one one one one one one one one one';
const START_MS = Date.UTC(2026, 0, 1);
const CALL = { id: 7, partner: 'ann', type: 'INCOMING_P2P', status: '', duration: 0, states: [] };

/** More settings of a {@link Masked} recording. */
interface MaskedMore {
  readonly everyMs?: number | undefined;
  readonly resumeWhenRoom?: boolean;
}

/** A recording of a call with a mask, on a clock that stands still between two steps. */
export class Masked {
  readonly told: MaskSpan[] = [];
  readonly failures: string[] = [];
  readonly file: string;
  readonly track: RecordingTrack;
  readonly clock: VirtualClock;
  /** Stretch of the remote leg that does not come. */
  lost: readonly [from: number, to: number] | undefined;
  #at = 0;

  private constructor(within: string, clock: VirtualClock, mask: LiveMask, more: MaskedMore) {
    const { everyMs, resumeWhenRoom = false } = more;
    this.file = join(within, 'call-1.wav');
    this.clock = clock;
    this.track = new RecordingTrack({
      ...{ clock, mask, maxMs: undefined, resumeWhenRoom, preRollMs: undefined, correctDrift: false },
      rules: everyMs === undefined ? {} : { everyMs },
      open: async (index, base, unwritten) =>
        Segment.open({
          store: await StereoFile.create(join(within, `call-${index}.wav`), 'sync'),
          head: {
            ...{ id: 'masked', segment: index, call: CALL, tags: {}, masks: mask.masks },
            ...(unwritten > 0 && { unwritten: { samples: unwritten, reason: 'disk-full' } }),
            startedAt: new Date(START_MS + base / 16).toISOString(),
            streams: { local: 'CAPTURE_MIC', remote: 'OUTPUT' },
          },
          base,
          signingKey: undefined,
        }),
      hasRoom: async () => true,
      gapName: () => ({ kind: 'missing', reason: 'stalled' }),
      facts: () => ({ call: CALL, tags: {} }),
    });
    this.track.aligner.byPosition();
    this.track.on('masked', (span) => this.told.push(span));
    this.track.on('mask-failed', ({ message }) => this.failures.push(message));
  }

  /** Begins a recording in a folder of its own within `folder`. */
  static async begin(folder: string, options: LiveMaskOptions, more: MaskedMore = {}): Promise<Masked> {
    const clock = new VirtualClock(START_MS);
    const within = await mkdtemp(join(folder, 'call-'));
    const masked = new Masked(within, clock, await LiveMask.open(options, { clock }), more);
    await masked.track.begin();
    return masked;
  }

  /** Lets a piece of the call come. */
  async come({ local, remote }: Talk, samples: number, lag = 0): Promise<void> {
    const from = this.#at;
    const to = Math.min(from + samples, remote.length);
    if (from >= to) return;
    this.#at = to;
    await this.clock.advance((to - from) / 16);
    const [lostFrom, lostTo] = this.lost ?? [to, to];
    for (const [begin, end] of [
      [from, Math.min(to, lostFrom)],
      [Math.max(from, lostTo), to],
    ] as const)
      if (begin < end) await this.track.aligner.remote.write(remote.slice(begin, end), begin);
    const [begin, end] = [Math.max(0, from - lag), Math.max(0, to === remote.length ? to : to - lag)];
    if (begin < end) await this.track.aligner.local.write(local.slice(begin, end), begin);
    await this.track.aligner.flush();
    // What was understood is told in later turns.
    for (let turn = 0; turn < 4; turn++) await new Promise(setImmediate);
  }

  async all(call: Talk, pieces: readonly number[] = [8000], lag = 0): Promise<void> {
    for (let turn = 0; this.#at < call.remote.length; turn++)
      await this.come(call, pieces[turn % pieces.length] ?? 8000, lag);
  }

  /** Samples that are on the disk now, whatever counts them. */
  async onDisk(): Promise<Int16Array> {
    const bytes = await readFile(this.file);
    const data = bytes.indexOf('data') + 8;
    return new Int16Array(
      bytes.buffer.slice(bytes.byteOffset + data, bytes.byteOffset + data + ((bytes.length - data) & ~3)),
    );
  }

  async end() {
    await this.track.finish('stopped');
    return this.track.segments.map(({ sidecar }) => sidecar);
  }
}

export async function samplesOf(file: string): Promise<Int16Array[]> {
  await using reader = await WavReader.open(file);
  const parts: Int16Array[] = [];
  for await (const samples of reader) parts.push(samples.slice());
  return splitChannels(concatSamples(parts), 2);
}

/** True for two legs that are the same to the sample. */
export const same = (one: readonly Int16Array[], other: readonly Int16Array[]) =>
  one.every((leg, at) =>
    Buffer.from(leg.slice().buffer).equals(Buffer.from((other[at] ?? leg.slice(1)).slice().buffer)),
  );

/** What a call is with silence in some places of both legs. */
export function silenced(
  { local, remote }: Talk,
  masks: readonly (readonly [number, number])[],
): Int16Array[] {
  return [local, remote].map((leg) => {
    const copy = leg.slice();
    for (const [from, to] of masks) copy.fill(0, from, to);
    return copy;
  });
}
