import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { VirtualClock } from '../../src/base/time/clock.js';
import { bot } from '../../src/bot/bot.js';
import type { BotCall } from '../../src/bot/bot-call.js';
import { BotHost } from '../../src/bot/bot-host.js';
import type { BotResult } from '../../src/bot/bot-result.js';
import type { Message } from '../../src/bot/conversation/record-message.js';
import { Queue } from '../../src/bot/queue/queue.js';
import { Room } from '../../src/bot/room.js';
import { testBot } from '../../src/bot/test/test-bot.js';
import { attach } from '../../src/control/attach.js';
import type { Call } from '../../src/control/call/call.js';
import type { Client } from '../../src/control/client/client.js';
import { MemoryTransport } from '../../src/control/transport/memory-transport.js';
import { Exchange } from '../../src/exchange/exchange.js';
import type { RecordingResult } from '../../src/recording/call-recording.js';
import { verifyRecording } from '../../src/recording/evidence/verify-recording.js';
import { recordVoice } from '../../src/recording/record-call.js';
import { Recorder } from '../../src/recording/recorder/recorder.js';
import { PcmServer } from '../../src/tcp/pcm-server.js';
import { collectSamples, splitChannels, WavReader } from '../../src/voice.js';
import { driven } from '../turns.js';

const TONE = { tone: 1000, ms: 2000 };
/** Samples of the tone, less what its first and last frame may lack. */
const TONE_SAMPLES = 31_000;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jackfield-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** Samples of each leg that are no silence. */
async function loud({ file }: Pick<RecordingResult, 'file'>): Promise<{ local: number; remote: number }> {
  await using reader = await WavReader.open(file);
  const [local, remote] = splitChannels(await collectSamples(reader), 2);
  const count = (leg: Int16Array | undefined) => leg?.filter((sample) => Math.abs(sample) > 500).length ?? 0;
  return { local: count(local), remote: count(remote) };
}

describe('a bot that records', () => {
  it('records both voices in one complete recording, from the first sample on', async () => {
    const talker = bot(
      async (call) => {
        await call.say(TONE);
        await call.pause(3000);
      },
      { record: { folder, template: '{partner}' } },
    );
    const { results } = await testBot(talker, (caller) => caller.speaks(TONE), { exchange: Exchange });
    const [{ recording, outcome } = {} as BotResult] = results;
    expect(outcome).toBe('hung-up');
    expect(recording?.file).toBe(join(folder, 'caller.wav'));
    expect(recording?.sidecar).toMatchObject({
      complete: true,
      end: 'call-ended',
      legs: { local: { stream: 'INPUT', ledger: { missing: 0 } }, remote: { ledger: { missing: 0 } } },
    });
    const { local, remote } = await loud(recording!);
    expect(local).toBeGreaterThan(TONE_SAMPLES / 2);
    expect(remote).toBeGreaterThan(TONE_SAMPLES / 2);
    expect((await verifyRecording(recording!.file)).findings).toEqual([]);
  });

  it('begins in mid-call, is stopped, and leaves the call as it is', async () => {
    let result: RecordingResult | undefined;
    const talker = bot(async (call) => {
      await call.say(TONE);
      const recording = await call.recordBoth({ file: join(folder, 'part.wav') });
      await call.say(TONE);
      await call.mark();
      await call.pause(500);
      result = await recording.stop();
      await call.say(TONE);
    });
    const { results } = await testBot(talker, (caller) => caller.waits(60_000), { exchange: Exchange });
    expect(results).toMatchObject([{ outcome: 'done' }]);
    expect(result?.sidecar).toMatchObject({ complete: true, end: 'stopped' });
    const durationMs = result?.sidecar.audio.durationMs;
    expect(durationMs).toBeGreaterThan(2000);
    expect(durationMs).toBeLessThan(4000);
    expect((await loud(result!)).local).toBeGreaterThan(TONE_SAMPLES / 2);
  });

  it('takes a message meanwhile, with any number of listeners on one redirection', async () => {
    let message: Message | undefined;
    const files = ['one.wav', 'two.wav'].map((name) => join(folder, name));
    const recordings: RecordingResult[] = [];
    const talker = bot(
      async (call) => {
        const taken = await Promise.all([
          recordVoice(call.voice, { clock: call.clock, file: files[0]! }),
          call.recordBoth({ file: files[1]! }),
        ]);
        await call.say(TONE);
        message = await call.record({ silenceMs: 1000 });
        await call.say(TONE);
        await call.mark();
        await call.pause(300);
        for (const each of taken) recordings.push(await each.stop());
      },
      { record: { folder, template: 'whole' } },
    );
    const { results } = await testBot(
      talker,
      async (caller) => {
        await caller.hears({ tone: 1000, ms: 400 });
        await caller.waits(2500);
        await caller.speaks(TONE);
        await caller.hasStatus('FINISHED', { withinMs: 30_000 });
      },
      { exchange: Exchange },
    );
    expect(results).toMatchObject([{ outcome: 'done', recording: { sidecar: { complete: true } } }]);
    expect(message).toMatchObject({ ended: 'silence' });
    for (const each of [...recordings, results[0]!.recording!]) {
      const { local, remote } = await loud(each);
      expect(local).toBeGreaterThan(TONE_SAMPLES);
      expect(remote).toBeGreaterThan(TONE_SAMPLES / 2);
    }
  });

  it('takes the call although its folder cannot be written to', async () => {
    await writeFile(join(folder, 'file'), '');
    const talker = bot(async (call) => void (await call.say(TONE)), {
      record: { folder: join(folder, 'file', 'below') },
    });
    const { results, transcript } = await testBot(talker, (caller) => caller.waits(4000), {
      exchange: Exchange,
    });
    expect(results).toMatchObject([{ outcome: 'done' }]);
    expect(results[0]).not.toHaveProperty('recording');
    expect(transcript.map(({ what }) => what).join('\n')).toContain('is not recorded: ');
  });

  it.each([{ folder: 5 }, { folder: 'x', template: '../{id}' }, { folder: 'x', size: 1 }])(
    'refuses %j',
    (record) => {
      expect(() => bot(() => undefined, { record: record as never })).toThrow(
        expect.objectContaining({ code: 'ERR_INVALID_ARG' }),
      );
    },
  );
});

