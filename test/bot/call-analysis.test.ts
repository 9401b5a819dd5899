import { expect, it } from 'vitest';
import { bot } from '../../src/bot/bot.js';
import { parseFlow } from '../../src/bot/flow/flow.js';
import { flowBot } from '../../src/bot/flow/flow-bot.js';
import { testBot } from '../../src/bot/test/test-bot.js';
import type { TestCaller } from '../../src/bot/test/test-caller.js';
import { Exchange } from '../../src/exchange/exchange.js';
import { speechFile } from '../voice/fixtures.js';

const SPEECH = { file: speechFile('numbers') };
const FLOW = `
name: x
steps:
  ask: { do: gather, ask: { tone: 700, ms: 300 }, max: 1, tries: 1, timeoutMs: 8000, save: key, otherwise: check }
  check:
    do: branch
    cases: [{ when: { any: [{ deadAirMs: 6000 }] }, next: quiet }]
    otherwise: heard
  quiet: { do: set, values: { was: quiet } }
  heard: { do: set, values: { was: heard } }
`;

it.each([
  ['quiet', async () => undefined],
  ['heard', (caller: TestCaller) => caller.speaks(SPEECH)],
  ['heard', (caller: TestCaller) => caller.speaks({ tone: 440, ms: 2000 })],
])('a flow can branch on the analysis of its call: %s', async (was, act) => {
  const variables = new Map<string, string>();
  await testBot(
    flowBot(await parseFlow(FLOW), { variables }),
    async (caller) => {
      await caller.waits(4000);
      await act(caller);
      if (!caller.call.over) await caller.hasStatus('FINISHED', { withinMs: 60_000 });
    },
    { exchange: Exchange },
  );
  expect(variables.get('was')).toBe(was);
});

it('a bot reads the analysis of its call, gets its events live, and has the figures at the end', async () => {
  const told: string[] = [];
  const silent: number[] = [];
  let finished: Promise<unknown> | undefined;
  const script = bot(
    async (call) => {
      finished = call.analysis?.finished;
      call.analysis?.onEvent(({ type }) => told.push(type));
      await call.say(SPEECH);
      silent.push(call.analysis?.silentMs ?? -1);
      await call.pause(3000);
      silent.push(call.analysis?.silentMs ?? -1);
    },
    { analyse: { deadAirMs: 2000 } },
  );
  const { results } = await testBot(script, (caller) => caller.waits(12_000), { exchange: Exchange });
  expect(results).toMatchObject([{ outcome: 'done' }]);
  expect(silent[0]).toBeLessThan(1000);
  expect(silent[1]).toBeGreaterThan(2000);
  expect(silent[1]).toBeLessThan(5000);
  expect(told).toEqual(expect.arrayContaining(['speech-began', 'speech-ended', 'dead-air-began', 'level']));
  const report = (await finished) as { legs: { speechMs: number }[] };
  expect(report.legs[0]?.speechMs).toBeGreaterThan(1000);
  expect(report.legs[1]?.speechMs).toBe(0);
});

it('a bot that has nothing analysed has no analysis', async () => {
  let analysis: unknown = 'not asked';
  const script = bot((call) => {
    analysis = call.analysis;
  });
  await testBot(script, async () => undefined, { exchange: Exchange });
  expect(analysis).toBeUndefined();
});
