import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parseFlow } from '../../src/bot/flow/flow.js';
import { flowBot } from '../../src/bot/flow/flow-bot.js';
import { readFlowModule } from '../../src/bot/read-bot.js';
import { testBot } from '../../src/bot/test/test-bot.js';
import { Exchange } from '../../src/exchange/exchange.js';
import { testFolder } from '../voice/fixtures.js';
import { blocksIn } from './blocks.js';

const folder = testFolder();
const blockOf = (language: string, has: string) =>
  blocksIn(language).find(({ page, code }) => page === 'docs/bank.md' && code.includes(has))?.code ?? '';

it('the flow of the page runs with the hooks of the page', async () => {
  const file = join(folder, 'bank-hooks.mjs');
  writeFileSync(file, blockOf('js', 'export function checkPin'));
  const { hooks } = await readFlowModule(file);
  const flow = await parseFlow(blockOf('yaml', 'name: Bank'), { folder, hooks: Object.keys(hooks) });
  const bank = flowBot(flow, { hooks, messages: folder });
  const { results } = await testBot(
    bank,
    async (caller) => {
      await caller.hears({
        text: 'Welcome to the bank. For your balance, press 1. For somebody to talk to, press 0.',
      });
      await caller.presses('1');
      await caller.hears({ text: 'Please enter the four digits of your account.' });
      await caller.presses('4711');
      await caller.hears({ text: 'And your PIN.' });
      await caller.presses('8642');
      await caller.hears([{ text: 'You have' }, { money: 1203.5, currency: 'EUR' }]);
    },
    { exchange: Exchange },
  );
  expect(results).toMatchObject([{ outcome: 'hung-up' }]);
});
