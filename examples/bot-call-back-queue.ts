// A queue: music and places, agents, and a call-back for who will not hold: `npm run example -- bot-call-back-queue`.
import { bot, Exchange, type TestBotResult, testBot } from 'jackfield';
import { Queue, type QueueFigures, VirtualClock } from 'jackfield/bot';

const MUSIC = { tone: [440, 660], ms: 1500 } as const;
const WELCOME = { text: 'Please hold. Press 1 to be called back.' };
const PROMISED = { text: 'You keep your place. Good bye.' };
const YOUR_TURN = { text: 'It is your turn now.' };
const LEAVE_A_NUMBER = { text: 'All of us are busy. Please call again.' };

/** The bot of a shop, and its queue. */
export async function shop(clock: VirtualClock) {
  const queue = await Queue.open({
    name: 'shop',
    clock,
    agents: [{ name: 'the agent', dial: 'the.agent' }],
    music: MUSIC,
    announce: { everyMs: 5000 },
    callBack: { promise: PROMISED, greeting: YOUR_TURN },
    maxWaitMs: 600_000,
    restMs: 2000,
    ringMs: 5000,
  });
  const desk = bot(
    async (call) => {
      await call.say(WELCOME);
      const { ended } = await queue.enter(call);
      if (ended === 'time' || ended === 'full') await call.say(LEAVE_A_NUMBER);
    },
    { name: 'shop', says: [WELCOME, LEAVE_A_NUMBER, ...queue.says] },
  );
  return { queue, desk };
}

/** Ben holds the line; Anna hangs up, keeps her place before him, and is called back. */
export async function run(): Promise<TestBotResult & { readonly figures: QueueFigures }> {
  const clock = new VirtualClock(Date.UTC(2027, 2, 1, 9));
  const { queue, desk } = await shop(clock);
  const hello = { text: 'Hello, what can I do for you?' };
  const result = await testBot(
    desk,
    async (anna) => {
      await anna.hears(WELCOME);
      await anna.hears(MUSIC);
      await anna.presses('1');
      await anna.hears(PROMISED);
      await anna.hangsUp();
      await anna.answers({ withinMs: 300_000 });
      await anna.hears(YOUR_TURN);
      await anna.hears(hello, { withinMs: 30_000 });
    },
    {
      ...{ exchange: Exchange, clock, caller: 'anna' },
      others: {
        ben: async (ben) => {
          await ben.waits(2000);
          await ben.dials('the.bot');
          await ben.hears({ text: 'You are number' }, { withinMs: 60_000 });
          await ben.hears(hello, { withinMs: 300_000 });
        },
        'the.agent': async (agent) => {
          // The first rings while the agent is at lunch.
          await agent.waits(12_000);
          for (let served = 0; served < 2; served++) {
            await agent.answers({ withinMs: 300_000 });
            await agent.waits(4000);
            await agent.speaks(hello);
            await agent.waits(1000);
            await agent.hangsUp();
          }
        },
      },
    },
  );
  await queue.close();
  return { ...result, figures: queue.figures };
}
