import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { JackfieldError } from '../../../src/base/errors.js';
import { bot } from '../../../src/bot/bot.js';
import { type ParseFlowOptions, parseFlow } from '../../../src/bot/flow/flow.js';
import { flowBot } from '../../../src/bot/flow/flow-bot.js';
import { FlowError } from '../../../src/bot/flow/flow-error.js';
import { melodyEngine } from '../../../src/bot/prompt/melody-engine.js';
import { Prompts } from '../../../src/bot/prompt/prompts.js';
import { testBot } from '../../../src/bot/test/test-bot.js';
import { Exchange } from '../../../src/exchange/exchange.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jackfield-check-'));
  await writeFile(join(folder, 'broken.wav'), 'RIFF but no more');
  await writeFile(join(folder, 'noise.mp3'), 'no sound at all');
});
afterAll(() => rm(folder, { recursive: true }));

/** Path and message of everything that is wrong. */
async function wrong(text: string, options: ParseFlowOptions = {}): Promise<string[]> {
  try {
    return (await parseFlow(text, { folder, ...options })).warnings.map(
      ({ path, message }) => `${path}: ${message}`,
    );
  } catch (error) {
    if (!(error instanceof FlowError)) throw error;
    return error.problems.map(({ path, message }) => `${path}: ${message}`);
  }
}
const flow = (...steps: string[]) => `name: x\nsteps:\n${steps.map((step) => `  ${step}\n`).join('')}`;

describe('the check of a flow', () => {
  it('finds variables that neither a step nor a hook can set', async () => {
    const uses = flow(
      'a: { do: gather, ask: { tone: 440, ms: 300 }, save: pin, next: b }',
      'b: { do: say, what: [{ digits: "{pin}" }, { digits: "{pim}" }, { date: "{today}" }], next: c }',
      'c: { do: transfer, to: "{desk}" }',
    );
    expect(await wrong(uses)).toEqual([]);
    expect(await wrong(uses, { variables: ['desk'] })).toEqual([
      expect.stringContaining('steps.b.what.1.digits: no step saves {pim}; there are caller, '),
    ]);
    expect(await wrong(uses, { variables: [] })).toHaveLength(2);
    const hooked = uses.replace('next: c', 'next: h').concat('  h: { do: hook, name: x, next: c }\n');
    expect(await wrong(hooked, { variables: [] })).toEqual([]);
  });

  it('finds recordings that cannot be read, of each kind', async () => {
    const prompts = await Prompts.open({ folder });
    const found = await wrong(
      flow(
        'a: { do: say, what: [broken, noise, none], next: b }',
        'b: { do: hangup, say: { file: gone.wav } }',
      ),
      { prompts },
    );
    expect(found).toEqual([
      expect.stringMatching(/^steps\.a\.what: .*broken\.wav/),
      expect.stringMatching(/^steps\.a\.what: .*(ffmpeg|noise\.mp3)/),
      'steps.a.what: the folder of prompts has no recording of none',
      expect.stringMatching(/^steps\.b\.say: .*gone\.wav cannot be read/),
    ]);
  });

  it.each([
    ['text', '{ text: "Hello {caller}" }'],
    ['digits of a variable', '{ digits: "{account}" }'],
    ['a number', '{ number: 42 }'],
    ['a number of a variable', '{ number: "{count}" }'],
    ['a date', '{ date: "{today}" }'],
  ])('finds text of %s that no engine can speak', async (_, part) => {
    const text = flow(`a: { do: hangup, say: [${part}] }`);
    const [first] = await wrong(text, { prompts: await Prompts.open() });
    expect(first).toMatch(/^steps\.a\.say: .*(speech engine|no recording)/);
    expect(await wrong(text, { prompts: await Prompts.open({ engine: melodyEngine() }) })).toEqual([]);
  });

  it.each([
    ['do: say', 'steps.a.what: is missing; it must be a text or a map of fields or a list'],
    ['do: say, what: 5.5', 'steps.a.what: must be a text or a map of fields or a list, not 5.5'],
  ])('lists the allowed values of `%s` once', async (step, expected) => {
    expect((await wrong(flow(`a: { ${step} }`)))[0]).toBe(expected);
  });

  it('finds an engine that is not ready, and asks it for the language of the flow', async () => {
    const asked: string[] = [];
    const engine = {
      ...melodyEngine(),
      ready: async ({ language }: { readonly language: string }) => {
        asked.push(language);
        throw new JackfieldError('ERR_TOOL', 'There is no voice.');
      },
    };
    const text = `language: fr\n${flow('a: { do: hangup, say: { text: Bonjour } }')}`;
    expect(await wrong(text, { prompts: await Prompts.open({ engine }) })).toEqual([
      'steps.a.say: There is no voice.',
    ]);
    expect(asked).toEqual(['fr']);
  });

  it('finds missing hooks, and lists those that exist', async () => {
    const text = flow('a: { do: hook, name: lookUp, next: b }', 'b: { do: hook, name: store }');
    expect(await wrong(text, { hooks: ['store'] })).toEqual([
      'steps.a.name: there is no hook lookUp in the code: there are store',
    ]);
    expect(await wrong(text, { hooks: [] })).toHaveLength(2);
    expect(await wrong(text)).toEqual([]);
    await expect(parseFlow(text).then((parsed) => flowBot(parsed))).rejects.toThrow(
      /hooks\.lookUp.*hooks\.store/s,
    );
  });

  it('reports all errors at once: fields, targets of steps, hooks and prompts', async () => {
    const text = flow(
      'a: { do: say, what: 5, next: b }',
      'b: { do: hook, name: lookUp, next: nowhere, otherwise: a }',
      'c: { do: hangup, say: none, sya: x }',
      'd: { do: say, what: none }',
    );
    expect(await wrong(text, { prompts: await Prompts.open(), hooks: [] })).toEqual([
      expect.stringContaining('steps.a.what'),
      'steps.c.sya: there is no field sya here',
      expect.stringContaining('steps.b.next: there is no step nowhere'),
      expect.stringContaining('steps.b.name: there is no hook lookUp'),
      expect.stringContaining('steps.d.what: the folder of prompts has no recording of none'),
    ]);
  });

  it('warns of hours that end a minute too soon', async () => {
    const when = 'a: { do: branch, cases: [{ when: { from: "00:00", to: "23:59" }, next: b }] }';
    expect(await wrong(flow(when, 'b: { do: hangup }'))).toEqual([
      expect.stringContaining('"24:00" is the end of the day'),
    ]);
  });
});

