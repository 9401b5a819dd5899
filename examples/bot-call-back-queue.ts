// Takes numbers when all are busy, and calls back in that order: `npm run example -- bot-call-back-queue`.
import { type Bot, type BotCall, bot, Exchange, type TestBotResult, testBot } from 'jackfield';
import { bridge } from 'jackfield/bot';

const ALL_BUSY = { text: 'All of us are busy. Press 1 and we call you back.' };
const PROMISED = { text: 'You keep your place. Good bye.' };
const YOUR_TURN = { text: 'It is your turn now.' };

/** One bot for callers and the agent: the agent calls when he is free, and is put through to who comes next. */
export function callBackQueue(agent: string): Bot {
  const waiting: string[] = [];
  const takeCaller = async (call: BotCall) => {
    const { digits } = await call.gather({ prompt: ALL_BUSY });
    if (digits !== '1') return;
    waiting.push(call.partner.handle);
    await call.say(PROMISED);
  };
  const serveAgent = async (call: BotCall) => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const customer = await call.dial(next).catch(() => undefined);
      if (!customer) continue;
      await customer.say(YOUR_TURN);
      await bridge(call, customer);
    }
    await call.say([{ text: 'Waiting:' }, { number: waiting.length }]);
  };
  return bot((call) => (call.partner.handle === agent ? serveAgent(call) : takeCaller(call)), {
    name: 'call-back queue',
  });
}

/** Anna asks to be called back; when the agent is free, the two talk. */
export async function run(): Promise<TestBotResult> {
  const hello = { text: 'Hello Anna, what can I do for you?' };
  return await testBot(
    callBackQueue('the.agent'),
    async (anna) => {
      await anna.hears(ALL_BUSY);
      await anna.presses('1');
      await anna.hears(PROMISED);
      await anna.hasStatus('FINISHED');
      await anna.answers({ withinMs: 120_000 });
      await anna.hears(YOUR_TURN);
      await anna.hears(hello);
    },
    {
      exchange: Exchange,
      caller: 'anna',
      others: {
        'the.agent': async (agent) => {
          await agent.waits(60_000);
          await agent.dials('the.bot');
          await agent.waits(3500);
          await agent.speaks(hello);
          await agent.hears({ number: 0 }, { withinMs: 20_000 });
          await agent.hasStatus('FINISHED');
        },
      },
    },
  );
}
