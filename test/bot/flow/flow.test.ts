import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Flow, parseFlow, readFlow } from '../../../src/bot/flow/flow.js';
import { flowBot } from '../../../src/bot/flow/flow-bot.js';
import type { FlowBotOptions } from '../../../src/bot/flow/flow-bot-options.js';
import { conditionHolds } from '../../../src/bot/flow/flow-condition.js';
import { FlowError } from '../../../src/bot/flow/flow-error.js';
import { Prompts } from '../../../src/bot/prompt/prompts.js';
import { testBot } from '../../../src/bot/test/test-bot.js';
import type { TestCaller } from '../../../src/bot/test/test-caller.js';
import { Exchange } from '../../../src/exchange/exchange.js';

const TONES = [300, 400, 500, 600, 700, 800, 900].map((tone) => ({ tone, ms: 400 }));
const said = (index: number) => TONES[index]!;
const yaml = (index: number) => `{ tone: ${said(index).tone}, ms: 400 }`;

const FRONT_DESK = `
name: Front desk
timezone: Europe/Berlin
steps:
  hours:
    do: branch
    cases:
      - when: { weekdays: [mon, tue, wed, thu, fri], from: "09:00", to: "17:00" }
        next: menu
    otherwise: closed
  menu:
    do: menu
    ask: ${yaml(0)}
    invalid: ${yaml(1)}
    tries: 2
    timeoutMs: 1000
    choices: { "1": account, "2": colleague, "0": menu }
    otherwise: bye
  account:
    do: gather
    ask: ${yaml(2)}
    min: 3
    max: 3
    save: account
    next: look-up
    otherwise: bye
  look-up:
    do: hook
    name: lookUp
    results: { gold: colleague }
    next: bye
    otherwise: message
  colleague:
    do: transfer
    to: nobody.here
    otherwise: message
  message:
    do: voicemail
    greeting: ${yaml(3)}
    folder: messages
    silenceMs: 1000
    thanks: ${yaml(4)}
  closed: { do: hangup, say: ${yaml(5)} }
  bye: { do: hangup, say: ${yaml(6)} }
`;

const play = (
  flow: Flow,
  scene: (caller: TestCaller) => Promise<void>,
  options: FlowBotOptions & { startsAt?: Date } = {},
) => {
  const { startsAt, hooks = { lookUp: () => undefined } } = options;
  return testBot(flowBot(flow, { hooks }), scene, { exchange: Exchange, ...(startsAt && { startsAt }) });
};

