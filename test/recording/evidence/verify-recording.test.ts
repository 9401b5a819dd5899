import { createHash, generateKeyPairSync } from 'node:crypto';
import { copyFile, mkdtemp, open, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { JackfieldError, verifyRecording, WavReader } from '../../../src/index.js';
import { SIDECAR_SCHEMA } from '../../../src/recording/details-schema.js';
import { BLOCK_SAMPLES } from '../../../src/recording/evidence/block-chain.js';
import { Segment } from '../../../src/recording/file/segment.js';
import { StereoFile } from '../../../src/recording/file/stereo-file.js';
import { ledgerOf } from '../../../src/stream/align/ledger.js';

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
  await segment.close();
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
  it('finds no fault in an untouched recording, and names the signer', async () => {
    const report = await verifyRecording(file, { publicKey: keys.publicKey });
    expect(report).toMatchObject({ ok: true, findings: [], signed: 'trusted', samples: LENGTH, blocks: 4 });
    expect((await verifyRecording(file)).signed).toBe('untrusted');
  });

  it.each([0, 1, 2, 3])('reports block %i as the first changed one', async (block) => {
    await change(block * BLOCK_SAMPLES + 500, Uint8Array.of(1, 2, 3));
    const { ok, findings } = await verifyRecording(file);
    expect(ok).toBe(false);
    expect(findings).toEqual([
      { what: 'audio', block, atMs: block * 2000, text: `Block ${block} was changed.` },
    ]);
  });

  it('reports where the file was cut off', async () => {
    await using reader = await WavReader.open(file);
    await truncate(file, reader.layout.dataOffset + BLOCK_SAMPLES * 2 * 4);
    const { findings } = await verifyRecording(file);
    expect(findings[0]).toMatchObject({ what: 'audio', block: 2, text: expect.stringContaining('cut off') });
    expect(findings).toContainEqual(expect.objectContaining({ what: 'length' }));
  });

  it('reports the block within which the file was cut off', async () => {
    await using reader = await WavReader.open(file);
    await truncate(file, reader.layout.dataOffset + (BLOCK_SAMPLES + 100) * 4);
    const { findings } = await verifyRecording(file);
    expect(findings[0]).toMatchObject({ block: 1, text: expect.stringContaining('the file ends within it') });
  });

  it('reports reordered blocks', async () => {
    const bytes = await readFile(file);
    await using reader = await WavReader.open(file);
    const at = (block: number) => reader.layout.dataOffset + block * BLOCK_SAMPLES * 4;
    await change(0, bytes.subarray(at(1), at(2)));
    await change(BLOCK_SAMPLES, bytes.subarray(at(0), at(1)));
    const { findings } = await verifyRecording(file);
    expect(findings[0]).toMatchObject({ block: 0, text: expect.stringContaining('the content of block 1') });
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

  it('refuses another signer, and a missing signature', async () => {
    const other = generateKeyPairSync('ed25519').publicKey;
    expect((await verifyRecording(file, { publicKey: other })).findings).toEqual([
      { what: 'signer', text: expect.stringContaining('a key other than') },
    ]);
    await edit('manifest.json', /,\s*"signature": \{[^}]*\}/, '');
    expect((await verifyRecording(file, { publicKey: other })).findings).toEqual([
      { what: 'unsigned', text: 'The manifest is not signed.' },
    ]);
    expect((await verifyRecording(file)).ok).toBe(true);
  });

  it('finds sound where the ledger has silence, although its sums are right', async () => {
    const path = file.replace(/wav$/, 'json');
    const sidecar = JSON.parse(await readFile(path, 'utf8'));
    sidecar.legs.local.ledger = ledgerOf([{ from: 0, samples: LENGTH, kind: 'masked' }]);
    await writeFile(path, JSON.stringify(sidecar));
    const { findings } = await verifyRecording(file);
    expect(findings).toContainEqual({
      what: 'ledger',
      text: 'The local leg: There is sound at 0, where the ledger has silence.',
    });
  });

  it('finds a header that makes the same samples play differently', async () => {
    const handle = await open(file, 'r+');
    await using reader = await WavReader.open(file);
    const bytes = await readFile(file);
    const rateAt = bytes.indexOf('fmt ') + 12;
    expect(bytes.readUInt32LE(rateAt)).toBe(reader.format.sampleRate);
    await handle.write(Buffer.from([0x40, 0x1f, 0, 0]), 0, 4, rateAt);
    await handle.close();
    const { ok, findings } = await verifyRecording(file);
    expect(ok).toBe(false);
    expect(findings[0]).toMatchObject({ what: 'format', text: expect.stringContaining('8000 Hz') });
  });

  it('reports an invalid sidecar or manifest, field by field', async () => {
    await writeFile(file.replace(/wav$/, 'manifest.json'), '{"schema":"jackfield.manifest/1","blocks":[7]}');
    await expect(verifyRecording(file)).rejects.toMatchObject({
      code: 'ERR_SYNTAX',
      message: expect.stringMatching(
        /copy\.manifest\.json is damaged or is not a manifest.*\n.*blocks\.0: /s,
      ),
    });
    await writeFile(file.replace(/wav$/, 'manifest.json'), '{');
    await expect(verifyRecording(file)).rejects.toMatchObject({ code: 'ERR_SYNTAX' });
  });

  it('answers any sidecar and manifest with a report or a typed error', async () => {
    const paths = { json: file.replace(/wav$/, 'json'), manifest: file.replace(/wav$/, 'manifest.json') };
    const texts = {
      json: await readFile(paths.json, 'utf8'),
      manifest: await readFile(paths.manifest, 'utf8'),
    };
    const edits = fc.record({
      which: fc.constantFrom('json', 'manifest'),
      at: fc.nat(),
      value: fc.oneof(fc.jsonValue(), fc.integer(), fc.double(), fc.constantFrom(-1, 1e308, 0.5, '', null)),
    });
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(edits, fc.boolean(), async ({ which, at, value }, resealed) => {
        const changed = { ...texts, [which]: withOneChanged(texts[which], at, value) };
        // A forger makes the manifest fit the sidecar.
        const hash = createHash('sha256').update(changed.json).digest('hex');
        if (resealed) changed.manifest = changed.manifest.replace(/"sidecar":"[^"]*"/, `"sidecar":"${hash}"`);
        await writeFile(paths.json, changed.json);
        await writeFile(paths.manifest, changed.manifest);
        const outcome = await verifyRecording(file, { publicKey: keys.publicKey }).catch((error) => error);
        if (outcome instanceof Error) {
          expect(outcome).toBeInstanceOf(JackfieldError);
          expect(outcome).toMatchObject({ code: 'ERR_SYNTAX' });
          seen.add('error');
        } else {
          expect(outcome.ok).toBe(outcome.findings.length === 0);
          seen.add(outcome.ok ? 'ok' : 'found');
        }
      }),
      { numRuns: 300 },
    );
    expect([...seen]).toEqual(expect.arrayContaining(['error', 'found']));
  });

  it('answers any bytes in place of sidecar, manifest and audio in the same way', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('wav', 'json', 'manifest.json'),
        fc.oneof(
          fc.uint8Array({ maxLength: 200 }),
          fc.json().map((text) => Buffer.from(text)),
        ),
        async (ending, bytes) => {
          for (const each of ['wav', 'json', 'manifest.json'])
            await copyFile(made.replace(/wav$/, each), file.replace(/wav$/, each));
          await writeFile(file.replace(/wav$/, ending), bytes);
          await expect(verifyRecording(file)).rejects.toMatchObject({
            code: expect.stringMatching(/^ERR_(SYNTAX|WAV)$/),
          });
        },
      ),
      { numRuns: 100 },
    );
  });

  it('has the schema of the sidecar in docs', async () => {
    const schema = JSON.parse(await readFile('docs/recording-sidecar.schema.json', 'utf8'));
    expect(schema).toEqual(JSON.parse(JSON.stringify(z.toJSONSchema(SIDECAR_SCHEMA))));
  });
});

/** The JSON with one of its values, at any depth, put in place of by another. */
function withOneChanged(text: string, at: number, value: unknown): string {
  const root: unknown = JSON.parse(text);
  const places: { readonly parent: Record<string, unknown>; readonly key: string }[] = [];
  const visit = (parent: unknown): void => {
    if (typeof parent !== 'object' || parent === null) return;
    for (const [key, child] of Object.entries(parent)) {
      places.push({ parent: parent as Record<string, unknown>, key });
      visit(child);
    }
  };
  visit(root);
  const place = places[at % places.length];
  if (place) place.parent[place.key] = value;
  return JSON.stringify(root);
}
