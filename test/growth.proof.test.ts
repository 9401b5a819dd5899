import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { issuesText } from '../src/base/request-error.js';
import { phraseIn } from '../src/bot/conversation/phrases.js';
import { parseFlow } from '../src/bot/flow/flow.js';
import { isLike } from '../src/bot/flow/like-pattern.js';
import { english } from '../src/bot/language/english.js';
import { parseCallList } from '../src/bot/outbound/call-list.js';
import { DoNotCallList } from '../src/bot/outbound/do-not-call-list.js';
import { wordsOfPart } from '../src/bot/prompt/words-of-part.js';
import { textTable } from '../src/cli/text-table.js';
import { scenarioSchema } from '../src/exchange/scenario/scenario-schema.js';
import { asLine, checkProfile } from '../src/exchange/wire-value.js';
import { safeName } from '../src/files/safe-name.js';
import { OBJECTS } from '../src/protocol/catalogue/objects.js';
import type { ObjectSpec } from '../src/protocol/catalogue/spec.js';
import { correct } from '../src/protocol/explain/correct.js';
import { explain } from '../src/protocol/explain/explain.js';
import { LineFramer } from '../src/protocol/line-framer.js';
import { parseCommand } from '../src/protocol/parse-command.js';
import { parseReply } from '../src/protocol/parse-reply.js';
import { parseSkypeUri } from '../src/protocol/uri/skype-uri.js';
import { decodeProperty } from '../src/protocol/values.js';
import { weighRules } from '../src/service/answer-rules.js';
import { checkConfig } from '../src/service/config/read-config.js';
import { controlRequestSchema } from '../src/service/control/control-protocol.js';
import type { FeedEvent } from '../src/service/feed/feed-event.js';
import { eventLine } from '../src/service/watch/feed-log.js';
import { maskNumbers } from '../src/service/watch/mask-numbers.js';
import { isHandle, phoneNumber } from '../src/switch/identity.js';

/** What makes scanners go back: openings without an end, separators, blanks, escapes. */
const PIECES = [
  '<',
  '>',
  ' ',
  '"',
  ',',
  ';',
  '%41',
  '#',
  '=',
  ':',
  'a ',
  '\\',
  '{',
  '}',
  '..',
  '/',
  '1,',
  '\u{1f600}',
  'a',
];
const PREFIXES = [
  '',
  'GET ',
  'SET PROFILE RICH_MOOD_TEXT ',
  'ALTER CALL 1 SET_INPUT ',
  'CALL ',
  '#',
  'skype:',
  'CALL 1 ',
];

async function settle(act: () => unknown): Promise<void> {
  try {
    await act();
  } catch {
    // What is refused may be refused slowly, too: only the time counts here.
  }
}

function quiet(act: () => unknown): void {
  try {
    act();
  } catch {
    // As above.
  }
}

/** One property of each type. */
const PROPERTIES = new Map(
  Object.entries<ObjectSpec>(OBJECTS).flatMap(([object, { properties }]) =>
    Object.entries(properties).map(([property, { type }]) => [type, [object, property]] as const),
  ),
);

function decodeAll(text: string): void {
  for (const [object = '', property = ''] of PROPERTIES.values()) {
    quiet(() => decodeProperty(object as 'CALL', property as 'STATUS', text));
  }
}

const framed = (text: string) => {
  const framer = new LineFramer({ maxLineBytes: 10_000_000 });
  const bytes = Buffer.from(`${text}\n${text}`);
  for (let at = 0; at < bytes.length; at += 1000) framer.push(bytes.subarray(at, at + 1000));
};

const TAKES_TEXT: Readonly<Record<string, (text: string) => unknown>> = {
  parseCommand,
  parseReply: (text) => parseReply(text),
  'the framer': framed,
  'the values': decodeAll,
  correct: (text) => correct(text, 'client'),
  explain: (text) => explain(text),
  parseSkypeUri,
  safeName,
  isHandle,
  phoneNumber,
  'a pattern of handles': (text) => isLike(text, `*${'a*'.repeat(20)}b`),
  asLine: (text) => asLine(text, Number.POSITIVE_INFINITY),
  'a profile': (text) => checkProfile('RICH_MOOD_TEXT', text),
};