describe('a flow', () => {
  it('branches on the time of its own zone', async () => {
    const flow = await parseFlow(FRONT_DESK);
    // A Monday; 08:30 and 16:30 UTC are 09:30 and 17:30 in Berlin.
    const opened = async (caller: TestCaller) => void (await caller.hears(said(0)));
    const closed = async (caller: TestCaller) => void (await caller.hears(said(5)));
    await play(flow, opened, { startsAt: new Date('2027-03-01T08:30:00Z') });
    await play(flow, closed, { startsAt: new Date('2027-03-01T16:30:00Z') });
    await play(flow, closed, { startsAt: new Date('2027-02-28T10:00:00Z') });
  });

  it.each([
    ['Asia/Tokyo', '2027-03-01T16:30:00Z', '2027-03-02'],
    ['America/New_York', '2027-03-01T04:00:00Z', '2027-02-28'],
    ['UTC', '2027-03-01T23:59:00Z', '2027-03-01'],
  ])('takes {today} from the zone %s', async (timezone, startsAt, today) => {
    const flow = await parseFlow(
      `name: x\ntimezone: ${timezone}\nsteps: { a: { do: hangup, say: { text: "{today}" } } }\n`,
    );
    const { transcript } = await play(flow, async (caller) => void (await caller.hasStatus('FINISHED')), {
      startsAt: new Date(startsAt),
    });
    expect(JSON.stringify(transcript)).toContain(`says “${today}”`);
  });

  it('asks again after a wrong key, then goes on otherwise', async () => {
    await play(await parseFlow(FRONT_DESK), async (caller) => {
      await caller.hears(said(0));
      await caller.presses('7');
      await caller.hears(said(1));
      await caller.hears(said(0));
      await caller.hears(said(6));
      await caller.hasStatus('FINISHED');
    });
  });

  it('gathers, calls a hook with the digits, and takes a message when a transfer fails', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'jackfield-'));
    const asked: (string | undefined)[] = [];
    const hooks: FlowBotOptions['hooks'] = {
      lookUp: ({ variables }) => {
        asked.push(variables.get('account'), variables.get('caller'));
        return 'gold';
      },
    };
    const { results } = await play(
      await parseFlow(FRONT_DESK, { folder }),
      async (caller) => {
        await caller.hears(said(0));
        await caller.presses('1');
        await caller.hears(said(2));
        await caller.presses('815');
        await caller.hears(said(3), { withinMs: 60_000 });
        await caller.hears({ tone: 1000, ms: 400 });
        await caller.speaks({ file: 'assets/speech/reader-870.wav' });
        await caller.hears(said(4));
        await caller.hasStatus('FINISHED');
      },
      { hooks },
    );
    expect(asked).toEqual(['815', 'caller']);
    expect(results).toMatchObject([{ bot: 'Front desk', outcome: 'done' }]);
    expect(await readdir(join(folder, 'messages'))).toEqual([expect.stringMatching(/^2027-03-01-.*\.wav$/)]);
    await rm(folder, { recursive: true });
  });

  it('takes the way otherwise when a hook throws', async () => {
    const hooks: FlowBotOptions['hooks'] = {
      lookUp: () => Promise.reject(new Error('the database is away')),
    };
    await play(
      await parseFlow(FRONT_DESK),
      async (caller) => {
        await caller.presses('1815', { pauseMs: 300 });
        await caller.hears(said(3));
      },
      { hooks },
    );
  });

  it('may be written as JSON', async () => {
    const text = JSON.stringify({ name: 'Bye', steps: { bye: { do: 'hangup' } } });
    expect(await parseFlow(text)).toMatchObject({ start: 'bye', data: { name: 'Bye', timezone: 'UTC' } });
  });

  it('does not start when hooks are missing', async () => {
    const flow = await parseFlow(FRONT_DESK);
    expect(() => flowBot(flow)).toThrow(/look-up.*hooks\.lookUp/s);
  });
});

