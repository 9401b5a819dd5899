import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { collectSamples, recoverRecording, verifyRecording } from '../../../src/index.js';
import { Segment } from '../../../src/recording/file/segment.js';
import { SealedFile } from '../../../src/recording/sealed/sealed-file.js';
import { openSealed, readTails } from '../../../src/recording.js';
import { ledgerOf } from '../../../src/stream/align/ledger.js';

let folder: string;
let file: string;
let identity: string;
let recipient: string;
const call = { id: 1, partner: 'ann', type: 'OUTGOING_P2P', status: 'INPROGRESS', duration: 7, states: [] };
const stereo = (from: number, count: number) =>
  Int16Array.from({ length: count * 2 }, (_, i) => ((from * 2 + i) * 31) % 9973);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jackfield-sealed-'));
  file = join(folder, 'call.wav.age');
  identity = await generateIdentity();
  recipient = await identityToRecipient(identity);
});
afterEach(() => rm(folder, { recursive: true }));

/** Records `count` samples, the last 4000 of which may still change. */
async function recorded(count: number): Promise<Segment> {
  const segment = await Segment.open({
    store: await SealedFile.create(file, [recipient]),
    head: {
      id: 'sealed',
      segment: 1,
      startedAt: '2026-01-01T00:00:00.000Z',
      call,
      streams: { local: 'INPUT', remote: 'OUTPUT' },
      tags: {},
    },
    base: 0,
    signingKey: undefined,
  });
  for (const leg of ['local', 'remote'] as const) segment.span(leg, { from: 0, kind: 'received' });
  for (let at = 0; at < count; at += 4000) {
    await segment.write(stereo(at, 4000), at);
    await segment.commit(at + 4000, { local: at + 4000, remote: at + 4000 });
    if (at > 0) await segment.final(stereo(at - 4000, 4000), at - 4000);
  }
  return segment;
}

describe('a recording that is encrypted', () => {
  it('holds no sample in the clear, and gives all of them only with the key', async () => {
    const segment = await recorded(160_000);
    await segment.final(stereo(156_000, 4000), 156_000);
    const ledger = ledgerOf([{ from: 0, samples: 160_000, kind: 'received' }]);
    const none = { local: 0, remote: 0 };
    const ledgers = { local: ledger, remote: ledger };
    const drift = { inserted: 0, removed: 0 };
    await segment.close();
    await segment.finish({ call, ledgers, late: none, cut: none, drift, tags: {}, end: 'call-ended' });
    expect((await readdir(folder)).sort()).toEqual(['call.json', 'call.manifest.json', 'call.wav.age']);
    const bytes = await readFile(file);
    expect(bytes.toString('latin1', 0, 21)).toBe('age-encryption.org/v1');
    expect(bytes.includes(Buffer.from(stereo(1000, 100).buffer))).toBe(false);
    const samples = await collectSamples(openSealed(file, identity));
    expect(Buffer.compare(Buffer.from(samples.buffer), Buffer.from(stereo(0, 160_000).buffer))).toBe(0);
    expect(await verifyRecording(file, { samples: openSealed(file, identity) })).toMatchObject({ ok: true });
    await expect(collectSamples(openSealed(file, await generateIdentity()))).rejects.toMatchObject({
      code: 'ERR_FILE',
    });
  });

  it('is recovered whole after a kill, from the age file and its tail', async () => {
    await recorded(80_000);
    // The process is gone: nothing was closed.
    const tail = await readTails(file, identity);
    expect(tail).toMatchObject({ sampleCount: 80_000, legs: { local: 80_000, remote: 80_000 } });
    await expect(recoverRecording(file)).rejects.toMatchObject({ code: 'ERR_INVALID_ARG' });
    const { sidecar } = await recoverRecording(file, { identity, encryptTo: [recipient] });
    expect(sidecar).toMatchObject({ end: 'killed', audio: { samples: 80_000 } });
    expect(sidecar.legs.local.ledger).toMatchObject({ received: 80_000, missing: 0 });
    const samples = await collectSamples(openSealed(file, identity));
    expect(Buffer.compare(Buffer.from(samples.buffer), Buffer.from(stereo(0, 80_000).buffer))).toBe(0);
    expect(await verifyRecording(file, { samples: openSealed(file, identity) })).toMatchObject({ ok: true });
    expect((await readdir(folder)).sort()).toEqual(['call.json', 'call.manifest.json', 'call.wav.age']);
  });

  it('is recovered when it was killed before its first record, and not touched without its key', async () => {
    await recorded(0);
    const other = await generateIdentity();
    await truncate(file, 40);
    const { sidecar } = await recoverRecording(file, { identity, encryptTo: [recipient] });
    expect(sidecar).toMatchObject({ end: 'killed', audio: { samples: 0 } });

    const segment = await recorded(160_000);
    for (const name of await readdir(folder)) if (name.includes('tail')) await rm(join(folder, name));
    const before = await readFile(file);
    const refused = recoverRecording(file, { identity: other, encryptTo: [recipient] });
    await expect(refused).rejects.toMatchObject({ code: 'ERR_FILE' });
    expect((await readFile(file)).equals(before)).toBe(true);
    await segment.discard().catch(() => undefined);
  });

  it('has a short tail, however long the call is', async () => {
    await recorded(16_000 * 200);
    const tails = (await readdir(folder)).filter((name) => name.includes('tail'));
    let bytes = 0;
    for (const name of tails) bytes += (await readFile(join(folder, name))).length;
    expect(bytes).toBeLessThan(9 * 1024 * 1024);
    const tail = await readTails(file, identity);
    const samples = await collectSamples(openSealed(file, identity, tail));
    expect(Buffer.compare(Buffer.from(samples.buffer), Buffer.from(stereo(0, 16_000 * 200).buffer))).toBe(0);
  });

  it('does not return changed data', async () => {
    const segment = await recorded(160_000);
    await segment.discard().catch(() => undefined);
    const whole = await SealedFile.create(file, [recipient]);
    await whole.final(stereo(0, 160_000));
    await whole.close();
    const bytes = await readFile(file);
    bytes[bytes.length - 5000] = (bytes[bytes.length - 5000] ?? 0) ^ 1;
    await writeFile(file, bytes);
    await expect(collectSamples(openSealed(file, identity))).rejects.toMatchObject({ code: 'ERR_FILE' });
  });

  it('refuses an invalid recipient, and an invalid identity', async () => {
    await expect(SealedFile.create(file, ['bob'])).rejects.toMatchObject({ code: 'ERR_INVALID_ARG' });
    await recorded(8000);
    await expect(readTails(file, 'bob')).rejects.toMatchObject({ code: 'ERR_INVALID_ARG' });
  });
});