/** CPU time of `act`, in milliseconds: the least of three, or one that is `little` already. */
async function cpuMs(act: () => unknown, little = 0): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let time = 0; time < 3 && least > little; time++) {
    const before = process.cpuUsage();
    await settle(act);
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, (user + system) / 1000);
  }
  return least;
}

/** Pieces that a text is made of; what takes the square of twice as many takes a quarter of a second. */
const TEXT = 8000;

/** What takes no longer than this, in milliseconds, says nothing of how it grows. */
const LITTLE_MS = 40;

/**
 * What twice the text takes, as a multiple; 1 where that is too little to say. Where it looks bad, twice and four times the
 * text are compared as well: what grows with the square does so at every length, and what the machine adds does not.
 */
async function growth<T>(take: (text: T) => unknown, textOf: (n: number) => T, n: number): Promise<number> {
  const first = await growthAt(take, textOf, n);
  return first > MOST ? Math.min(first, await growthAt(take, textOf, 2 * n)) : first;
}

async function growthAt<T>(take: (text: T) => unknown, textOf: (n: number) => T, n: number): Promise<number> {
  const [short, long] = [textOf(n), textOf(2 * n)];
  let least = Number.POSITIVE_INFINITY;
  // Again where it looks bad: a collection of garbage is no growth.
  for (let tries = 0; tries < 3 && least > MOST; tries++) {
    const longMs = await cpuMs(() => take(long), LITTLE_MS);
    least = Math.min(least, longMs <= LITTLE_MS ? 1 : longMs / Math.max(1, await cpuMs(() => take(short))));
  }
  return least;
}

/** Twice the text takes twice the time; four times would be its square. A busy machine needs room. */
const MOST = 3.2;

describe('processing time is linear in the length of the input', () => {
  it.each(Object.entries(TAKES_TEXT))(
    '%s',
    async (_name, take) => {
      for (const piece of PIECES) {
        for (const prefix of PREFIXES) {
          const textOf = (n: number) => prefix + piece.repeat(n);
          const grows = (await growth(take, textOf, TEXT)) > MOST;
          expect({ prefix, piece, grows }).toEqual({ prefix, piece, grows: false });
        }
      }
    },
    120_000,
  );

  it('a table that is too wide for its terminal', async () => {
    const tabled = (text: string) => textTable([[text]], [], 80);
    expect(await growth(tabled, (n) => '漢'.repeat(n), TEXT)).toBeLessThan(MOST);
  });

  it('a scenario', async () => {
    const schema = await scenarioSchema();
    const textOf = (n: number) =>
      JSON.stringify(Object.fromEntries(Array.from({ length: n }, (_, index) => [`field${index}`, index])));
    expect(await growth((text) => schema.safeParse(JSON.parse(text)), textOf, TEXT)).toBeLessThan(MOST);
    const named = (n: number) => JSON.stringify({ users: [{ handle: 'jack', fullName: '<'.repeat(n) }] });
    expect(await growth((text) => schema.safeParse(JSON.parse(text)), named, 500_000)).toBeLessThan(MOST);
  });

  it('a flow with unknown fields', async () => {
    const textOf = (n: number) =>
      `name: x\nstart: a\nsteps:\n  a:\n    do: hangup\n${Array.from({ length: n }, (_, i) => `    feild${i}: 1\n`).join('')}`;
    const times: number[] = [];
    for (const n of [2000, 4000]) {
      const before = process.cpuUsage();
      await parseFlow(textOf(n)).catch(() => undefined);
      const { user, system } = process.cpuUsage(before);
      times.push((user + system) / 1000);
    }
    const [short = 0, long = 0] = times;
    expect(long / Math.max(short, 100)).toBeLessThan(MOST);
  }, 60_000);
});

/** Pieces of numbers, names and lists, as an operator, a caller or a client of the service writes them. */
const SERVICE_PIECES = [
  '1',
  '1 ',
  '1 1 1 1 1 1 (',
  '+',
  '(',
  ' ',
  '\n',
  '"',
  '\\',
  ',',
  '\u0301',
  '#',
  '*',
  'a.',
];

const event = (fields: object) =>
  ({ v: 1, at: '2027-03-01T09:00:00.000Z', type: 'call', account: 'jack', call: 7, ...fields }) as FeedEvent;
