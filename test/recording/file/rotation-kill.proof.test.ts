import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { recoverRecording, VirtualClock, verifyRecording } from '../../../src/index.js';
import type { AudioStore } from '../../../src/recording/file/audio-store.js';
import { Segment } from '../../../src/recording/file/segment.js';
import { StereoFile } from '../../../src/recording/file/stereo-file.js';
import { RecordingTrack } from '../../../src/recording/recording-track.js';
import { discardUnfinished, findUnfinished, isWorthRecovering } from '../../../src/recording.js';

const CALL = { id: 7, partner: 'ann', type: 'INCOMING_P2P', status: '', duration: 0, states: [] };
const START_MS = Date.UTC(2026, 0, 1);

let folder: string;
let copies = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jackfield-rotation-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A recording in files of a second, whose microphone lags and stands still where it is told to. */
class Rotating {
  readonly track: RecordingTrack;
  readonly #clock = new VirtualClock(START_MS);
  readonly #sent = { local: 0, remote: 0 };

  constructor(within: string) {
    this.track = new RecordingTrack({
      clock: this.#clock,
      rules: { everyMs: 1000 },
      maxMs: undefined,
      resumeWhenRoom: false,
      preRollMs: undefined,
      open: async (index, base) =>
        Segment.open({
          store: await this.#watched(join(within, `call-${index}.wav`)),
          head: {
            id: 'rotating',
            segment: index,
            startedAt: new Date(START_MS + base / 16).toISOString(),
            call: CALL,
            streams: { local: 'CAPTURE_MIC', remote: 'OUTPUT' },
            tags: {},
          },
          base,
          signingKey: undefined,
        }),
      hasRoom: async () => true,
      gapName: () => ({ kind: 'missing', reason: 'stalled' }),
      facts: () => ({ call: CALL, tags: {} }),
    });
  }

  /** Lets time pass; both legs are sound, and come to where they are told to be. */
  async pass(ms: number, localLagMs: number): Promise<void> {
    await this.#clock.advance(ms);
    const now = (this.#clock.unixMs() - START_MS) * 16;
    await this.#bring('remote', now);
    await this.#bring('local', now - localLagMs * 16);
    await this.track.aligner.flush();
  }

  /** A kill may come before each write, too: looked at while two files are open. */
  async #watched(path: string): Promise<AudioStore> {
    const file = await StereoFile.create(path, 'sync');
    const look = async () => {
      const journals = (await readdir(dirname(path))).filter((name) => name.endsWith('.journal'));
      if (journals.length > 1) await expectRecoverable(dirname(path));
    };
    return {
      path,
      write: (samples, position) => look().then(() => file.write(samples, position)),
      commit: (count, legs) => look().then(() => file.commit(count, legs)),
      close: (count, legs) => look().then(() => file.close(count, legs)),
      final: () => undefined,
      checkPresence: () => file.checkPresence(),
    };
  }

  async #bring(leg: 'local' | 'remote', to: number): Promise<void> {
    const from = this.#sent[leg];
    if (to <= from) return;
    this.#sent[leg] = to;
    await this.track.aligner[leg].write(new Int16Array(to - from).fill(1000), from);
  }
}

/** What a kill right now would leave is finished, and every file of it is what its ledger says. */
async function expectRecoverable(within: string): Promise<void> {
  const left = await copied(within);
  for (const file of await findUnfinished(left)) {
    if (await isWorthRecovering(file)) await recoverRecording(file);
    else await discardUnfinished(file);
  }
  for (const name of await readdir(left)) {
    if (!/^call-\d+\.wav$/.test(name)) continue;
    const { ok, findings } = await verifyRecording(join(left, name));
    expect([name, ok, findings]).toEqual([name, true, []]);
  }
  await rm(left, { recursive: true });
}

/** A copy of a folder in which files are made and renamed meanwhile: it is begun again where one of them has gone. */
async function copied(within: string): Promise<string> {
  for (;;) {
    const copy = join(folder, `left-${copies++}`);
    try {
      await cp(within, copy, { recursive: true });
      return copy;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
      await rm(copy, { recursive: true, force: true });
    }
  }
}

it('a recording has a ledger that agrees with its audio, wherever it is killed while it changes files', async () => {
  const lag = fc.constantFrom(0, 60, 240, 700, 2500);
  const steps = fc.array(fc.tuple(fc.constantFrom(20, 200, 260), lag), { minLength: 12, maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(steps, async (passes) => {
      const within = await mkdtemp(join(folder, 'call-'));
      const rotating = new Rotating(within);
      await rotating.track.begin();
      for (const [ms, lagMs] of passes) {
        await rotating.pass(ms, lagMs);
        await expectRecoverable(within);
      }
      await rotating.track.finish('stopped');
      await expectRecoverable(within);
    }),
    { numRuns: 3, seed: 18 },
  );
}, 120_000);
