import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseFlow, readFlow } from '../../../src/bot/flow/flow.js';
import { flowBot } from '../../../src/bot/flow/flow-bot.js';
import type { FlowBotOptions } from '../../../src/bot/flow/flow-bot-options.js';
import { melodyEngine } from '../../../src/bot/prompt/melody-engine.js';
import { Prompts } from '../../../src/bot/prompt/prompts.js';
import { testBot } from '../../../src/bot/test/test-bot.js';
import type { TestCaller } from '../../../src/bot/test/test-caller.js';
import { Exchange } from '../../../src/exchange/exchange.js';
import { attach, BotHost, MemoryTransport, PcmServer } from '../../../src/index.js';
import { ScriptedEndpoint } from '../../control/scripted-endpoint.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jackfield-steps-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Runs a flow of these steps; resolves to the steps that were taken, and what was written down. */
async function played(
  steps: string,
  scene: (caller: TestCaller) => Promise<unknown> = async () => undefined,
  options: FlowBotOptions & { head?: string; others?: Parameters<typeof testBot>[2]['others'] } = {},
) {
  const { head = '', others, ...given } = options;
  const taken: string[] = [];
  const flow = await parseFlow(`name: x\n${head}\nsteps:\n${steps.replace(/^/gm, '  ')}\n`, { folder });
  const { results, transcript } = await testBot(
    flowBot(flow, { ...given, onStep: ({ name }) => taken.push(name) }),
    async (caller) => {
      await scene(caller);
      if (!caller.call.over) await caller.hasStatus('FINISHED', { withinMs: 120_000 });
    },
    { exchange: Exchange, ...(others && { others }) },
  );
  return {
    taken: taken.join(' '),
    result: results[0]!,
    transcript: transcript.map(({ what }) => what).join('\n'),
  };
}

const wrong = async (steps: string, head = '') =>
  await parseFlow(`name: x\n${head}\nsteps:\n${steps.replace(/^/gm, '  ')}\n`, { folder }).then(
    () => '',
    (error: Error) => error.message,
  );

const ASK = 'ask: { tone: 440, ms: 200 }, timeoutMs: 1000';

describe('values', () => {
  it('are set, counted up to a limit, and compared', async () => {
    const steps = [
      'a: { do: set, values: { name: "Ms {caller}", tries: 1 }, next: b }',
      'b: { do: count, variable: tries, limit: 3, next: c, otherwise: d }',
      'c: { do: say, what: { tone: 300, ms: 100 }, next: b }',
      'd: { do: branch, cases: [{ when: { all: [{ variable: tries, atLeast: 4, atMost: "{tries}" }, { variable: name, is: ["Ms {caller}"] }] }, next: e }] }',
      'e: { do: hangup }',
    ].join('\n');
    expect((await played(steps)).taken).toBe('a b c b c b d e');
  });

  it('that are missing or not numbers make their condition false', async () => {
    const when = async (condition: string) =>
      (
        await played(
          `a: { do: set, values: { word: abc, empty: "" }, next: b }\nb: { do: branch, cases: [{ when: ${condition}, next: c }] }\nc: { do: hangup }`,
        )
      ).taken.endsWith('c');
    expect(await when('{ variable: word, atLeast: 0 }')).toBe(false);
    expect(await when('{ variable: none, is: ["{nothing}"] }')).toBe(false);
    expect(await when('{ variable: empty, is: ["{nothing}"] }')).toBe(false);
    expect(await when('{ not: { variable: word, in: few } }').catch(() => 'refused')).toBe('refused');
    expect(
      await when('{ any: [{ variable: word, like: ["[a-c]b?"] }, { variable: none, is: ["x"] }] }'),
    ).toBe(true);
  });

  it('are looked up in lists, of the flow or of a file', async () => {
    await writeFile(join(folder, 'vip.txt'), '0815\n\n  4711 \n');
    const steps = [
      `a: { do: gather, ${ASK}, min: 4, max: 4, save: account, next: b }`,
      'b: { do: branch, cases: [{ when: { variable: account, in: vip }, next: gold }, { when: { variable: account, in: few }, next: silver }] }',
      'gold: { do: hangup }',
      'silver: { do: hangup }',
    ].join('\n');
    const head = 'lists: { vip: { file: vip.txt }, few: ["1234"] }';
    const taken = async (keys: string) =>
      (await played(steps, (caller) => caller.presses(keys), { head })).taken;
    expect(await taken('4711')).toBe('a b gold');
    expect(await taken('1234')).toBe('a b silver');
    expect(await taken('9999')).toBe('a b');
    expect(await wrong(steps)).toContain('there is no list vip; there are none');
    expect(await wrong(steps, 'lists: { vip: { file: none.txt }, few: ["1"] }')).toContain(
      'list none.txt cannot',
    );
  });

  it('cannot form a loop that takes no time', async () => {
    const circle = 'a: { do: set, values: { x: 1 }, next: b }\nb: { do: language, language: de, next: a }';
    expect(await wrong(circle)).toContain('without taking time');
    const counted = [
      'a: { do: set, values: { n: 0 }, next: b }',
      'b: { do: count, variable: n, limit: 5, next: a }',
    ].join('\n');
    const { result } = await played(counted);
    expect(result).toMatchObject({ outcome: 'failed', error: { code: 'ERR_LIMIT' } });
  });
});