const request = (text: string) => {
  const { error } = controlRequestSchema.safeParse(JSON.parse(text));
  if (error) issuesText(error.issues);
};
const offered = (caller: string) => ({
  ...{ endpoint: 'desk', caller, called: caller, userStatus: 'ONLINE', unixMs: 0 },
});
const rules = (callers: readonly string[]) => [{ name: 'all', callers, called: callers, answer: 'nobody' }];

/** Entries of the service and of campaigns, each with what makes its text of a piece. */
const TAKES_PIECES: Readonly<Record<string, (text: string) => unknown>> = {
  'masking of numbers': (text) => ['partner', 'file'].map((name) => maskNumbers(event({ [name]: text }))),
  'a line of the feed': (text) => eventLine(event({ what: text, partner: text })),
  'a request of ctl': (text) => request(JSON.stringify({ do: 'call', target: text, account: text })),
  'a rule with a long caller': (text) => weighRules(rules([text, `${text}*`]) as never, {}, offered(text)),
  'a phrase': (text) => phraseIn(text, ['yes', text]),
  'a phone number that is said': (text) => wordsOfPart({ phone: text }, () => english),
  'a call list': (text) => parseCallList(`target\n${text}`, { format: 'csv' }),
};

const numbers = (n: number) => Array.from({ length: n }, (_, index) => `+49 30 ${index}`);
const fields = (n: number) => Object.fromEntries(numbers(n).map((number) => [number, 1]));

describe('processing time is linear in the input of the service', () => {
  it.each(Object.entries(TAKES_PIECES))(
    '%s',
    async (_name, take) => {
      for (const piece of SERVICE_PIECES) {
        const grows = (await growth(take, (n) => piece.repeat(n), TEXT)) > MOST;
        expect({ piece, grows }).toEqual({ piece, grows: false });
      }
    },
    60_000,
  );

  it('many fields, callers and lines', async () => {
    const ruled = (callers: readonly string[]) => weighRules(rules(callers) as never, {}, offered('+4930'));
    expect(await growth(ruled, numbers, TEXT)).toBeLessThan(MOST);
    expect(await growth((of) => eventLine(event(of)), fields, TEXT)).toBeLessThan(MOST);
    expect(await growth((of) => maskNumbers(event(of)), fields, TEXT)).toBeLessThan(MOST);
    expect(await growth(request, (n) => JSON.stringify({ do: 'status', ...fields(n) }), TEXT)).toBeLessThan(
      MOST,
    );
    const listed = (n: number) => `target\n${numbers(n).join('\n')}`;
    expect(await growth((text) => parseCallList(text, { format: 'csv' }), listed, 5000)).toBeLessThan(MOST);
  }, 60_000);

  it('files: a configuration, those who must not be called', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'jackfield-growth-'));
    const sizes = [500, 1000] as const;
    const written = async (name: string, textOf: (n: number) => string) => {
      for (const n of sizes) await writeFile(join(folder, `${name}-${n}`), textOf(n));
    };
    const grows = async (name: string, take: (file: string) => unknown) =>
      await growth(take, (n) => join(folder, `${name}-${n}`), sizes[0]);
    const variable = ['$', '{A}'].join('');
    const base = 'endpoints:\n  desk: { exchange: jack }\n';
    await written(
      'fields',
      (n) =>
        `${base}${numbers(n)
          .map((each) => `"${each}": 1\n`)
          .join('')}`,
    );
    await written('value', (n) => `${base}timezone: "${'$'.repeat(500 * n)}"\n`);
    await written('variables', (n) => `${base}timezone: "${variable.repeat(100 * n)}"\n`);
    await written(
      'callers',
      (n) => `${base}rules:\n  - { name: a, answer: nobody, callers: ${JSON.stringify(numbers(10 * n))} }\n`,
    );
    for (const name of ['fields', 'value', 'variables', 'callers']) {
      const checked = (file: string) => checkConfig(file, { A: 'a' }, { files: false });
      const measured = (await grows(name, checked)) > MOST ? await grows(name, checked) : 1;
      expect({ name, grows: measured > MOST }).toEqual({ name, grows: false });
    }
    await written('never', (n) => numbers(80 * n).join('\n'));
    expect(await grows('never', async (file) => (await DoNotCallList.open(file)).has('anna'))).toBeLessThan(
      MOST,
    );
  }, 60_000);
});
