import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ConversationAnalysis } from '../../../src/analysis/conversation-analysis.js';
import { parseVcon } from '../../../src/recording/vcon/vcon.js';
import { vconAudio } from '../../../src/recording/vcon/vcon-audio.js';
import { vconOf } from '../../../src/recording/vcon/vcon-of.js';
import { Catalogue } from '../../../src/recording.js';
import { decodeWav } from '../../../src/voice/wav/wav-bytes.js';
import { RecordingMaker } from '../archive/made-recordings.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jackfield-vcon-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function recorded(partner = 'anna') {
  using catalogue = Catalogue.open(folder);
  const { file, sidecar } = await new RecordingMaker(folder).published(catalogue, partner);
  const [entry] = catalogue.search();
  if (!entry) throw new Error('no entry');
  const analysis = new ConversationAnalysis();
  analysis.end();
  await catalogue.keepAnalysis(entry, analysis.report());
  await catalogue.annotate(entry.id, { transcript: 'remote: hello' });
  return { file, sidecar };
}

it('a vCon has all of a recording, and is read back with its audio', async () => {
  const { file, sidecar } = await recorded();
  const text = JSON.stringify(await vconOf(file, { localName: 'desk 1' }));
  const vcon = parseVcon(text);
  expect(vcon.uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(vcon.parties).toEqual([{ name: 'desk 1' }, { name: 'anna' }]);
  expect(vcon.dialog[0]).toMatchObject({
    type: 'recording',
    start: sidecar.audio.startedAt,
    duration: 0.1,
    parties: [0, 1],
  });
  expect(vcon.analysis.map(({ type, vendor }) => [type, vendor])).toEqual([
    ['transcript', 'jackfield'],
    ['conversation', 'jackfield'],
  ]);
  expect(vcon.attachments.map(({ purpose }) => purpose)).toEqual([
    'jackfield.recording',
    'jackfield.manifest',
  ]);
  for (const { body } of [...vcon.dialog, ...vcon.analysis, ...vcon.attachments])
    expect(typeof body).toBe('string');
  expect(JSON.parse(vcon.attachments[0]?.body ?? '')).toMatchObject({ id: sidecar.id });
  expect(vconAudio(vcon)).toEqual(await readFile(file));
  expect(decodeWav(vconAudio(vcon)).format).toEqual({ sampleRate: 16_000, channels: 2 });
  expect((await vconOf(file)).uuid).toBe(vcon.uuid);
});

it('a vCon may refer to audio elsewhere, or leave it out', async () => {
  const { file } = await recorded();
  const [there] = (await vconOf(file, { url: 'https://example.com/call.wav' })).dialog;
  expect(there).toMatchObject({ url: 'https://example.com/call.wav' });
  expect(there).not.toHaveProperty('body');
  const without = await vconOf(file, { withoutAudio: true });
  expect(without.dialog[0]?.content_hash).toBe(there?.content_hash);
  expect(() => vconAudio(without)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG' }));
});

it('a vCon with changed audio is refused', async () => {
  const { file } = await recorded();
  const vcon = await vconOf(file);
  const [dialog] = vcon.dialog;
  if (!dialog?.body) throw new Error('no audio');
  const spoilt = { ...vcon, dialog: [{ ...dialog, body: `AAAA${dialog.body.slice(4)}` }] };
  expect(() => vconAudio(spoilt)).toThrow(expect.objectContaining({ code: 'ERR_FILE' }));
  const { content_hash: _, ...unhashed } = dialog;
  expect(() => vconAudio({ ...vcon, dialog: [unhashed] })).toThrow(
    expect.objectContaining({ code: 'ERR_FILE' }),
  );
});

const LEAST = { uuid: '00000000-0000-8000-8000-000000000000', created_at: '2026-01-01T00:00:00Z' };
const DIALOG = { type: 'recording', start: '2026-01-01T00:00:00+02:00', parties: [0, null] };

it.each([
  ['nothing but what is needed', LEAST],
  [
    'fields of others',
    { ...LEAST, more: 1, parties: [{ tel: 'tel:+1', x: 2 }], dialog: [{ ...DIALOG, x: 1 }] },
  ],
])('%s is a valid vCon', (_name, value) => {
  expect(parseVcon(JSON.stringify(value))).toMatchObject(value);
});

it.each([
  ['no JSON', '{', 'ERR_INVALID_ARG'],
  ['no uuid', JSON.stringify({ created_at: LEAST.created_at }), 'ERR_INVALID_ARG'],
  [
    'a dialog without a start',
    JSON.stringify({ ...LEAST, parties: [{}], dialog: [{ ...DIALOG, start: undefined }] }),
    'ERR_INVALID_ARG',
  ],
  ['a body that is no string', JSON.stringify({ ...LEAST, attachments: [{ body: {} }] }), 'ERR_INVALID_ARG'],
  [
    'an analysis without a vendor',
    JSON.stringify({ ...LEAST, analysis: [{ type: 'x' }] }),
    'ERR_INVALID_ARG',
  ],
  ['a party that is not there', JSON.stringify({ ...LEAST, dialog: [DIALOG] }), 'ERR_INVALID_ARG'],
  [
    'a dialog that is not there',
    JSON.stringify({ ...LEAST, analysis: [{ type: 'x', vendor: 'y', dialog: 3 }] }),
    'ERR_INVALID_ARG',
  ],
  ['an extension that is needed', JSON.stringify({ ...LEAST, critical: ['x'] }), 'ERR_UNSUPPORTED'],
])('%s is refused', (_name, text, code) => {
  expect(() => parseVcon(text)).toThrow(expect.objectContaining({ code }));
});

it('a vCon with many errors is refused at the first, in a short line', () => {
  const wrong = (value: object) => {
    try {
      return parseVcon(JSON.stringify({ ...LEAST, ...value }));
    } catch (error) {
      return (error as Error).message;
    }
  };
  const many = Array.from({ length: 20_000 }, () => ({ type: 'no' }));
  expect(wrong({ parties: [{ tel: 5 }], dialog: many })).toBe(
    'This is not a vCon: parties.0.tel: Invalid input: expected string, received number',
  );
  expect(wrong({ dialog: many })).toMatch(/^This is not a vCon: dialog\.0\.type: .{0,200}$/);
  expect(wrong({ dialog: [{ ...DIALOG, parties: many }] })).toBe(
    'This is not a vCon: dialog.0.parties: Invalid input',
  );
  const name = `\u001b[2J${'x'.repeat(100_000)}`;
  expect(wrong({ critical: [name] })).toMatch(/^The vCon needs .*: \\u001b\[2Jx{50,200}\.$/);
});
