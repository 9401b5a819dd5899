import { generateKeyPairSync } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import * as jackfield from './all-names.js';

type Door = (...given: unknown[]) => unknown;

/** What no function expects, or expects least: made anew for each call, since a call may keep or change it. */
const nonsense = (): readonly unknown[] => [
  undefined,
  null,
  0,
  -1,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  1e300,
  '',
  'x',
  {},
  [],
  () => undefined,
  new Int16Array(0),
  { nonsense: 1 },
  true,
];

/** Functions for which `x` is the name of a file or folder that they make. */
const MAKERS: readonly string[] = [
  'ControlServer.claim',
  'ShareServer.open',
  'CampaignLog.open',
  'VoicemailArchive.open',
  'WavWriter.create',
];

/** How long a call may go on before the next is tried: one that has refused nothing waits for something. */
const PATIENCE_MS = 20;
/** One that makes something on a disk is waited for: it would make it while the next one is tried. */
const MAKING_MS = 20_000;

const functions = new Map<string, Door>();
/** How many parameters each has: what it is given beyond them makes no difference. */
const parameters = new Map<string, number>();
const unmade = new Set(privateConstructors());
collect('', jackfield, 2);

const unhandled: unknown[] = [];
const note = (reason: unknown): void => void unhandled.push(reason);
const home = process.cwd();
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jackfield-door-'));
  process.chdir(folder);
  process.on('unhandledRejection', note);
});

afterEach(async () => {
  for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true, force: true });
});

afterAll(() => {
  process.off('unhandledRejection', note);
  process.chdir(home);
});

describe('a public function takes nonsense, or refuses it with an error of its own', () => {
  it.each([...functions])('%s', async (name, call) => {
    const wrong = await Promise.all(
      [...lists(parameters.get(name))].map(async (given) => {
        const error = await outcome(call, given, MAKERS.includes(name) ? MAKING_MS : PATIENCE_MS);
        if (error === undefined || error instanceof jackfield.JackfieldError) return [];
        return [`(${given.map(show).join(', ')}): ${error instanceof Error ? error.stack : String(error)}`];
      }),
    );
    await new Promise((resolve) => setImmediate(resolve));
    expect(wrong.flat().slice(0, 5)).toEqual([]);
    expect(unhandled.splice(0)).toEqual([]);
    const made = await readdir(folder);
    expect(made.length > 0, `made ${made.join(', ')}`).toBe(MAKERS.includes(name));
  });

  it('covers all functions that make something of a name', () => {
    expect(MAKERS.filter((name) => !functions.has(name))).toEqual([]);
  });
});

const client = { command: async () => undefined, on: () => undefined, search: async () => [] };
const object = { ...client, text: async () => '', id: 1 };
const server = { lease: async () => undefined };
const archive = { find: () => [], take: async () => undefined, store: async () => undefined };
const bot = { script: () => undefined };
const samples = new Int16Array(320);

describe('values out of range', () => {
  const { publicKey } = generateKeyPairSync('ed25519');
  it.each<[string, () => unknown, string]>([
    ['a number of channels', () => jackfield.splitChannels(samples, -1), 'channels'],
    ['a version', () => jackfield.negotiateProtocol(Number.NaN), 'requested'],
    ['a port', () => new jackfield.TcpTransport({ port: 70_000 }), 'port'],
    [
      'tags',
      () => jackfield.recordCall(object as never, server as never, { file: 'x', tags: 5 as never }),
      'tags',
    ],
    ['how files are written', () => jackfield.WavWriter.create('x', { io: 'x' as never }), 'io'],
    [
      'a pause',
      () =>
        jackfield.archiveVoicemails(client as never, archive as never, {
          route: { kind: 'file', folder: 'x' } as never,
          retryMs: Number.NaN,
        }),
      'retryMs',
    ],
    [
      'a key',
      () => jackfield.answeringBot({ account: 'a', archive: archive as never, endKey: 'x' }),
      'endKey',
    ],
    [
      'a date',
      () =>
        jackfield.testBot(bot as never, () => Promise.resolve(), {
          exchange: { start: async () => undefined } as never,
          startsAt: new Date('none'),
        }),
      'startsAt',
    ],
    [
      'a key that signs nothing',
      () => jackfield.recordCall(object as never, server as never, { file: 'x', signingKey: publicKey }),
      'signingKey',
    ],
  ])('%s', async (_what, call, name) => {
    const error = await outcome(call, [], PATIENCE_MS);
    expect(error).toMatchObject({ code: 'ERR_INVALID_ARG' });
    expect((error as Error).message).toMatch(new RegExp(`^${name} must be `));
  });

  it('refuses a recorder whose hook cannot be run', async () => {
    const hook = { command: 'jackfield-no-such-program' };
    const started = jackfield.Recorder.start(client as never, server as never, { folder: 'x', hook });
    await expect(started).rejects.toMatchObject({ code: 'ERR_TOOL' });
    expect(await readdir(folder)).toEqual([]);
  });
});

