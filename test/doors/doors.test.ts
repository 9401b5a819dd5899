import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cast, castOf } from './cast.js';
import { doors, notAsTold, notRefused } from './doors.js';
import type { Parameter } from './public-types.js';
import { TOLD } from './told.js';

/** Instances that the doors of classes are tried on, and what has to be closed in the end. */
let cast: Cast;
const undo: AsyncDisposable[] = [];
const home = process.cwd();
const unhandled: unknown[] = [];
const note = (reason: unknown): void => void unhandled.push(reason);

beforeAll(async () => {
  process.chdir(await mkdtemp(join(tmpdir(), 'jackfield-doors-')));
  process.on('unhandledRejection', note);
  cast = await castOf(undo);
});

afterAll(async () => {
  // timer: an instance that took what is rarely meant may not come to its end.
  const late = new Promise((resolve) => setTimeout(resolve, 500));
  await Promise.race([Promise.allSettled(undo.map((each) => each[Symbol.asyncDispose]())), late]);
  process.off('unhandledRejection', note);
  process.chdir(home);
});

describe('a value of another type, NaN or an unknown option is refused by name', () => {
  it.each(doors)('%s', async (_name, door) => {
    expect((await notRefused(door, cast)).slice(0, 5)).toEqual([]);
  });
});

describe('an unusual value of the right type is taken, or refused with a code; numbers by the documented range', () => {
  it.each(doors)('%s', async (_name, door) => {
    expect((await notAsTold(door, cast)).slice(0, 5)).toEqual([]);
  });
});

it('no public function leaves an unhandled rejection', () => {
  expect(unhandled.slice(0, 5)).toEqual([]);
});

describe('the callbacks among the options', () => {
  /** Options that take part in what they are told of: what they throw fails it. */
  const TAKE_PART = ['onLease', 'onNoMicrophone', 'onSession'];
  /** Those that need calls, tried in asked-callbacks.test.ts. */
  const OWNED = [
    ...['onAgent', 'onNotice', 'onQueue', 'onRecording', 'onTranscribed', 'onMasked', 'onFailed'],
  ];

  it('are each tried in callbacks.test.ts, or in asked-callbacks.test.ts', () => {
    const known = [...TOLD.map(([name]) => name.split(' ')[1]), ...TAKE_PART, ...OWNED];
    const names = new Set(doors.flatMap(([, { parameters }]) => parameters.flatMap(observersOf)));
    expect([...names].filter((name) => !known.includes(name))).toEqual([]);
  });

  function observersOf({ name, shape }: Parameter): string[] {
    const inner = shape.options().flatMap(observersOf);
    return shape.kinds.has('function') && /^on[A-Z]/.test(name) ? [name, ...inner] : inner;
  }
});
