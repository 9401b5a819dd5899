import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FedStream } from '../../src/stream/fed-stream.js';
import * as jackfield from '../all-names.js';
import { driven } from '../turns.js';
import { boom, FAILING } from './failing.js';

const HELLO = { tone: [500, 900], ms: 600 } as const;
const hello = jackfield.bot(async (call) => void (await call.say(HELLO)));

const newFolder = () => mkdtemp(join(tmpdir(), 'jackfield-asked-'));

/** Told as ERR_LISTENER, by a warning of the process or by `failure` of whoever asked. */
const told: unknown[] = [];
const unhandled: unknown[] = [];
const tell = (error: unknown): void => void told.push(error);
const onUnhandled = (reason: unknown): void => void unhandled.push(reason);

beforeAll(() => void process.on('warning', tell).on('unhandledRejection', onUnhandled));
afterAll(() => void process.off('warning', tell).off('unhandledRejection', onUnhandled));
beforeEach(() => void told.splice(0));

/** Has promises that nobody waits for settle. */
async function expectNothingUnhandled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  expect(unhandled).toEqual([]);
}

async function expectTold(name: string): Promise<void> {
  await expectNothingUnhandled();
  expect(told[0]).toMatchObject({
    code: 'ERR_LISTENER',
    message: expect.stringMatching(new RegExp(`"${name}".*boom`)),
  });
}

/** An exchange with jack, whose client it is, and who else there is. */
async function onStage<T>(
  work: (stage: {
    readonly clock: jackfield.VirtualClock;
    readonly client: jackfield.Client;
    readonly server: jackfield.PcmServer;
    readonly other: jackfield.Client;
  }) => Promise<T>,
  options: Partial<jackfield.ExchangeOptions> = {},
): Promise<T> {
  const clock = new jackfield.VirtualClock();
  const users = [{ handle: 'jack' }, { handle: 'anna' }];
  await using exchange = await jackfield.Exchange.start({ clock, patienceMs: 5000, users, ...options });
  const attached = (user: string) => jackfield.attach(new jackfield.MemoryTransport(exchange.endpoint(user)));
  await using client = await attached('jack');
  await using other = await attached('anna');
  await using server = new jackfield.PcmServer();
  return await work({ clock, client, server, other });
}