describe('secrets', () => {
  it('are in no transcript and no result, and are there for hooks', async () => {
    const seen: (string | undefined)[] = [];
    const variables = new Map<string, string>([['expected', '8642']]);
    const steps = [
      `a: { do: gather, ${ASK}, min: 4, max: 4, secret: true, save: pin, next: b }`,
      'b: { do: hook, name: look, next: c }',
      'c: { do: branch, cases: [{ when: { variable: pin, is: ["{expected}"] }, next: d }] }',
      'd: { do: say, what: { digits: "{pin}" }, next: e }',
      'e: { do: hangup }',
    ].join('\n');
    const hooks = {
      look: ({ variables: all }: { variables: Map<string, string> }) => void seen.push(all.get('pin')),
    };
    const { taken, transcript } = await played(steps, async (caller) => void (await caller.presses('8642')), {
      hooks,
      variables,
    });
    expect(taken).toBe('a b c d e');
    expect(seen).toEqual(['8642']);
    expect(transcript).toContain('says digits ****');
    expect(transcript).not.toContain('8642');
    expect(variables.has('pin')).toBe(false);
  });
});

describe('questions', () => {
  it('can be worded differently the second time, have ranges of keys, and discard keys typed ahead', async () => {
    const steps = [
      'a: { do: gather, ask: { tone: 440, ms: 500 }, askAgain: { tone: 700, ms: 500 }, allowed: "1-4", typeAhead: false, timeoutMs: 800, tries: 2, save: x, next: b }',
      'b: { do: hangup }',
    ].join('\n');
    const { taken } = await played(steps, async (caller) => {
      await caller.hears({ tone: 440, ms: 500 });
      await caller.presses('9');
      await caller.hears({ tone: 700, ms: 500 });
      await caller.presses('4');
    });
    expect(taken).toBe('a b');
    expect(await wrong(steps.replace('1-4', '4-1'))).toContain('ascending ranges of keys');
  });

  it('are answered in words', async () => {
    const transcriber = {
      name: 'parrot',
      async transcribe({ samples }: { samples: AsyncIterable<unknown> }) {
        for await (const _ of samples);
        return { text: 'my balance please' };
      },
    };
    const steps = [
      `a: { do: menu, ${ASK}, choices: { "1": b, "2": c }, phrases: { "2": [balance, my account] } }`,
      'b: { do: hangup }',
      'c: { do: hangup }',
    ].join('\n');
    const speaks = async (caller: TestCaller) => {
      await caller.waits(400);
      await caller.speaks({ file: 'assets/speech/reader-870.wav' });
    };
    expect((await played(steps, speaks, { transcriber })).taken).toBe('a c');
    await expect(played(steps, speaks)).rejects.toThrow(
      /Step a of flow: accepts spoken answers, .* transcriber/,
    );
    expect(await wrong(steps.replace('"2": [', '"3": ['))).toContain('there is no choice 3');
  });
});