describe('terminators without max', () => {
  it('take as many digits as come, up to the key', async () => {
    const text = flow(
      'a: { do: gather, ask: { tone: 440, ms: 300 }, terminators: "#", save: account, next: b }',
      'b: { do: hangup, say: { digits: "{account}" } }',
    );
    const { transcript } = await testBot(
      flowBot(await parseFlow(text)),
      async (caller) => {
        await caller.presses('4711#', { pauseMs: 300 });
        await caller.hasStatus('FINISHED');
      },
      { exchange: Exchange },
    );
    expect(JSON.stringify(transcript)).toContain('digits 4711');
  });
});

describe('a bot that cannot say its prompts', () => {
  it('does not start, so that no caller meets the error', async () => {
    const text = flow('a: { do: hangup, say: { text: Hello } }', 'b: { do: say, what: welcome }');
    const prompts = await Prompts.open();
    const scene = () => Promise.reject(new Error('nobody should have come through'));
    for (const each of [
      flowBot(await parseFlow(text)),
      bot(() => {}, { says: [{ text: 'Hello' }, 'welcome'] }),
    ]) {
      const played = testBot(each, scene, { exchange: Exchange, prompts });
      await expect(played).rejects.toThrow(/“Hello” needs a speech engine.*no recording of welcome/s);
      const calling = testBot(each, (person) => person.answers(), {
        exchange: Exchange,
        prompts,
        direction: 'bot-calls',
      });
      await expect(calling).rejects.toThrow(/speech engine.*no recording of welcome/s);
    }
  });
});

describe('a flow that records to a folder that cannot be made', () => {
  it('does not start, so that no caller meets the error, and makes no folder', async () => {
    const prompts = await Prompts.open();
    const read = (path: string) =>
      parseFlow(flow(`a: { do: record, folder: "${path}", next: b }`, 'b: { do: hangup }'), { folder });
    const scene = () => Promise.reject(new Error('nobody should have come through'));
    const played = testBot(flowBot(await read('broken.wav/in/{caller}')), scene, {
      exchange: Exchange,
      prompts,
    });
    await expect(played).rejects.toThrow(
      /Cannot make the folder .*broken\.wav\/in: Its path, or a part of it, is not a folder/,
    );
    const before = await readdir(folder);
    const fits = flow(
      'a: { do: record, folder: "new/deep/{caller}" }',
      'b: { do: voicemail, greeting: { tone: 440, ms: 300 } }',
    );
    expect(await wrong(fits, { prompts })).toEqual(['steps.b: no step leads to this step']);
    expect(await readdir(folder)).toEqual(before);
  });
});
