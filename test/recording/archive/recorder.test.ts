import { execFile, spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  attach,
  type Client,
  collectSamples,
  Exchange,
  MemoryTransport,
  PcmServer,
  Recorder,
  type RecorderOptions,
  VirtualClock,
  verifyRecording,
  WavReader,
} from '../../../src/index.js';
import { Segment } from '../../../src/recording/file/segment.js';
import { StereoFile } from '../../../src/recording/file/stereo-file.js';
import { SealedFile } from '../../../src/recording/sealed/sealed-file.js';
import { Catalogue, openSealed, type SegmentResult, verifyWebhook } from '../../../src/recording.js';
import { decodeWithFfmpeg } from '../../../src/voice.js';

const run = promisify(execFile);
let folder: string;
let clock: VirtualClock;
let exchange: Exchange;
let server: PcmServer;
let client: Client;
let recorder: Recorder | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jackfield-recorder-'));
  clock = new VirtualClock(Date.UTC(2026, 0, 2, 3, 4, 5));
  exchange = await Exchange.start({ clock, patienceMs: 5000 });
  server = new PcmServer();
  client = await attach(new MemoryTransport(exchange.endpoint()));
});
afterEach(async () => {
  await recorder?.close();
  await client.close();
  await server.close();
  await exchange.close();
  await rm(folder, { recursive: true });
});

async function start(options: Partial<RecorderOptions> = {}): Promise<Recorder> {
  recorder = await Recorder.start(client, server, { folder, ...options });
  return recorder;
}

async function samplesOf(file: string): Promise<Int16Array> {
  await using reader = await WavReader.open(file);
  return await collectSamples(reader);
}

/** Calls the test service until it hangs up; resolves when the recording is where it belongs. */
async function recordedCall(on: Recorder): Promise<SegmentResult> {
  const begun = once(on, 'recording');
  const published = once(on, 'published') as Promise<[SegmentResult]>;
  await client.call('echo123');
  await begun;
  await clock.run();
  const [segment] = await published;
  return segment;
}