it('says everything in the chosen language, and reports prompts that are missing in it', async () => {
  const prompts = join(folder, 'prompts');
  await mkdir(join(prompts, 'de'), { recursive: true });
  await writeFile(join(prompts, 'hello.wav'), 'none');
  const steps =
    'a: { do: language, language: de, next: b }\nb: { do: say, what: menu, next: c }\nc: { do: hangup }';
  await Prompts.open({ folder: prompts }).then(async (library) => {
    const refused = parseFlow(`name: x\nsteps:\n${steps.replace(/^/gm, '  ')}\n`, {
      folder,
      prompts: library,
    });
    await expect(refused).rejects.toThrow(/no recording of menu in de/);
  });
  const languages: string[] = [];
  const text = `name: x\nsteps:\n  a: { do: language, language: de, next: b }\n  b: { do: hangup, say: { text: Hallo } }\n`;
  const engine = melodyEngine();
  const flow = await parseFlow(text, { folder });
  expect([...flow.saysIn.keys()]).toEqual(['de']);
  await testBot(flowBot(flow), async (caller) => void (await caller.hasStatus('FINISHED')), {
    exchange: Exchange,
    prompts: await Prompts.open({
      engine: {
        name: 'noted',
        speak: (said, options) => {
          languages.push(options.language);
          return engine.speak(said, options);
        },
      },
    }),
  });
  expect(languages).toEqual(['de']);
});

it('plays music on hold and during a transfer', async () => {
  const steps = [
    'a: { do: hold, ms: 2000, music: { tone: 600, ms: 500 }, next: b }',
    'b: { do: transfer, to: nobody.here, music: { tone: 900, ms: 500 }, timeoutMs: 3000, otherwise: c }',
    'c: { do: hangup }',
  ].join('\n');
  const { taken } = await played(steps, async (caller) => void (await caller.hears({ tone: 600, ms: 500 })));
  expect(taken).toBe('a b c');
  expect(await wrong(steps.replace('timeoutMs', 'blind: true, timeoutMs'))).toContain('blind transfer');
});

it('starts and stops a recording', async () => {
  const steps = [
    'a: { do: recording, turn: on, folder: calls, next: b }',
    'b: { do: say, what: { tone: 500, ms: 500 }, next: c }',
    'c: { do: recording, turn: off, next: d }',
    'd: { do: say, what: { tone: 500, ms: 500 }, next: e }',
    'e: { do: recording, turn: on, next: f }',
    'f: { do: hangup }',
  ].join('\n');
  const { taken } = await played(steps);
  expect(taken).toBe('a b c d e f');
  expect((await readdir(join(folder, 'calls'))).filter((name) => name.endsWith('.wav'))).toHaveLength(1);
});

