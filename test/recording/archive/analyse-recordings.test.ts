import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ConversationAnalysis } from '../../../src/analysis/conversation-analysis.js';
import { analyseFile } from '../../../src/analysis/files/analyse-file.js';
import { analysisFile, readAnalysis } from '../../../src/recording/archive/analysis-file.js';
import {
  type AnalyseRecordingsOptions,
  analyseRecordings,
  analyseSealed,
  Catalogue,
  verifyRecording,
} from '../../../src/recording.js';
import { murmur } from '../../analysis/murmur.js';
import { cardCall, engine } from '../masking/card-call.js';
import { RecordingMaker } from './made-recordings.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jackfield-analyses-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** A conversation in which the remote leg interrupts, and nobody speaks for a while. */
function report() {
  const analysis = new ConversationAnalysis();
  analysis.push([murmur(16, [[1, 4]]), murmur(16, [[3, 6]], 2)]);
  analysis.end();
  return analysis.report();
}

it('an analysis is stored beside the recording, which still verifies, and is found by its figures', async () => {
  using catalogue = Catalogue.open(folder);
  const maker = new RecordingMaker(folder);
  const { file } = await maker.published(catalogue, 'anna');
  await maker.published(catalogue, 'bob');
  const before = await verifyRecording(file);
  const [entry] = catalogue.search({ partner: 'anna' });
  if (!entry) throw new Error('no entry');
  await catalogue.keepAnalysis(entry, report());
  expect(await verifyRecording(file)).toEqual(before);
  const partners = (query: Parameters<Catalogue['search']>[0]) =>
    catalogue.search(query).map(({ partner }) => partner);
  expect(partners({ minDeadAirMs: 9000 })).toEqual(['anna']);
  expect(partners({ minDeadAirMs: 12_000 })).toEqual([]);
  expect(partners({ interruptedBy: 'remote' })).toEqual(['anna']);
  expect(partners({ interruptedBy: 'local' })).toEqual([]);
  expect(catalogue.search({ partner: 'anna' })[0]?.figures).toMatchObject({ interruptionsByRemote: 1 });
  expect(catalogue.search({ partner: 'bob' })[0]?.figures).toBeUndefined();
  expect(readAnalysis(file, entry)).toMatchObject(report());
  expect(await catalogue.filesOf(entry)).toContain(analysisFile(file));
});

it('an analysis is in a rebuilt catalogue, and is removed with its recording', async () => {
  using catalogue = Catalogue.open(folder);
  const { file } = await new RecordingMaker(folder).published(catalogue, 'anna');
  const [entry] = catalogue.search();
  if (!entry) throw new Error('no entry');
  await catalogue.keepAnalysis(entry, report());
  await catalogue.annotate(entry.id, { note: 'heard' });
  await catalogue.rebuild();
  const [again] = catalogue.search({ interruptedBy: 'remote' });
  expect(again?.figures?.longestDeadAirMs).toBeGreaterThan(9000);
  await catalogue.remove(entry);
  expect(existsSync(analysisFile(file))).toBe(false);
});

it.each([
  ['cut off', (text: string) => text.slice(0, 200)],
  ['about another recording', (text: string) => text.replace(/"id": "[^"]+"/, '"id": "other"')],
  ['of another kind', () => '{"schema":"jackfield.analysis/1"}'],
  ['with a text for a figure', (text: string) => text.replace(/"deadAirMs": [\d.]+/, '"deadAirMs": "long"')],
  ['with too large a figure', (text: string) => text.replace(/("longestDeadAirMs": )[\d.]+/, '$11e999')],
  ['with a figure that is an object', (text: string) => text.replace(/("silenceRatio": )[\d.]+/, '$1{}')],
  ['without legs', (text: string) => text.replace('"legs": [', '"legs": "", "others": [')],
])('a file that is %s is refused as an analysis', async (_name, spoil) => {
  using catalogue = Catalogue.open(folder);
  const { file } = await new RecordingMaker(folder).published(catalogue, 'anna');
  const [entry] = catalogue.search();
  if (!entry) throw new Error('no entry');
  await catalogue.keepAnalysis(entry, report());
  await writeFile(analysisFile(file), spoil(await readFile(analysisFile(file), 'utf8')));
  expect(readAnalysis(file, entry)).toBeUndefined();
  await catalogue.rebuild();
  expect(catalogue.search()[0]?.figures).toBeUndefined();
});

const built = new URL('../../../dist/recording.js', import.meta.url);

it.skipIf(!existsSync(built))('analyses what has no analysis yet (needs npm run build)', async () => {
  const recording: typeof import('../../../src/recording.js') = await import(built.href);
  using catalogue = recording.Catalogue.open(folder);
  const maker = new RecordingMaker(folder);
  for (const partner of ['anna', 'bob', 'carl']) await maker.published(catalogue as Catalogue, partner);
  const told: string[] = [];
  const options = { workers: 2, onRecording: ({ partner }: { partner: string }) => told.push(partner) };
  expect(await recording.analyseRecordings(catalogue, { ...options, query: { partner: 'bob' } })).toBe(1);
  expect(await recording.analyseRecordings(catalogue, options)).toBe(2);
  expect(told.toSorted()).toEqual(['anna', 'bob', 'carl']);
  expect(await recording.analyseRecordings(catalogue, options)).toBe(0);
  expect(catalogue.search().every(({ figures }) => figures?.deadAirMs === 0)).toBe(true);
});

it('no more recordings are opened at once than are being analysed, plus one', async () => {
  using catalogue = Catalogue.open(folder);
  await new RecordingMaker(folder).published(catalogue, 'anna');
  const [entry] = catalogue.search();
  if (!entry) throw new Error('no entry');
  let [open, most, failed] = [0, 0, 0];
  const many = {
    search: () => Array.from({ length: 40 }, () => entry),
    keepAnalysis: () => Promise.resolve(),
    async fileOf() {
      most = Math.max(most, ++open);
      await Promise.resolve();
      open--;
      throw new Error('not there');
    },
  };
  const options = { workers: 2, onRecording: () => failed++ };
  expect(await analyseRecordings(many as unknown as Catalogue, options)).toBe(0);
  expect([most, failed]).toEqual([3, 40]);
});

it('the analysis of an encrypted recording is that of a plain one, and no plain copy is left', async () => {
  const identity = await generateX25519Identity();
  const encryptTo = [await identityToRecipient(identity)];
  using catalogue = Catalogue.open(folder);
  const clear = await cardCall(catalogue, 'anna');
  const { file } = await cardCall(catalogue, 'bob', { encryptTo });
  const told: unknown[] = [];
  const onRecording: AnalyseRecordingsOptions['onRecording'] = (_, report, error) =>
    told.push(error ?? report);
  const query = { partner: 'bob' };
  expect(await analyseRecordings(catalogue, { query, onRecording })).toBe(0);
  expect(await analyseRecordings(catalogue, { query, onRecording, identity })).toBe(1);
  const { local, remote } = clear.sidecar.legs;
  const ledgers = [local.ledger.spans, remote.ledger.spans];
  expect(told).toEqual([await analyseFile(clear.file, { ledgers })]);
  expect(existsSync(analysisFile(file))).toBe(false);
  expect(catalogue.search({ partner: 'bob' })[0]?.figures).toBeUndefined();
  const spoken = { transcriber: engine(), keywords: [{ phrase: 'maiden' }] };
  const report = await analyseSealed(file, identity, spoken);
  expect(report.talk.alerts).toHaveLength(1);
  await expect(analyseSealed(file, await generateX25519Identity())).rejects.toMatchObject({
    code: 'ERR_FILE',
  });
});