interface House {
  readonly clock: VirtualClock;
  readonly server: PcmServer;
  /** Two attachments of the account that bots answer at. */
  readonly desk: Client;
  readonly other: Client;
  readonly caller: Client;
}

/** Runs `work` on an exchange whose clock goes on by itself. */
async function inHouse(work: (house: House) => Promise<void>): Promise<void> {
  const clock = new VirtualClock(Date.UTC(2026, 0, 1));
  const users = ['the.bot', 'caller'].map((handle) => ({ handle }));
  await using exchange = await Exchange.start({ clock, patienceMs: 5000, users });
  await using server = new PcmServer();
  const attached = (handle: string) => attach(new MemoryTransport(exchange.endpoint(handle)), { clock });
  const [desk, other, caller] = [
    await attached('the.bot'),
    await attached('the.bot'),
    await attached('caller'),
  ];
  await driven(clock, work({ clock, server, desk, other, caller }));
}

const talker = bot(async (call) => void (await call.say(TONE)), { name: 'talker' });

describe('one call that several want to record', () => {
  it('is recorded by the recorder of the host of the bot that answers, by its policy', async () => {
    await inHouse(async ({ clock, server, desk, caller }) => {
      const recorder = await Recorder.open({ folder, clock, policy: 'incoming', catalogue: false });
      const host = new BotHost({ client: desk, server, clock, record: recorder });
      await host.attend(talker);
      const results: BotResult[] = [];
      host.on('result', (result) => results.push(result));
      const call = await caller.call('the.bot');
      await call.ended();
      await host.close();
      const published = new Promise<string>((resolve) =>
        recorder.on('published', ({ file }) => resolve(file)),
      );
      await recorder.close();
      expect(results).toMatchObject([{ outcome: 'done', recording: { sidecar: { complete: true } } }]);
      expect((await loud({ file: await published })).local).toBeGreaterThan(TONE_SAMPLES / 2);
    });
  });

  it('stays with the first of two bots; the second gets an error that names the first', async () => {
    await inHouse(async ({ clock, server, desk, other, caller }) => {
      await using second = new PcmServer();
      const first = new BotHost({ client: desk, server, clock });
      const late = new BotHost({ client: other, server: second, clock });
      const results: BotResult[] = [];
      for (const host of [first, late]) host.on('result', (result) => results.push(result));
      await first.attend(talker);
      const met = new Promise<Call>((resolve) => other.on('call', resolve));
      const call = await caller.call('the.bot');
      await call.reached('INPROGRESS');
      const { error } = await late.run(talker, await met);
      expect(error).toMatchObject({ code: 'ERR_TAKEN', message: expect.stringContaining('this process') });
      expect(await call.ended()).toBe('FINISHED');
      await Promise.all([first.close(), late.close()]);
      expect(results.map(({ outcome }) => outcome)).toEqual(['unanswered', 'done']);
    });
  });

  const WORK: Record<string, (call: BotCall) => unknown> = {
    pauses: (call) => call.pause(3_000_000),
    records: (call) => call.record({ maxMs: 3_000_000, beep: false }),
    'says something': (call) => call.say({ loop: { tone: 500, ms: 500 } }),
    gathers: (call) => call.gather({ timeoutMs: 3_000_000 }),
    listens: async (call) => {
      for await (const { samples } of call.listen()) if (samples.length === 0) return;
    },
    'is in a room': (call) => new Room().join(call),
    'waits in a queue': async (call) => (await Queue.open({ clock: call.clock })).enter(call),
  };

  it.each(Object.entries(WORK))(
    'taken away from a bot that %s: the bot fails with that reason, and does not hang up',
    async (_, work) => {
      await inHouse(async ({ clock, server, desk, other, caller }) => {
        await using second = new PcmServer();
        const host = new BotHost({ client: desk, server, clock });
        await host.attend(bot(async (call) => void (await work(call))));
        const ended = new Promise<BotResult>((resolve) => host.on('result', resolve));
        const call = await caller.call('the.bot');
        await call.reached('INPROGRESS');
        const [known] = await other.search('ACTIVECALLS');
        const lease = await second.lease({ object: `CALL ${known}`, stream: 'output', direction: 'receive' });
        await other.invoke(`ALTER CALL ${known} SET_OUTPUT PORT="${lease.port}"`);
        const result = await ended;
        expect(result).toMatchObject({ outcome: 'failed', error: { code: 'ERR_TAKEN' } });
        expect(result.error?.message).toContain(String(lease.port));
        expect(call.over).toBe(false);
        await call.hangUp();
        await host.close();
      });
    },
  );
});