describe('Recorder', () => {
  it('records every call into the folder that its template says, and catalogues it', async () => {
    const on = await start({
      template: '{year}/{month}/{partner}-{direction}-{call}',
      outputs: ['flac', 'legs'],
      recording: { tags: { project: 'A 100%' } },
    });
    const { file, sidecar } = await recordedCall(on);
    expect(file).toMatch(/\d{4}\/\d\d\/echo123-out-1\.wav$/);
    expect(file.startsWith(folder)).toBe(true);
    expect(sidecar.outputs?.map(({ file: name }) => name)).toEqual([
      'echo123-out-1.flac',
      'echo123-out-1.local.wav',
      'echo123-out-1.remote.wav',
    ]);
    expect(await verifyRecording(file)).toMatchObject({ ok: true });
    expect(await readdir(join(folder, '.recording'))).toEqual([]);
    for (const name of [
      'catalogue.sqlite',
      file,
      file.replace(/wav$/, 'flac'),
      file.replace(/wav$/, 'local.wav'),
    ])
      expect([name, (await stat(resolve(folder, name))).mode & 0o777]).toEqual([name, 0o600]);

    const found = on.catalogue?.search({ partner: 'ECHO', text: '100%', minMs: 1000 });
    expect(found).toMatchObject([{ id: sidecar.id, partner: 'echo123', complete: true, missing: 0 }]);
    expect(on.catalogue?.search({ text: 'proj* a' })).toEqual(found);
    expect(on.catalogue?.search({ text: 'proj' })).toEqual([]);
    expect(on.catalogue?.search({ partner: 'ann' })).toEqual([]);
    expect(on.catalogue?.search({ until: new Date(0) })).toEqual([]);
  });

  it('records what its policy says, and the rest when told to, from the pre-roll on', async () => {
    const on = await start({
      policy: { only: ['ann'] },
      consent: { prompt: 'assets/prompts/echo-greeting.wav' },
      recording: { preRollMs: 1000 },
    });
    const met = once(on, 'recording');
    const published = once(on, 'published') as Promise<[SegmentResult]>;
    const call = await client.call('echo123');
    expect((await met)[1]).toBe(false);
    await clock.advance(4000);
    const recording = await on.record(call);
    // Asked for again, it goes on.
    expect(await on.record(call)).toBe(recording);
    await clock.run();
    const [{ sidecar }] = await published;
    expect(sidecar).toMatchObject({ segment: 1, marks: [{ kind: 'consent' }] });
    expect(sidecar.audio.durationMs).toBeGreaterThan(30_000);
    expect(sidecar.audio.durationMs).toBeLessThanOrEqual(35_400);
  });

  it('leaves nothing of a call that it held and was not asked for', async () => {
    const on = await start({ policy: 'on-demand', recording: { preRollMs: 1000 } });
    const met = once(on, 'recording');
    await client.call('echo123');
    await met;
    await clock.run();
    await on.close();
    expect(on.recordings).toEqual([]);
    expect(await readdir(join(folder, '.recording'))).toEqual([]);
  });

  it('removes what is too short', async () => {
    const on = await start({ discardBelowMs: 60_000 });
    const begun = once(on, 'recording');
    const discarded = once(on, 'discarded');
    await client.call('echo123');
    await begun;
    await clock.run();
    await discarded;
    await on.close();
    expect((await readdir(folder)).filter((name) => !name.startsWith('catalogue')).sort()).toEqual([
      '.lock',
      '.recording',
    ]);
  });

  it('writes compressed files while the call goes on', async () => {
    const outputs = ['flac', 'opus', 'mp3'] as const;
    const on = await start({ outputs, encode: 'live', template: '{call}' });
    const begun = once(on, 'recording');
    const published = once(on, 'published') as Promise<[SegmentResult]>;
    await client.call('echo123');
    await begun;
    await clock.advance(15_000);
    // The call stands still; its encoders go on with what they have.
    const underWay = join(folder, '.recording');
    const parts = (await readdir(underWay)).filter((name) => /\.(flac|opus|mp3)\.part$/.test(name));
    expect(parts).toHaveLength(3);
    const flac = join(underWay, parts.find((name) => name.endsWith('.flac.part')) ?? '');
    await expect.poll(async () => (await stat(flac)).size, { timeout: 30_000 }).toBeGreaterThan(60_000);
    await clock.run();
    const [{ file, sidecar }] = await published;
    expect(sidecar.outputs?.map(({ file: name }) => name)).toEqual(outputs.map((ending) => `1.${ending}`));
    const format = { sampleRate: 16_000, channels: 2 };
    const samples = await samplesOf(file);
    const lossless = await collectSamples(decodeWithFfmpeg(join(folder, '1.flac'), { format }).source);
    expect(Buffer.compare(Buffer.from(lossless.buffer), Buffer.from(samples.buffer))).toBe(0);
    for (const name of ['1.opus', '1.mp3']) {
      const { source } = decodeWithFfmpeg(join(folder, name), { format });
      // MP3 comes in whole frames, with what its encoder needs in front.
      expect(Math.abs((await collectSamples(source)).length - samples.length)).toBeLessThan(2 * 4000);
    }
    const tags = await run('ffprobe', [
      '-v',
      'error',
      '-show_entries',
      'format_tags',
      join(folder, '1.flac'),
    ]);
    expect(tags.stdout).toMatch(/title=Call with echo123/i);
    expect(await readdir(join(folder, '.recording'))).toEqual([]);
  });

  it('publishes each file of a long call as soon as it is complete, once the call is long enough', async () => {
    const on = await start({ discardBelowMs: 10_000, recording: { segments: { everyMs: 2000 } } });
    const published: number[] = [];
    const third = new Promise<void>((resolve) => {
      on.on('published', ({ sidecar }) => {
        published.push(sidecar.segment);
        if (sidecar.end === 'segment') expect(sidecar.audio.durationMs).toBe(2000);
        if (published.length === 3) resolve();
      });
    });
    const begun = once(on, 'recording');
    const call = await client.call('echo123');
    await begun;
    await clock.advance(8000);
    expect(published).toEqual([]);
    await clock.advance(12_000);
    await third;
    expect([call.status, published.slice(0, 3)]).toEqual(['INPROGRESS', [1, 2, 3]]);
    await call.hangUp();
    await on.close();
    expect(published).toEqual(published.map((_, i) => i + 1));
  });

  it('takes other options while it runs, all but its folder, and none that is wrong', async () => {
    const on = await start({ policy: 'on-demand', template: '{call}' });
    await expect(on.configure({ folder: join(folder, 'other') })).rejects.toThrow('folder must be');
    await expect(on.configure({ folder, catalogue: false })).rejects.toThrow('catalogue must be');
    await expect(on.configure({ folder, recording: { encryptTo: ['bob'] } })).rejects.toThrow('encryptTo');
    const told = join(folder, 'told');
    const args = ['-e', `require('fs').writeFileSync(process.argv[1], require('fs').readFileSync(0))`, told];
    await on.configure({ folder, template: 'new-{call}', hook: { command: process.execPath, args } });
    const { file } = await recordedCall(on);
    expect(file).toBe(join(folder, 'new-1.wav'));
    await expect.poll(() => readFile(told, 'utf8').catch(() => '')).toContain(JSON.stringify(file));
  });

  it('keeps its folder to itself until it is closed', async () => {
    const on = await start();
    const second = Recorder.start(client, server, { folder });
    await expect(second).rejects.toMatchObject({
      code: 'ERR_INVALID_STATE',
      message: `${folder} is already being recorded to, by this process: end that first, or choose another folder.`,
    });
    await on.close();
    await (await start()).close();
  });

  it('is kept out of a folder by another process, until that one is killed', async () => {
    const url = pathToFileURL('dist/files/folder-lock.js').href;
    const take = `import { FolderLock } from '${url}'; FolderLock.take(process.argv[1], 'recorded to');`;
    const script = `${take} process.stdout.write('taken'); process.stdin.resume();`;
    const other = spawn(process.execPath, ['--input-type=module', '-e', script, folder]);
    await once(other.stdout, 'data');
    await expect(start()).rejects.toThrow(`by process ${other.pid}:`);
    const gone = once(other, 'exit');
    other.kill('SIGKILL');
    await gone;
    await start();
  });

  it('plays a prompt before, and says in the recording when', async () => {
    const on = await start({ consent: { prompt: 'assets/prompts/echo-greeting.wav' } });
    const { sidecar } = await recordedCall(on);
    expect(sidecar.marks).toEqual([
      { at: expect.any(Number), kind: 'consent', text: 'prompt assets/prompts/echo-greeting.wav' },
    ]);
  });

  it('tells a webhook, with a signature and the same event id at each attempt, and a hook, without a shell', async () => {
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

  it('finishes and publishes what an earlier process left behind', async () => {
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

  it('finishes an encrypted recording that was left behind with the identity, and lets it be without', async () => {
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
    expect(error.message).toMatch(/stays where it is: .*identity is needed/);
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

describe('Catalogue', () => {
  it('keeps what is under legal hold, and lets the oldest go', async () => {
    const on = await start({ template: '{call}' });
    const files: string[] = [];
    for (let n = 0; n < 3; n++) files.push((await recordedCall(on)).file);
    using catalogue = Catalogue.open(folder);
    const [first, second, third] = catalogue.search();
    if (!first || !second || !third) throw new Error('three recordings were made');
    expect(await catalogue.hold(first.id, 'case 7')).toBe(1);
    const rules = { maxBytes: third.bytes + second.bytes };
    expect(catalogue.purgeable(rules).map(({ file }) => file)).toEqual([second.file]);
    expect(
      catalogue.purgeable({ maxAgeDays: 1 }, new VirtualClock(Date.now() + 3 * 86_400_000)),
    ).toHaveLength(2);
    await expect(catalogue.remove(first)).rejects.toMatchObject({ code: 'ERR_INVALID_STATE' });
    await catalogue.remove(second);
    expect(files.map((file) => existsSync(file))).toEqual([true, false, true]);
    expect(existsSync(files[1]?.replace(/wav$/, 'manifest.json') ?? '')).toBe(false);
    await catalogue.hold(first.id, undefined);
    await catalogue.remove(first);
    expect(catalogue.search().map(({ file }) => file)).toEqual([third.file]);
    expect(await catalogue.rebuild()).toEqual({ recordings: 1, failed: new Map() });
  });
});

async function writeDue(path: string, kept: object): Promise<void> {
  const { writeFile } = await import('node:fs/promises');
  await writeFile(path, JSON.stringify({ ...kept, notBefore: 0 }));
}
