import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cast, castOf } from './cast.js';
import { doors, notAsTold, notRefused } from './doors.js';

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

describe('a value of the right type that is rarely meant is taken, or refused with a code; numbers by the range that is told', () => {
  it.each(doors)('%s', async (_name, door) => {
    expect((await notAsTold(door, cast)).slice(0, 5)).toEqual([]);
  });
});

it('no door leaves a rejection that nobody handles', () => {
  expect(unhandled.slice(0, 5)).toEqual([]);
});