/** Each value in each place, beside each other value, for a function of so many parameters. */
function* lists(count = Number.POSITIVE_INFINITY): Generator<unknown[]> {
  yield [];
  const { length } = nonsense();
  for (let first = 0; first < length && count > 0; first++) {
    yield [nonsense()[first]];
    if (count === 1) continue;
    for (let second = 0; second < length; second++) yield [nonsense()[first], nonsense()[second]];
    yield [0, 1, 2].map(() => nonsense()[first]);
  }
}

async function outcome(call: Door, given: unknown[], patienceMs: number): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined;
  try {
    const late = new Promise((resolve) => {
      // timer: what takes nonsense may wait for ever, which is no fault.
      timer = setTimeout(resolve, patienceMs);
    });
    await Promise.race([call(...given), late]);
  } catch (error) {
    return error ?? new Error('nothing was thrown');
  } finally {
    clearTimeout(timer);
  }
  return undefined;
}

/** Functions, classes and what hangs on them and on plain objects. */
function collect(prefix: string, from: object, depth: number): void {
  for (const name of Object.getOwnPropertyNames(from)) {
    if (['length', 'name', 'prototype', 'arguments', 'caller'].includes(name)) continue;
    const value: unknown = Reflect.get(from, name);
    if (typeof value === 'function') {
      const text = Function.prototype.toString.call(value);
      const isClass = /^class\b/.test(text);
      parameters.set(isClass ? name : `${prefix}${name}`, parametersOf(text, isClass));
      if (!isClass) functions.set(`${prefix}${name}`, (...given) => Reflect.apply(value, from, given));
      else if (!unmade.has(name)) functions.set(name, (...given) => Reflect.construct(value, given));
      if (isClass) collect(`${prefix}${name}.`, value, depth - 1);
    } else if (depth > 0 && typeof value === 'object' && value?.constructor === Object) {
      collect(`${prefix}${name}.`, value, depth - 1);
    }
  }
}

/** How many values a function looks at at most, by its text. */
function parametersOf(text: string, isClass: boolean): number {
  const declared = isClass ? text.slice(text.search(/^\s*constructor\(/m)) : text;
  if (!/^[\w\s*]*\(/.test(declared) || /\barguments\b/.test(text)) return Number.POSITIVE_INFINITY;
  let [depth, commas] = [0, 0];
  for (const [at, sign] of [...declared].entries()) {
    if ('([{'.includes(sign)) depth++;
    if (')]}'.includes(sign) && --depth === 0) {
      const list = declared.slice(declared.indexOf('(') + 1, at);
      if (list.includes('...')) return Number.POSITIVE_INFINITY;
      return list.trim() === '' ? 0 : commas + 1;
    }
    if (sign === ',' && depth === 1) commas++;
  }
  return Number.POSITIVE_INFINITY;
}

/** Classes that only their own `create`, `open` or `of` makes. */
function privateConstructors(): string[] {
  const root = new URL('../src/', import.meta.url);
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' });
  return files
    .filter((name) => name.endsWith('.ts'))
    .flatMap((name) =>
      readFileSync(new URL(name, root), 'utf8')
        .split(/^export (?:abstract )?class /m)
        .slice(1),
    )
    .filter((text) => /^ {2}private constructor\(/m.test(text))
    .map((text) => /^\w+/.exec(text)?.[0] ?? '');
}

function show(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  if (typeof value === 'number') return String(value);
  return typeof value === 'function' ? 'a function' : (JSON.stringify(value) ?? 'undefined');
}
