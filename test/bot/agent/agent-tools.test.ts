import { describe, expect, it } from 'vitest';
import { agentBot } from '../../../src/bot/agent/agent-bot.js';
import type { AgentBotOptions } from '../../../src/bot/agent/agent-options.js';
import type { AgentAllowance } from '../../../src/bot/agent/agent-tools.js';
import { testBot } from '../../../src/bot/test/test-bot.js';
import type { TestCaller } from '../../../src/bot/test/test-caller.js';
import { Exchange } from '../../../src/exchange/exchange.js';
import type { AgentPeer } from '../../../src/line/media/agent-peer.js';

const RATE = 16_000;
const LEVEL = 3000;
const INPUTS: Readonly<Record<string, object>> = {
  hang_up: {},
  transfer: { to: 'operator' },
  send_digits: { digits: '1#' },
  send_message: { to: 'operator', text: 'call Anna' },
};

/** Has an agent use tools in a call, and gives what it was told of each. */
async function used(
  options: Partial<AgentBotOptions>,
  tools: readonly (readonly [name: string, input: string])[],
  scene: (caller: TestCaller, agent: () => AgentPeer, outputs: Map<string, string>) => Promise<void>,
  operator: (person: TestCaller) => Promise<void> = async () => undefined,
) {
  const outputs = new Map<string, string>();
  let audio = 0;
  let peer: AgentPeer | undefined;
  const agent = (given: AgentPeer) => {
    peer = given;
    given.listen((event) => {
      if (event.type === 'start')
        for (const [at, [name, input]] of tools.entries())
          given.say({ type: 'tool', id: `${at} ${name}`, name, input });
      if (event.type === 'tool-result') outputs.set(event.id.replace(/^\d+ /, ''), event.output);
      if (event.type === 'audio') audio += event.samples.length;
    });
  };
  const { results } = await testBot(
    agentBot({ agent, ...options }),
    (caller) => scene(caller, () => peer as AgentPeer, outputs),
    { exchange: Exchange, others: { operator } },
  );
  return { outputs, result: results[0], audioMs: (audio * 1000) / RATE };
}

describe('the tools of an agent', () => {
  it.each<[string, AgentAllowance]>([
    ['hang_up', { hangUp: true }],
    ['transfer', { transferTo: ['operator'] }],
    ['send_digits', { sendDigits: true }],
    ['send_message', { messageTo: ['operator'] }],
  ])(
    'are allowed one by one: with %s alone allowed, the others are refused and reported',
    async (name, allow) => {
      const others = Object.keys(INPUTS).filter((each) => each !== name);
      const { outputs } = await used(
        { allow },
        others.map((each) => [each, JSON.stringify(INPUTS[each])]),
        async (caller) => caller.waits(300),
      );
      expect([...outputs.keys()]).toEqual(others);
      for (const output of outputs.values())
        expect(JSON.parse(output)).toEqual({ error: 'This tool is not allowed.' });
    },
  );

  it.each([
    ['transfer', '{"to":"somebody.else"}'],
    ['transfer', '{}'],
    ['send_message', '{"to":"somebody.else","text":"a"}'],
    ['send_message', '{"to":"operator"}'],
    ['send_message', '{"to":"operator","text":7}'],
    ['send_digits', '{"digits":"12x"}'],
    ['send_digits', '{"digits":5}'],
    ['send_digits', '[]'],
    ['send_digits', '{"digits'],
    ['__proto__', '{}'],
  ])('refuse invalid input: %s %s', async (name, input) => {
    const allow = { transferTo: ['operator'], messageTo: ['operator'], sendDigits: true };
    const { outputs, result } = await used({ allow }, [[name, input]], async (caller) => caller.waits(300));
    expect(JSON.parse(outputs.get(name) ?? '{}')).toEqual({ error: expect.any(String) });
    expect(result).toMatchObject({ outcome: 'hung-up' });
  });

  it('hang up once everything was heard', async () => {
    let loud = 0;
    const { outputs, result } = await used({ allow: { hangUp: true } }, [], async (caller, agent) => {
      await caller.waits(200);
      const samples = new Int16Array(RATE).fill(LEVEL);
      agent().say({ type: 'audio', samples, sampleRate: RATE, channels: 1, item: 'goodbye' });
      agent().say({ type: 'tool', id: 'hang_up', name: 'hang_up', input: '{}' });
      await caller.hasStatus('FINISHED', { withinMs: 5000 });
      loud = caller.heard().filter((sample) => sample === LEVEL).length;
    });
    expect(loud).toBe(RATE);
    expect(outputs.get('hang_up') ?? 'done').toBe('done');
    expect(result?.error).toBeUndefined();
  });

  it('press keys and send messages, in the call and at the other end', async () => {
    let read = '';
    const keys: string[] = [];
    const { outputs } = await used(
      { allow: { sendDigits: true, messageTo: ['operator'] } },
      ['send_digits', 'send_message'].map((name) => [name, JSON.stringify(INPUTS[name])]),
      async (caller) => {
        caller.call.on('dtmf', (digit) => keys.push(digit));
        await caller.waits(2000);
      },
      async (person) => {
        read = await person.reads();
      },
    );
    expect(Object.fromEntries(outputs)).toEqual({ send_digits: 'done', send_message: 'sent' });
    expect(read).toBe('call Anna');
    expect(keys).toEqual(['1', '#']);
  });

  it('put the caller through: meanwhile the agent is not heard, and hears nothing', async () => {
    let heard: Int16Array = new Int16Array();
    let between = 0;
    const { outputs, audioMs } = await used(
      { allow: { transferTo: ['operator'] } },
      [],
      async (caller, agent, told) => {
        await caller.waits(500);
        agent().say({ type: 'tool', id: 'transfer', name: 'transfer', input: '{"to":"operator"}' });
        await caller.waits(1500);
        const before = caller.heard().length;
        for (let at = 0; at < 10; at++) {
          const samples = new Int16Array(RATE / 10).fill(LEVEL);
          agent().say({ type: 'audio', samples, sampleRate: RATE, channels: 1, item: 'meanwhile' });
          await caller.waits(100);
        }
        between = caller
          .heard()
          .subarray(before)
          .filter((sample) => sample === LEVEL).length;
        expect(told.size).toBe(0);
        await caller.waits(3000);
        expect(told.size).toBe(1);
        agent().say({
          ...{ type: 'audio', samples: new Int16Array(RATE / 2).fill(LEVEL), sampleRate: RATE, channels: 1 },
          item: 'after',
        });
        await caller.waits(1000);
        heard = caller.heard();
      },
      async (person) => {
        await person.answers();
        await person.waits(4000);
      },
    );
    expect(JSON.parse(outputs.get('transfer') ?? '')).toEqual({ transferred: 'operator' });
    expect(between).toBe(0);
    expect(heard.filter((sample) => sample === LEVEL)).toHaveLength(RATE / 2);
    // Of seven seconds, not those of the transfer.
    expect(audioMs).toBeLessThan(4500);
  });
});
