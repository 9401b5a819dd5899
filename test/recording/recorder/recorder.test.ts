import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { collectSamples, Recorder, verifyRecording } from '../../../src/index.js';
import type { SegmentResult } from '../../../src/recording.js';
import { decodeWithFfmpeg } from '../../../src/voice.js';

import {
  client,
  clock,
  folder,
  onRecorderStage,
  recordedCall,
  run,
  samplesOf,
  server,
  start,
} from './recorder-stage.js';

onRecorderStage();

describe('Recorder', () => {
  it('records every call into the folder of its template, and catalogues it', async () => {
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

  it('records by its policy, and other calls on demand, from the pre-roll on', async () => {
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

  it('leaves no file of a held call that was not requested', async () => {
    const on = await start({ policy: 'on-demand', recording: { preRollMs: 1000 } });
    const met = once(on, 'recording');
    await client.call('echo123');
    await met;
    await clock.run();
    await on.close();
    expect(on.recordings).toEqual([]);
    expect(await readdir(join(folder, '.recording'))).toEqual([]);
  });

  it('removes recordings that are too short', async () => {
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

  it('has nothing to encode of a call that was never answered, and reports no failure', async () => {
    const on = await start({ outputs: ['flac', 'opus', 'mp3'], encode: 'live' });
    const failures: Error[] = [];
    on.on('failed', (error) => failures.push(error));
    const [begun, discarded] = [once(on, 'recording'), once(on, 'discarded')];
    const call = await client.call('echo123');
    await begun;
    await call.hangUp();
    await clock.run();
    await discarded;
    await on.close();
    expect(failures).toEqual([]);
    expect(await readdir(join(folder, '.recording'))).toEqual([]);
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
    await expect.poll(async () => (await stat(flac)).size).toBeGreaterThan(60_000);
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

  it('accepts new options while it runs, except for its folder, and refuses invalid ones', async () => {
    const on = await start({ policy: 'on-demand', template: '{call}' });
    await expect(on.configure({ folder: join(folder, 'other') })).rejects.toThrow('folder must be');
    await expect(on.configure({ folder, catalogue: false })).rejects.toThrow('catalogue must be');
    await expect(on.configure({ folder, recording: { encryptTo: ['bob'] } })).rejects.toThrow('encryptTo');
    const told = join(folder, 'told');
    const args = ['-e', `require('fs').writeFileSync(process.argv[1], require('fs').readFileSync(0))`, told];
    await on.configure({ folder, template: 'new-{call}', hook: { command: process.execPath, args } });
    const { file } = await recordedCall(on);
    expect(file).toBe(join(folder, 'new-1.wav'));
    const heard = () => readFile(told, 'utf8').catch(() => '');
    await expect.poll(heard).toContain(JSON.stringify(file));
  });

  it('masks a call by the rules with which it began, whatever is configured later', async () => {
    const deaf = { name: 'deaf', transcribe: async () => ({ text: '' }) };
    const on = await start({ afterCalls: { transcriber: deaf, mask: {} } });
    const begun = once(on, 'recording');
    const told: string[] = [];
    for (const event of ['transcribed', 'masked', 'undone'] as const) on.on(event, () => told.push(event));
    const published = once(on, 'published');
    const call = await client.call('echo123');
    await begun;
    await clock.advance(3000);
    await on.configure({ folder });
    expect([on.masksKeys, on.withoutSecrets('gathered 4111 (length)', true)]).toEqual([
      true,
      'gathered [masked] (length)',
    ]);
    await call.hangUp();
    await published;
    await on.close();
    expect(told).toEqual(['transcribed', 'masked']);
    expect([on.masksKeys, on.withoutSecrets('says 4111 1111 1111 1111')]).toEqual([
      false,
      'says 4111 1111 1111 1111',
    ]);
  });

  it('locks its folder until it is closed', async () => {
    const on = await start();
    const second = Recorder.start(client, server, { folder });
    await expect(second).rejects.toMatchObject({
      code: 'ERR_INVALID_STATE',
      message: `${folder} is already being recorded to, by this process: end that process first, or choose another folder.`,
    });
    await on.close();
    await (await start()).close();
  });

  it('cannot use a folder that another process has locked, until that one is killed', async () => {
    const url = pathToFileURL('build/files/folder-lock.js').href;
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

  it('plays a prompt first, and notes its time in the recording', async () => {
    const on = await start({ consent: { prompt: 'assets/prompts/echo-greeting.wav' } });
    const { sidecar } = await recordedCall(on);
    expect(sidecar.marks).toEqual([
      { at: expect.any(Number), kind: 'consent', text: 'prompt assets/prompts/echo-greeting.wav' },
    ]);
  });
});