describe.each(FAILING)('a callback whose result is used, and that %s', (_when, failing) => {
  it('tagsOf: the call is recorded without those tags', async () => {
    await onStage(async ({ clock, client, server }) => {
      const folder = await newFolder();
      await using recorder = await jackfield.Recorder.start(client, server, {
        folder,
        recording: { tags: { desk: '7' } },
        tagsOf: failing,
      });
      recorder.on('failure', tell);
      const published = once(recorder, 'published') as Promise<[{ sidecar: string }]>;
      const begun = once(recorder, 'recording');
      await client.call('echo123');
      await begun;
      await clock.run();
      await published;
      expect(recorder.catalogue?.search()).toMatchObject([{ tags: { desk: '7' } }]);
    });
    await expectTold('tagsOf');
  });

  it('retryWhen: its target is not called again, and the others are called', async () => {
    const { results } = await jackfield.testCampaign(hello, ['anna', 'ben'], {
      exchange: jackfield.Exchange,
      people: { anna: 'refuse' },
      campaign: { retryWhen: failing },
    });
    expect(results).toMatchObject([
      { target: 'anna', outcome: 'unanswered', retry: false },
      { target: 'ben', outcome: 'done', retry: false },
    ]);
    await expectTold('retryWhen');
  });

  it('retryWhen: an invalid delay counts as none, and the others are called', async () => {
    const { results } = await jackfield.testCampaign(hello, ['anna', 'ben'], {
      exchange: jackfield.Exchange,
      people: { anna: 'refuse' },
      campaign: { retryWhen: () => Number.NaN },
    });
    expect(results).toMatchObject([
      { target: 'anna', outcome: 'unanswered', retry: false },
      { target: 'ben', outcome: 'done' },
    ]);
    expect(told.splice(0)[0]).toMatchObject({
      code: 'ERR_LISTENER',
      message: expect.stringMatching(/the result of retryWhen.*NaN/),
    });
  });

  it('hostFor: its target is not called, and the others are called', async () => {
    const { results } = await jackfield.testCampaign(hello, ['anna', 'ben'], {
      exchange: jackfield.Exchange,
      campaign: { hostFor: ({ target }) => (target === 'anna' ? failing() : undefined) },
    });
    expect(results).toMatchObject([
      { target: 'anna', outcome: 'error', retry: false, error: expect.stringMatching(/"hostFor".*boom/) },
      { target: 'ben', outcome: 'done' },
    ]);
    await expectNothingUnhandled();
  });

  it('accept: the call is left ringing, and the next one is taken', async () => {
    await onStage(async ({ clock, client, server, other }) => {
      const host = new jackfield.BotHost({ client, server, clock });
      host.on('failure', tell);
      let asked = 0;
      await host.attend(hello, { accept: () => (++asked === 1 ? failing() : true) });
      const calling = (async () => {
        const first = await other.call('jack');
        const failed = once(host, 'failure');
        await failed;
        expect(first.over).toBe(false);
        await first.hangUp();
        const result = once(host, 'result') as Promise<[jackfield.BotResult]>;
        await other.call('jack');
        return (await result)[0].outcome;
      })();
      expect(await driven(clock, calling)).toBe('done');
      await host.close();
    });
    await expectTold('accept');
  });

  it('prepare: its bot does not begin, its host goes on', async () => {
    await onStage(async ({ clock, client, server }) => {
      const host = new jackfield.BotHost({ client, server, clock });
      const unready = jackfield.bot(async () => undefined, { prepare: failing });
      await expect(host.attend(unready)).rejects.toThrow('boom');
      await expect(host.call(unready, 'anna')).rejects.toThrow('boom');
      expect(host.activeCalls).toBe(0);
      await host.attend(hello);
      await host.close();
    });
    await expectNothingUnhandled();
  });

  it('greetingFor: the caller hears the usual greeting, and leaves a message', async () => {
    const archive = await jackfield.VoicemailArchive.open(await newFolder());
    const machine = jackfield.answeringBot({ account: 'jack', archive, greetingFor: failing });
    const { results } = await jackfield.testBot(
      machine,
      async (caller) => {
        await caller.waits(3000);
        await caller.speaks(HELLO);
        await caller.waits(15_000);
      },
      { exchange: jackfield.Exchange },
    );
    expect(results).toMatchObject([{ outcome: 'done' }]);
    expect([...archive.find()]).toHaveLength(1);
    await archive.close();
    await expectTold('greetingFor');
  });

  it('onAgent: caller and agent talk, and the queue reports it', async () => {
    const failures: Error[] = [];
    const clock = new jackfield.VirtualClock();
    const queue = await jackfield.Queue.open({ clock, agents: [{ name: 'anna', dial: 'anna' }] });
    queue.on('failed', (error) => failures.push(error));
    const ended: unknown[] = [];
    const desk = jackfield.bot(async (call) => {
      ended.push(await queue.enter(call, { onAgent: failing }));
    });
    await jackfield.testBot(desk, async (caller) => void (await caller.hears(HELLO, { withinMs: 20_000 })), {
      exchange: jackfield.Exchange,
      clock,
      others: {
        anna: async (anna) => {
          await anna.answers();
          await anna.waits(1500);
          await anna.speaks(HELLO);
          await anna.waits(500);
        },
      },
    });
    await queue.close();
    expect(ended).toMatchObject([{ ended: 'served' }]);
    expect(failures).toMatchObject([{ message: 'boom' }]);
    await expectNothingUnhandled();
  });

  it('onNotice: the agent talks on', async () => {
    const bot = jackfield.agentBot({
      agent: (agent) => agent.listen(({ type }) => void (type === 'start' && agent.end('done'))),
      onNotice: failing,
    });
    const { results } = await jackfield.testBot(bot, async (caller) => void (await caller.waits(1000)), {
      exchange: jackfield.Exchange,
    });
    expect(results).toMatchObject([{ outcome: 'done' }]);
    await expectTold('onNotice');
  });

  it('onQueue: the flow goes on', async () => {
    const flow = await jackfield.parseFlow(`
name: shop
queues: { sales: { agents: [{ name: anna, dial: anna }], maxWaitMs: 1000 } }
steps:
  wait: { do: enqueue, queue: sales, next: bye, otherwise: bye }
  bye: { do: hangup }
`);
    const { results } = await jackfield.testBot(
      jackfield.flowBot(flow, { onQueue: failing }),
      async (caller) => void (await caller.waits(60_000)),
      { exchange: jackfield.Exchange, others: { anna: async (anna) => void (await anna.waits(100)) } },
    );
    expect(results).toMatchObject([{ outcome: 'done' }]);
    await expectTold('onQueue');
  });

  it.each([
    ['is transcribed', async () => ({ text: 'hello' }), 1],
    ['the engine fails on', async () => boom(), 0],
  ])('onRecording: whatever %s, the other callbacks are called, too', async (_what, transcribe, count) => {
    await onStage(async ({ clock, client, server }) => {
      await using recorder = await jackfield.Recorder.start(client, server, { folder: await newFolder() });
      const published = once(recorder, 'published');
      const begun = once(recorder, 'recording');
      await client.call('echo123');
      await begun;
      await clock.run();
      await published;
      const transcriber = { name: 'engine', transcribe };
      const options = { transcriber, onRecording: failing };
      expect(await jackfield.transcribeRecordings(recorder.catalogue!, options)).toBe(count);
    });
    await expectTold('onRecording');
  });

  it.each([
    ['agent', failing],
    ['listen', (peer: jackfield.AgentPeer) => peer.listen(failing)],
  ])('%s of an agent: its call ends, and the port takes others', async (name, agent) => {
    await using server = await jackfield.serveAgents(agent);
    const { port } = server;
    for (const _ of ['first', 'second']) {
      told.splice(0);
      const stream = new FedStream(jackfield.systemClock);
      const sent = jackfield.fork(stream, `ws://127.0.0.1:${port}`, { reconnect: false });
      expect(await sent.closed).toMatchObject({ kind: 'failed' });
      await stream.close();
      await expectTold(name);
    }
  });

  it('onNoMicrophone: the voice is not opened, and leaves nothing behind', async () => {
    let opened = 0;
    await onStage(
      async ({ client, server }) => {
        const call = await client.call('echo123');
        const opening = jackfield.openCallVoice(call, server, { onNoMicrophone: failing });
        await expect(opening).rejects.toThrow('boom');
        expect([...server.leases]).toEqual([]);
        expect(call.over).toBe(false);
      },
      {
        opener: (standard) => ({
          source: (target, owner) => standard.source(target, owner),
          destination: (target, owner) => (++opened > 1 ? boom() : standard.destination(target, owner)),
        }),
      },
    );
    await expectNothingUnhandled();
  });
});

it('tagsOf that returns no tags is reported, and the call is recorded', async () => {
  for (const wrong of [5, { desk: 5 }, Promise.resolve({ desk: '7' })]) {
    told.splice(0);
    await onStage(async ({ client, server }) => {
      await using recorder = await jackfield.Recorder.start(client, server, {
        folder: await newFolder(),
        tagsOf: () => wrong as never,
      });
      recorder.on('failure', tell);
      const begun = once(recorder, 'recording');
      await client.call('echo123');
      await begun;
      await expectNothingUnhandled();
      expect(told).toMatchObject([{ code: 'ERR_LISTENER', message: expect.stringContaining('tagsOf') }]);
    });
  }
});