describe('errors of a flow', () => {
  const problemsOf = async (text: string, prompts?: Prompts) => {
    try {
      return (await parseFlow(text, { file: 'f.yaml', ...(prompts && { prompts }) })).warnings;
    } catch (error) {
      if (error instanceof FlowError) return error.problems;
      throw error;
    }
  };

  it.each([
    ['YAML', 'name: x\nsteps:\n  a: { do: hangup\n', { line: 4, message: /flow map|}/i }],
    ['a wrong type', 'name: 5\nsteps: { a: { do: hangup } }\n', { path: 'name', line: 1, column: 7 }],
    [
      'an unknown field',
      'name: x\nsteps:\n  a:\n    do: hangup\n    sy: hello\n',
      { path: 'steps.a.sy', line: 5, message: /no field sy/ },
    ],
    [
      'an unknown kind',
      'name: x\nsteps:\n  a: { do: sya }\n',
      { path: 'steps.a.do', line: 3, message: /one of say, .*not "sya"; did you mean say\?/ },
    ],
    [
      'too much',
      'name: x\nsteps:\n  a: { do: menu, ask: b, choices: {}, tries: 99 }\n',
      { path: 'steps.a.tries', message: /at most 20, not 99/ },
    ],
    [
      'too little',
      'name: x\nsteps:\n  a: { do: transfer, to: [] }\n',
      { path: 'steps.a.to', message: /at least 1/ },
    ],
    [
      'a missing field',
      'name: x\nsteps:\n  a: { do: say }\n',
      { path: 'steps.a.what', message: /is missing/ },
    ],
    [
      'a step without a kind',
      'name: x\nsteps:\n  a: { what: b }\n',
      { path: 'steps.a.do', message: /is missing; it must be one of say/ },
    ],
    [
      'a step that is none',
      'name: x\nsteps:\n  a: 5\n',
      { path: 'steps.a', message: /map of fields, not 5/ },
    ],
    [
      'a key of two',
      'name: x\nsteps:\n  a: { do: menu, ask: b, choices: { "12": a } }\n',
      { path: 'steps.a.choices.12', message: /one key/ },
    ],
    [
      'a name with a blank',
      'name: x\nsteps:\n  a: { do: gather, ask: b, save: my pin }\n',
      { path: 'steps.a.save', message: /a name of letters.*"my pin"/ },
    ],
    [
      'a field of a part',
      'name: x\nsteps:\n  a:\n    do: say\n    what: [{ tone: 400, ms: soon }]\n',
      { path: 'steps.a.what.0.ms', line: 5, message: /number/ },
    ],
    [
      'a step that is not there',
      'name: x\nsteps:\n  a:\n    do: menu\n    ask: b\n    choices: { "1": nowhere }\n',
      { path: 'steps.a.choices.1', line: 6, message: /no step nowhere; there are a/ },
    ],
    [
      'a start that is not there',
      'name: x\nstart: b\nsteps: { a: { do: hangup } }\n',
      { path: 'start', line: 2 },
    ],
    [
      'a step that nothing leads to',
      'name: x\nsteps:\n  a: { do: hangup }\n  b: { do: hangup }\n',
      { severity: 'warning', path: 'steps.b', line: 4 },
    ],
    [
      'a circle of branches',
      'name: x\nsteps:\n  a:\n    do: branch\n    cases: [{ when: { caller: ["*"] }, next: a }]\n',
      { path: 'steps.a', message: /without taking time/ },
    ],
    [
      'a time zone',
      'name: x\ntimezone: Mars/Base\nsteps: { a: { do: hangup } }\n',
      { path: 'timezone', line: 2, message: /Mars/ },
    ],
    ['no steps', 'name: x\nsteps: {}\n', { path: 'steps', line: 2 }],
    ['not a map', '- 1\n- 2\n', { path: '', line: 1 }],
    ['an alias bomb', `a: &a [x, x]\n${bomb()}`, { path: '', line: 1 }],
  ])('finds %s, with its place', async (_, text, expected) => {
    const problems = await problemsOf(text);
    const { message, ...place } = expected as { message?: RegExp };
    expect(problems[0]).toMatchObject(place);
    if (message) expect(problems[0]?.message).toMatch(message);
  });

  it('finds prompts that are not there', async () => {
    const prompts = await Prompts.open({ folder: 'assets/prompts' });
    const text = 'name: x\nsteps:\n  a: { do: say, what: [echo-greeting, nothing] }\n';
    expect(await problemsOf(text, prompts)).toMatchObject([
      { path: 'steps.a.what', line: 3, message: 'the folder of prompts has no recording of nothing' },
    ]);
  });

  it('are all in one error, a line each', async () => {
    const text = 'name: x\nsteps:\n  a: { do: say, what: b, next: c }\n  d: { do: record, next: e }\n';
    await expect(parseFlow(text, { file: 'f.yaml' })).rejects.toThrow(
      /f\.yaml:3:32 error steps\.a\.next: there is no step c.*f\.yaml:4:26 error steps\.d\.next/s,
    );
  });

  it('reports a missing file', async () => {
    await expect(readFlow('/no/such/flow.yaml')).rejects.toMatchObject({ code: 'ERR_FILE' });
  });
});

describe('a condition', () => {
  const facts = {
    unixMs: Date.parse('2027-03-01T23:30:00Z'),
    timezone: 'UTC',
    caller: '+4930123',
    silentMs: 5000,
    variables: new Map(),
    lists: new Map(),
  };

  it.each([
    [{ caller: ['+49*'] }, true],
    [{ caller: ['+4', '*30*'] }, true],
    [{ caller: ['49*'] }, false],
    [{ from: '22:00', to: '06:00' }, true],
    [{ from: '09:00', to: '17:00' }, false],
    [{ from: '00:00', to: '24:00' }, true],
    [{ weekdays: ['sun' as const], from: '23:00', to: '22:00' }, false],
    [{ weekdays: ['mon' as const], from: '23:30', to: '23:30' }, true],
    [{ weekdays: ['mon' as const] }, true],
    [{ weekdays: ['tue' as const], from: '22:00', to: '06:00' }, false],
    [{ variable: 'x', is: ['1'] }, false],
    [{ deadAirMs: 5000 }, true],
    [{ not: { deadAirMs: 5001 } }, true],
  ])('%j: %s', (when, expected) => {
    expect(conditionHolds(when, facts)).toBe(expected);
  });
});

function bomb(): string {
  const letters = 'bcdefghijklm'.split('');
  return letters
    .map((letter, index) => {
      const before = index === 0 ? 'a' : letters[index - 1];
      return `${letter}: &${letter} [${Array(9).fill(`*${before}`).join(', ')}]`;
    })
    .join('\n');
}
