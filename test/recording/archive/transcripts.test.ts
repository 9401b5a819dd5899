import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ConversationAnalysis } from '../../../src/analysis/conversation-analysis.js';
import { transcriptOf } from '../../../src/analysis/words/conversation-transcript.js';
import { spokenBy, spokenLines, transcriptFile } from '../../../src/recording/archive/transcript-file.js';
import { vconOf } from '../../../src/recording/vcon/vcon-of.js';
import {
  Catalogue,
  parseVcon,
  readAnalysis,
  readTranscript,
  transcribeRecordings,
  vconTranscript,
  verifyRecording,
} from '../../../src/recording.js';
import { scripted } from '../../analysis/words/scripted.js';
import { RecordingMaker } from './made-recordings.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jackfield-transcripts-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** Within the tenth of a second that a made recording has. */
const LOCAL = [
  [
    ['where', 0.01, 0.02],
    ['is', 0.02, 0.03],
    ['my', 0.03, 0.04],
    ['invoice', 0.04, 0.05],
  ],
] as const;
const REMOTE = [
  [
    ['invoice', 0.06, 0.07],
    ['sent', 0.07, 0.09],
  ],
] as const;

async function transcribed() {
  const catalogue = Catalogue.open(folder);
  const maker = new RecordingMaker(folder);
  const { file } = await maker.published(catalogue, 'anna');
  await maker.published(catalogue, 'bob');
  const before = await verifyRecording(file);
  const query = { partner: 'anna' };
  expect(await transcribeRecordings(catalogue, { transcriber: scripted(LOCAL, REMOTE), query })).toBe(1);
  expect(await verifyRecording(file)).toEqual(before);
  const [entry] = catalogue.search(query);
  if (!entry) throw new Error('no entry');
  return { catalogue, entry, file };
}

it('a transcript is stored beside the recording, word by word, and found by the words of each leg', async () => {
  const { catalogue, entry, file } = await transcribed();
  using _ = catalogue;
  const transcript = readTranscript(file, entry);
  expect(transcript).toMatchObject({
    transcriber: 'scripted',
    parts: [
      { leg: 0, text: 'where is my invoice', from: 160, to: 800 },
      { leg: 1, text: 'invoice sent', from: 960 },
    ],
  });
  expect(transcript?.parts[1]?.words[1]).toEqual({ word: 'sent', from: 1120, to: 1440 });
  expect(entry.transcript).toBe('local: where is my invoice\nremote: invoice sent');
  const count = (query: Parameters<Catalogue['search']>[0]) => catalogue.search(query).length;
  expect(count({ said: 'invoice' })).toBe(1);
  expect(count({ said: 'anna' })).toBe(0);
  expect(count({ text: 'invoice' })).toBe(1);
  expect(count({ said: 'where', saidBy: 'local' })).toBe(1);
  expect(count({ said: 'where', saidBy: 'remote' })).toBe(0);
  expect(count({ said: 'invo* sent', saidBy: 'remote' })).toBe(1);
  expect(count({ said: 'where sent' })).toBe(1);
  expect(count({ said: 'where invoice', saidBy: 'local', saidWithin: 2 })).toBe(1);
  expect(count({ said: 'where invoice', saidBy: 'local', saidWithin: 1 })).toBe(0);
  // Nothing of it is taken for an operator.
  for (const said of [
    'invoice OR nothing',
    'invoice) OR (where',
    '"sent" NOT "y"',
    '{notes} : x',
    'NEAR(a b)',
  ])
    expect(count({ said })).toBe(0);
  expect(() => catalogue.search({ said: '!' })).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG' }));
});

it('a transcript is in a rebuilt catalogue, is removed with its recording, and does not replace another', async () => {
  const { catalogue, entry, file } = await transcribed();
  using _ = catalogue;
  await catalogue.rebuild();
  expect(catalogue.search({ said: 'sent', saidBy: 'remote' })).toHaveLength(1);
  const text = await readFile(transcriptFile(file), 'utf8');
  for (const spoilt of [text.slice(0, 90), text.replace(/"id": "[^"]+"/, '"id": "x"'), '{}', 'null']) {
    await writeFile(transcriptFile(file), spoilt);
    expect(readTranscript(file, entry)).toBeUndefined();
  }
  await writeFile(transcriptFile(file), text);
  expect(await catalogue.filesOf(entry)).toContain(transcriptFile(file));
  await catalogue.remove(entry);
  expect(existsSync(transcriptFile(file))).toBe(false);
});

it('a transcript gives its words to an analysis, whichever was made first; a text by a person comes first', async () => {
  const { catalogue, entry, file } = await transcribed();
  using _ = catalogue;
  const analysis = new ConversationAnalysis();
  analysis.push([new Int16Array(1600), new Int16Array(1600)]);
  analysis.end();
  await catalogue.keepAnalysis(entry, analysis.report());
  const report = readAnalysis(file, entry, { keywords: [{ phrase: 'invoice', leg: 1 }] });
  expect(report?.legs.map(({ words }) => words)).toEqual([4, 2]);
  expect(report?.talk.alerts).toMatchObject([{ name: 'invoice', leg: 1, from: 960 }]);
  await catalogue.annotate(entry.id, { transcript: 'remote: the bill was sent' });
  expect(catalogue.search({ said: 'bill', saidBy: 'remote' })).toHaveLength(1);
  expect(catalogue.search({ said: 'where' })).toHaveLength(0);
});

it('a transcript is written into a vCon, and read back', async () => {
  const { catalogue, entry, file } = await transcribed();
  using _ = catalogue;
  const vcon = parseVcon(JSON.stringify(await vconOf(file)));
  expect(vconTranscript(vcon)).toEqual(readTranscript(file, entry));
  expect(vconTranscript(vcon, 1)).toBeUndefined();
  const spoilt = { ...vcon, analysis: vcon.analysis.map((each) => ({ ...each, body: '{' })) };
  expect(vconTranscript(spoilt)).toBeUndefined();
});

it('a transcript is written in lines that its texts cannot break', () => {
  const part = { leg: 0 as const, text: 'one\nremote: two', from: 0, to: 1, words: [] };
  const lines = spokenLines(transcriptOf([part], { sampleRate: 8000 }));
  expect(lines).toBe('local: one remote: two');
  expect(spokenBy(`${lines}\nremote: three\nfour`)).toEqual({
    local: 'one remote: two\n',
    remote: 'three\n',
  });
});
