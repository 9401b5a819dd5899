// The same bank as a flow, with its hooks: `npm run example -- bot-bank-flow`.
import { Exchange, type TestBotResult, testBot } from 'jackfield';
import { type FlowHook, flowBot, readFlow } from 'jackfield/bot';

const accounts = new Map([['4711', { pin: '8642', balance: 1203.5 }]]);

/** Compares the PIN; saves the balance. */
const checkPin: FlowHook = ({ variables }) => {
  const account = accounts.get(variables.get('account') ?? '');
  if (account?.pin !== variables.get('pin')) return undefined;
  variables.set('balance', String(account?.balance));
  return 'right';
};

/** A caller enters a PIN that is wrong three times, and is put through to the desk, where nobody answers. */
export async function run(
  options: { readonly flow?: string; readonly folder: string } = { folder: 'messages' },
): Promise<TestBotResult & { readonly steps: readonly string[] }> {
  const { flow: file = 'examples/flows/bank.yaml', folder } = options;
  const steps: string[] = [];
  const flow = await readFlow(file, { hooks: ['checkPin'] });
  const bank = flowBot(flow, {
    hooks: { checkPin },
    messages: folder,
    onStep: ({ name }) => steps.push(name),
  });
  const result = await testBot(
    bank,
    async (caller) => {
      await caller.hears({
        text: 'Welcome to the bank. For your balance, press 1. For somebody to talk to, press 0.',
      });
      await caller.presses('1');
      await caller.waits(500);
      await caller.presses('4711');
      for (const pin of ['1111', '2222', '8642']) {
        await caller.hears({ text: 'And your PIN.' });
        await caller.presses(pin);
      }
      await caller.hears([{ text: 'You have' }, { money: 1203.5, currency: 'EUR' }]);
      await caller.presses('0');
      await caller.hears({ tone: 1000, ms: 400 }, { withinMs: 30_000 });
      await caller.speaks({ text: 'Please call me.' });
      await caller.hears({ text: 'We will call you.' });
      await caller.hasStatus('FINISHED');
    },
    { exchange: Exchange },
  );
  return { ...result, steps };
}
