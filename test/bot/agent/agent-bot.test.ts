import { describe, expect, it } from 'vitest';
import { agentBot } from '../../../src/bot/agent/agent-bot.js';
import type { AgentBotOptions, AgentNotice } from '../../../src/bot/agent/agent-options.js';
import { testBot } from '../../../src/bot/test/test-bot.js';
import type { TestCaller } from '../../../src/bot/test/test-caller.js';
import { Exchange } from '../../../src/exchange/exchange.js';
import type { MediaEvent } from '../../../src/line/dialect/media-event.js';
import type { AgentPeer } from '../../../src/line/media/agent-peer.js';

const RATE = 16_000;
/** Speech that nobody takes for silence: every sample is one level. */
const speech = (ms: number, sampleRate = RATE) => new Int16Array((sampleRate * ms) / 1000).fill(5000);

/** Runs an agent in memory against a scene; keeps what it is told, and what the bot tells. */
async function played(
  options: Partial<AgentBotOptions>,
  onEvent: (event: MediaEvent, agent: AgentPeer) => void,
  scene: (caller: TestCaller) => Promise<void>,
) {
  const told: MediaEvent[] = [];
  const notices: AgentNotice[] = [];
  let heard: Int16Array = new Int16Array();
  const bot = agentBot({
    agent: (agent) =>
      agent.listen((event) => {
        if (event.type !== 'audio') told.push(event);
        onEvent(event, agent);
      }),
    onNotice: (notice) => notices.push(notice),
    ...options,
  });
  const { results } = await testBot(
    bot,
    async (caller) => {
      await scene(caller);
      heard = caller.heard();
    },
    { exchange: Exchange },
  );
  return { told, notices, results, loud: heard.filter((sample) => sample > 2500).length };
}

const say = (agent: AgentPeer, ms: number, item?: string) => {
  const { sampleRate } = agent.format;
  const audio = { type: 'audio', samples: speech(ms, sampleRate), sampleRate, channels: 1 } as const;
  agent.say({ ...audio, ...(item !== undefined && { item }) });
};

