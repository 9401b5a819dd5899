import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import ts from 'typescript';
import { expect, it } from 'vitest';
import { CallerCard } from '../../src/bot/test/caller-card.js';
import { attach, Exchange, MemoryTransport } from '../../src/index.js';
import { toneSamples } from '../../src/voice/tone/tone-samples.js';
import { until } from '../turns.js';
import { testFolder } from '../voice/fixtures.js';
import { BLOCKS } from './blocks.js';
import { makePackage, writeProgram } from './package-folder.js';

const folder = testFolder();
const MAIN = join(process.cwd(), 'dist/cli/main.js');

/** Resolves when the program has printed what is looked for; rejects when it ends before. */
async function printed(child: ChildProcess, sought: RegExp): Promise<RegExpExecArray> {
  let text = '';
  return await new Promise((resolve, reject) => {
    child.stdout?.setEncoding('utf8').on('data', (part: string) => {
      text += part;
      const found = sought.exec(text);
      if (found) resolve(found);
    });
    child.once('exit', () => reject(new Error(`It ended without a word of ${sought}: ${text}`)));
  });
}

it('the example of the guide connects an agent that talks back', async () => {
  const blocks = BLOCKS.filter(({ page }) => page === 'docs/agents.md');
  const program = blocks.find(({ code }) => code.includes('serveAgents'));
  const command = blocks.find(({ language }) => language === 'sh')?.code.trim() ?? '';
  if (!program) return expect.fail('The page has no agent.');
  makePackage(folder);
  const given = program.code.replace(/^ {3}/gm, '');
  const code = given.replace('8765', '0');
  expect(code).not.toBe(given);
  const { target, module } = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext };
  const { outputText } = ts.transpileModule(code, { compilerOptions: { target, module } });
  const card = new CallerCard();
  const exchange = await Exchange.start({ users: [{ handle: 'jack' }, { handle: 'anna', soundCard: card }] });
  const port = await exchange.listen({ handle: 'jack' });
  const children: ChildProcess[] = [];
  try {
    const agent = spawn(process.execPath, [writeProgram(folder, program, outputText, 'agent.mjs')]);
    children.push(agent);
    const [url] = await printed(agent, /ws:\/\/[\d.:]+\//);
    const words = command
      .replace('tcp:4100', `tcp:${port}`)
      .replace(/ws:\S+/, url)
      .split(' ');
    expect(words.slice(0, 3)).toEqual(['jackfield', 'ivr', 'run']);
    const bot = spawn(process.execPath, [MAIN, ...words.slice(1)]);
    children.push(bot);
    await printed(bot, /agent answers calls/);
    const anna = await attach(new MemoryTransport(exchange.endpoint('anna')));
    const call = await anna.call('jack');
    await call.reached('INPROGRESS');
    void card.say(toneSamples({ frequency: 700, durationMs: 1000, levelDbfs: -12 }));
    await until(() => card.heard(0).filter((sample) => Math.abs(sample) > 2000).length > 1600);
    await call.hangUp();
    await anna.close();
  } finally {
    for (const child of children) {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    }
    await exchange.close();
  }
});
