// A bank's telephone line, in code: `npm run example -- bot-bank`.

import type { BotCall } from 'jackfield';
import { type Bot, bot, Exchange, type TestBotResult, testBot } from 'jackfield';

const MENU = { text: 'Welcome to the bank. For your balance, press 1. For somebody to talk to, press 0.' };
const ACCOUNT = { text: 'Please enter the four digits of your account.' };
const PIN = { text: 'And your PIN.' };
const WRONG = { text: 'That is not the PIN.' };
const NOBODY = { text: 'Nobody is free. We will call you.' };
const BYE = { text: 'Good bye.' };
const MUSIC = [{ tone: 440, ms: 300 }, { silence: 700 }] as const;

/** The bank's own systems. */
export interface Accounts {
  /** The balance, in hundredths; undefined where the PIN is not that of the account. */
  balance(account: string, pin: string): Promise<number | undefined>;
}

export function bank(accounts: Accounts): Bot {
  return bot(
    async (call) => {
      for (let turn = 0; turn < 3; turn++) {
        const { digits } = await call.gather({ prompt: MENU, allowed: '01', timeoutMs: 8000 });
        if (digits === '0') return await desk(call);
        if (digits !== '1' || !(await tellBalance(call, accounts))) break;
      }
      await call.say(BYE);
    },
    { name: 'bank' },
  );
}

/** Returns false for a caller who does not know the PIN. */
async function tellBalance(call: BotCall, accounts: Accounts): Promise<boolean> {
  const { digits: account } = await call.gather({ prompt: ACCOUNT, allowed: '0-9', min: 4, max: 4 });
  for (let tries = 0; tries < 3; tries++) {
    // Neither the transcript nor the recording has it.
    call.recording?.pause('PIN');
    const { digits: pin } = await call.gather({ prompt: PIN, min: 4, max: 4, secret: true });
    call.recording?.resume();
    const balance = await accounts.balance(account, pin);
    if (balance !== undefined) {
      await call.say([{ text: 'You have' }, { money: balance / 100, currency: 'EUR' }]);
      return true;
    }
    await call.say(WRONG);
  }
  return false;
}

async function desk(call: BotCall): Promise<void> {
  try {
    await call.transfer('bank.desk', { timeoutMs: 10_000, music: MUSIC });
  } catch (error) {
    if (call.signal.aborted) throw error;
    await call.say(NOBODY);
  }
}

const ACCOUNTS: Accounts = {
  balance: async (account, pin) => (account === '4711' && pin === '8642' ? 120_350 : undefined),
};

/** A caller who errs once hears the balance, and then talks to the desk. */
export async function run(): Promise<TestBotResult> {
  return await testBot(
    bank(ACCOUNTS),
    async (caller) => {
      await caller.hears(MENU);
      await caller.presses('1');
      await caller.hears(ACCOUNT);
      await caller.presses('4711');
      await caller.hears(PIN);
      await caller.presses('0000');
      await caller.hears(WRONG);
      await caller.hears(PIN);
      await caller.presses('8642');
      await caller.hears([{ text: 'You have' }, { money: 1203.5, currency: 'EUR' }]);
      await caller.hears(MENU);
      await caller.presses('0');
      await caller.hears({ tone: 1000, ms: 500 }, { withinMs: 20_000 });
      await caller.hasStatus('FINISHED', { withinMs: 30_000 });
    },
    {
      exchange: Exchange,
      others: {
        'bank.desk': async (agent) => {
          await agent.answers();
          await agent.speaks({ tone: 1000, ms: 500 });
          await agent.waits(500);
          await agent.hangsUp();
        },
      },
    },
  );
}
