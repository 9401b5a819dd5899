import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  type ArchiveProgress,
  archiveVoicemails,
  type Transcriber,
  VoicemailArchive,
  type VoicemailSidecar,
} from '../../../src/voicemail.js';
import { samplesOf, tone } from '../line.js';

import { client, FREQUENCIES, files, four, line, onMailboxStage, root, run } from './mailbox-stage.js';

onMailboxStage();

describe('archiveVoicemails', () => {
  it('archives every message, with its sidecar and checksums', async () => {
    const ids = await four();
    const told: ArchiveProgress[] = [];
    const { report, messages } = await run({ concurrency: 3, onProgress: (progress) => told.push(progress) });
    expect(report).toMatchObject({
      account: 'jack',
      listed: 4,
      stored: 4,
      duplicates: 0,
      known: 0,
      failed: [],
    });
    expect(told.map(({ done, total }) => [done, total])).toEqual([
      [1, 4],
      [2, 4],
      [3, 4],
      [4, 4],
    ]);
    expect(messages.map(({ id }) => id)).toEqual(ids);
    for (const [index, message] of messages.entries()) {
      const file = join(root, message.audio?.path ?? '');
      expect(message.audio?.path).toBe(`audio/2026/05/20260501T100${index}00Z_anna_jack-${message.id}.wav`);
      expect(await samplesOf(file)).toEqual(tone(200 + index * 20, FREQUENCIES[index]));
      const sidecar = JSON.parse(
        await readFile(file.replace('.wav', `.${message.key}.json`), 'utf8'),
      ) as VoicemailSidecar;
      expect(sidecar).toMatchObject({
        schema: 'jackfield.voicemail/1',
        voicemail: { account: 'jack', partner: 'anna', partnerName: 'Anna Ash', duration: 1, played: false },
        audio: { samples: message.audio?.samples, fileSha256: message.audio?.fileSha256 },
        complete: true,
      });
    }
    // They are as new as they were.
    expect(await client.search('MISSEDVOICEMAILS')).toEqual(ids);
  });

  it('is incremental: the second run fetches new messages only', async () => {
    await four();
    await run();
    const id = await line.deposit(await line.wav('new.wav', 300, 900));
    const { report, messages } = await run();
    expect(report).toMatchObject({ listed: 5, known: 4, stored: 1 });
    expect(messages.at(-1)?.id).toBe(id);
    expect(messages.map(({ attempts }) => attempts)).toEqual([1, 1, 1, 1, 1]);
  });

  it('stores equal samples once, also when they arrive at the same time', async () => {
    const file = await line.wav('same.wav', 300);
    for (let i = 0; i < 4; i++) await line.deposit(file, { atMs: Date.UTC(2026, 4, 1, 10, i) });
    const { report, messages } = await run({ concurrency: 4 });
    expect(report).toMatchObject({ stored: 4, duplicates: 3 });
    expect(new Set(messages.map(({ audio }) => audio?.path)).size).toBe(1);
    expect((await files()).filter((name) => name.endsWith('.wav'))).toHaveLength(1);
    expect((await files()).filter((name) => name.endsWith('.json'))).toHaveLength(4);
  });

  it('continues after a message that fails, lists it with its reason, and archives it in the next run', async () => {
    const file = await line.wav('bad.wav', 300, 800);
    await four();
    const fault = { at: 'playback', reason: 'PLAYBACK_ERROR' } as const;
    const id = await line.deposit(file, { fault, atMs: Date.UTC(2026, 4, 1, 10, 1) });
    const { report } = await run({ attempts: 1 });
    expect(report).toMatchObject({ listed: 5, stored: 4 });
    expect(report.failed).toMatchObject([{ id, state: 'failed', failure: 'PLAYBACK_ERROR', attempts: 1 }]);
    const second = await run();
    expect(second.report).toMatchObject({ listed: 5, stored: 1, known: 4, failed: [] });
    expect(second.messages.find((message) => message.id === id)).toMatchObject({
      state: 'stored',
      attempts: 2,
    });
  });

  it.each(['port', 'file'] as const)('continues after a message whose file is damaged, by %s', async (by) => {
    await four();
    const file = await line.wav('torn.wav', 300, 800);
    const torn = await line.deposit(file, { atMs: Date.UTC(2026, 4, 1, 10, 1, 30) });
    await writeFile(file, 'RIFF and then nothing that is a WAV file');
    const route = by === 'port' ? { server: line.server } : { folder: line.folder };
    const { report, messages } = await run({ route, attempts: 1, deleteOriginals: true });
    expect(report).toMatchObject({ listed: 5, stored: 4, incomplete: [], originalsDeleted: 4 });
    expect(report.failed).toMatchObject([
      { id: torn, state: 'failed', failure: 'FILE_READ_ERROR', original: 'kept' },
    ]);
    expect(messages.map(({ state }) => state)).toEqual(['stored', 'stored', 'failed', 'stored', 'stored']);
    await line.wav('torn.wav', 300, 800);
    expect((await run({ route })).report).toMatchObject({ stored: 1, failed: [] });
  });

  it('retries within a run', async () => {
    const fault = { at: 'download', reason: 'CONNECT_ERROR' } as const;
    await line.deposit(await line.wav('a.wav', 200), { fault });
    const { report, messages } = await run({ attempts: 2 });
    expect(report).toMatchObject({ stored: 1, failed: [] });
    expect(messages[0]).toMatchObject({ attempts: 2, failure: undefined });
  });

  it('keeps the available part of a message that stays short, and never deletes its original', async () => {
    const ids = await four();
    const corrupt = await line.deposit(await line.wav('short.wav', 500, 777), {
      durationSec: 30,
      atMs: Date.UTC(2026, 4, 1, 10, 1, 30),
    });
    const { report, messages } = await run({ deleteOriginals: true });
    expect(report).toMatchObject({ listed: 5, stored: 4, originalsDeleted: 4, failed: [] });
    expect(report.incomplete.map(({ id }) => id)).toEqual([corrupt]);
    const short = messages.find(({ id }) => id === corrupt);
    expect(short).toMatchObject({ state: 'stored', complete: false, failure: 'SHORT', original: 'kept' });
    expect(short?.detail).toMatch(/0\.5 s of 30 s/);
    expect(await samplesOf(join(root, short?.audio?.path ?? ''))).toEqual(tone(500, 777));
    expect((await client.search('VOICEMAILS')).filter((id) => !ids.includes(id))).toEqual([corrupt]);
  });

  it('replaces a short copy by a longer one, and never by a shorter one', async () => {
    const id = await line.deposit(await line.wav('growing.wav', 500, 777), { durationSec: 3 });
    await run({ attempts: 1 });
    await line.wav('growing.wav', 300, 777);
    const less = await run({ attempts: 1 });
    expect(less.report).toMatchObject({ stored: 0, failed: [], incomplete: [{ id, failure: 'SHORT' }] });
    expect(less.messages[0]).toMatchObject({ state: 'stored', complete: false, audio: { samples: 8000 } });
    await line.wav('growing.wav', 1500, 777);
    const more = await run({ attempts: 1 });
    expect(more.messages[0]).toMatchObject({ complete: false, unwritten: { samples: 24_000 } });
    await line.wav('growing.wav', 3000, 777);
    const { report, messages } = await run({ attempts: 1 });
    expect(report).toMatchObject({ listed: 1, stored: 1, incomplete: [], failed: [] });
    expect(messages).toMatchObject([
      {
        id,
        complete: true,
        failure: undefined,
        unwritten: undefined,
        ledger: { received: 48_000, missing: 0 },
      },
    ]);
    expect(await samplesOf(join(root, messages[0]?.audio?.path ?? ''))).toEqual(tone(3000, 777));
    expect(await files(join(root, 'audio'))).toHaveLength(2);
    await using archive = await VoicemailArchive.open(root);
    expect(await archive.verify()).toEqual({ checked: 1, unstored: 0, faults: [] });
  });

  it('keeps the part from before the connection broke, and marks it as such', async () => {
    await line.deposit(await line.wav('long.wav', 4000, 600));
    const running = run({ attempts: 1 });
    const [lease] = await line.during(
      (async () => {
        for (;;) {
          const found = [...line.server.leases].filter(({ received }) => received.position > 16_000);
          if (found.length > 0) return found;
          await new Promise((resolve) => setImmediate(resolve));
        }
      })(),
    );
    lease?.abort(new Error('the wire was cut'));
    const { report, messages } = await running;
    expect(report).toMatchObject({ stored: 0, failed: [] });
    const [message] = messages;
    expect(message).toMatchObject({
      complete: false,
      failure: 'STREAM',
      detail: 'the wire was cut',
      unwritten: { reason: 'connection-lost' },
    });
    const kept = await samplesOf(join(root, message?.audio?.path ?? ''));
    expect(kept.length + (message?.unwritten?.samples ?? 0)).toBe(64_000);
    expect(kept).toEqual(tone(4000, 600).subarray(0, kept.length));
    const again = await run();
    expect(again.messages[0]).toMatchObject({ complete: true, audio: { samples: 64_000 } });
  });

  it('keeps what has come of a message that somebody deletes meanwhile, and is done with it', async () => {
    const id = await line.deposit(await line.wav('long.wav', 4000, 600));
    const running = run();
    await line.during(
      (async () => {
        while (![...line.server.leases].some(({ received }) => received.position > 16_000))
          await new Promise((resolve) => setImmediate(resolve));
        await client.voicemail(id).delete();
      })(),
    );
    const { report, messages } = await running;
    expect(report).toMatchObject({
      stored: 0,
      failed: [],
      incomplete: [{ id, failure: 'DELETED', attempts: 1 }],
    });
    expect(messages).toMatchObject([{ state: 'stored', complete: false, original: 'gone' }]);
    const kept = await samplesOf(join(root, messages[0]?.audio?.path ?? ''));
    expect(kept.length).toBeGreaterThanOrEqual(16_000);
    expect(kept).toEqual(tone(4000, 600).subarray(0, kept.length));
  });

  it.each([false, true])(
    'has an engine transcribe messages while they arrive, encrypted: %s',
    async (encrypted) => {
      const { generateX25519Identity, identityToRecipient } = await import('age-encryption');
      const ids = await four();
      const recipient = await identityToRecipient(await generateX25519Identity());
      const heard: { file: string | undefined; samples: Int16Array }[] = [];
      const transcriber: Transcriber = {
        name: 'listener',
        async transcribe({ file, samples }) {
          const all: Int16Array[] = [];
          for await (const part of samples) all.push(part);
          heard.push({ file, samples: new Int16Array(all.flatMap((part) => [...part])) });
          if (heard.length === 2) throw new Error('did not understand');
          return { text: `words of ${heard.length}` };
        },
      };
      await using archive = await VoicemailArchive.open(root, encrypted ? { encryptTo: [recipient] } : {});
      const told: (string | undefined)[] = [];
      const report = await line.during(
        archiveVoicemails(client, archive, {
          route: { server: line.server },
          transcriber,
          clock: line.clock,
          onProgress: ({ untranscribed }) => told.push(untranscribed?.message),
        }),
      );
      expect(report).toMatchObject({ stored: 4, untranscribed: 1, failed: [] });
      expect(told).toEqual([undefined, 'did not understand', undefined, undefined]);
      for (const [index, { file, samples }] of heard.entries()) {
        expect(file).toBeUndefined();
        expect(samples).toEqual(tone(200 + index * 20, FREQUENCIES[index]));
      }
      expect([...archive.find()].map(({ transcript }) => transcript)).toEqual([
        'words of 1',
        '',
        'words of 3',
        'words of 4',
      ]);
      expect([...archive.find({ text: 'words' })].map(({ id }) => id)).toEqual(
        ids.filter((_, index) => index !== 1),
      );
      expect((await archive.verify()).faults).toEqual([]);
    },
  );

  it('marks new messages with tags and a legal hold, and does not change stored ones', async () => {
    await four();
    await run({ tags: ['first', 'case 12'], hold: 'case 12' });
    await line.deposit(await line.wav('new.wav', 300, 900));
    const { messages } = await run({ tags: ['second'] });
    expect(messages.map(({ tags, hold }) => [tags.join(), hold])).toEqual([
      ...Array(4).fill(['first,case 12', 'case 12']),
      ['second', undefined],
    ]);
    await using archive = await VoicemailArchive.open(root);
    expect([...archive.find({ text: 'case 12' })]).toHaveLength(4);
    expect((await archive.verify()).faults).toEqual([]);
    expect(await archive.purge({ maxBytes: 0 })).toHaveLength(1);
  });

  it('does not let the engine delay a message', async () => {
    await line.deposit(await line.wav('long.wav', 70_000, 600));
    const stuck: Transcriber = {
      name: 'stuck',
      transcribe: ({ signal }) =>
        new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new Error('stopped')))),
    };
    const { report, messages } = await run({ transcriber: stuck });
    expect(report).toMatchObject({ stored: 1, untranscribed: 1 });
    expect(messages[0]).toMatchObject({ complete: true, transcript: '' });
  });
});
