import { generateKeyPairSync } from 'node:crypto';
import { copyFile, mkdtemp, open, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BLOCK_SAMPLES } from '../../../src/call/recording/block-chain.js';
import { ledgerOf } from '../../../src/call/recording/ledger.js';
import { Segment } from '../../../src/call/recording/segment.js';
import { StereoFile } from '../../../src/call/recording/stereo-file.js';
import { verifyRecording, WavReader } from '../../../src/index.js';

const LENGTH = BLOCK_SAMPLES * 3 + 1000;
const keys = generateKeyPairSync('ed25519');
const call = { id: 1, partner: 'ann', type: 'OUTGOING_P2P', status: 'FINISHED', duration: 7, states: [] };

let folder: string;
let made: string;
let file: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jackfield-verify-'));
  made = join(folder, 'made.wav');
  const segment = await Segment.open({
    store: await StereoFile.create(made, 'async'),
    head: {
      id: 'a-recording',
      segment: 1,
      startedAt: '2026-01-01T00:00:00.000Z',
      call,
      streams: { local: 'INPUT', remote: 'OUTPUT' },
      tags: {},
    },
    base: 0,
    signingKey: keys.privateKey,
  });
  const samples = Int16Array.from({ length: LENGTH * 2 }, (_, i) => (i * 7919) % 20_011);
  await segment.write(samples, 0);
  await segment.commit(LENGTH, { local: LENGTH, remote: LENGTH });
  await segment.final(samples, 0);
  const ledger = ledgerOf([{ from: 0, samples: LENGTH, kind: 'received' }]);
  const none = { local: 0, remote: 0 };
  const ledgers = { local: ledger, remote: ledger };
  const drift = { inserted: 0, removed: 0 };
  await segment.finish({ call, ledgers, late: none, cut: none, drift, tags: {}, end: 'call-ended' });
});
afterAll(() => rm(folder, { recursive: true }));

beforeEach(async () => {
  file = join(folder, 'copy.wav');
  for (const ending of ['wav', 'json', 'manifest.json']) {
    await copyFile(made.replace(/wav$/, ending), file.replace(/wav$/, ending));
  }
});

/** Overwrites stereo samples of the copy. */
async function change(at: number, bytes: Uint8Array): Promise<void> {
  await using reader = await WavReader.open(file);
  const handle = await open(file, 'r+');
  await handle.write(bytes, 0, bytes.length, reader.layout.dataOffset + at * 4);
  await handle.close();
}

async function edit(ending: string, from: string | RegExp, to: string): Promise<void> {
  const path = file.replace(/wav$/, ending);
  await writeFile(path, (await readFile(path, 'utf8')).replace(from, to));
}

describe('verifyRecording', () => {
  it('finds nothing in what nobody touched, and knows who signed', async () => {
    const report = await verifyRecording(file, { publicKey: keys.publicKey });
    expect(report).toMatchObject({ ok: true, findings: [], signed: 'trusted', samples: LENGTH, blocks: 4 });
    expect((await verifyRecording(file)).signed).toBe('untrusted');
  });

  it.each([0, 1, 2, 3])('names block %i as the first that was changed', async (block) => {
    await change(block * BLOCK_SAMPLES + 500, Uint8Array.of(1, 2, 3));
    const { ok, findings } = await verifyRecording(file);
    expect(ok).toBe(false);
    expect(findings).toEqual([
      { what: 'audio', block, atMs: block * 2000, text: `Block ${block} was changed.` },
    ]);
  });

  it('names where the file was cut off', async () => {
    await using reader = await WavReader.open(file);
    await truncate(file, reader.layout.dataOffset + BLOCK_SAMPLES * 2 * 4);
    const { findings } = await verifyRecording(file);
    expect(findings[0]).toMatchObject({ what: 'audio', block: 2, text: expect.stringContaining('cut off') });
    expect(findings).toContainEqual(expect.objectContaining({ what: 'length' }));
  });

  it('tells that blocks were reordered', async () => {
    const bytes = await readFile(file);
    await using reader = await WavReader.open(file);
    const at = (block: number) => reader.layout.dataOffset + block * BLOCK_SAMPLES * 4;
    await change(0, bytes.subarray(at(1), at(2)));
    await change(BLOCK_SAMPLES, bytes.subarray(at(0), at(1)));
    const { findings } = await verifyRecording(file);
    expect(findings[0]).toMatchObject({ block: 0, text: expect.stringContaining('what belongs in block 1') });
  });

  it.each([
    ['the sidecar', 'json', '"ann"', '"eve"', 'sidecar'],
    ['a sum of the ledger', 'json', /"received": \d+/, '"received": 5', 'ledger'],
    ['a hash of the manifest', 'manifest.json', /"[0-9a-f]{64}"/, `"${'0'.repeat(64)}"`, 'chain'],
    ['the signed statement', 'manifest.json', '"a-recording"', '"b-recording"', 'signature'],
  ])('finds that %s was changed', async (_, ending, from, to, what) => {
    await edit(ending, from, to);
    const { findings } = await verifyRecording(file);
    expect(findings.map((finding) => finding.what)).toContain(what);
  });

  it('refuses another signer, and none', async () => {
    const other = generateKeyPairSync('ed25519').publicKey;
    expect((await verifyRecording(file, { publicKey: other })).findings).toEqual([
      { what: 'signature', text: expect.stringContaining('another key') },
    ]);
    await edit('manifest.json', /,\s*"signature": \{[^}]*\}/, '');
    expect((await verifyRecording(file, { publicKey: other })).findings).toEqual([
      { what: 'signature', text: 'The manifest is not signed.' },
    ]);
    expect((await verifyRecording(file)).ok).toBe(true);
  });

  it('says what is no sidecar or manifest', async () => {
    await writeFile(file.replace(/wav$/, 'manifest.json'), '{}');
    await expect(verifyRecording(file)).rejects.toMatchObject({ code: 'ERR_SYNTAX' });
    await writeFile(file.replace(/wav$/, 'manifest.json'), '{');
    await expect(verifyRecording(file)).rejects.toMatchObject({ code: 'ERR_SYNTAX' });
  });
});
