// Keeps a caller company until somebody answers: `npm run example -- bot-music-on-hold`.
import { bot, Exchange, type TestBotResult, testBot } from 'jackfield';
import { bridge } from 'jackfield/bot';

const MUSIC = [
  { tone: [262, 330], ms: 500 },
  { tone: [294, 370], ms: 500 },
  { tone: [330, 392], ms: 500 },
  { silence: 250 },
] as const;
const NOBODY = { text: 'Nobody answers. Please call again.' };

/** Rings the agent while the music plays, and puts the two through to each other. */
export const musicOnHold = bot(
  async (call) => {
    const agent = await call
      .hold(() => call.dial('the.agent', { timeoutMs: 45_000 }), { music: MUSIC })
      .catch(() => undefined);
    if (agent) await bridge(call, agent);
    else await call.say(NOBODY);
  },
  { name: 'music on hold' },
);

/** The agent takes a while: the caller hears the music more than once, then the agent. */
export async function run(): Promise<TestBotResult> {
  const hello = { text: 'Sorry to keep you waiting.' };
  return await testBot(
    musicOnHold,
    async (caller) => {
      await caller.hears(MUSIC);
      await caller.hears(MUSIC);
      await caller.hears(hello, { withinMs: 20_000 });
    },
    {
      exchange: Exchange,
      others: {
        'the.agent': async (agent) => {
          await agent.waits(8000);
          await agent.answers();
          await agent.waits(200);
          await agent.speaks(hello);
          await agent.waits(1000);
        },
      },
    },
  );
}