describe('a sub-flow', () => {
  const write = (name: string, text: string) => writeFile(join(folder, name), text);

  it('is part of the call: the flow continues after its end, and a hang-up ends both', async () => {
    await write(
      'pin.yaml',
      `name: pin\nsteps:\n  ask: { do: gather, ${ASK}, save: key, next: look }\n  look: { do: branch, cases: [{ when: { variable: key, is: ["9"] }, next: out }] }\n  out: { do: hangup }\n`,
    );
    const steps = [
      'a: { do: flow, file: pin.yaml, with: { who: "{caller}" }, next: b }',
      'b: { do: say, what: { text: "{who} {key}" } }',
    ].join('\n');
    const on = await played(steps, (caller) => caller.presses('1'));
    expect(on.taken).toBe('a ask look b');
    expect(on.transcript).toContain('says “caller 1”');
    expect((await played(steps, (caller) => caller.presses('9'))).taken).toBe('a ask look out');
  });

  it('is checked with the flow: all errors at once, each with its file', async () => {
    await write(
      'bad.yaml',
      'name: bad\nsteps:\n  x: { do: say, what: { text: "{nothing}" }, next: nowhere }\n',
    );
    const text =
      'name: x\nsteps:\n  a: { do: flow, file: bad.yaml, next: b }\n  b: { do: flow, file: gone.yaml, next: c }\n';
    await write('whole.yaml', text);
    const error: Error = await readFlow(join(folder, 'whole.yaml'), { variables: [] }).then(
      () => new Error('none'),
      (refused: Error) => refused,
    );
    expect(error.message).toContain('bad.yaml:3:');
    expect(error.message).toContain('there is no step nowhere');
    expect(error.message).toContain('no step saves {nothing}');
    expect(error.message).toContain('gone.yaml cannot be read');
    expect(error.message).toContain('there is no step c');
  });

  it('cannot include itself', async () => {
    await write('loop.yaml', 'name: l\nsteps:\n  a: { do: flow, file: other.yaml }\n');
    await write('other.yaml', 'name: o\nsteps:\n  a: { do: flow, file: loop.yaml }\n');
    await expect(readFlow(join(folder, 'loop.yaml'))).rejects.toThrow('loop.yaml includes itself');
  });

  it('has its hooks and folders checked as those of the flow', async () => {
    await write('hooked.yaml', 'name: h\nsteps:\n  a: { do: hook, name: deep }\n');
    const flow = await parseFlow('name: x\nsteps:\n  a: { do: flow, file: hooked.yaml }\n', { folder });
    expect(() => flowBot(flow)).toThrow('Step a of hooked.yaml uses the hook deep');
    await expect(
      parseFlow('name: x\nsteps:\n  a: { do: flow, file: hooked.yaml }\n', { folder, hooks: ['other'] }),
    ).rejects.toThrow('there is no hook deep');
  });
});

describe('other people', () => {
  it('get no message when the endpoint cannot send any: the bot does not start', async () => {
    const flow = await parseFlow(
      'name: x\nsteps:\n  a: { do: message, to: "{caller}", text: "We called.", next: b, otherwise: b }\n  b: { do: hangup }\n',
    );
    // An endpoint of calls alone.
    const endpoint = new ScriptedEndpoint({ 'GET CHATMESSAGE 1 BODY': 'ERROR 7 GET: invalid WHAT' });
    await using client = await attach(new MemoryTransport(endpoint));
    await using server = new PcmServer();
    await using host = new BotHost({
      client,
      server,
      prompts: await Prompts.open({ engine: melodyEngine() }),
    });
    await expect(host.attend(flowBot(flow))).rejects.toThrow(
      /Step a of flow sends a message, which this endpoint does not support/,
    );
    await expect(
      parseFlow('name: x\nsteps:\n  a: { do: message, to: anna, text: Hello }\n', { abilities: [] }),
    ).rejects.toThrow(/steps.a.do: sends a message/);
  });

  it('get a voicemail when the program provides the means, and not otherwise', async () => {
    const steps =
      'a: { do: leaveVoicemail, for: "{caller}", what: { text: Hello }, next: b, otherwise: c }\nb: { do: hangup }\nc: { do: hangup }';
    const left: string[] = [];
    const ok = await played(steps, undefined, {
      leaveVoicemail: async ({ target }) => void left.push(target),
    });
    expect([ok.taken, left]).toEqual(['a b', ['caller']]);
    const failing = await played(steps, undefined, {
      leaveVoicemail: () => Promise.reject(new Error('no box')),
    });
    expect(failing.taken).toBe('a c');
    await expect(played(steps)).rejects.toThrow(/leaves a voicemail/);
  });
});
