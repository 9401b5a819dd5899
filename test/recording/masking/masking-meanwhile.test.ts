import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { analyseFile } from '../../../src/analysis/files/analyse-file.js';
import { transcribeFile } from '../../../src/analysis/files/transcribe-file.js';
import type { CatalogueEntry } from '../../../src/recording/archive/catalogue-entry.js';
import { StagedRecording } from '../../../src/recording/masking/staged-recording.js';
import { Catalogue, maskRecordings, verifyRecording } from '../../../src/recording.js';
import type { Transcriber } from '../../../src/voice.js';
import { cardCall, engine } from './card-call.js';

let folder: string;
let catalogue: Catalogue;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jackfield-masking-'));
  catalogue = Catalogue.open(folder);
});
afterEach(async () => {
  catalogue.close();
  await rm(folder, { recursive: true });
});

/** Does something while the masked recording is listened to again. */
function hearing(meanwhile: () => Promise<unknown>): Transcriber {
  const inner = engine();
  let asked = 0;
  return {
    ...inner,
    transcribe: async (request) => {
      // Each leg was heard once before.
      if (++asked === 3) await meanwhile();
      return await inner.transcribe(request);
    },
  };
}

const MEANWHILE: readonly [what: string, act: (entry: CatalogueEntry, file: string) => Promise<unknown>][] = [
  ['put under legal hold', ({ id }) => catalogue.hold(id, 'court')],
  ['annotated', ({ id }) => catalogue.annotate(id, { note: 'card 4111111111111111' })],
  [
    'transcribed',
    async (entry, file) =>
      await catalogue.keepTranscript(entry, await transcribeFile(file, { transcriber: engine() })),
  ],
  ['analysed', async (entry, file) => await catalogue.keepAnalysis(entry, await analyseFile(file))],
];

it.each(MEANWHILE)(
  'a recording that is %s while it is masked stays unchanged, without an error',
  async (_, act) => {
    const { file } = await cardCall(catalogue, 'ann');
    const before = await readFile(file);
    const [entry] = catalogue.search();
    if (!entry) throw new Error('no entry');
    const errors: (Error | undefined)[] = [];
    const mask = (transcriber: Transcriber) =>
      maskRecordings(catalogue, { transcriber, onRecording: (_entry, _result, error) => errors.push(error) });
    expect(await mask(hearing(() => act(entry, file)))).toBe(0);
    expect(errors).toMatchObject([
      { code: 'ERR_INVALID_STATE', message: expect.stringContaining('was not masked or changed') },
    ]);
    expect((await readFile(file)).equals(before)).toBe(true);
    expect(await verifyRecording(file)).toMatchObject({ ok: true });
    expect(await readdir(join(folder, '.masking'))).toEqual(['.lock']);
    await catalogue.hold(entry.id, undefined);
    expect(await mask(engine())).toBe(1);
  },
);

it('a transcript that another process adds meanwhile is masked, too', async () => {
  const { file } = await cardCall(catalogue, 'ann');
  const [entry] = catalogue.search();
  if (!entry) throw new Error('no entry');
  let asked = 0;
  const deaf: Transcriber = {
    name: 'deaf',
    transcribe: async () => {
      if (asked++ === 0)
        await catalogue.keepTranscript(entry, await transcribeFile(file, { transcriber: engine() }));
      return { text: '' };
    },
  };
  expect(await maskRecordings(catalogue, { transcriber: deaf })).toBe(1);
  const { sidecar } = await verifyRecording(file);
  expect(sidecar.maskings?.[0]?.spans.map(({ rule }) => rule)).toEqual(['card-spoken', 'card-pressed']);
});

it('nothing is left behind when the plan cannot be written', async () => {
  await cardCall(catalogue, 'ann');
  const staged = await StagedRecording.begin(folder, 'calls/ann.wav');
  await mkdir(staged.place('plan.json'));
  await expect(staged.commit(async () => undefined)).rejects.toMatchObject({ code: 'ERR_FILE' });
  expect(await readdir(join(folder, '.masking'))).toEqual([]);
});
