import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import { describe, expect, it } from 'vitest';
import { verifyRecording } from '../../../src/index.js';
import { Segment } from '../../../src/recording/file/segment.js';
import { StereoFile } from '../../../src/recording/file/stereo-file.js';
import { SealedFile } from '../../../src/recording/sealed/sealed-file.js';
import { openSealed, type SegmentResult, verifyWebhook } from '../../../src/recording.js';

import { folder, onRecorderStage, recordedCall, start } from './recorder-stage.js';

onRecorderStage();

describe('a recorder, besides the calls that it records', () => {
  it('reports a missing catalogue; the recording is kept', async () => {
    const on = await start();
    const failed = once(on, 'failed');
    await rm(join(folder, 'catalogue.sqlite'));
    const { file } = await recordedCall(on);
    expect((await failed)[0]).toMatchObject({
      code: 'ERR_FILE',
      message: expect.stringContaining('catalogue.sqlite'),
    });
    expect(existsSync(file)).toBe(true);
    await on.close();
  });

  it('notifies a webhook, with a signature and one event id for all attempts, and a hook, without a shell', async () => {
    const secret = 'a secret of some length';
    const seen: { id: string; fits: boolean; body: { id: string; type: string; data: { file: string } } }[] =
      [];
    const receiver = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => {
        body += chunk.toString();
      });
      request.on('end', () => {
        const { 'jackfield-event': id, 'jackfield-signature': signature } = request.headers;
        seen.push({
          id: String(id),
          fits: verifyWebhook(body, String(signature), secret),
          body: JSON.parse(body),
        });
        response.statusCode = seen.length === 1 ? 500 : 204;
        response.end();
      });
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    const address = receiver.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const told = join(folder, 'told; rm -rf nothing');
    const options = {
      webhook: { url: `http://127.0.0.1:${port}/`, secret },
      hook: {
        command: process.execPath,
        args: ['-e', `require('fs').writeFileSync(process.argv[1], require('fs').readFileSync(0))`, told],
      },
    };
    const on = await start(options);
    const undelivered = once(on, 'undelivered');
    const { file } = await recordedCall(on);
    const [, channel, error, last] = await undelivered;
    expect([channel, error, last]).toMatchObject([
      'webhook',
      { message: expect.stringContaining('500') },
      false,
    ]);
    await on.close();
    // The event waits on disk; it is due again later, also for the next recorder.
    const [waiting = ''] = (await readdir(join(folder, '.outbox'))).filter((name) => name.endsWith('.json'));
    const kept = JSON.parse(await readFile(join(folder, '.outbox', waiting), 'utf8'));
    expect(kept).toMatchObject({ attempts: 1, channel: 'webhook' });
    await writeDue(join(folder, '.outbox', waiting), kept);
    const next = await start(options);
    await next.close();
    receiver.close();
    expect(seen.map(({ fits }) => fits)).toEqual([true, true]);
    expect(seen[1]?.id).toBe(seen[0]?.id);
    expect(seen[1]?.body).toMatchObject({ id: seen[0]?.id, type: 'recording.finished', data: { file } });
    expect(JSON.parse(await readFile(told, 'utf8'))).toMatchObject({
      type: 'recording.finished',
      data: { file },
    });
    expect((await readdir(join(folder, '.outbox'))).filter((name) => name.endsWith('.json'))).toEqual([]);
  });

  it('finishes and publishes recordings of an earlier process', async () => {
    await mkdir(join(folder, '.recording'), { recursive: true });
    const left = join(folder, '.recording', '1-7.wav');
    const call = { id: 7, partner: '../../ann\n', type: 'INCOMING_P2P', status: '', duration: 0, states: [] };
    const segment = await Segment.open({
      store: await StereoFile.create(left, 'async'),
      head: {
        id: 'left-behind',
        segment: 1,
        startedAt: '2026-01-01T10:00:00.000Z',
        call,
        streams: { local: 'CAPTURE_MIC', remote: 'OUTPUT' },
        tags: {},
      },
      base: 0,
      signingKey: undefined,
    });
    for (const leg of ['local', 'remote'] as const) segment.span(leg, { from: 0, kind: 'received' });
    // The local leg has come to 15,000, of which 14,000 are counted in the header.
    await segment.write(
      Int16Array.from({ length: 32_000 }, (_, i) => (i % 2 === 0 && i >= 30_000 ? 0 : i + 1)),
      0,
    );
    await segment.commit(16_000, { local: 14_000, remote: 16_000 });
    const elsewhere = join(folder, 'before');
    await cp(join(folder, '.recording'), elsewhere, { recursive: true });

    const on = await start();
    const [recovered] = (await once(on, 'recovered')) as [SegmentResult];
    expect(recovered.file).toBe(join(folder, '2026-01-01', '100000-.._.._ann_-left-behind.wav'));
    expect(recovered.sidecar.legs.local.ledger.spans).toEqual([
      { from: 0, samples: 15_000, kind: 'received' },
      { from: 15_000, samples: 1000, kind: 'missing', reason: 'killed' },
    ]);
    expect(await verifyRecording(recovered.file)).toMatchObject({ ok: true });
    expect(on.catalogue?.search({ id: 'left' })).toMatchObject([{ end: 'killed', complete: false }]);
    expect(existsSync(left)).toBe(false);
  });

  it('finishes an encrypted recording of an earlier process only with its identity', async () => {
    const identity = await generateIdentity();
    const encryptTo = [await identityToRecipient(identity)];
    await mkdir(join(folder, '.recording'), { recursive: true });
    const left = join(folder, '.recording', '1-7.wav.age');
    const call = { id: 7, partner: 'ann', type: 'INCOMING_P2P', status: '', duration: 0, states: [] };
    const startedAt = '2026-01-01T10:00:00.000Z';
    const streams = { local: 'CAPTURE_MIC', remote: 'OUTPUT' } as const;
    const segment = await Segment.open({
      store: await SealedFile.create(left, encryptTo),
      head: { id: 'left-behind', segment: 1, startedAt, call, streams, tags: {} },
      base: 0,
      signingKey: undefined,
    });
    for (const leg of ['local', 'remote'] as const) segment.span(leg, { from: 0, kind: 'received' });
    await segment.write(new Int16Array(32_000).fill(77), 0);
    await segment.commit(16_000, { local: 16_000, remote: 16_000 });

    const without = await start({ recording: { encryptTo } });
    const [error] = await once(without, 'failed');
    expect(error.message).toMatch(/was left in its place: .*give an identity/);
    await without.close();
    const on = await start({ recording: { encryptTo }, identity });
    const [recovered] = (await once(on, 'recovered')) as [SegmentResult];
    expect(recovered.file).toMatch(/ann-left-behind\.wav\.age$/);
    const samples = openSealed(recovered.file, identity);
    expect(await verifyRecording(recovered.file, { samples })).toMatchObject({ ok: true, samples: 16_000 });
    expect(await readdir(join(folder, '.recording'))).toEqual([]);
  });

  it.each([
    [{ encode: 'before' as 'after' }, 'encode'],
    [{ recording: { encryptTo: ['bob'] } }, 'encryptTo'],
    [{ recording: { segments: { everyMs: 1 } } }, 'segments.everyMs'],
    [{ recording: { maxSkewMs: 1 } }, 'maxSkewMs'],
    [{ identity: 'AGE-SECRET-KEY-1NONE' }, 'identity'],
    [{ signingKey: generateKeyPairSync('x25519').privateKey }, 'signingKey'],
    [{ consent: { prompt: 'nowhere.wav' } }, 'nowhere.wav'],
    [{ template: '../{id}' }, 'template'],
    [{ template: '{who}' }, 'template'],
    [{ timezone: 'Mars/Base' }, 'timezone'],
    [{ hours: { from: '24:00', to: '08:00' } }, 'hours.from'],
    [{ policy: 'some' as 'all' }, 'policy'],
    [{ outputs: ['ogg' as 'opus'] }, 'outputs'],
    [{ discardBelowMs: -1 }, 'discardBelowMs'],
    [{ webhook: { url: 'file:///etc/passwd', secret: 'x'.repeat(16) } }, 'webhook.url'],
    [{ webhook: { url: 'http://a/', secret: 'short' } }, 'webhook.secret'],
    [{ hook: { command: '' } }, 'hook.command'],
    [{ consent: { toneEveryMs: 1 } }, 'consent.toneEveryMs'],
  ])('refuses %j', async (options, name) => {
    await expect(start(options)).rejects.toThrow(name);
  });
});

async function writeDue(path: string, kept: object): Promise<void> {
  const { writeFile } = await import('node:fs/promises');
  await writeFile(path, JSON.stringify({ ...kept, notBefore: 0 }));
}
