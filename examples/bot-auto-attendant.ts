// A front desk that puts callers through: `npm run example -- bot-auto-attendant`.
import { bot, Exchange, type TestBotResult, testBot } from 'jackfield';
import { TransferFailedError } from 'jackfield/bot';

const MENU = { text: 'Welcome to the mill. For sales, press 1. For the workshop, press 2.' };
const NO_SUCH_KEY = { text: 'There is nothing behind that key.' };
const NOT_THERE = { text: 'Nobody is there at the moment. Good bye.' };
const BUSY_HANDS = { text: 'One moment, please.' };

const DESKS: Readonly<Record<string, string>> = { 1: 'sales.desk', 2: 'workshop' };

/** Asks three times, then gives up; a desk that does not answer is not there. */
export const autoAttendant = bot(
  async (call) => {
    for (let attempt = 0; attempt < 3; attempt++) {
      const { digits } = await call.gather({ prompt: MENU });
      const desk = DESKS[digits];
      if (desk === undefined) {
        if (digits !== '') await call.say(NO_SUCH_KEY);
        continue;
      }
      await call.say(BUSY_HANDS);
      try {
        await call.transfer(desk, { timeoutMs: 60_000 });
        return;
      } catch (error) {
        // Whoever hung up meanwhile is not told.
        if (!(error instanceof TransferFailedError)) throw error;
        break;
      }
    }
    await call.say(NOT_THERE);
  },
  { name: 'auto-attendant' },
);

/** A caller who first presses a wrong key, and then talks to the workshop. */
export async function run(): Promise<TestBotResult> {
  return await testBot(
    autoAttendant,
    async (caller) => {
      await caller.hears(MENU);
      await caller.presses('7');
      await caller.hears(NO_SUCH_KEY);
      await caller.presses('2');
      await caller.hears(BUSY_HANDS);
      await caller.hears({ text: 'Workshop, good morning.' }, { withinMs: 30_000 });
    },
    {
      exchange: Exchange,
      others: {
        workshop: async (person) => {
          await person.answers();
          await person.speaks({ text: 'Workshop, good morning.' });
          await person.waits(1000);
        },
      },
    },
  );
}
