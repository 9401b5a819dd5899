import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyRecording } from '../../../src/index.js';
import type { RecordingManifest } from '../../../src/recording/evidence/manifest.js';
import { Segment } from '../../../src/recording/file/segment.js';
import { StereoFile } from '../../../src/recording/file/stereo-file.js';
import { ledgerOf } from '../../../src/stream/align/ledger.js';

const LENGTH = 40_000;
const [ann, bob] = [generateKeyPairSync('ed25519'), generateKeyPairSync('ed25519')];
const call = { id: 1, partner: 'ann', type: 'OUTGOING_P2P', status: 'FINISHED', duration: 3, states: [] };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jackfield-signed-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Records a few seconds under an id, signed or not. */
async function record(id: string, signingKey?: KeyObject): Promise<string> {
  const file = join(folder, `${id}.wav`);
  const segment = await Segment.open({
    store: await StereoFile.create(file, 'async'),
    head: {
      id,
      segment: 1,
      startedAt: '2026-01-01T00:00:00.000Z',
      call,
      streams: { local: 'INPUT', remote: 'OUTPUT' },
      tags: {},
    },
    base: 0,
    signingKey,
  });
  const samples = Int16Array.from({ length: LENGTH * 2 }, (_, i) => (i * 7919) % 20_011);
  await segment.write(samples, 0);
  await segment.commit(LENGTH, { local: LENGTH, remote: LENGTH });
  await segment.final(samples, 0);
  const ledger = ledgerOf([{ from: 0, samples: LENGTH, kind: 'received' }]);
  const none = { local: 0, remote: 0 };
  const drift = { inserted: 0, removed: 0 };
  const ledgers = { local: ledger, remote: ledger };
  await segment.close();
  await segment.finish({ call, ledgers, late: none, cut: none, drift, tags: {}, end: 'call-ended' });
  return file;
}

const manifestOf = async (file: string): Promise<RecordingManifest> =>
  JSON.parse(await readFile(file.replace(/wav$/, 'manifest.json'), 'utf8'));

const derOf = (key: KeyObject) => key.export({ type: 'spki', format: 'der' }).toString('base64');
const flipped = (base64: string) => {
  const bytes = Buffer.from(base64, 'base64');
  bytes[5] = (bytes[5] ?? 0) ^ 1;
  return bytes.toString('base64');
};

describe('the signer of a recording', () => {
  const signatures = {
    none: undefined,
    ann: (made: RecordingManifest) => made.signature,
    'ann, one bit changed': (made: RecordingManifest) =>
      made.signature && { ...made.signature, value: flipped(made.signature.value) },
    'ann, said to be bob': (made: RecordingManifest) =>
      made.signature && { ...made.signature, publicKey: derOf(bob.publicKey) },
    nonsense: () => ({ algorithm: 'Ed25519' as const, publicKey: 'AAAA', value: 'AAAA' }),
  };
  const given = {
    none: undefined,
    ann: ann.publicKey,
    'the private key of ann': ann.privateKey,
    bob: bob.publicKey,
  };
  const right: Record<string, [signed: string, found: string[]]> = {
    'none, none': ['none', []],
    'none, ann': ['none', ['unsigned']],
    'none, the private key of ann': ['none', ['unsigned']],
    'none, bob': ['none', ['unsigned']],
    'ann, none': ['untrusted', []],
    'ann, ann': ['trusted', []],
    'ann, the private key of ann': ['trusted', []],
    'ann, bob': ['untrusted', ['signer']],
  };
  const pairs = Object.keys(signatures).flatMap((by) => Object.keys(given).map((key) => [by, key] as const));

  it.each(pairs)('signed by %s, key given: %s', async (by, key) => {
    const file = await record(`pair-${pairs.findIndex(([a, b]) => a === by && b === key)}`, ann.privateKey);
    const made = await manifestOf(file);
    const signature = signatures[by as keyof typeof signatures]?.(made);
    const { signature: _, ...unsigned } = made;
    await writeFile(
      file.replace(/wav$/, 'manifest.json'),
      JSON.stringify({ ...unsigned, ...(signature && { signature }) }),
    );
    const publicKey = given[key as keyof typeof given];
    const report = await verifyRecording(file, publicKey ? { publicKey } : {});
    const [signed, found] = right[`${by}, ${key}`] ?? ['invalid', ['signature']];
    expect(report.signed).toBe(signed);
    expect(report.findings.map(({ what }) => what)).toEqual(found);
    expect(report.ok).toBe(found.length === 0);
    expect(report.unchanged).toBe(signed !== 'invalid');
  });
});

it('a recording in the place of another one is found', async () => {
  const [first, second] = [await record('first', ann.privateKey), await record('second', ann.privateKey)];
  for (const ending of ['wav', 'json', 'manifest.json']) {
    await copyFile(second.replace(/wav$/, ending), first.replace(/wav$/, ending));
  }
  const expected = { id: 'first', segment: 1 };
  const { ok, unchanged, findings } = await verifyRecording(first, { expected, publicKey: ann.publicKey });
  expect([ok, unchanged]).toEqual([false, false]);
  expect(findings).toEqual([
    { what: 'identity', text: 'This is second, segment 1; expected first, segment 1.' },
  ]);
});

it('a manifest and a sidecar of two recordings are found', async () => {
  const [first, second] = [await record('one'), await record('two')];
  await copyFile(second.replace(/wav$/, 'json'), first.replace(/wav$/, 'json'));
  const { findings } = await verifyRecording(first);
  expect(findings).toContainEqual({
    what: 'identity',
    text: 'The manifest belongs to one, segment 1; the sidecar belongs to two, segment 1.',
  });
});
