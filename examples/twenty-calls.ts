// Twenty calls at once, of which some fail: the others go on: `npm run example -- twenty-calls`.
import { bot, Exchange, type TestBotResult, testBot } from 'jackfield';
import type { BotResult } from 'jackfield/bot';

const ASK = { text: 'Please enter your account.' };
const FOUND = { text: 'Your account is in order.' };
const SORRY = { text: 'Something went wrong. Please call again.' };

/** A program of somebody else's, with its faults. */
async function lookUp(account: string): Promise<void> {
  if (account === '3') throw new Error('the database is away');
}

export const accounts = bot(
  async (call) => {
    const { digits } = await call.gather({ prompt: ASK });
    await lookUp(digits);
    await call.say(FOUND);
  },
  { name: 'accounts', goodbye: SORRY, says: [ASK, FOUND] },
);

/** Twenty callers; each fifth has an account that throws, and each seventh hangs up in the middle. */
export async function run(): Promise<TestBotResult & { readonly byOutcome: Record<string, number> }> {
  const scene = (index: number) => async (caller: Parameters<Parameters<typeof testBot>[1]>[0]) => {
    if (index > 0) await caller.dials('the.bot');
    await caller.hears(ASK, { withinMs: 30_000 });
    if (index % 7 === 6) return await caller.hangsUp();
    await caller.presses(index % 5 === 4 ? '3' : '1');
    await caller.hears(index % 5 === 4 ? SORRY : FOUND);
    await caller.hasStatus('FINISHED');
  };
  const others = Object.fromEntries(
    Array.from({ length: 19 }, (_, index) => [`caller${index + 1}`, scene(index + 1)]),
  );
  const result = await testBot(accounts, scene(0), { exchange: Exchange, caller: 'caller0', others });
  const count = (outcome: BotResult['outcome']) =>
    result.results.filter((each) => each.outcome === outcome).length;
  return {
    ...result,
    byOutcome: { done: count('done'), failed: count('failed'), 'hung-up': count('hung-up') },
  };
}
