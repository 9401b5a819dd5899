import { describe, expect, it } from 'vitest';
import { parseFlow } from '../src/bot/flow/flow.js';
import { isLike } from '../src/bot/flow/like-pattern.js';
import { textTable } from '../src/cli/text-table.js';
import { scenarioSchema } from '../src/exchange/scenario/scenario-schema.js';
import { asLine, checkProfile } from '../src/exchange/wire-value.js';
import { safeName } from '../src/files/safe-name.js';
import { OBJECTS } from '../src/protocol/catalogue/objects.js';
import type { ObjectSpec } from '../src/protocol/catalogue/spec.js';
import { correct } from '../src/protocol/correct.js';
import { explain } from '../src/protocol/explain.js';
import { LineFramer } from '../src/protocol/line-framer.js';
import { parseCommand } from '../src/protocol/parse-command.js';
import { parseReply } from '../src/protocol/parse-reply.js';
import { parseSkypeUri } from '../src/protocol/skype-uri.js';
import { decodeProperty } from '../src/protocol/values.js';
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

function quiet(act: () => unknown): void {
  try {
    act();
  } catch {
    // What is refused may be refused slowly, too: only the time counts here.
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
function cpuMs(act: () => unknown, little = 0): number {
  let least = Number.POSITIVE_INFINITY;
  for (let time = 0; time < 3 && least > little; time++) {
    const before = process.cpuUsage();
    quiet(act);
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, (user + system) / 1000);
  }
  return least;
}

/** What takes no longer than this, in milliseconds, says nothing of how it grows. */
const LITTLE_MS = 40;

/** What twice the text takes, as a multiple; 1 where that is too little to say. */
function growth(take: (text: string) => unknown, textOf: (n: number) => string, n: number): number {
  const [short, long] = [textOf(n), textOf(2 * n)];
  const longMs = cpuMs(() => take(long), LITTLE_MS);
  return longMs <= LITTLE_MS
    ? 1
    : longMs /
        Math.max(
          1,
          cpuMs(() => take(short)),
        );
}

/** Twice the text takes twice the time; four times would be its square. A busy machine needs room. */
const MOST = 3.2;

describe('time grows with the text, not with its square', () => {
  it.each(Object.entries(TAKES_TEXT))(
    '%s',
    (_name, take) => {
      for (const piece of PIECES) {
        for (const prefix of PREFIXES) {
          const textOf = (n: number) => prefix + piece.repeat(n);
          // Once more where it looked bad: a collection of garbage is no growth.
          const grows = () => growth(take, textOf, 50_000);
          const measured = grows() > MOST ? grows() : 1;
          expect({ prefix, piece, grows: measured > MOST }).toEqual({ prefix, piece, grows: false });
        }
      }
    },
    120_000,
  );

  it('a table that is too wide for its terminal', () => {
    const tabled = (text: string) => textTable([[text]], [], 80);
    expect(growth(tabled, (n) => '漢'.repeat(n), 16_000)).toBeLessThan(MOST);
  });

  it('a scenario', async () => {
    const schema = await scenarioSchema();
    const textOf = (n: number) =>
      JSON.stringify(Object.fromEntries(Array.from({ length: n }, (_, index) => [`field${index}`, index])));
    expect(growth((text) => schema.safeParse(JSON.parse(text)), textOf, 10_000)).toBeLessThan(MOST);
    const named = (n: number) => JSON.stringify({ users: [{ handle: 'jack', fullName: '<'.repeat(n) }] });
    expect(growth((text) => schema.safeParse(JSON.parse(text)), named, 500_000)).toBeLessThan(MOST);
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
