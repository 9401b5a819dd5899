import { expect, it } from 'vitest';
import { VirtualClock } from '../../../src/base/time/clock.js';
import { parseFlow } from '../../../src/bot/flow/flow.js';
import { flowBot } from '../../../src/bot/flow/flow-bot.js';
import type { FlowVoicemail } from '../../../src/bot/flow/flow-bot-options.js';
import { melodyEngine } from '../../../src/bot/prompt/melody-engine.js';
import { Prompts } from '../../../src/bot/prompt/prompts.js';
import { testBot } from '../../../src/bot/test/test-bot.js';
import type { TestExchangeStarter, TestScene } from '../../../src/bot/test/test-house.js';
import { attach } from '../../../src/control/attach.js';
import { MemoryTransport } from '../../../src/control/transport/memory-transport.js';
import { Exchange } from '../../../src/exchange/exchange.js';
import { PcmServer } from '../../../src/tcp/pcm-server.js';
import { flowVoicemail, receiveVoicemail } from '../../../src/voicemail.js';
import { indexOfSamples, MemorySink } from '../../voicemail/line.js';

const MESSAGE = { text: 'The mayor has called.' } as const;
const FLOW = `
name: Secretary
steps:
  try: { do: transfer, to: anna, timeoutMs: 3000, otherwise: leave }
  leave: { do: leaveVoicemail, for: anna, what: { text: "The mayor has called." }, next: told, otherwise: sorry }
  told: { do: hangup, say: { tone: 700, ms: 500 } }
  sorry: { do: hangup, say: { tone: 900, ms: 500 } }
`;

const doesNotAnswer: TestScene = async (person) => {
  await person.rings();
  await person.call.ended();
};

it.each([
  ['has voicemail leaves the message', true, 'try leave told'],
  ['has no voicemail takes the way otherwise', false, 'try leave sorry'],
])('leaveVoicemail for somebody who does not answer and %s', async (_, voicemail, steps) => {
  const clock = new VirtualClock();
  const prompts = await Prompts.open({ engine: melodyEngine() });
  await using server = new PcmServer();
  const clientOf = new Map<string, Awaited<ReturnType<typeof attach>>>();
  const exchange: TestExchangeStarter = {
    start: async (options) => {
      const users = options.users.map((user) => ({ ...user, ...(user.handle === 'anna' && { voicemail }) }));
      const started = await Exchange.start({ ...options, users });
      for (const handle of ['the.bot', 'anna']) {
        // Each closes with the exchange.
        clientOf.set(handle, await attach(new MemoryTransport(started.endpoint(handle)), { clock }));
      }
      return started;
    },
  };
  const leaveVoicemail: FlowVoicemail = (message) =>
    flowVoicemail({ client: clientOf.get('the.bot')!, server, prompts, clock })(message);
  const taken: string[] = [];
  const received = new MemorySink();
  let messages = 0;
  const flow = await parseFlow(FLOW);
  await testBot(
    flowBot(flow, { leaveVoicemail, onStep: ({ name }) => taken.push(name) }),
    async (caller) => {
      await caller.hears({ tone: voicemail ? 700 : 900, ms: 500 }, { withinMs: 120_000 });
      const anna = clientOf.get('anna')!;
      const ids = await anna.search('VOICEMAILS');
      messages = ids.length;
      for (const id of ids) await receiveVoicemail(anna, anna.voicemail(Number(id)), server, received);
    },
    { exchange, clock, others: { anna: doesNotAnswer } },
  );
  expect(taken.join(' ')).toBe(steps);
  expect(messages).toBe(voicemail ? 1 : 0);
  if (voicemail) expect(indexOfSamples(received.samples, await prompts.samples(MESSAGE))).toBeGreaterThan(-1);
});