describe('an agent bot', () => {
  it('plays the speech of the agent, reports marks when they were heard, and hangs up when the agent ends', async () => {
    const { told, results, loud, notices } = await played(
      {},
      (event, agent) => {
        if (event.type === 'start') {
          say(agent, 700);
          agent.say({ type: 'mark', name: 'said' });
        }
        if (event.type === 'marked') agent.end('done');
      },
      async (caller) => {
        await caller.waits(2000);
      },
    );
    expect(told[0]).toMatchObject({ type: 'start', from: 'caller' });
    expect(told).toContainEqual({ type: 'marked', name: 'said', heard: true });
    expect(loud).toBe((RATE * 700) / 1000);
    expect(results[0]).toMatchObject({ outcome: 'done' });
    expect(notices.at(-1)).toEqual({ kind: 'ended', reason: 'done' });
  });

  it.each([
    ['openai-realtime', 16_000],
    ['openai-realtime', 24_000],
    ['twilio', 8000],
    ['pipecat', 24_000],
  ] as const)(
    'plays what an agent of %s says at %i Hz for as long as it lasts',
    async (dialect, sampleRate) => {
      let isSaid = false;
      const { loud } = await played(
        { dialect, sampleRate },
        (event, agent) => {
          if (isSaid || (event.type !== 'start' && event.type !== 'audio')) return;
          isSaid = true;
          say(agent, 700);
        },
        async (caller) => {
          await caller.waits(2000);
        },
      );
      // The filter rings a little at the edges of what is no sound of nature.
      expect(Math.abs((loud * 1000) / RATE - 700)).toBeLessThan(2);
    },
  );

  it.each([['raw'], ['openai-realtime']] as const)(
    'of %s that is interrupted is told how much was heard, to the sample',
    async (dialect) => {
      const { told, loud, notices } = await played(
        { dialect, sampleRate: dialect === 'raw' ? 16_000 : 24_000 },
        (event, agent) => {
          if (event.type === 'start') say(agent, 5000, 'answer');
          if (event.type !== 'dtmf') return;
          agent.say(dialect === 'raw' ? { type: 'clear' } : { type: 'speech', speaking: true });
        },
        async (caller) => {
          await caller.waits(1500);
          await caller.presses('5');
          await caller.waits(1000);
        },
      );
      const cut = told.find(({ type }) => type === 'heard');
      expect(cut).toMatchObject({ item: 'answer' });
      const heardMs = cut?.type === 'heard' ? cut.ms : 0;
      const reallyMs = (loud * 1000) / RATE;
      expect(heardMs).toBeGreaterThan(1000);
      // The lead of 60 ms has left, and is heard yet.
      expect(Math.abs(reallyMs - heardMs)).toBeLessThanOrEqual(100);
      expect(heardMs).toBeLessThanOrEqual(5000);
      expect(notices.filter(({ kind }) => kind === 'interrupted')).toHaveLength(1);
    },
  );

  it('reports a mark that was cleared as not heard', async () => {
    const { told } = await played(
      {},
      (event, agent) => {
        if (event.type === 'start') {
          say(agent, 3000);
          agent.say({ type: 'mark', name: 'never' });
        }
        if (event.type === 'dtmf') agent.say({ type: 'clear' });
      },
      async (caller) => {
        await caller.waits(500);
        await caller.presses('1');
        await caller.waits(500);
      },
    );
    expect(told.filter(({ type }) => type === 'marked')).toEqual([
      { type: 'marked', name: 'never', heard: false },
    ]);
  });

  it('does what the agent is allowed to do, and refuses the rest to the agent', async () => {
    const { told, results, notices } = await played(
      {
        allow: { hangUp: true },
        tools: [{ name: 'look_up', description: 'Looks up.', run: ({ key }) => ({ found: key }) }],
      },
      (event, agent) => {
        if (event.type === 'start') {
          agent.say({ type: 'tool', id: '1', name: 'transfer', input: '{"to":"+15550100"}' });
          agent.say({ type: 'tool', id: '2', name: 'look_up', input: '{"key":"k"}' });
          agent.say({ type: 'tool', id: '3', name: 'look_up', input: '{' });
        }
        if (event.type === 'tool-result' && event.id === '2')
          agent.say({ type: 'tool', id: '4', name: 'hang_up', input: '{}' });
      },
      async (caller) => {
        await caller.hasStatus('FINISHED', { withinMs: 5000 });
      },
    );
    const outputs = ['1', '2', '3'].map((id) => {
      const result = told.find((event) => event.type === 'tool-result' && event.id === id);
      return result?.type === 'tool-result' ? result.output : '';
    });
    expect(outputs[0]).toContain('not allowed');
    expect(outputs[1]).toBe('{"found":"k"}');
    expect(outputs[2]).toContain('error');
    expect(notices.filter(({ kind }) => kind === 'tool').length).toBeGreaterThanOrEqual(3);
    expect(results[0]?.error).toBeUndefined();
  });

  it('fills a stall with its prompt, and reports it', async () => {
    const { notices, loud } = await played(
      { stallMs: 1000, filler: [{ tone: 440, ms: 500 }] },
      (event, agent) => {
        if (event.type === 'start') agent.say({ type: 'speech', speaking: false });
      },
      async (caller) => {
        await caller.waits(3000);
      },
    );
    expect(notices).toContainEqual({ kind: 'stalled', ms: 1000 });
    expect(loud).toBeGreaterThan(500);
  });

  it('ends when the agent disconnects', async () => {
    const { results } = await played(
      { dialect: 'twilio' },
      (event, agent) => {
        if (event.type === 'start') agent.end();
      },
      async (caller) => {
        await caller.waits(2000);
      },
    );
    expect(results).toMatchObject([{ outcome: 'done' }]);
  });
});
