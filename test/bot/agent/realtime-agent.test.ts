import { afterEach, describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../src/base/time/clock.js';
import { agentBot } from '../../../src/bot/agent/agent-bot.js';
import type { AgentBotOptions, AgentNotice } from '../../../src/bot/agent/agent-options.js';
import { testBot } from '../../../src/bot/test/test-bot.js';
import type { TestCaller } from '../../../src/bot/test/test-caller.js';
import { Exchange } from '../../../src/exchange/exchange.js';
import { RealtimeStandIn } from './realtime-stand-in.js';
import { type StandIn, standIn } from './stand-in.js';

const RATE = 16_000;
const LEVEL = 3000;
/** What the stand-in says: one level, at 24 kHz. */
const sound = (ms: number) => new Int16Array(24 * ms).fill(LEVEL);
const msHeard = (heard: Int16Array) => heard.filter((sample) => sample > LEVEL / 2).length / 16;

const opened: StandIn[] = [];
afterEach(() => {
  for (const each of opened.splice(0)) each.close();
});

interface Played {
  readonly agents: readonly RealtimeStandIn[];
  readonly server: StandIn;
  readonly notices: readonly AgentNotice[];
  readonly heard: Int16Array;
  readonly result: Awaited<ReturnType<typeof testBot>>['results'][number] | undefined;
}

/** Runs a scene with an agent bot on a real connection to a stand-in. */
async function played(
  options: Partial<AgentBotOptions>,
  serve: (agent: RealtimeStandIn, number: number, clock: VirtualClock) => void,
  scene: (caller: TestCaller, agents: readonly RealtimeStandIn[]) => Promise<void>,
): Promise<Played> {
  const clock = new VirtualClock();
  const agents: RealtimeStandIn[] = [];
  const server = await standIn((socket, number) => {
    const agent = new RealtimeStandIn();
    agents.push(agent);
    serve(agent, number, clock);
    agent.serve(socket);
  });
  opened.push(server);
  server.pace(clock);
  const notices: AgentNotice[] = [];
  let heard: Int16Array = new Int16Array();
  const { results } = await testBot(
    agentBot({
      ...{ url: server.url, dialect: 'openai-realtime', credentials: { bearer: 'key' } },
      ...{ onNotice: (notice) => notices.push(notice), apology: [{ tone: 300, ms: 100 }], ...options },
    }),
    async (caller) => {
      await caller.waits(300);
      await scene(caller, agents);
      heard = caller.heard();
    },
    { exchange: Exchange, clock },
  );
  return { agents, server, notices, heard, result: results[0] };
}

/** Greets as soon as the session is set up. */
const greets = (ms: number, cutBytes?: number) => (agent: RealtimeStandIn) => {
  agent.onMessage = (type) => {
    if (type !== 'session.update') return;
    agent.begin();
    agent.say('greeting', sound(ms), cutBytes);
    agent.done();
  };
};

describe('an agent of OpenAI Realtime on a real connection', () => {
  it.each(['current', 'earlier'] as const)(
    'is spoken to as it expects, can be interrupted, and is told how much was heard (%s form)',
    async (variant) => {
      const { agents, server, heard, notices } = await played(
        { variant, instructions: 'You help.' },
        greets(4000),
        async (caller, [agent]) => {
          await caller.waits(1000);
          agent?.interrupt();
          await caller.waits(400);
          await caller.presses('7');
          await caller.waits(100);
          agent?.begin();
          agent?.say('answer', sound(500));
          agent?.done();
          await caller.waits(1000);
        },
      );
      const [agent] = agents;
      expect(agent?.faults).toEqual([]);
      expect(server.requests[0]?.headers).toMatchObject({
        authorization: 'Bearer key',
        ...(variant === 'earlier' && { 'openai-beta': 'realtime=v1' }),
      });
      expect(agent?.types).toEqual([
        ...['session.update', 'conversation.item.truncate', 'conversation.item.create', 'response.create'],
      ]);
      const heardMs = agent?.items.get('greeting')?.heardMs ?? 0;
      expect(heardMs).toBeGreaterThan(900);
      expect(Math.abs(msHeard(heard) - heardMs - 500)).toBeLessThan(4);
      expect(JSON.stringify(agent?.messages[2])).toContain('key 7');
      // All that the caller was heard to say, which is silence, but for what is under way at the end.
      expect((agent?.heardBytes ?? 0) / 48).toBeGreaterThan(2500);
      expect(notices.filter(({ kind }) => kind === 'error')).toEqual([]);
    },
  );

  it.each([
    ['all at once', 1 << 20],
    ['in pieces that cut samples', 4801],
    ['in tiny pieces', 77],
  ])('that sends its answer %s is heard whole', async (_, cutBytes) => {
    const { heard, agents } = await played({}, greets(300, cutBytes), async (caller) => caller.waits(1000));
    expect(Math.abs(msHeard(heard) - 300)).toBeLessThan(2);
    expect(agents[0]?.faults).toEqual([]);
  });

  it('that is slow and stalls: the pause is filled and reported, and the whole answer is heard', async () => {
    const { heard, notices, agents } = await played(
      { stallMs: 800, filler: [{ tone: 440, ms: 5000, levelDbfs: -30 }] },
      () => undefined,
      async (caller, [agent]) => {
        await caller.presses('1');
        await caller.waits(1500);
        agent?.begin();
        for (let piece = 0; piece < 20; piece++) {
          agent?.say('answer', sound(20));
          await caller.waits(20 + (piece % 5 === 4 ? 300 : 0));
        }
        agent?.done();
        await caller.waits(1500);
      },
    );
    expect(notices.filter(({ kind }) => kind === 'stalled')).toEqual([{ kind: 'stalled', ms: 800 }]);
    expect(Math.abs(msHeard(heard) - 400)).toBeLessThan(8);
    expect(notices).toContainEqual({ kind: 'answered', whole: true });
    // The filler ended with the answer.
    expect(heard.subarray(-RATE).every((sample) => Math.abs(sample) < 100)).toBe(true);
    expect(agents[0]?.faults).toEqual([]);
  });

  it('gets the order to end its answer when the caller interrupts', async () => {
    const { agents, heard, notices } = await played(
      { bargeIn: 'here' },
      () => undefined,
      async (caller, [agent]) => {
        agent?.begin();
        agent?.say('long', sound(3000));
        await caller.waits(600);
        await caller.speaks([{ file: 'test/fixtures/speech/goforward.wav' }]);
        // It has not heard of it yet, and goes on for a while.
        agent?.say('long', sound(500));
        await caller.waits(600);
      },
    );
    const [agent] = agents;
    expect(agent?.faults).toEqual([]);
    expect(agent?.types).toEqual(['session.update', 'response.cancel', 'conversation.item.truncate']);
    expect(Math.abs(msHeard(heard) - (agent?.items.get('long')?.heardMs ?? 0))).toBeLessThan(4);
    expect(notices.filter(({ kind }) => kind === 'interrupted')).toHaveLength(1);
  });

  it('has its tools run, gets each result, and is asked for one answer when all are done', async () => {
    const order: string[] = [];
    const { agents, result } = await played(
      {
        allow: { sendDigits: true },
        tools: [
          { name: 'now', description: 'At once.', run: () => ({ at: 1 }) },
          {
            ...{ name: 'later', description: 'Takes a while.' },
            run: async (_, call) => {
              await call.pause(500);
              return 'done';
            },
          },
        ],
      },
      (agent) => {
        agent.onMessage = (type) => order.push(type);
      },
      async (caller, [agent]) => {
        agent?.begin();
        agent?.call('now', {});
        agent?.call('later', {});
        agent?.call('transfer', { to: 'operator' });
        agent?.call('send_digits', { digits: '12#' });
        await caller.waits(100);
        agent?.done();
        await caller.waits(3000);
      },
    );
    const [agent] = agents;
    expect(agent?.faults).toEqual([]);
    const outputs = [...(agent?.outputs ?? [])].sort(([one], [other]) => (one < other ? -1 : 1));
    expect(outputs.map(([id, output]) => [id.replace(/_\d+$/, ''), output])).toEqual([
      ['call_later', 'done'],
      ['call_now', '{"at":1}'],
      ['call_send_digits', 'done'],
      ['call_transfer', expect.stringContaining('not allowed')],
    ]);
    expect(order.filter((type) => type === 'response.create')).toHaveLength(1);
    expect(order.at(-1)).toBe('response.create');
    expect(result?.outcome).toBe('hung-up');
  });

  it.each<[string, (agent: RealtimeStandIn) => void, Partial<{ code: string; outcome: string }>]>([
    ['closes with a fault', (agent) => agent.close(1011), { code: 'ERR_PEER', outcome: 'failed' }],
    ['breaks off', (agent) => agent.terminate(), { code: 'ERR_PEER', outcome: 'failed' }],
    ['says what is no JSON', (agent) => agent.raw('{"type":'), { code: 'ERR_SYNTAX', outcome: 'failed' }],
    ['sends bytes', (agent) => agent.raw(new Uint8Array(9)), { code: 'ERR_SYNTAX', outcome: 'failed' }],
    ['closes as it should', (agent) => agent.close(1000), { outcome: 'done' }],
  ])('that %s in the middle of its answer ends the call, and nothing hangs', async (_, fault, expected) => {
    const { result, notices, heard } = await played({}, greets(400), async (caller, [agent]) => {
      await caller.waits(200);
      if (agent) fault(agent);
      await caller.hasStatus('FINISHED', { withinMs: 10_000 });
    });
    expect(result).toMatchObject({ outcome: expected.outcome });
    expect(result?.error === undefined ? undefined : Reflect.get(result.error, 'code')).toBe(expected.code);
    expect(notices.at(-1)?.kind).toBe('ended');
    expect(msHeard(heard)).toBeGreaterThan(390);
  });

  it('that sends errors goes on, and each error is reported', async () => {
    const { notices, heard } = await played(
      {},
      () => undefined,
      async (caller, [agent]) => {
        agent?.send({ type: 'error', error: { type: 'server_error', message: 'busy' } });
        agent?.send({ type: 'error' });
        agent?.send({ type: 'rate_limits.updated', rate_limits: [] });
        agent?.begin();
        agent?.say('answer', sound(200));
        agent?.send({
          type: 'response.done',
          response: { status: 'failed', status_details: { error: { message: 'no quota' } } },
        });
        await caller.waits(600);
      },
    );
    const errors = notices.flatMap((notice) => (notice.kind === 'error' ? [notice.message] : []));
    expect(errors).toEqual(['busy', 'an error without a text', 'no quota']);
    expect(Math.abs(msHeard(heard) - 200)).toBeLessThan(2);
  });

  it('is reconnected after a loss when that is configured, and the call goes on', async () => {
    const { agents, notices, heard, result } = await played(
      { reconnects: 1 },
      (agent) => greets(300)(agent),
      async (caller, all) => {
        await caller.waits(600);
        all[0]?.terminate();
        await caller.waits(60);
        await caller.presses('5');
        await caller.waits(1500);
        all[1]?.terminate();
        await caller.hasStatus('FINISHED', { withinMs: 10_000 });
      },
    );
    expect(agents).toHaveLength(2);
    expect(agents.flatMap(({ faults }) => faults)).toEqual([]);
    expect(agents[1]?.types).toEqual(expect.arrayContaining(['session.update', 'conversation.item.create']));
    expect(notices.map(({ kind }) => kind).filter((kind) => kind !== 'answered')).toEqual([
      ...['connected', 'lost', 'connected', 'ended'],
    ]);
    expect(Math.abs(msHeard(heard) - 600)).toBeLessThan(110);
    expect(result).toMatchObject({ outcome: 'failed' });
  });
});
